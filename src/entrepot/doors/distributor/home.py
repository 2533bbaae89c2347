"""The distributor's dashboard, with his balance in the first place."""

from typing import cast

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from entrepot.base.clock import database_now
from entrepot.base.days import day_of
from entrepot.doors.distributor.figures import figures
from entrepot.doors.distributor.order_reads import orders_of
from entrepot.doors.kit import charts
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.membership.queries import latest
from entrepot.parties.models import Distributor
from entrepot.recharge.foresight import outlooks

_FEW_DAYS = 3


@require_GET
@page("distributor")
def home(request: PartyRequest) -> HttpResponse:
    """Show funds, orders and what waits."""
    now = database_now()
    found = figures(now=now)
    outlook = outlooks([request.party.id], today=day_of(now))[request.party.id]
    funds, waiting_fen = outlook.wallet, outlook.waiting_fen
    request.wallet_fen = funds.available_fen
    low_fen = cast(Distributor, request.party.user.party).low_balance_fen
    days_left = outlook.days_left if outlook.pace_fen else found.days_left(available_fen=funds.available_fen)
    labels = [f"{day:%m-%d}" for day, _orders, _drawn in found.days]
    context = {
        "title": _("Dashboard"),
        "now": now,
        "figures": found,
        "wallet": funds,
        "days_left": days_left,
        "is_short": outlook.is_low
        or funds.available_fen < low_fen
        or (days_left is not None and days_left < _FEW_DAYS),
        "runs_out_on": outlook.runs_out_on,
        "waiting_fen": waiting_fen,
        "missing_fen": max(0, waiting_fen - funds.available_fen),
        "low_fen": low_fen,
        "chart": charts.area(
            labels, values=[orders for _day, orders, _drawn in found.days], title=pgettext("chart", "Orders")
        ),
        "spark": charts.spark([orders for _day, orders, _drawn in found.days]),
        "money_spark": charts.spark([drawn for _day, _orders, drawn in found.days]),
        "best": charts.bars(found.best, title=_("Best goods"), shown=charts.money),
        "latest": orders_of(found.newest),
        "membership": latest(request.party.id),
        "can_see_orders": request.party.can("orders.view"),
        "can_request": request.party.can("topups.request"),
    }
    return render(request, "distributor/home.html", context)
