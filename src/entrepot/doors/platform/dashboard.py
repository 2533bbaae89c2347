"""The dashboard: today's figures, the course of two weeks, what waits, what sells, the latest orders."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from entrepot.base.money import yuan
from entrepot.catalog.pictures import address
from entrepot.doors.kit import charts
from entrepot.doors.kit.party import Party, PartyRequest, page
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.conditions import Conditions
from entrepot.doors.platform.dashboard_figures import course, ranking, states
from entrepot.doors.platform.dashboard_todo import KINDS, Todo, todo
from entrepot.doors.platform.order_rows import ALL_STATES, TABS, rows

_LATEST = 6
_RING = ("held", "awaiting_funds", "to_ship", "shipped", "received", "completed", "closed")


@page("platform")
@require_GET
def dashboard(request: PartyRequest) -> HttpResponse:
    """Show how the day goes, as far as the user's roles let him see it."""
    now = timezone.now()
    party = request.party
    context: dict[str, Any] = {"title": _("Dashboard"), "now": now, "greeting": _greeting(now)}
    waiting = todo()
    if party.can("orders.view"):
        context |= _trade(now)
    context["todo"] = _todo(waiting, party=party)
    if party.can("topups.view"):
        context["topups"] = (waiting.count("topups", query="?tab=pending"), waiting.topup_fen)
    if party.can("goods.view"):
        context["goods_waiting"] = waiting.count("goods", query="?tab=submitted")
    return render(request, "platform/dashboard.html", context)


def _trade(now: Any) -> dict[str, Any]:
    found, by_state = course(now), states(list(ALL_STATES))
    labels = [f"{day:%m-%d}" for day in found.days]
    parts = [(_tab_word(tab), sum(by_state.get(state, 0) for state in TABS[tab])) for tab in _RING]
    latest = rows(Conditions(), limit=_LATEST)
    return {
        "orders_today": found.orders[-1],
        "orders_delta": _delta(found.orders[-1] - found.orders[-2], shown=lambda n: f"{n:+,}"),
        "amount_today": yuan(found.amounts_fen[-1]),
        "amount_delta": _delta(found.amounts_fen[-1] - found.amounts_fen[-2], shown=_signed_yuan),
        "orders_spark": charts.spark(found.orders),
        "amount_spark": charts.spark(found.amounts_fen),
        "to_ship": sum(by_state.get(state, 0) for state in TABS["to_ship"]),
        "awaiting": by_state.get("awaiting_funds", 0),
        "line": charts.area(labels, values=found.orders, title=_("Orders of the last 14 days")),
        "ring": charts.donut(parts, title=_("Orders by state"), total_label=pgettext("unit", "orders"))
        if any(value for _word, value in parts)
        else "",
        "ranking": charts.bars(ranking(now), title=_("Goods that sold for most"), shown=charts.money),
        "latest": [(row, address(row.image, small=True)) for row in latest],
    }


def _tab_word(tab: str) -> str:
    if tab == "closed":
        return _("Closed")
    return str(state_of("order", "confirmed" if tab == "to_ship" else tab)[0])


def _delta(change: int, *, shown: Any) -> tuple[str, str]:
    """Return a change against yesterday as text and tone."""
    text = _("%(change)s on yesterday") % {"change": shown(change)}
    return text, "up" if change > 0 else "down" if change < 0 else ""


def _signed_yuan(change_fen: int) -> str:
    return f"{'+' if change_fen > 0 else ''}{yuan(change_fen)}"


def _todo(waiting: Todo, *, party: Party) -> list[tuple[str, int, str]]:
    """Return what waits, each with the list that holds it, as far as the user may open it."""
    both = zip(KINDS, waiting.counts, strict=True)
    return [(str(kind.word), count, kind.url) for kind, count in both if party.can(kind.permission)]


def _greeting(now: Any) -> str:
    hour = timezone.localtime(now).hour
    if hour < 11:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")
