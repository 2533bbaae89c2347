"""One monthly statement as both back offices show it: its figures, its lines, its sheet."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.recharge.models import Statement
from entrepot.recharge.statements import lines_of

COLUMNS = (
    Column(title=_("Opening"), value=lambda row: row.opening_fen, kind="fen"),
    Column(title=_("Top-ups"), value=lambda row: row.top_up_fen, kind="fen"),
    Column(title=_("Drawn"), value=lambda row: row.draw_fen, kind="fen"),
    Column(title=_("Refunded"), value=lambda row: row.refund_fen, kind="fen"),
    Column(title=_("Adjusted"), value=lambda row: row.adjustment_fen, kind="fen"),
    Column(title=_("Other"), value=lambda row: row.other_fen, kind="fen"),
    Column(title=_("Closing"), value=lambda row: row.closing_fen, kind="fen"),
)
_LINES = (
    Column(title=_("Entry"), value=lambda move: str(move.pk), width=12),
    Column(title=_("Time"), value=lambda move: move.at, kind="moment", width=20),
    Column(title=_("Kind"), value=lambda move: kind_word(move.kind), width=18),
    Column(title=_("Amount"), value=lambda move: move.signed_fen, kind="fen"),
    Column(title=_("Balance after"), value=lambda move: move.after_fen, kind="fen"),
    Column(title=_("Order no."), value=lambda move: str(move.order_id) if move.order_id else "", width=14),
    Column(title=_("Remark"), value=lambda move: move.remark, width=36),
)


def kind_word(kind: str) -> str:
    """Return what a kind of movement is called."""
    return str(state_of("transfer", kind)[0])


def figures(row: Statement) -> list[tuple[Any, int]]:
    """Return the sums of a statement with their words, in the order in which they add up (fen)."""
    return [(column.title, column.value(row)) for column in COLUMNS if column.value(row) or column.title in _ALWAYS]


_ALWAYS = (COLUMNS[0].title, COLUMNS[1].title, COLUMNS[2].title, COLUMNS[3].title, COLUMNS[6].title)


def line_rows(moves: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return movements with their words."""
    return [(move, kind_word(move.kind)) for move in moves]


def sheet(row: Statement) -> HttpResponseBase:
    """Return all lines of a statement as XLSX."""
    name = f"{gettext('statement')}-{row.distributor.number}-{row.month:%Y-%m}"
    return export_xlsx(lines_of(row).iterator(chunk_size=1000), name=name, columns=_LINES)
