"""After-sale of a distributor's buyers: list, one request with what can be done, a new one."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit import aftersales as shared
from entrepot.doors.kit.party import PartyRequest, page


@page("distributor", "aftersales.view")
@require_GET
def aftersales(request: PartyRequest) -> HttpResponseBase:
    """Show the requests that meet the search, or hand them out as a sheet."""
    return shared.show_list(request)


@page("distributor", "aftersales.view")
@require_GET
def aftersale(request: PartyRequest, request_id: int) -> HttpResponse:
    """Show one request, why it is answered so, and what can be done."""
    return shared.show(request, row=shared.found_or_404(request, request_id))


@page("distributor", "aftersales.view")
@require_POST
def aftersale_deed(request: PartyRequest, request_id: int, name: str) -> HttpResponse:
    """Do one of the things that can be done; each asks for its own permission."""
    return shared.do(request, row=shared.found_or_404(request, request_id), name=name)


@page("distributor", "aftersales.view")
@require_GET
def aftersale_evidence(request: PartyRequest, request_id: int, evidence_id: int) -> HttpResponse:
    """Hand out a picture."""
    return shared.picture(request, request_id=request_id, evidence_id=evidence_id)


@page("distributor", "aftersales.edit")
@require_http_methods(["GET", "POST"])
def aftersale_new(request: PartyRequest, order_id: int) -> HttpResponse:
    """Make a request for an order of his buyer."""
    return shared.new(request, order_id=order_id)
