"""Spreadsheets out and in: export of what is filtered, import with the refused rows handed back."""

import csv
import io
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext
from python_calamine import CalamineError, CalamineWorkbook

from entrepot.base.days import ZONE
from entrepot.catalog.intake.sheet import Unreadable, refuse_bomb

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_LIMIT = 200_000
IMPORT_LIMIT = 10_000
_IMPORT_BYTES = 20 * 1024 * 1024


class TooManyRows(Exception):
    """The list holds more rows than one sheet should; the page asks for a narrower filter."""


class UnreadableSheet(Exception):
    """The uploaded file is no spreadsheet that can be read; the message says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of an export. `kind`: text (order numbers and phones too), int, fen, bps, moment or day."""

    title: Any
    value: Callable[[Any], Any]
    kind: str = "text"
    width: int = 16


def export_xlsx(
    rows: Iterable[Any], *, name: str, columns: Sequence[Column], limit: int = EXPORT_LIMIT
) -> FileResponse:
    """Return a download of the rows as XLSX, written to disk row by row so that memory stays small.

    Call it inside the party's scope with exactly the filtered rows, best a queryset's `.iterator()`.
    Raises TooManyRows beyond `limit`.
    """
    file = tempfile.TemporaryFile()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        writers = _writers(book)
        bold = book.add_format({"bold": True, "bg_color": "#F1F4F9", "bottom": 1})
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, str(column.title), bold)
        for number, row in enumerate(rows, start=1):
            if number > limit:
                raise TooManyRows(limit)
            for place, column in enumerate(columns):
                value = column.value(row)
                if value is not None:
                    writers[column.kind](sheet, number, place, value)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=_TYPE)


def _writers(book: Any) -> dict[str, Callable[[Any, int, int, Any], Any]]:
    text = book.add_format({"num_format": "@"})
    whole = book.add_format({"num_format": "#,##0"})
    money = book.add_format({"num_format": "#,##0.00"})
    rate = book.add_format({"num_format": "0.00%"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})

    def local(value: datetime) -> datetime:
        return value.astimezone(ZONE).replace(tzinfo=None)

    return {
        "text": lambda sheet, r, c, v: sheet.write_string(r, c, str(v), text),
        "int": lambda sheet, r, c, v: sheet.write_number(r, c, v, whole),
        # A spreadsheet knows yuan only as a decimal number; nothing is reckoned with it here.
        "fen": lambda sheet, r, c, v: sheet.write_number(r, c, Decimal(v).scaleb(-2), money),
        "bps": lambda sheet, r, c, v: sheet.write_number(r, c, Decimal(v).scaleb(-4), rate),
        "moment": lambda sheet, r, c, v: sheet.write_datetime(r, c, local(v), moment),
        "day": lambda sheet, r, c, v: sheet.write_datetime(r, c, v, day),
    }


@dataclass(frozen=True, kw_only=True)
class ImportColumn:
    """One column of an import: its name for the code, the headings it may have, and how a cell is read.

    `read` gets the cell as trimmed text and raises ValueError with a sentence for the user.
    """

    name: str
    headings: Sequence[Any]
    is_required: bool = True
    read: Callable[[str], Any] = str


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """A row that could be read: its number in the file and its values by column name."""

    number: int
    values: dict[str, Any]
    cells: list[str]


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row that was refused, and why, in a sentence for the user."""

    number: int
    cells: list[str]
    reason: str


@dataclass(kw_only=True)
class Sheet:
    """An uploaded sheet: the rows that could be read and the ones that could not."""

    headings: list[str]
    rows: list[ImportRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, row: ImportRow, *, reason: str) -> None:
        """Move a row that was read to the refused ones, say because the desk refused it."""
        # Rows stand in the order of their numbers; to look for one from the start would take seconds in a long sheet.
        place = bisect_left(self.rows, row.number, key=lambda one: one.number)
        if self.rows[place : place + 1] != [row]:
            raise ValueError(f"row {row.number} is not among those that could be read")
        del self.rows[place]
        self.refused.append(RefusedRow(number=row.number, cells=row.cells, reason=reason))


def read_sheet(upload: IO[bytes], *, columns: Sequence[ImportColumn], limit: int = IMPORT_LIMIT) -> Sheet:
    """Read an uploaded XLSX, XLS, ODS or CSV whose first row holds headings, in any order of columns.

    A bad row is refused with its reason and does not stop the others; blank rows are passed over. Raises
    UnreadableSheet when the file as a whole cannot be used.
    """
    data = upload.read(_IMPORT_BYTES + 1)
    if len(data) > _IMPORT_BYTES:
        raise UnreadableSheet(gettext("The file is larger than 20 MB."))
    lines = _lines(data)
    if not lines:
        raise UnreadableSheet(gettext("The file is empty."))
    headings = [cell.strip() for cell in lines[0]]
    places = _places(headings, columns=columns)
    if len(lines) - 1 > limit:
        raise UnreadableSheet(gettext("The file has more than %(limit)d rows.") % {"limit": limit})
    sheet = Sheet(headings=headings)
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        values, reasons = _row_values(cells, places=places)
        if reasons:
            sheet.refused.append(RefusedRow(number=number, cells=cells, reason="; ".join(reasons)))
        else:
            sheet.rows.append(ImportRow(number=number, values=values, cells=cells))
    return sheet


def _places(headings: list[str], *, columns: Sequence[ImportColumn]) -> list[tuple[ImportColumn, int | None]]:
    known = {heading.casefold(): place for place, heading in reversed(list(enumerate(headings)))}
    places, missing = [], []
    for column in columns:
        found = [known[str(h).casefold()] for h in column.headings if str(h).casefold() in known]
        if not found and column.is_required:
            missing.append(str(column.headings[0]))
        places.append((column, found[0] if found else None))
    if missing:
        raise UnreadableSheet(gettext("Columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    return places


def _row_values(cells: list[str], *, places: list[tuple[ImportColumn, int | None]]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    reasons = []
    for column, place in places:
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        if not text:
            if column.is_required:
                reasons.append(gettext("%(name)s is empty") % {"name": column.headings[0]})
            values[column.name] = None
            continue
        try:
            values[column.name] = column.read(text)
        except ValueError as wrong:
            reasons.append(f"{column.headings[0]}: {wrong}")
    return values, reasons


def _lines(data: bytes) -> list[list[str]]:
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        try:
            if data[:2] == b"PK":
                refuse_bomb(io.BytesIO(data))
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            return [
                [cell if type(cell) is str else _text(cell) for cell in row]
                for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)
            ]
        except Unreadable as wrong:
            raise UnreadableSheet(str(wrong)) from wrong
        except (CalamineError, IndexError) as wrong:
            raise UnreadableSheet(gettext("The spreadsheet is damaged.")) from wrong
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
        except (UnicodeDecodeError, csv.Error):
            continue
    raise UnreadableSheet(gettext("Neither a spreadsheet nor a CSV file in UTF-8 or GB18030."))


def _text(cell: Any) -> str:
    """Return a cell as text: a tracking number typed as a number keeps its digits and gets no `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def refused_xlsx(headings: Sequence[str], *, refused: Sequence[RefusedRow], name: str) -> HttpResponse:
    """Return a download of the refused rows as they came, with the reason in a last column, ready to be mended."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet()
        text, red = book.add_format({"num_format": "@"}), book.add_format({"font_color": "#B42318"})
        titles = [*headings, gettext("Why it was refused")]
        sheet.set_column(0, len(titles) - 1, 20)
        for place, title in enumerate(titles):
            sheet.write_string(0, place, title)
        for number, row in enumerate(refused, start=1):
            for place, cell in enumerate(row.cells[: len(headings)]):
                sheet.write_string(number, place, cell, text)
            sheet.write_string(number, len(headings), row.reason, red)
    response = HttpResponse(buffer.getvalue(), content_type=_TYPE)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return response
