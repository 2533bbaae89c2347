"""Shipping slips: what is laid into the parcel, one page an order."""

from typing import Any

import segno
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.supplier.order_reads import addresses, supply_orders
from entrepot.events import operations

_AT_ONCE = 200


@require_POST
@page("supplier", "consignee.reveal")
def slips(request: PartyRequest) -> HttpResponse:
    """Show slips with whole addresses for printing; every address shown is put on record."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdigit() and len(text) < 19][:_AT_ONCE]
    orders = supply_orders(ids)
    if not orders:
        raise Http404
    found = addresses([order.order_id for order in orders])
    for order in orders:
        operations.record(
            actor=actor(request.party),
            verb="consignee.printed",
            object_kind="order",
            object_id=order.order_id,
            address=client_ip(request) or "",
        )
    rows: list[dict[str, Any]] = [
        {"order": order, "whom": found.get(order.order_id), "code": _code(str(order.order_id))} for order in orders
    ]
    context = {"title": _("Shipping slips"), "slips": rows, "now": timezone.now()}
    return render(request, "supplier/slips.html", context)


def _code(text: str) -> SafeString:
    """Return a QR code of an order number as SVG without inline style."""
    drawing = segno.make(text, micro=False).svg_inline(scale=3, border=0, omitsize=False, svgclass=None, lineclass=None)
    # The drawing is made here of digits alone.
    return mark_safe(drawing)  # noqa: S308
