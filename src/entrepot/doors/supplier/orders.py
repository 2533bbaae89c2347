"""Orders to ship: the list, one order, and what is done to it."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.doors.kit import carriers, life
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.language import own_address
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.supplier.order_counts import tab_counts
from entrepot.doors.supplier.order_reads import (
    SupplyOrderRow,
    every_order,
    former_lines,
    order_page,
    supply_order,
)
from entrepot.doors.supplier.order_search import OPEN, Wanted
from entrepot.doors.supplier.word_form import WordForm
from entrepot.events import operations
from entrepot.orders.consignees import place_line
from entrepot.orders.queries import consignee_of
from entrepot.reports.why import grounds_of, settled_why
from entrepot.trade import desk
from entrepot.trade.terms import Ship

_TABS: dict[str, Any] = {
    "to_accept": gettext_lazy("To accept"),
    "to_ship": gettext_lazy("To ship"),
    "unsupplied": gettext_lazy("With the platform"),
    "shipped": gettext_lazy("Shipped"),
    "received": gettext_lazy("Received"),
    "completed": gettext_lazy("Completed"),
    "refunded": gettext_lazy("Refunded"),
    "all": gettext_lazy("All"),
}


class OrderSearch(FilterForm):
    """The search form of the list."""

    number = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Last digits will do")}),
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


class ShipForm(forms.Form):
    """One parcel: its carrier and tracking number; the pieces of each line are read beside it."""

    carrier = forms.ChoiceField(label=gettext_lazy("Carrier"), choices=carriers.choices)
    tracking_no = forms.CharField(
        label=gettext_lazy("Tracking number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "num"}),
    )

    def __init__(self, *args: Any, order: SupplyOrderRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        for line in order.lines:
            if line.sendable_qty:
                self.fields[f"qty_{line.line_no}"] = forms.IntegerField(
                    label=line.goods_name,
                    min_value=0,
                    max_value=line.sendable_qty,
                    initial=line.sendable_qty,
                    widget=forms.NumberInput(
                        attrs={
                            "inputmode": "numeric",
                            "class": "num",
                            "aria-label": _("Pieces of %(name)s in this parcel") % {"name": line.goods_name},
                        }
                    ),
                )

    def clean_tracking_no(self) -> str:
        """Return the number without spaces; it is letters, digits and hyphens."""
        number = "".join(str(self.cleaned_data["tracking_no"]).split()).upper()
        if not number.replace("-", "").isalnum() or not number.isascii():
            raise forms.ValidationError(_("Letters, digits and hyphens only."))
        return number

    def clean(self) -> dict[str, Any]:
        """Hold the parcel to something."""
        cleaned = super().clean() or {}
        self.pieces = {
            line.line_no: cleaned[f"qty_{line.line_no}"]
            for line in self.order.lines
            if cleaned.get(f"qty_{line.line_no}")
        }
        if not self.errors and not self.pieces:
            raise forms.ValidationError(_("A parcel holds at least one piece."))
        return cleaned

    def piece_fields(self) -> list[tuple[Any, Any]]:
        """Return each open line with its field."""
        return [(line, self[f"qty_{line.line_no}"]) for line in self.order.lines if line.sendable_qty]


def wanted_of(request: PartyRequest, *, form: OrderSearch) -> Wanted:
    """Return what the address asks for; a search from the top bar looks through every state."""
    quick = request.GET.get("q", "").strip()[:64]
    tab = request.GET.get("tab", "")
    placed = form.value("placed") or (None, None)
    return Wanted(
        tab=tab if tab in _TABS else ("all" if quick else "to_ship"),
        number=quick or form.value("number") or "",
        goods=form.value("goods") or "",
        phone=form.value("phone") or "",
        tracking=form.value("tracking") or "",
        since=placed[0],
        until=placed[1],
    )


@require_GET
@page("supplier", "orders.view")
def order_list(request: PartyRequest) -> HttpResponseBase:
    """Show the supplier's orders, those to ship first."""
    form = OrderSearch(request.GET)
    wanted = wanted_of(request, form=form)
    counts = tab_counts(wanted)
    if wanted.tab == "to_ship" and request.GET.get("tab") != "to_ship" and counts.may_hold("to_accept"):
        asked: Wanted = replace(wanted, tab="to_accept")
        wanted = asked if counts.by_tab or any(True for _row in every_order(asked, at_once=1)) else wanted
    if request.GET.get("export") == "xlsx":
        return _export(wanted)
    rows = order_page(wanted, query=request.GET)
    rows.total = counts.exact(wanted.tab)
    # Who is never asked needs no tabs for it; the list opens where there is something to do.
    rare = ("to_accept", "unsupplied")
    shown = [name for name in _TABS if name not in rare or counts.may_hold(name) or name == wanted.tab]
    names = [wanted.tab, *(name for name in shown if name != wanted.tab)] if request.GET.get("q") else shown
    context = {
        "title": _("Orders to ship"),
        "form": form,
        "page": rows,
        "tabs": [(name, _TABS[name], counts.shown(name)) for name in names],
        "is_narrowed": form.used or request.GET.get("q"),
        "can_ship": request.party.can("orders.ship"),
        "can_reveal": request.party.can("consignee.reveal"),
        "is_to_accept": wanted.tab == "to_accept",
    }
    return render(request, "supplier/orders.html", context)


def _export(wanted: Wanted) -> HttpResponseBase:
    columns = [
        Column(title=_("Order number"), value=lambda pair: str(pair[0].order_id), width=14),
        Column(title=_("Placed"), value=lambda pair: pair[0].created_at, kind="moment", width=20),
        Column(title=_("State"), value=lambda pair: str(state_of("order", pair[0].state)[0]), width=10),
        Column(title=_("Goods"), value=lambda pair: pair[1].goods_name, width=36),
        Column(title=_("Goods number"), value=lambda pair: pair[1].goods_no),
        Column(title=_("SKU"), value=lambda pair: pair[1].sku_code),
        Column(title=_("Specification"), value=lambda pair: pair[1].spec),
        Column(title=_("Pieces"), value=lambda pair: pair[1].qty, kind="int", width=8),
        Column(title=pgettext("pieces", "Shipped"), value=lambda pair: pair[1].shipped_qty, kind="int", width=8),
        Column(title=pgettext("pieces", "Refunded"), value=lambda pair: pair[1].refunded_qty, kind="int", width=8),
        Column(title=_("Your price"), value=lambda pair: pair[1].supplier_price_fen, kind="fen", width=12),
        Column(title=_("Amount"), value=lambda pair: pair[1].amount_fen, kind="fen", width=12),
        Column(title=_("Consignee"), value=lambda pair: f"{pair[0].name_masked} {pair[0].phone_masked}", width=20),
        Column(
            title=_("Region"), value=lambda pair: place_line(pair[0].province, pair[0].city, pair[0].district), width=24
        ),
        Column(title=_("Acceptance"), value=lambda pair: str(state_of("acceptance", pair[1].word)[0]), width=10),
        Column(title=_("Accept by"), value=lambda pair: pair[1].accept_by, kind="moment", width=20),
        Column(title=_("Ship by"), value=lambda pair: pair[1].ship_by, kind="day", width=12),
        Column(title=_("Buyer's note"), value=lambda pair: pair[0].remark, width=28),
        Column(title=pgettext("step", "Received"), value=lambda pair: pair[0].received_at, kind="moment", width=20),
        Column(title=pgettext("step", "Completed"), value=lambda pair: pair[0].completed_at, kind="moment", width=20),
        Column(title=_("Parcels"), value=lambda pair: parcels_text(pair[0]), width=32),
    ]
    pairs = ((order, line) for order in every_order(wanted) for line in order.lines)
    try:
        return export_xlsx(pairs, name=_("Orders to ship"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)


def parcels_text(order: SupplyOrderRow) -> str:
    """Return the parcels of an order in one line."""
    return "; ".join(f"{carriers.carrier_name(parcel.carrier)} {parcel.tracking_no}" for parcel in order.parcels)


@require_GET
@page("supplier", "orders.view")
def order_detail(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show one order as a page, or in the drawer."""
    order = supply_order(order_id)
    if order is None:
        raise Http404
    return shown(request, order=order)


def shown(
    request: PartyRequest,
    *,
    order: SupplyOrderRow,
    form: ShipForm | None = None,
    word_form: WordForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show one order with the forms given, or fresh ones; in the supplier's scope."""
    party = request.party
    can_ship = order.is_to_ship and party.can("orders.ship")
    can_accept = bool(order.askable) and party.can("orders.ship")
    forms = [(_("Can you supply it?"), "supplier/accept_form.html")] if can_accept else []
    slots = life.Slots(
        lead="supplier/order_lead.html",
        actions="supplier/order_acts.html",
        lines="supplier/order_lines.html",
        delivery="supplier/delivery.html",
        money="supplier/order_money.html",
        forms=[*forms, (_("Send a parcel"), "supplier/ship_form.html")] if can_ship else forms,
    )
    lived = life.context(party, order_id=order.order_id, slots=slots)
    if lived is None:
        raise Http404
    context = lived | {
        "title": _("Order %(number)s") % {"number": order.order_id},
        "order": order,
        "form": form or ShipForm(order=order),
        "word_form": word_form or WordForm(),
        "former": former_lines(order.order_id) if order.is_gone or order.state in OPEN else [],
        "steps": _steps(order),
        "why_rows": settled_why(
            [(line.sku_code, line.supplier_price_fen, line.qty, line.refunded_qty) for line in order.lines],
            charges=grounds_of(order.order_id).charges,
            freight_fen=order.freight_fen,
        ),
        "can_ship": can_ship,
        "can_accept": can_accept,
        "can_reveal": request.party.can("consignee.reveal"),
        "next": onward(request, default=reverse("supplier:order", args=[order.order_id])),
    }
    return render(request, life.TEMPLATE, context, status=status)


def onward(request: PartyRequest, *, default: str) -> str:
    """Return where to go on after a deed: what the form says, or the page the drawer was opened on."""
    here = urlsplit(request.headers.get("HX-Current-URL", ""))
    opened_on = f"{here.path}?{here.query}" if here.query else here.path
    for address in (request.POST.get("next", ""), opened_on):
        found = own_address(request, address=address)
        if found:
            return found
    return default


def _steps(order: SupplyOrderRow) -> list[tuple[str, str, Any]]:
    reached = {"confirmed": 1, "partly_shipped": 1, "shipped": 2, "received": 3, "completed": 4}.get(order.state, 0)
    last = order.parcels[-1].shipped_at if order.parcels else None
    if order.is_gone:
        return [(_("Placed"), "done", order.created_at), (_("Gone to another shipper"), "stopped", None)]
    if order.state == "refunded":
        return [(_("Placed"), "done", order.created_at), (_("Refunded"), "stopped", None)]
    moments = [order.created_at, last, order.received_at, order.completed_at]
    labels = [_("Placed"), pgettext("step", "Shipped"), pgettext("step", "Received"), pgettext("step", "Completed")]
    marks = ["done" if place < reached else "now" if place == reached else "" for place in range(4)]
    return list(zip(labels, marks, moments, strict=True))


@require_POST
@page("supplier", "orders.ship", in_scope=False)
def ship(request: PartyRequest, order_id: int) -> HttpResponse:
    """Send one parcel of an order; what another person has sent meanwhile is refused by the desk."""
    party = request.party
    with scope.supplier(party.id, read_only=True):
        order = supply_order(order_id)
    if order is None:
        raise Http404
    form = ShipForm(request.POST, order=order)
    if form.is_valid():
        number = form.cleaned_data["tracking_no"]
        ask = Ship(order_id, party.id, form.cleaned_data["carrier"], number, actor(party), form.pieces)
        try:
            (answer,) = desk.run([ask])
        except desk.Busy:
            form.add_error(None, _("Somebody else is at this order. Try again in a moment."))
        else:
            if answer.is_accepted:
                return _sent(request, order_id=order_id, tracking_no=number, is_replay=answer.is_replay)
            form.add_error(None, reason_of(answer))
    with scope.supplier(party.id, read_only=True):
        return shown(request, order=order, form=form, status=422)


def _sent(request: PartyRequest, *, order_id: int, tracking_no: str, is_replay: bool) -> HttpResponse:
    said = {"number": order_id, "tracking": tracking_no}
    if is_replay:
        messages.info(request, _("Parcel %(tracking)s of order %(number)s had been recorded before.") % said)
    else:
        messages.success(request, _("Order %(number)s: parcel %(tracking)s is on its way.") % said)
    address = onward(request, default=reverse("supplier:order", args=[order_id]))
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


@require_POST
@page("supplier", "consignee.reveal")
def reveal(request: PartyRequest, order_id: int) -> HttpResponse:
    """Show the whole address of one order; every look is put on record."""
    order = supply_order(order_id)
    found = consignee_of(order_id) if order is not None else None
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
