"""After-sale of all distributors: list, one request with what can be done, a request of the platform's own."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit import aftersales as shared
from entrepot.doors.kit.party import PartyRequest, page


@page("platform", "aftersales.view")
@require_GET
def aftersales(request: PartyRequest) -> HttpResponseBase:
    """Show the requests that meet the search, or hand them out as a sheet."""
    return shared.show_list(request)


@page("platform", "aftersales.view")
@require_GET
def aftersale(request: PartyRequest, request_id: int) -> HttpResponse:
    """Show one request, why it is answered so, and what can be done."""
    return shared.show(request, row=shared.found_or_404(request, request_id))


@page("platform", "aftersales.view")
@require_POST
def aftersale_deed(request: PartyRequest, request_id: int, name: str) -> HttpResponse:
    """Do one of the things that can be done; each asks for its own permission."""
    return shared.do(request, row=shared.found_or_404(request, request_id), name=name)


@page("platform", "aftersales.view")
@require_GET
def aftersale_evidence(request: PartyRequest, request_id: int, evidence_id: int) -> HttpResponse:
    """Hand out a picture."""
    return shared.picture(request, request_id=request_id, evidence_id=evidence_id)


@page("platform", "aftersales.edit")
@require_http_methods(["GET", "POST"])
def aftersale_new(request: PartyRequest, order_id: int) -> HttpResponse:
    """Make a request for an order on the platform's own initiative."""
    return shared.new(request, order_id=order_id)
