"""The page of one order, as a drawer too, and the logged look at its consignee."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.doors.kit import life
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import Party, PartyRequest, page
from entrepot.doors.platform.order_facts import OrderFacts, order_facts, steps
from entrepot.doors.platform.order_why import line_why, shares, total_why
from entrepot.events import operations
from entrepot.orders.queries import consignee_of
from entrepot.reports.why import grounds_of

_SLOTS = life.Slots(
    lead="platform/order_lead.html",
    actions="platform/order_buttons.html",
    lines="platform/order_lines.html",
    delivery="platform/order_consignee.html",
    money="platform/order_money.html",
    aside="platform/order_aside.html",
)
CANCELLABLE = ("held", "awaiting_funds")
AFTER_SALE = ("confirmed", "partly_shipped", "shipped", "received", "completed")
REFUNDABLE = ("confirmed", "partly_shipped")


@page("platform", "orders.view")
@require_GET
def order(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show one order with its life, its money and why each figure is what it is."""
    return render(request, life.TEMPLATE, order_context(request, facts=facts_or_404(order_id)))


def facts_or_404(order_id: int) -> OrderFacts:
    """Return everything about one order; no such order is no such page."""
    facts = order_facts(order_id)
    if facts is None:
        raise Http404
    return facts


def order_context(request: PartyRequest, *, facts: OrderFacts) -> dict[str, Any]:
    """Return what the page of an order shows."""
    head = facts.head
    grounds = grounds_of(head.id)
    lived = life.context(request.party, order_id=head.id, slots=_SLOTS)
    if lived is None:
        raise Http404
    return lived | {
        "title": _("Order %(number)s") % {"number": head.id},
        "order": head,
        "facts": facts,
        "steps": steps(head),
        "lines": [(line, line_why(line, head=head, grounds=grounds)) for line in facts.lines],
        "why_total": total_why(head, lines=facts.lines, grounds=grounds),
        "shares": shares(head, lines=facts.lines),
        "supply_fen": sum(line.supply_price_fen * line.qty for line in facts.lines),
        "fee_fen": sum(line.fee_fen * line.qty for line in facts.lines),
        "can": allowed(request.party, facts=facts),
    }


def allowed(party: Party, *, facts: OrderFacts) -> dict[str, bool]:
    """Return what the user may do with the order in its present state."""
    state = facts.head.state
    return {
        "ship": bool(facts.own_open) and state in REFUNDABLE and party.can("orders.ship"),
        "refund": bool(facts.all_open) and state in REFUNDABLE and party.can("orders.refund"),
        "reroute": state in REFUNDABLE and party.can("orders.reroute"),
        "cancel": state in CANCELLABLE and party.can("orders.cancel"),
        "after_sale": state in AFTER_SALE and party.can("aftersales.edit"),
        "receive": state == "shipped" and party.can("orders.complete"),
        "complete": state == "received" and party.can("orders.complete"),
        "reveal": bool(facts.head.phone) and party.can("consignee.reveal"),
    }


@page("platform", "consignee.reveal")
@require_POST
def reveal(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show the consignee in clear, once, and write down who looked."""
    head = facts_or_404(order_id).head
    plain = consignee_of(order_id)
    if plain is None:
        raise Http404
    operations.record(
        actor=actor(request.party),
        verb="consignee.revealed",
        object_kind="order",
        object_id=order_id,
        label=head.out_order_no,
        address=client_ip(request) or "",
    )
    return render(request, "platform/consignee.html", {"plain": plain})
