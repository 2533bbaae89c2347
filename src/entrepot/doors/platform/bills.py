"""Suppliers' bills: the list, one bill with its lines, and what is downloaded of it."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from entrepot.doors.kit.bill_papers import bill_pdf, bill_xlsx, cycle_word, period_text, rows_of, steps_of
from entrepot.doors.kit.forms import DayRangeField, FenField
from entrepot.doors.kit.history import actor_name
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.log_words import changes_of, verb_word
from entrepot.events.queries import operations_on
from entrepot.settlement.models import Bill, BillState, Ruling
from entrepot.settlement.queries import bills as found_bills
from entrepot.settlement.queries import counts_by_state, lines_of, open_disputes, voucher_of

TABS = (
    (BillState.DRAFT, _("To send")),
    (BillState.SENT, _("Awaiting the supplier")),
    (BillState.DISPUTED, _("Disputed")),
    (BillState.CONFIRMED, _("To pay")),
    (BillState.PAID, _("Paid")),
    (BillState.SETTLED, _("Settled")),
    (BillState.CARRIED, _("Carried over")),
)
_COLUMNS = (
    Column(title=_("Bill"), value=lambda row: row.number, width=22),
    Column(title=_("Supplier"), value=lambda row: f"{row.supplier.number} {row.supplier.name}", width=28),
    Column(title=_("Period"), value=period_text, width=26),
    Column(title=_("Cycle"), value=lambda row: cycle_word(row.cycle), width=12),
    Column(title=_("Bill lines"), value=lambda row: row.line_count, kind="int", width=10),
    Column(title=_("Amount"), value=lambda row: row.total_fen, kind="fen"),
    Column(title=_("State"), value=lambda row: state_of("bill", row.state)[0], width=14),
    Column(title=_("Sent"), value=lambda row: row.sent_at, kind="moment", width=20),
    Column(title=_("Confirmed"), value=lambda row: row.answered_at, kind="moment", width=20),
    Column(title=_("Paid"), value=lambda row: row.paid_at, kind="moment", width=20),
    Column(title=_("Bank reference"), value=lambda row: row.bank_reference, width=24),
    Column(title=_("Digest"), value=lambda row: row.content_hash, width=66),
)


class BillSearch(FilterForm):
    """A bill by number, supplier or the day it was made."""

    text = forms.CharField(
        label=_("Bill"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("Bill number, supplier, bank reference")}),
    )
    day = DayRangeField(label=_("Made"))

    def rows(self) -> QuerySet[Bill]:
        """Return the bills that meet the search."""
        found = found_bills()
        if text := self.value("text"):
            found = found.filter(
                Q(number__istartswith=text)
                | Q(supplier__name__icontains=text)
                | Q(supplier__number__istartswith=text)
                | Q(bank_reference__icontains=text)
            )
        first, last = self.value("day") or (None, None)
        if first:
            found = found.filter(created_at__gte=first)
        return found.filter(created_at__lt=last) if last else found


class PutOffForm(forms.Form):
    """A line of a draft to be left for the next bill."""

    line = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class RuleForm(forms.Form):
    """What becomes of a line in dispute."""

    ruling = forms.ChoiceField(
        label=_("Ruling"),
        choices=[
            (Ruling.KEPT, _("Keep it as it is")),
            (Ruling.MOVED, _("Move it to the next bill")),
            (Ruling.ADJUSTED, _("Adjust it on this bill")),
        ],
        widget=forms.RadioSelect,
    )
    adjustment_fen = FenField(
        label=_("Adjustment"), min_fen=-(10**12), required=False, help_text=_("Below 0: less is owed.")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The supplier reads it; the ruling is final.")
    )


class PayForm(forms.Form):
    """The proof that a bill was paid."""

    bank_reference = forms.CharField(label=_("Number of the bank's transfer"), max_length=80)
    voucher = forms.FileField(
        label=_("Voucher"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}),
        help_text=_("A picture of the transfer, 10 MB at most."),
    )  # fmt: skip
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)


@page("platform", "bills.view")
@require_GET
def bills(request: PartyRequest) -> HttpResponseBase:
    """Show the bills that meet the search, or hand them out as a sheet."""
    form = BillSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows()
    listed = found.filter(state=tab) if tab in BillState.values else found
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('bills')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    counted = counts_by_state(found)
    shown = page_of(listed, query=request.GET)
    context = {
        "title": _("Bills"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in TABS),
        ],
        "page": shown,
        "rows": [(row, period_text(row), cycle_word(row.cycle)) for row in shown],
        "sum_fen": listed.order_by().aggregate(sum=Sum("total_fen"))["sum"] or 0,
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("bills.edit"),
        "can_pay": request.party.can("bills.pay"),
    }
    return render(request, "platform/bills.html", context)


@page("platform", "bills.view")
@require_GET
def bill(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Show one bill with its lines."""
    return shown(request, bill_id=bill_id)


@page("platform", "bills.view")
@require_GET
def xlsx(request: PartyRequest, bill_id: int) -> HttpResponseBase:
    """Hand a bill out as an Excel sheet."""
    return bill_xlsx(bill_or_404(bill_id))


@page("platform", "bills.view")
@require_GET
def pdf(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Hand a bill out as PDF."""
    return bill_pdf(bill_or_404(bill_id))


@page("platform", "bills.view")
@require_GET
def voucher(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Hand out the picture of a payment."""
    bill_or_404(bill_id)
    data, media_type = voucher_of(bill_id)
    if not data:
        raise Http404
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, no-store"})


def bill_or_404(bill_id: int) -> Bill:
    """Return a bill without its voucher, or answer that there is none."""
    row = found_bills().filter(pk=bill_id).first()
    if row is None:
        raise Http404
    return row


def shown(request: PartyRequest, *, bill_id: int, **forms_given: Any) -> HttpResponse:
    """Show a bill; a form given back with its faults takes the place of the fresh one."""
    row = bill_or_404(bill_id)
    party = request.party
    lines = page_of(lines_of(bill_id), query=request.GET, order=("transfer_id",))
    rows = rows_of([*lines, *open_disputes(bill_id)], supplier_id=row.supplier_id, is_explained=True)
    shown_rows, disputes = rows[: len(lines)], rows[len(lines) :]
    can_rule = row.state == BillState.DISPUTED and party.can("bills.edit")
    wrong_line, wrong_form = forms_given.pop("ruled", (None, None))
    context: dict[str, Any] = {
        "title": gettext("Bill %(number)s") % {"number": row.number},
        "bill": row,
        "period": period_text(row),
        "cycle": cycle_word(row.cycle),
        "steps": steps_of(row),
        "page": lines,
        "rows": shown_rows,
        "disputes": [
            (one, wrong_form if one.line.pk == wrong_line else RuleForm(prefix=f"l{one.line.pk}") if can_rule else None)
            for one in disputes
        ],
        "carried_from": list(row.carried_from.order_by("id").values_list("pk", "number")),
        "answered_by": actor_name(row.answered_by, reader="platform") if row.answered_by else "",
        "paid_by": actor_name(row.paid_by, reader="platform") if row.paid_by else "",
        "can_put_off": row.state == BillState.DRAFT and row.line_count > 1 and party.can("bills.edit"),
        "can_send": row.state == BillState.DRAFT and party.can("bills.edit"),
        "pay_form": PayForm() if row.state == BillState.CONFIRMED and party.can("bills.pay") else None,
        "can_settle": row.state == BillState.PAID and party.can("bills.pay"),
        "can_orders": party.can("orders.view"),
        "history": [
            (line, verb_word(line.verb), changes_of(line)) for line in operations_on("bill", object_id=bill_id)[:20]
        ],
    }
    is_wrong = bool(forms_given) or wrong_form is not None
    return render(request, "platform/bill.html", context | forms_given, status=422 if is_wrong else 200)
