"""Orders: the list, one order, and what the distributor may do with it."""

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from entrepot.doors.distributor import order_reads
from entrepot.doors.distributor.order_reads import OrderRow
from entrepot.doors.distributor.order_search import TABS, Wanted
from entrepot.doors.kit import life
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.carriers import carrier_name
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.events import operations
from entrepot.orders.consignees import place_line
from entrepot.orders.queries import consignee_of
from entrepot.reports.why import Row, grounds_of
from entrepot.reports.why_order import Bought, total_why

_TABS: dict[str, Any] = {
    "all": gettext_lazy("All"),
    "held": gettext_lazy("Held"),
    "awaiting_funds": gettext_lazy("Awaiting funds"),
    "to_ship": gettext_lazy("To ship"),
    "shipped": gettext_lazy("Shipped"),
    "received": gettext_lazy("Received"),
    "completed": gettext_lazy("Completed"),
    "closed": gettext_lazy("Closed"),
}
PERMISSION_OF = {
    "confirm": "orders.complete",
    "cancel": "orders.cancel",
    "refund": "orders.refund",
    "receive": "orders.complete",
    "complete": "orders.complete",
}
"""Which permission each deed on an order needs."""


class OrderSearch(FilterForm):
    """The search form of the list."""

    number = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Your number or ours")}),
    )
    goods = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name / number / SKU")}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Consignee"),
        max_length=30,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Full phone number"), "inputmode": "tel"}),
    )
    tracking = forms.CharField(label=gettext_lazy("Tracking number"), max_length=64)
    placed = DayRangeField(label=gettext_lazy("Placed"))


def _wanted(request: PartyRequest, *, form: OrderSearch) -> Wanted:
    placed = form.value("placed") or (None, None)
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in _TABS else "all",
        number=request.GET.get("q", "").strip()[:64] or form.value("number") or "",
        goods=form.value("goods") or "",
        phone=form.value("phone") or "",
        tracking=form.value("tracking") or "",
        since=placed[0],
        until=placed[1],
    )


@require_GET
@page("distributor", "orders.view")
def order_list(request: PartyRequest) -> HttpResponseBase:
    """Show the distributor's orders."""
    form = OrderSearch(request.GET)
    wanted = _wanted(request, form=form)
    if request.GET.get("export") == "xlsx":
        return _export(wanted)
    counted = order_reads.tab_counts(wanted)
    rows = order_reads.order_page(wanted, query=request.GET)
    total = counted.total(wanted.tab)
    rows.total = total[0] if total else None
    context = {
        "title": _("My orders"),
        "form": form,
        "page": rows,
        "tabs": [(name, label, counted.shown(name)) for name, label in _TABS.items()],
        "total_fen": total[1] if total else None,
        "is_narrowed": form.used or request.GET.get("q") or wanted.tab != "all",
    }
    return render(request, "distributor/orders.html", context)


def _export(wanted: Wanted) -> HttpResponseBase:
    columns = [
        Column(title=_("Your order number"), value=lambda pair: pair[0].out_order_no, width=24),
        Column(title=_("Order number"), value=lambda pair: str(pair[0].id), width=14),
        Column(title=_("Placed"), value=lambda pair: pair[0].created_at, kind="moment", width=20),
        Column(title=_("State"), value=lambda pair: str(state_of("order", pair[0].state)[0]), width=10),
        Column(title=_("Goods"), value=lambda pair: pair[1].goods_name, width=36),
        Column(title=_("Goods number"), value=lambda pair: pair[1].goods_no),
        Column(title=_("SKU"), value=lambda pair: pair[1].sku_code),
        Column(title=_("Specification"), value=lambda pair: pair[1].spec),
        Column(title=_("Pieces"), value=lambda pair: pair[1].qty, kind="int", width=8),
        Column(title=pgettext("pieces", "Shipped"), value=lambda pair: pair[1].shipped_qty, kind="int", width=8),
        Column(title=pgettext("pieces", "Refunded"), value=lambda pair: pair[1].refunded_qty, kind="int", width=8),
        Column(title=_("Supply price"), value=lambda pair: pair[1].supply_price_fen, kind="fen", width=12),
        Column(title=_("Service fee"), value=lambda pair: pair[1].fee_fen, kind="fen", width=12),
        Column(title=_("Agreed price"), value=lambda pair: pair[1].agreed_price_fen, kind="fen", width=12),
        Column(title=_("Amount"), value=lambda pair: pair[1].amount_fen, kind="fen", width=14),
        Column(title=_("Consignee"), value=lambda pair: f"{pair[0].name_masked} {pair[0].phone_masked}", width=20),
        Column(
            title=_("Region"), value=lambda pair: place_line(pair[0].province, pair[0].city, pair[0].district), width=24
        ),
        Column(
            title=_("Parcels"),
            value=lambda pair: "; ".join(f"{carrier_name(p.carrier)} {p.tracking_no}" for p in pair[0].parcels),
            width=32,
        ),
    ]
    pairs = ((row, line) for row in order_reads.every_order(wanted) for line in row.lines)
    try:
        return export_xlsx(pairs, name=_("My orders"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)


@require_GET
@page("distributor", "orders.view")
def order_detail(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show one order as a page, or in the drawer."""
    found = order_reads.order(order_id)
    if found is None:
        raise Http404
    return shown(request, found=found)


def shown(request: PartyRequest, *, found: OrderRow, wrong: str = "", status: int = 200) -> HttpResponse:
    """Return the page of one order, with what went wrong on top; to be called inside the distributor's scope."""
    party = request.party
    may = {deed for deed in found.deeds if party.can(PERMISSION_OF[deed])}
    slots = life.Slots(
        lead="distributor/order_lead.html",
        actions="distributor/order_deeds.html",
        lines="distributor/order_lines.html",
        delivery="distributor/delivery.html",
        money="distributor/order_money.html",
        forms=[("", "distributor/order_refund.html")] if "refund" in may else (),
    )
    lived = life.context(party, order_id=found.id, slots=slots)
    if lived is None:
        raise Http404
    context = lived | {
        "title": _("Order %(number)s") % {"number": found.out_order_no},
        "order": found,
        "wrong": wrong,
        "may": may,
        "can_after_sale": bool(found.drawn_fen) and found.state != "refunded" and party.can("aftersales.edit"),
        "steps": _steps(found),
        "why_rows": why_rows(found),
        "can_reveal": party.can("consignee.reveal"),
        "once": uuid.uuid4().hex,
        "reveal_url": reverse("distributor:reveal", args=[found.id]) if party.can("consignee.reveal") else "",
    }
    return render(request, life.TEMPLATE, context, status=status)


def why_rows(found: OrderRow) -> list[Row]:
    """Return how the total of an order came about, step by step, and what came back."""
    lines = [
        Bought(
            line_no=line.line_no,
            sku_code=line.sku_code,
            qty=line.qty,
            supply_price_fen=line.supply_price_fen,
            fee_fen=line.fee_fen,
            agreed_price_fen=line.agreed_price_fen,
            amount_fen=line.amount_fen,
        )
        for line in found.lines
    ]
    return total_why(lines, grounds=grounds_of(found.id), freight_fen=found.freight_fen, total_fen=found.total_fen)


def _steps(found: OrderRow) -> list[tuple[str, str, Any]]:
    if found.state in TABS["closed"]:
        labels = {
            "cancelled": _("Cancelled"),
            "expired": _("Expired"),
            "rejected": _("Rejected"),
            "refunded": _("Refunded"),
        }
        first = [(_("Placed"), "done", found.created_at)]
        if found.confirmed_at:
            first.append((pgettext("step", "Confirmed"), "done", found.confirmed_at))
        return [*first, (labels[found.state], "stopped", found.closed_at)]
    reached = {"shipped": 3, "received": 4, "completed": 5, "confirmed": 2, "partly_shipped": 2}.get(found.state, 1)
    steps = [
        (_("Placed"), found.created_at),
        (pgettext("step", "Confirmed"), found.confirmed_at),
        (pgettext("step", "Shipped"), found.shipped_at),
        (pgettext("step", "Received"), found.received_at),
        (pgettext("step", "Completed"), found.completed_at),
    ]
    return [
        (label, "done" if place < reached else "now" if place == reached else "", moment)
        for place, (label, moment) in enumerate(steps)
    ]


@require_POST
@page("distributor", "consignee.reveal")
def reveal(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show the whole address of one order; every look is put on record."""
    found = consignee_of(order_id)
    if found is None:
        raise Http404
    operations.record(
        actor=actor(request.party),
        verb="consignee.revealed",
        object_kind="order",
        object_id=order_id,
        address=client_ip(request) or "",
    )
    return HttpResponse(
        format_html(
            '<span class="num">{} {}</span><br><span>{}{}</span>',
            *(found.name, found.phone),
            *(place_line(found.province, found.city, found.district, found.street), found.address),
        )
    )
