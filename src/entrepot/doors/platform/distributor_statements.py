"""Monthly statements of distributors: the list, one with its lines, and the sheet of it."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from entrepot.base.money import yuan
from entrepot.doors.kit.cells import Cell, Nothing, Row, number, plain_list
from entrepot.doors.kit.forms import Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.statements import COLUMNS, figures, line_rows, sheet
from entrepot.parties.models import Distributor
from entrepot.recharge.statements import lines_of, statements

_LIST_COLUMNS = (
    Column(title=_("Month"), value=lambda row: f"{row.month:%Y-%m}", width=10),
    Column(title=_("Number"), value=lambda row: row.distributor.number, width=12),
    Column(title=_("Company name"), value=lambda row: row.distributor.name, width=28),
    *COLUMNS,
)


class StatementSearch(FilterForm):
    """A statement by its distributor and month."""

    distributor = forms.TypedChoiceField(label=_("Distributor"), coerce=int, empty_value=None, widget=LongSelect)
    month = forms.RegexField(
        label=_("Month"), regex=r"^\d{4}-(0[1-9]|1[0-2])$", widget=forms.TextInput(attrs={"placeholder": "2026-06"})
    )

    def full_clean(self) -> None:
        """Give the select its distributors before anything is judged."""
        rows = Distributor.objects.order_by("number").values_list("pk", "name")
        self.fields["distributor"].choices = Entries([("", _("All")), *rows])  # type: ignore[attr-defined]
        super().full_clean()


@page("platform", "ledger.view")
@require_GET
def statement_list(request: PartyRequest) -> HttpResponseBase:
    """Show the statements of all distributors, or hand them out as a sheet."""
    form = StatementSearch(request.GET)
    found: Any = statements(distributor_id=form.value("distributor"))
    if month := form.value("month"):
        found = found.filter(month=f"{month}-01")
    if request.GET.get("export") == "xlsx":
        return export_xlsx(found.iterator(chunk_size=500), name=gettext("statements"), columns=_LIST_COLUMNS)
    shown = page_of(found, query=request.GET, order=("-month", "-id"))
    heads = (
        *((_("Month"), False), (_("Distributor"), False), (_("Opening"), True), (_("Top-ups"), True)),
        *((_("Drawn"), True), (_("Refunded"), True), (_("Adjusted"), True), (_("Closing"), True)),
    )
    return plain_list(
        request,
        title=_("Monthly statements"),
        lead=gettext("Made when a month is over, ten minutes past midnight on the first; what they say never changes."),
        form=form,
        heads=heads,
        rows=[_row(row) for row in shown],
        page=shown,
        has_export=True,
        is_narrowed=bool(form.used),
        nothing=Nothing(
            title=_("No statements yet"),
            text=_("The first is made when the first month is over."),
            icon="document-text",
            narrowed=_("No statement matches"),
        ),
    )


def _row(row: Any) -> Row:
    amounts = (row.opening_fen, row.top_up_fen, row.draw_fen, row.refund_fen, row.adjustment_fen + row.other_fen)
    return Row(
        cells=[
            Cell(text=f"{row.month:%Y-%m}", url=reverse("platform:statement", args=[row.pk])),
            Cell(text=row.distributor.name, small=row.distributor.number),
            *(number(f"¥{yuan(fen)}") for fen in amounts),
            number(f"¥{yuan(row.closing_fen)}"),
        ]
    )


@page("platform", "ledger.view")
@require_GET
def statement(request: PartyRequest, statement_id: int) -> HttpResponseBase:
    """Show one statement with its lines, or hand it out as a sheet."""
    row = statements().filter(pk=statement_id).first()
    if row is None:
        raise Http404
    if request.GET.get("export") == "xlsx":
        return sheet(row)
    shown = page_of(lines_of(row), query=request.GET, order=("id",))
    context = {
        "title": gettext("Statement %(month)s of %(name)s")
        % {"month": f"{row.month:%Y-%m}", "name": row.distributor.name},
        "row": row,
        "figures": figures(row),
        "lines": line_rows(shown),
        "page": shown,
    }
    return render(request, "kit/statement.html", context)
