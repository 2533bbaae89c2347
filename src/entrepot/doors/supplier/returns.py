"""Goods that come back to a supplier: what he finds, and what he sends once more. He decides nothing."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from entrepot.doors.kit import aftersales as shared
from entrepot.doors.kit import return_addresses
from entrepot.doors.kit.party import PartyRequest, page


@require_GET
@page("supplier", "aftersales.view")
def returns(request: PartyRequest) -> HttpResponseBase:
    """Show the requests for his goods, or hand them out as a sheet."""
    return shared.show_list(request)


@require_GET
@page("supplier", "aftersales.view")
def returned(request: PartyRequest, request_id: int) -> HttpResponse:
    """Show one request."""
    return shared.show(request, row=shared.found_or_404(request, request_id))


@require_POST
@page("supplier", "aftersales.edit")
def return_deed(request: PartyRequest, request_id: int, name: str) -> HttpResponse:
    """Say what came back, or send once more."""
    return shared.do(request, row=shared.found_or_404(request, request_id), name=name)


@require_GET
@page("supplier", "aftersales.view")
def return_evidence(request: PartyRequest, request_id: int, evidence_id: int) -> HttpResponse:
    """Hand out a picture."""
    return shared.picture(request, request_id=request_id, evidence_id=evidence_id)


@require_GET
@page("supplier", "aftersales.view")
def addresses(request: PartyRequest) -> HttpResponse:
    """Show where goods are sent back to."""
    return return_addresses.show(request, supplier_id=request.party.id)


@require_POST
@page("supplier", "aftersales.edit")
def address_save(request: PartyRequest) -> HttpResponse:
    """Add or replace a return address."""
    return return_addresses.save(request, supplier_id=request.party.id)


@require_POST
@page("supplier", "aftersales.edit")
def address_retire(request: PartyRequest, address_id: int) -> HttpResponse:
    """Take a return address out of use."""
    return return_addresses.retire(request, supplier_id=request.party.id, address_id=address_id)
