"""The ledger of the prepaid balance, with filters, running balance and export."""

from typing import Any

from django import forms
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from entrepot.doors.kit.figures import at_most
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.ledger.queries import statement, wallet

KINDS = ("draw", "refund", "top_up", "adjustment", "membership")
COUNT_LIMIT = 9_999
"""Up to so many entries are counted and added up."""
_SUMS = """
select kind, count(*), coalesce(sum(signed_fen) filter (where signed_fen > 0), 0)::bigint,
       coalesce(sum(signed_fen) filter (where signed_fen < 0), 0)::bigint
from ({newest}) x group by kind
"""


class LedgerSearch(FilterForm):
    """The search form of the ledger."""

    order = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Your number or ours")}),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=60)
    days = DayRangeField(label=gettext_lazy("Date"))


def _rows(request: PartyRequest, *, form: LedgerSearch) -> QuerySet[Any]:
    rows = statement(distributor_id=request.party.id).annotate(
        out_order_no=RawSQL("(select o.out_order_no from orders_order o where o.id = ledger_transfer.order_id)", [])
    )
    if number := form.value("order"):
        part = f"%{number}%"
        found = RawSQL(
            "select o.id from orders_order o where o.out_order_no ilike %s or o.id::text like %s", [part, part]
        )
        rows = rows.filter(order_id__in=found)
    if remark := form.value("remark"):
        rows = rows.filter(remark__icontains=remark)
    since, until = form.value("days") or (None, None)
    if since:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows


@require_GET
@page("distributor", "ledger.view")
def ledger_list(request: PartyRequest) -> HttpResponseBase:
    """Show every movement of the balance, newest first."""
    form = LedgerSearch(request.GET)
    rows = _rows(request, form=form)
    tab = request.GET.get("tab", "")
    kept = rows.filter(kind=tab) if tab in KINDS else rows
    if request.GET.get("export") == "xlsx":
        return _export(kept)
    sums = _sums(rows)
    count = sum(figures[0] for figures in sums.values())
    is_whole = count <= COUNT_LIMIT
    shown = [figures for kind, figures in sums.items() if tab not in KINDS or kind == tab]
    total = sum(figures[0] for figures in shown) if is_whole else None
    context = {
        "title": _("Ledger"),
        "form": form,
        "page": page_of(kept, query=request.GET, total=total),
        "tabs": [("", _("All"), at_most(count, COUNT_LIMIT))]
        + [(kind, kind_word(kind), sums.get(kind, (0,))[0] if is_whole else None) for kind in KINDS],
        "in_fen": sum(figures[1] for figures in shown),
        "out_fen": sum(figures[2] for figures in shown),
        "wallet": wallet(request.party.id),
        "is_narrowed": form.used or tab,
    }
    return render(request, "distributor/ledger.html", context)


def _sums(rows: QuerySet[Any]) -> dict[str, tuple[int, int, int]]:
    """Return number, incoming and outgoing fen of the newest entries up to a limit, by kind."""
    newest, values = rows.order_by("-id").values("kind", "signed_fen")[: COUNT_LIMIT + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(newest=newest), values)
        return {kind: figures for kind, *figures in cursor.fetchall()}


def kind_word(kind: str) -> str:
    """Return what a kind of movement is called."""
    return str(state_of("transfer", kind)[0])


def _export(rows: QuerySet[Any]) -> HttpResponseBase:
    columns = [
        Column(title=_("Entry"), value=lambda row: str(row.pk), width=12),
        Column(title=_("Time"), value=lambda row: row.at, kind="moment", width=20),
        Column(title=_("Kind"), value=lambda row: kind_word(row.kind), width=14),
        Column(title=_("Amount"), value=lambda row: row.signed_fen, kind="fen", width=14),
        Column(title=_("Balance after"), value=lambda row: row.after_fen, kind="fen", width=14),
        Column(title=_("Order number"), value=lambda row: str(row.order_id) if row.order_id else "", width=14),
        Column(title=_("Your order number"), value=lambda row: row.out_order_no or "", width=24),
        Column(title=_("Remark"), value=lambda row: row.remark, width=32),
    ]
    try:
        return export_xlsx(rows.iterator(chunk_size=1000), name=_("Ledger"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)
