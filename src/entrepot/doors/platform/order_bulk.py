"""Shipping own goods in bulk: chosen orders in one form, or tracking numbers from a spreadsheet."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base import scope
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.carriers import CARRIERS, carrier_code
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import (
    Column,
    ImportColumn,
    ImportRow,
    RefusedRow,
    Sheet,
    UnreadableSheet,
    export_xlsx,
    read_sheet,
    refused_xlsx,
)
from entrepot.doors.platform.order_acts import busy
from entrepot.doors.platform.order_facts import Head, LineFacts, heads, lines_of
from entrepot.doors.platform.order_forms import CarrierField, TrackingField, clean_tracking
from entrepot.doors.platform.order_rows import OWN_OPEN
from entrepot.doors.platform.orders import chosen_ids
from entrepot.doors.platform.own_orders import own_orders, waiting_ids
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Ship

_SALT = "platform.refused-rows"
_SALT_S = 3600
_SHEET_LIMIT = 2_000
_BATCH = 100


@dataclass(frozen=True)
class Shippable:
    """An order of which the platform itself still has pieces to ship."""

    head: Head
    lines: list[LineFacts]

    @property
    def pieces(self) -> int:
        """Return how many pieces a parcel with all of them holds."""
        return sum(line.open_qty for line in self.lines)


class BulkForm(forms.Form):
    """A tracking number for each order; those left empty are not shipped."""

    carrier = CarrierField(label=_("Carrier of all parcels"))

    def __init__(self, data: Any, *, orders: list[Shippable]) -> None:
        super().__init__(data)
        self.orders = orders
        for one in orders:
            field = TrackingField(label=_("Tracking no."), required=False)
            field.widget.attrs["aria-label"] = f"{_('Tracking no.')} {one.head.id}"
            self.fields[f"tracking_{one.head.id}"] = field

    @property
    def rows(self) -> list[tuple[Shippable, forms.BoundField]]:
        """Return every order with its field."""
        return [(one, self[f"tracking_{one.head.id}"]) for one in self.orders]

    def clean(self) -> dict[str, Any]:
        """Refuse a form without any number, and the same number for two orders."""
        cleaned = super().clean() or {}
        numbers: dict[str, int] = {}
        for one in self.orders:
            number = cleaned.get(f"tracking_{one.head.id}")
            if number and number in numbers:
                self.add_error(
                    f"tracking_{one.head.id}",
                    gettext("Order %(order)s has this number too; one parcel holds one order.")
                    % {"order": numbers[number]},
                )
            elif number:
                numbers[number] = one.head.id
        if not self.errors and not numbers:
            raise forms.ValidationError(_("Enter at least one tracking number."), code="nothing")
        return cleaned


@page("platform", "orders.ship", in_scope=False)
@require_http_methods(["GET", "POST"])
def ship_many(request: PartyRequest) -> HttpResponse:
    """Ship all that is left of own goods of the chosen orders, one parcel for each."""
    ids = chosen_ids(request.GET.get("ids", "").split(","))
    found, others = _shippable(ids)
    form = BulkForm(request.POST or None, orders=found)
    if request.method == "POST" and form.is_valid():
        asks = [
            _ask(one, carrier=form.cleaned_data["carrier"], tracking_no=number, who=actor(request.party))
            for one in found
            if (number := form.cleaned_data[f"tracking_{one.head.id}"])
        ]
        answers = _run(asks)
        for ask, answer in zip(asks, answers, strict=True):
            if answer is None or not answer.is_accepted:
                form.add_error(f"tracking_{ask.order_id}", busy() if answer is None else reason_of(answer))
        sent = sum(1 for answer in answers if answer is not None and answer.is_accepted)
        if sent:
            said = ngettext("%(n)d parcel is sent.", "%(n)d parcels are sent.", sent) % {"n": sent}
            messages.success(request, said)
        if not form.errors:
            return HttpResponseRedirect(reverse("platform:orders") + "?tab=shipped")
    context = {"title": _("Ship chosen orders"), "form": form, "others": others, "ids": ids}
    return render(request, "platform/ship_many.html", context, status=422 if form.errors else 200)


def _shippable(ids: list[int]) -> tuple[list[Shippable], list[Head]]:
    """Return the orders of which own goods are open, and those of which none are."""
    with scope.platform(read_only=True):
        found = heads(ids)
        lines = lines_of([head.id for head in found])
    open_lines = {head.id: [line for line in lines[head.id] if line.is_own and line.open_qty] for head in found}
    is_ready = {head.id: bool(open_lines[head.id]) and head.state in OWN_OPEN for head in found}
    ready = [Shippable(head, open_lines[head.id]) for head in found if is_ready[head.id]]
    return ready, [head for head in found if not is_ready[head.id]]


def _ask(one: Shippable, *, carrier: str, tracking_no: str, who: str) -> Ship:
    return Ship(one.head.id, one.lines[0].supplier_id, carrier, tracking_no, who)


def _run(asks: list[Ship]) -> list[Answer | None]:
    """Return the desk's answers, None for asks whose rows stayed locked by others."""
    answers: list[Answer | None] = []
    for start in range(0, len(asks), _BATCH):
        batch = asks[start : start + _BATCH]
        try:
            answers += desk.run(batch)
        except desk.Busy:
            answers += [None] * len(batch)
    return answers


def _read_carrier(text: str) -> str:
    code = carrier_code(text)
    if code is None:
        raise ValueError(gettext("“%(text)s” is no carrier we know.") % {"text": text})
    return code


IMPORT = (
    ImportColumn(name="number", headings=(_("Order no."), "订单号", "Order no.", _("Mall's order no."), "商城订单号")),
    ImportColumn(name="carrier", headings=(_("Carrier"), "快递公司", "Carrier"), read=_read_carrier),
    ImportColumn(
        name="tracking_no", headings=(_("Tracking no."), "快递单号", "运单号", "Tracking no."), read=clean_tracking
    ),
)


@page("platform", "orders.ship", in_scope=False)
@require_http_methods(["GET", "POST"])
def tracking(request: PartyRequest) -> HttpResponse:
    """Ship own goods by a sheet of order and tracking numbers; refused rows come back as a sheet."""
    context: dict[str, Any] = {"title": _("Ship in bulk"), "carriers": list(CARRIERS.values()), "limit": _SHEET_LIMIT}
    upload = request.FILES.get("file")
    if request.method == "GET":
        return render(request, "platform/tracking.html", context)
    if upload is None or upload.file is None:
        context["fault"] = _("Choose a file first.")
        return render(request, "platform/tracking.html", context, status=422)
    try:
        sheet = read_sheet(upload.file, columns=IMPORT, limit=_SHEET_LIMIT)
    except UnreadableSheet as wrong:
        context["fault"] = str(wrong)
        return render(request, "platform/tracking.html", context, status=422)
    sent, repeated = _ship_sheet(sheet, who=actor(request.party))
    sheet.refused.sort(key=lambda row: row.number)
    context |= {"sheet": sheet, "sent": sent, "repeated": repeated, "sealed": _sealed(sheet)}
    return render(request, "platform/tracking.html", context)


def _ship_sheet(sheet: Sheet, *, who: str) -> tuple[int, int]:
    """Ship every row that can be; return how many parcels are new and how many were sent before."""
    asks: list[tuple[ImportRow, Ship]] = []
    with scope.platform(read_only=True):
        found = own_orders({row.values["number"] for row in sheet.rows})
    for row in list(sheet.rows):
        matches = found.get(row.values["number"], [])
        if len(matches) != 1:
            reason = (
                gettext("Two orders answer to this number; ship them on their pages.")
                if matches
                else gettext("There is no such order.")
            )
            sheet.refuse(row, reason=reason)
            continue
        order_id, supplier_id = matches[0]
        if supplier_id is None:
            sheet.refuse(row, reason=gettext("The order holds no own goods; its supplier ships it."))
            continue
        asks.append((row, Ship(order_id, supplier_id, row.values["carrier"], row.values["tracking_no"], who)))
    sent = repeated = 0
    for (row, _ask), answer in zip(asks, _run([ask for _row, ask in asks]), strict=True):
        if answer is None or not answer.is_accepted:
            sheet.refuse(row, reason=busy() if answer is None else reason_of(answer))
        else:
            sent, repeated = sent + (not answer.is_replay), repeated + answer.is_replay
    return sent, repeated


def _sealed(sheet: Sheet) -> str:
    """Return the refused rows as a signed text that the page carries, so that nothing has to be kept for it."""
    if not sheet.refused:
        return ""
    rows = [[row.number, row.cells, row.reason] for row in sheet.refused]
    return signing.dumps([sheet.headings, rows], salt=_SALT, compress=True)


@page("platform", "orders.ship")
@require_POST
def refused(request: PartyRequest) -> HttpResponse:
    """Hand the refused rows of an import back as a sheet with the reasons."""
    try:
        headings, rows = signing.loads(request.POST.get("sealed", ""), salt=_SALT, max_age=_SALT_S)
    except signing.BadSignature:
        messages.error(request, gettext("The result is too old; import the file again."))
        return HttpResponseRedirect(reverse("platform:tracking"))
    found = [RefusedRow(number=number, cells=cells, reason=reason) for number, cells, reason in rows]
    return refused_xlsx(headings, refused=found, name=f"{gettext('refused')}-{timezone.localtime():%Y%m%d-%H%M}")


@page("platform", "orders.ship")
@require_GET
def template(request: PartyRequest) -> HttpResponseBase:
    """Hand out the sheet to fill in: own orders that wait for shipping, with empty columns for the parcel."""
    columns = (
        Column(title=gettext("Order no."), value=lambda head: head.id, width=16),
        Column(title=gettext("Carrier"), value=lambda head: None, width=16),
        Column(title=gettext("Tracking no."), value=lambda head: None, width=24),
        Column(title=gettext("Mall's order no."), value=lambda head: head.out_order_no, width=26),
        Column(title=gettext("Placed at"), value=lambda head: head.created_at, kind="moment", width=20),
    )
    found = heads(waiting_ids(limit=_SHEET_LIMIT))
    return export_xlsx(found, name=gettext("tracking-numbers"), columns=columns)
