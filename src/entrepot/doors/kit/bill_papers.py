"""A bill on paper: the rows both back offices show, the Excel sheet and the PDF that both download."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pylopdf_fonts_zh_cn
from django.db import connection
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from entrepot.base.days import ZONE
from entrepot.base.money import yuan
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.reports.why import Row as WhyRow
from entrepot.reports.why_billed import Billed, billed_why
from entrepot.settlement.models import Bill, BillLine, Cycle
from entrepot.settlement.queries import lines_of

PDF_LINES = 5_000
_AT_ONCE = 1_000
_FONT = "sans"
_WIDTHS = (14, 24, 34, 24, 62, 32)
_GOODS = """
select order_id, (array_agg(goods_name order by line_no))[1], sum(qty - refunded_qty)::bigint, count(*)
from orders_line where order_id = any(%s) and supplier_id = %s group by order_id
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a bill with what it was for."""

    line: BillLine
    goods: str
    pieces: int | None
    why: tuple[WhyRow, ...] = ()

    @property
    def at(self) -> datetime:
        """Return when the money was earned or taken back."""
        return self.line.transfer.at

    @property
    def kind(self) -> str:
        """Return what moved the money."""
        return self.line.transfer.kind

    @property
    def order_id(self) -> int | None:
        """Return the order it was for."""
        return self.line.transfer.order_id

    @property
    def amount_fen(self) -> int:
        """Return the amount, below 0 for what was taken back."""
        return self.line.amount_fen


def rows_of(lines: Iterable[BillLine], *, supplier_id: int, is_explained: bool = False) -> list[Row]:
    """Return lines with the goods of their orders, in two queries; explained, with one more, how each amount comes about."""
    found = list(lines)
    goods = _goods([line.transfer.order_id for line in found if line.transfer.order_id], supplier_id=supplier_id)
    reasons = billed_why(map(_billed, found), supplier_id=supplier_id) if is_explained else {}
    return [
        Row(
            line,
            *goods.get(line.transfer.order_id or 0, (line.transfer.remark, None)),
            why=tuple(reasons.get(line.transfer_id, ())),
        )
        for line in found
    ]


def _billed(line: BillLine) -> Billed:
    transfer = line.transfer
    return Billed(
        transfer_id=transfer.pk,
        kind=transfer.kind,
        order_id=transfer.order_id,
        amount_fen=line.amount_fen,
        cause=transfer.cause,
        remark=transfer.remark,
    )


def _goods(order_ids: list[int], *, supplier_id: int) -> dict[int, tuple[str, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_GOODS, [order_ids, supplier_id])
        return {
            order_id: (name if kinds == 1 else _("%(name)s and %(n)d more") % {"name": name, "n": kinds - 1}, pieces)
            for order_id, name, pieces, kinds in cursor.fetchall()
        }


def cycle_word(cycle: str) -> str:
    """Return how a cycle is called."""
    words = {
        Cycle.DAY: _("daily"),
        Cycle.WEEK: _("weekly"),
        Cycle.HALF_MONTH: _("half-monthly"),
        Cycle.MONTH: _("monthly"),
        "by_hand": _("by hand"),
    }
    return str(words.get(cycle, cycle))


def period_text(bill: Bill) -> str:
    """Return the first and the last day of a bill."""
    return f"{bill.period_from:%Y-%m-%d} – {bill.period_until - timedelta(days=1):%Y-%m-%d}"


def all_rows(bill: Bill) -> Iterator[Row]:
    """Yield every line that makes up a bill, with its goods."""
    counting = lines_of(bill.pk).filter(left_by__in=["", "carried"])
    after = 0
    while found := list(counting.filter(transfer_id__gt=after)[:_AT_ONCE]):
        yield from rows_of(found, supplier_id=bill.supplier_id)
        after = found[-1].transfer_id


def bill_xlsx(bill: Bill) -> HttpResponseBase:
    """Return a bill as an Excel sheet, one row for each line."""
    columns = (
        Column(title=_("Bill"), value=lambda row: bill.number, width=22),
        Column(title=_("Entry"), value=lambda row: row.line.transfer_id, width=12),
        Column(title=_("Time"), value=lambda row: row.at, kind="moment", width=20),
        Column(title=_("Kind"), value=lambda row: state_of("transfer", row.kind)[0], width=14),
        Column(title=_("Order no."), value=lambda row: row.order_id, width=14),
        Column(title=_("Goods"), value=lambda row: row.goods, width=40),
        Column(title=_("Pieces"), value=lambda row: row.pieces, kind="int", width=10),
        Column(title=_("Amount"), value=lambda row: row.amount_fen, kind="fen", width=14),
        Column(title=_("Disputed because"), value=lambda row: row.line.dispute_reason, width=30),
        Column(title=_("Ruling"), value=lambda row: row.line.ruling_note, width=30),
    )
    return export_xlsx(all_rows(bill), name=bill.number, columns=columns)


class _Paper(FPDF):
    """A4 pages with the bill's number and the page's on every one."""

    def __init__(self, bill: Bill) -> None:
        super().__init__(format="A4")
        self._bill = bill
        self.set_margins(10, 12, 10)
        self.set_auto_page_break(True, 16)
        self.set_title(bill.number)
        self.set_draw_color(215)
        self.add_font(_FONT, fname=pylopdf_fonts_zh_cn.sans_path())
        self.add_page()

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-12)
        self.set_font(_FONT, size=7)
        self.set_text_color(110)
        self.cell(150, 5, f"{self._bill.number} · SHA-256 {self._bill.content_hash or '—'}")
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align=Align.R)

    def row(self, cells: Iterable[str], *, height: float = 6.5, is_head: bool = False) -> None:
        """Write one row of the table, and its heading again on a new page."""
        if not is_head and self.will_page_break(height):
            self.add_page()
            self.head()
        for place, text in enumerate(cells):
            align = Align.R if place == len(_WIDTHS) - 1 else Align.L
            self.cell(
                _WIDTHS[place], height, self._cut(text, _WIDTHS[place] - 2), border="B", align=align, fill=is_head
            )
        self.ln(height)

    def head(self) -> None:
        """Write the heading of the table."""
        self.set_font(_FONT, size=8)
        self.set_text_color(20)
        self.set_fill_color(241, 244, 249)
        titles = ("#", _("Order no."), _("Time"), _("Kind"), _("Goods"), _("Amount"))
        self.row(titles, height=7, is_head=True)

    def pair(self, name: str, text: str) -> None:
        """Write one fact of the bill's head."""
        self.set_text_color(110)
        self.cell(28, 6, name)
        self.set_text_color(20)
        self.cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _cut(self, text: str, width: float) -> str:
        while text and self.get_string_width(text) > width:
            text = text[:-2] + "…" if len(text) > 2 else ""
        return text


def bill_pdf(bill: Bill) -> HttpResponse:
    """Return a bill as PDF: head, lines, sum, and the digest of its content on each page.

    One of more than 5,000 lines is refused with a word to take the Excel sheet.
    """
    if bill.line_count > PDF_LINES:
        return HttpResponse(_("The bill is too long to print; take the Excel sheet."), status=413)
    paper = _Paper(bill)
    paper.set_font(_FONT, size=18)
    paper.cell(0, 12, _("Supplier's bill"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font(_FONT, size=9)
    paper.pair(_("Bill"), bill.number)
    paper.pair(_("Supplier"), f"{bill.supplier.number} {bill.supplier.name}")
    paper.pair(_("Period"), f"{period_text(bill)} ({cycle_word(bill.cycle)})")
    paper.pair(_("State"), f"{state_of('bill', bill.state)[0]} · {_stamp(bill.sent_at or bill.created_at)}")
    if bill.paid_at:
        paper.pair(_("Paid"), f"{_stamp(bill.paid_at)} · {bill.bank_reference}")
    paper.ln(3)
    paper.head()
    for number, row in enumerate(all_rows(bill), start=1):
        kind = str(state_of("transfer", row.kind)[0])
        cells = (str(number), str(row.order_id or ""), _stamp(row.at), kind, row.goods, yuan(row.amount_fen))
        paper.row(cells)
    paper.set_font(_FONT, size=11)
    lines = _("%(n)d lines") % {"n": bill.line_count}
    paper.cell(0, 12, f"{lines}    {_('Total')}  ¥{yuan(bill.total_fen)}", align=Align.R)
    response = HttpResponse(bytes(paper.output()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{bill.number}.pdf"'
    return response


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"


def steps_of(bill: Bill) -> list[tuple[Any, str, datetime | None]]:
    """Return how far a bill has come, for the line of steps."""
    order = ("sent", "confirmed", "paid", "settled")
    words = {"sent": _("Sent"), "confirmed": _("Confirmed"), "paid": _("Paid"), "settled": _("Settled")}
    moments = {
        "sent": bill.sent_at,
        "confirmed": bill.answered_at,
        "paid": bill.paid_at,
        "settled": bill.settled_at,
    }
    found: list[tuple[Any, str, datetime | None]] = [(_("Made"), "done", bill.created_at)]
    if bill.state == "carried":
        return [*found, (_("Carried over"), "stopped", None)]
    reached = {"draft": 0, "sent": 1, "disputed": 1, "confirmed": 2, "paid": 3, "settled": 4}[bill.state]
    for place, name in enumerate(order, start=1):
        mark = "done" if place <= reached else "now" if place == reached + 1 else ""
        found.append((words[name], mark, moments[name] if place <= reached else None))
    return found
