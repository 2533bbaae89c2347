"""The distributor's monthly statements, and the orders of his that wait for funds."""

from typing import Any

from django.db import connection
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from entrepot.base.money import yuan
from entrepot.doors.kit.cells import Cell, Link, Nothing, Row, number, plain_list
from entrepot.doors.kit.figures import stamp
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.statements import COLUMNS, figures, line_rows, sheet
from entrepot.ledger.queries import wallet
from entrepot.recharge.statements import lines_of, statements

_WAITING = """
select id, out_order_no, total_fen, created_at, sum(total_fen) over (order by id)::bigint
from orders_order where state = 'awaiting_funds' order by id limit 500
"""


@require_GET
@page("distributor", "ledger.view")
def statement_list(request: PartyRequest) -> HttpResponseBase:
    """Show the statements, newest first, or hand them out as a sheet."""
    found = statements(distributor_id=request.party.id)
    if request.GET.get("export") == "xlsx":
        columns = [Column(title=_("Month"), value=lambda row: f"{row.month:%Y-%m}", width=10), *COLUMNS]
        return export_xlsx(found.iterator(chunk_size=500), name=_("statements"), columns=columns)
    shown = page_of(found, query=request.GET, order=("-month", "-id"))
    heads = (
        *((_("Month"), False), (_("Opening"), True), (_("Top-ups"), True), (_("Drawn"), True)),
        *((_("Refunded"), True), (_("Adjusted"), True), (_("Closing"), True)),
    )
    return plain_list(
        request,
        title=_("Monthly statements"),
        lead=_("Made on the first of each month for the month before; what they say never changes."),
        heads=heads,
        rows=[_row(row) for row in shown],
        page=shown,
        has_export=True,
        nothing=Nothing(
            title=_("No statements yet"),
            text=_("The first is made when the first month is over."),
            icon="document-text",
        ),
    )


def _row(row: Any) -> Row:
    amounts = (row.opening_fen, row.top_up_fen, row.draw_fen, row.refund_fen, row.adjustment_fen + row.other_fen)
    month = Cell(text=f"{row.month:%Y-%m}", url=reverse("distributor:statement", args=[row.pk]))
    return Row(cells=[month, *(number(f"¥{yuan(fen)}") for fen in amounts), number(f"¥{yuan(row.closing_fen)}")])


@require_GET
@page("distributor", "ledger.view")
def statement(request: PartyRequest, statement_id: int) -> HttpResponseBase:
    """Show one statement with its lines, or hand it out as a sheet."""
    row = statements(distributor_id=request.party.id).filter(pk=statement_id).first()
    if row is None:
        raise Http404
    if request.GET.get("export") == "xlsx":
        return sheet(row)
    shown = page_of(lines_of(row), query=request.GET, order=("id",))
    context = {
        "title": _("Statement %(month)s") % {"month": f"{row.month:%Y-%m}"},
        "row": row,
        "figures": figures(row),
        "lines": line_rows(shown),
        "page": shown,
    }
    return render(request, "kit/statement.html", context)


@require_GET
@page("distributor", "orders.view")
def waiting(request: PartyRequest) -> HttpResponseBase:
    """Show the orders that wait for funds, oldest first, and the top-up that lets them go on."""
    purse = wallet(request.party.id)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        found = cursor.fetchall()
    notes = []
    if found:
        needed = max(0, found[-1][4] - purse.available_fen)
        said = ngettext(
            "Top up ¥%(amount)s to release %(n)d order.", "Top up ¥%(amount)s to release %(n)d orders.", len(found)
        )
        notes = [(said % {"amount": yuan(needed), "n": len(found)}, "warn")]
    can_request = request.party.can("topups.request")
    heads = ((_("Order"), False), (_("Amount"), True), (_("Waits since"), False), (_("Top-up needed up to here"), True))
    return plain_list(
        request,
        title=_("Orders waiting for funds"),
        lead=_("The oldest goes first. After a top-up they go on by themselves; nobody has to place them again."),
        notes=notes,
        buttons=[Link(label=_("Request a top-up"), url=reverse("distributor:topup-new"), is_primary=True)]
        if can_request
        else [],
        heads=heads,
        rows=[
            Row(
                cells=[
                    Cell(text=out_no, small=str(order_id), url=reverse("distributor:order", args=[order_id])),
                    number(f"¥{yuan(total)}"),
                    Cell(text=stamp(placed)),
                    number(f"¥{yuan(max(0, until_here - purse.available_fen))}"),
                ]
            )
            for order_id, out_no, total, placed, until_here in found
        ],
        nothing=Nothing(title=_("No order waits for funds"), icon="banknotes"),
    )
