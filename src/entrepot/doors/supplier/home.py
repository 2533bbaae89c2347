"""The supplier's dashboard."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from entrepot.base.clock import database_now
from entrepot.doors.kit import charts
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.supplier.figures import figures
from entrepot.doors.supplier.order_reads import every_order
from entrepot.doors.supplier.order_search import Wanted
from entrepot.doors.supplier.stock_reads import LOW
from entrepot.settlement.queries import standing, terms_of

_LATEST = 6


@require_GET
@page("supplier")
def home(request: PartyRequest) -> HttpResponse:
    """Show what waits, what goes out, what is earned."""
    now = database_now()
    found = figures(now=now, low=LOW)
    labels = [f"{day:%m-%d}" for day, _pieces, _orders in found.days]
    latest = []
    for order in every_order(Wanted(), at_once=_LATEST):
        latest.append(order)
        if len(latest) == _LATEST:
            break
    can_see_bills = request.party.can("bills.view")
    rights_days = terms_of([request.party.id])[request.party.id].rights_days if can_see_bills else 0
    context = {
        "title": _("Dashboard"),
        "standing": standing(request.party.id, rights_days=rights_days) if can_see_bills else None,
        "now": now,
        "figures": found,
        "chart": charts.area(
            labels, values=[pieces for _day, pieces, _orders in found.days], title=_("Pieces ordered")
        ),
        "spark": charts.spark([orders for _day, _pieces, orders in found.days]),
        "latest": latest,
        "can_see_money": request.party.can("ledger.view"),
        "can_see_orders": request.party.can("orders.view"),
    }
    return render(request, "supplier/home.html", context)
