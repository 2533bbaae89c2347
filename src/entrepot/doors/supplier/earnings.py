"""What the supplier has earned: a line for every completed order."""

from typing import Any

from django import forms
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.ledger.queries import payable_fen, statement


class EarningsSearch(FilterForm):
    """The search form of the list."""

    order = forms.CharField(label=gettext_lazy("Order number"), max_length=20)
    days = DayRangeField(label=gettext_lazy("Date"))


COUNT_LIMIT = 9_999
"""Up to so many entries are counted and added up."""


def _rows(request: PartyRequest, *, form: EarningsSearch) -> QuerySet[Any]:
    rows = statement(supplier_id=request.party.id)
    number = form.value("order")
    if number is not None:
        rows = rows.filter(order_id=int(number)) if number.isdigit() and len(number) < 19 else rows.none()
    since, until = form.value("days") or (None, None)
    if since:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows


@require_GET
@page("supplier", "ledger.view")
def earnings(request: PartyRequest) -> HttpResponseBase:
    """Show what completed orders have brought in, newest first."""
    form = EarningsSearch(request.GET)
    rows = _rows(request, form=form)
    if request.GET.get("export") == "xlsx":
        return _export(rows)
    newest = rows.order_by("-id")[: COUNT_LIMIT + 1].aggregate(count=Count("pk"), sum=Sum("signed_fen"))
    is_whole = newest["count"] <= COUNT_LIMIT
    found = page_of(rows, query=request.GET, total=newest["count"] if is_whole else None)
    context = {
        "title": _("Earnings"),
        "form": form,
        "page": found,
        "payable_fen": payable_fen(request.party.id),
        "sum_fen": (newest["sum"] or 0) if is_whole else None,
        "is_narrowed": form.used,
    }
    return render(request, "supplier/earnings.html", context)


def _export(rows: QuerySet[Any]) -> HttpResponseBase:
    columns = [
        Column(title=_("Entry"), value=lambda row: str(row.pk), width=12),
        Column(title=_("Time"), value=lambda row: row.at, kind="moment", width=20),
        Column(title=_("Kind"), value=lambda row: str(state_of("transfer", row.kind)[0]), width=14),
        Column(title=_("Order number"), value=lambda row: str(row.order_id) if row.order_id else "", width=14),
        Column(title=_("Amount"), value=lambda row: row.signed_fen, kind="fen", width=14),
        Column(title=_("Balance after"), value=lambda row: row.after_fen, kind="fen", width=14),
        Column(title=_("Remark"), value=lambda row: row.remark, width=32),
    ]
    try:
        return export_xlsx(rows.iterator(chunk_size=1000), name=_("Earnings"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)
