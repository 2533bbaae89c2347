"""Referral statements: one month of all referrers, and the entries of one of them."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from entrepot.base.clock import database_now
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.referral_words import ENTRY_COLUMNS, MonthField, entry_word
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.referrers import referrer_or_404
from entrepot.referral import queries
from entrepot.referral.models import EntryKind

_COLUMNS = (
    Column(title=_("Number"), value=lambda pair: pair[0].number, width=12),
    Column(title=_("Referrer"), value=lambda pair: pair[0].name, width=28),
    Column(title=_("Month"), value=lambda pair: f"{pair[1].month:%Y-%m}", width=10),
    Column(title=_("Balance before"), value=lambda pair: pair[1].opening_fen, kind="fen"),
    Column(title=_("Shares earned"), value=lambda pair: pair[1].earned_fen, kind="fen"),
    Column(title=_("Shares taken back"), value=lambda pair: pair[1].reversed_fen, kind="fen"),
    Column(title=_("Paid out"), value=lambda pair: pair[1].paid_fen, kind="fen"),
    Column(title=_("Owed at the end"), value=lambda pair: pair[1].closing_fen, kind="fen"),
)


class EntrySearch(FilterForm):
    """Entries by month and kind."""

    month = MonthField(label=_("Month"))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All")), *((kind.value, entry_word(kind)) for kind in EntryKind)]
    )


@page("platform", "referrers.view")
@require_GET
def statements(request: PartyRequest) -> HttpResponseBase:
    """Show what each referrer earned, gave back and was paid in a month, or hand it out as a sheet."""
    months = queries.months()
    asked = request.GET.get("month", "")
    known = {f"{month:%Y-%m}": month for month in months}
    month = known.get(asked) or (months[0] if months else queries.month_of(database_now()))
    rows = queries.statements_of_month(month)
    if request.GET.get("export") == "xlsx":
        return export_xlsx(rows, name=f"{gettext('referral')}-{month:%Y%m}", columns=_COLUMNS)
    context: dict[str, Any] = {
        "title": _("Referral statements"),
        "month": month,
        "months": known.items(),
        "rows": rows,
        "sums": [(column.title, sum(column.value(pair) for pair in rows)) for column in _COLUMNS[3:]],
    }
    return render(request, "platform/referral_statements.html", context)


@page("platform", "referrers.view")
@require_GET
def entries(request: PartyRequest, referrer_id: int) -> HttpResponseBase:
    """Show the entries of a referrer, or hand them out as a sheet."""
    row = referrer_or_404(referrer_id)
    form = EntrySearch(request.GET)
    month: date | None = form.value("month")
    found = queries.entries(referrer_id=referrer_id, month=month)
    if kind := form.value("kind"):
        found = found.filter(kind=kind)
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('referral')}-{row.number}"
        return export_xlsx(found.iterator(chunk_size=1000), name=name, columns=ENTRY_COLUMNS)
    shown = page_of(found, query=request.GET)
    lines = queries.lines_of([entry.pk for entry in shown])
    context = {
        "title": gettext("Entries of %(name)s") % {"name": row.name},
        "referrer": row,
        "form": form,
        "page": shown,
        "rows": [(entry, entry_word(entry.kind), lines.get(entry.pk, [])) for entry in shown],
        "is_narrowed": bool(form.used),
    }
    return render(request, "platform/referral_entries.html", context)
