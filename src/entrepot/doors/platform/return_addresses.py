"""Where goods are sent back to, of every shipper."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from entrepot.aftersale.queries import addresses as live_addresses
from entrepot.doors.kit import return_addresses
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties.queries import suppliers


@page("platform", "aftersales.view")
@require_GET
def addresses(request: PartyRequest) -> HttpResponse:
    """Show where goods of every shipper are sent back to."""
    return return_addresses.show(request, suppliers=_suppliers())


@page("platform", "aftersales.edit")
@require_POST
def address_save(request: PartyRequest) -> HttpResponse:
    """Add or replace a return address of a shipper."""
    return return_addresses.save(request, suppliers=_suppliers())


@page("platform", "aftersales.edit")
@require_POST
def address_retire(request: PartyRequest, address_id: int) -> HttpResponse:
    """Take a return address out of use."""
    return return_addresses.retire(request, supplier_id=_owner(address_id), address_id=address_id)


def _suppliers() -> list[tuple[int, str]]:
    return [(row.pk, f"{row.number} {row.name}") for row in suppliers()]


def _owner(address_id: int) -> int:
    row = live_addresses().filter(pk=address_id).first()
    if row is None:
        raise Http404
    return row.supplier_id
