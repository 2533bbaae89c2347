"""The supplier's bills: the list, one of them, his answer line by line, and the copies he downloads."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.bill_papers import bill_pdf, bill_xlsx, cycle_word, period_text, rows_of, steps_of
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.history import actor_name
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.settlement import actions
from entrepot.settlement.models import Bill, BillState
from entrepot.settlement.queries import bills as found_bills
from entrepot.settlement.queries import counts_by_state, lines_of, standing, terms_of, voucher_of

_TABS = (
    (BillState.SENT, gettext_lazy("To confirm")),
    (BillState.DISPUTED, gettext_lazy("Disputed")),
    (BillState.CONFIRMED, gettext_lazy("Awaiting payment")),
    (BillState.PAID, gettext_lazy("Paid")),
    (BillState.SETTLED, gettext_lazy("Settled")),
    (BillState.CARRIED, gettext_lazy("Carried over")),
)
_LINES_AT_ONCE = 500


class BillSearch(FilterForm):
    """A bill by number or the day it was made."""

    number = forms.CharField(label=gettext_lazy("Bill number"), max_length=20)
    days = DayRangeField(label=gettext_lazy("Date"))

    def rows(self, supplier_id: int) -> QuerySet[Bill]:
        """Return the supplier's bills that meet the search."""
        found = found_bills(supplier_id=supplier_id)
        if number := self.value("number"):
            found = found.filter(Q(number__istartswith=number) | Q(bank_reference__istartswith=number))
        since, until = self.value("days") or (None, None)
        if since:
            found = found.filter(created_at__gte=since)
        return found.filter(created_at__lt=until) if until else found


@require_GET
@page("supplier", "bills.view")
def bill_list(request: PartyRequest) -> HttpResponseBase:
    """Show the bills he was sent, newest first, under what he has earned and was paid."""
    form = BillSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows(request.party.id)
    listed = found.filter(state=tab) if tab in BillState.values else found
    if request.GET.get("export") == "xlsx":
        return _export(listed)
    counted = counts_by_state(found)
    shown = page_of(listed, query=request.GET)
    terms = terms_of([request.party.id])[request.party.id]
    context = {
        "title": _("Bills"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in _TABS),
        ],
        "page": shown,
        "rows": [(row, period_text(row), cycle_word(row.cycle)) for row in shown],
        "standing": standing(request.party.id, rights_days=terms.rights_days),
        "terms": terms,
        "cycle": cycle_word(terms.cycle),
        "is_narrowed": bool(form.used or tab),
        "can_answer": request.party.can("bills.answer"),
    }
    return render(request, "supplier/bills.html", context)


def _export(rows: QuerySet[Bill]) -> HttpResponseBase:
    columns = [
        Column(title=_("Bill"), value=lambda row: row.number, width=22),
        Column(title=_("Period"), value=period_text, width=26),
        Column(title=_("Bill lines"), value=lambda row: row.line_count, kind="int", width=10),
        Column(title=_("Amount"), value=lambda row: row.total_fen, kind="fen"),
        Column(title=_("State"), value=lambda row: state_of("bill", row.state)[0], width=14),
        Column(title=_("Sent"), value=lambda row: row.sent_at, kind="moment", width=20),
        Column(title=_("Paid"), value=lambda row: row.paid_at, kind="moment", width=20),
        Column(title=_("Bank reference"), value=lambda row: row.bank_reference, width=24),
    ]
    return export_xlsx(rows.iterator(chunk_size=500), name=_("bills"), columns=columns)


@require_GET
@page("supplier", "bills.view")
def bill_detail(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Show one bill with its lines."""
    row = _bill(bill_id)
    lines = page_of(lines_of(bill_id), query=request.GET, order=("transfer_id",))
    can_answer = request.party.can("bills.answer")
    context: dict[str, Any] = {
        "title": _("Bill %(number)s") % {"number": row.number},
        "bill": row,
        "period": period_text(row),
        "cycle": cycle_word(row.cycle),
        "steps": steps_of(row),
        "page": lines,
        "rows": rows_of(lines, supplier_id=row.supplier_id, is_explained=True),
        "carried_from": list(row.carried_from.order_by("id").values_list("pk", "number")),
        "answered_by": actor_name(row.answered_by, reader="supplier") if row.answered_by else "",
        "can_confirm": can_answer and row.state == BillState.SENT,
        "can_dispute": can_answer and row.state in (BillState.SENT, BillState.DISPUTED),
        "can_receive": can_answer and row.state == BillState.PAID,
        "can_orders": request.party.can("orders.view"),
    }
    return render(request, "supplier/bill.html", context)


@require_GET
@page("supplier", "bills.view")
def bill_sheet(request: PartyRequest, bill_id: int) -> HttpResponseBase:
    """Hand a bill out as an Excel sheet."""
    return bill_xlsx(_bill(bill_id))


@require_GET
@page("supplier", "bills.view")
def bill_paper(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Hand a bill out as PDF."""
    return bill_pdf(_bill(bill_id))


@require_GET
@page("supplier", "bills.view")
def bill_voucher(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Hand out the picture of the payment."""
    _bill(bill_id)
    data, media_type = voucher_of(bill_id)
    if not data:
        raise Http404
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, no-store"})


@require_POST
@page("supplier", "bills.answer")
def bill_confirm(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Agree to a bill as it was shown."""
    _bill(bill_id)
    revision = request.POST.get("revision", "")
    try:
        actions.confirm_bill(
            request.party.id,
            bill_id=bill_id,
            revision=int(revision) if revision.isdigit() and len(revision) < 6 else 0,
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
        messages.success(request, _("The bill is confirmed; the platform pays it next."))
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return _to(bill_id)


@require_POST
@page("supplier", "bills.answer")
def bill_dispute(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Say no to the chosen lines and why."""
    _bill(bill_id)
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdigit() and len(text) < 19][:_LINES_AT_ONCE]
    try:
        actions.dispute_lines(
            request.party.id,
            bill_id=bill_id,
            line_ids=ids,
            reason=request.POST.get("reason", ""),
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
        messages.success(request, _("The platform is told which lines you do not agree with."))
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return _to(bill_id)


@require_POST
@page("supplier", "bills.answer")
def bill_received(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Say that the money has come: the bill is settled."""
    _bill(bill_id)
    try:
        actions.settle_bill(
            bill_id, actor=actor(request.party), supplier_id=request.party.id, address=client_ip(request) or ""
        )
        messages.success(request, _("The bill is settled."))
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return _to(bill_id)


def _bill(bill_id: int) -> Bill:
    row = found_bills().filter(pk=bill_id).first()
    if row is None:
        raise Http404
    return row


def _to(bill_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("supplier:bill", args=[bill_id]))
