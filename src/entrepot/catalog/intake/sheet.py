"""Reading a sheet of goods: its headings, its rows as text, and what makes a file as a whole unusable."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from python_calamine import CalamineError, CalamineWorkbook

BYTES_AT_MOST = 20 * 1024 * 1024
UNPACKED_AT_MOST = 300 * 1024 * 1024
ROWS_AT_MOST = 20_000
ATTRIBUTE_MARKS = ("属性：", "属性:", "attribute:")

# For each column: its name for the code and the headings it may have, the first of them as the template says it.
COLUMNS: dict[str, tuple[Any, ...]] = {
    "goods_no": (gettext_lazy("Goods number"), "goods number", "货号", "商品货号"),
    "name": (gettext_lazy("Goods name"), "goods name", "商品名称", "名称"),
    "category": (gettext_lazy("Category"), "category", "分类", "商品分类"),
    "brand": (gettext_lazy("Brand"), "brand", "品牌"),
    "subtitle": (gettext_lazy("Selling points"), "selling points", "卖点"),
    "min_quantity": (gettext_lazy("Minimum quantity"), "minimum quantity", "起订量", "起售数"),
    "spec": (gettext_lazy("Specification"), "specification", "规格"),
    "code": (gettext_lazy("SKU code"), "sku code", "规格编码"),
    "cost_fen": (gettext_lazy("Cost"), "cost", "成本价"),
    "supplier_price_fen": (gettext_lazy("Supply price"), "supply price", "supplier price", "供货价", "供应商供货价"),
    "suggested_price_fen": (gettext_lazy("Suggested price"), "suggested price", "建议零售价", "建议售价"),
    "price_floor_fen": (gettext_lazy("Lowest price"), "lowest price", "最低售价", "最低价"),
    "price_ceiling_fen": (gettext_lazy("Highest price"), "highest price", "最高售价", "最高价"),
    "weight_g": (gettext_lazy("Weight (g)"), "weight (g)", "重量（克）", "重量(克)", "重量（g）", "重量(g)"),
    "images": (gettext_lazy("Pictures"), "pictures", "主图", "商品图片"),
    "detail_images": (gettext_lazy("Detail pictures"), "detail pictures", "详情图", "详情图片"),
}
NEEDED = ("goods_no", "name", "category", "supplier_price_fen")
# What all rows of one goods number say alike, or leave out below the first.
GOODS_COLUMNS = ("name", "category", "brand", "subtitle", "min_quantity", "images", "detail_images")


class Unreadable(Exception):
    """A file as a whole cannot be used; the message says why, for people."""


class Line(NamedTuple):
    """One row that is not blank: its number in the file and its cells as trimmed text."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its headings, which column stands where, the attributes' names by place, and its rows."""

    headings: list[str]
    places: dict[str, int]
    attributes: dict[int, str]
    lines: list[Line]


def read(path: Path) -> Table:
    """Read a sheet of goods, XLSX, XLS, ODS or CSV, whose first row holds headings. Raises Unreadable."""
    rows = _rows(path)
    if not rows:
        raise Unreadable(_("The file is empty."))
    headings = [_text(cell) for cell in rows[0]]
    lines = [Line(number, cells) for number, cells in _lines(rows, width=len(headings))]
    table = table_of(headings, lines=lines)
    if len(lines) > ROWS_AT_MOST:
        raise Unreadable(_("The file has more than %(limit)d rows.") % {"limit": ROWS_AT_MOST})
    if not lines:
        raise Unreadable(_("The file has no rows below its headings."))
    return table


def table_of(headings: list[str], *, lines: list[Line]) -> Table:
    """Return rows as a table, by what their headings are called. Raises Unreadable when a needed column is missing."""
    places, attributes = _places(headings)
    missing = [str(COLUMNS[name][0]) for name in NEEDED if name not in places]
    if missing:
        raise Unreadable(_("Columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    return Table(headings=headings, places=places, attributes=attributes, lines=lines)


def _lines(rows: Sequence[Sequence[Any]], *, width: int) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() if type(cell) is str else _text(cell) for cell in row]
        if any(cells):
            yield number, cells + [""] * (width - len(cells))


def _rows(path: Path) -> Sequence[Sequence[Any]]:
    if path.stat().st_size > BYTES_AT_MOST:
        raise Unreadable(_("The file is larger than %(limit)d MB.") % {"limit": BYTES_AT_MOST // 1024 // 1024})
    with path.open("rb") as stream:
        head = stream.read(4)
    if head[:2] == b"PK":
        refuse_bomb(path)
    if head[:2] == b"PK" or head == b"\xd0\xcf\x11\xe0":
        try:
            found: list[list[Any]] = (
                CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
            )
        except (CalamineError, IndexError) as wrong:
            raise Unreadable(_("The spreadsheet is damaged.")) from wrong
        return found
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
        except (UnicodeDecodeError, csv.Error):
            continue
    raise Unreadable(_("Neither a spreadsheet nor a CSV file in UTF-8 or GB18030."))


def refuse_bomb(book: Path | IO[bytes]) -> None:
    """Refuse a spreadsheet, which is a zip, that says it unpacks to more than any sheet needs. Raises Unreadable."""
    try:
        with zipfile.ZipFile(book) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as wrong:
        raise Unreadable(_("The spreadsheet is damaged.")) from wrong
    if unpacked > UNPACKED_AT_MOST:
        raise Unreadable(_("The spreadsheet unpacks to more than %(limit)d MB.") % {
            "limit": UNPACKED_AT_MOST // 1024 // 1024
        })  # fmt: skip


def _places(headings: Sequence[str]) -> tuple[dict[str, int], dict[int, str]]:
    known = {str(heading).casefold(): name for name, heads in COLUMNS.items() for heading in heads}
    places: dict[str, int] = {}
    attributes: dict[int, str] = {}
    for place, heading in enumerate(headings):
        plain = heading.rstrip("*＊ ").casefold()
        if plain in known:
            places.setdefault(known[plain], place)
        for mark in ATTRIBUTE_MARKS:
            if plain.startswith(mark):
                attributes[place] = heading.rstrip("*＊ ")[len(mark) :].strip()
                break
    return places, attributes


def _text(cell: Any) -> str:
    """Return a cell as text; a number keeps six decimals at most, so that 0.1 + 0.2 of a formula is 0.3."""
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
