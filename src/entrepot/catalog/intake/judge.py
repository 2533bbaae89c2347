"""Judging the rows of a sheet of goods: what each becomes, and which are refused, by row, column and reason."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from entrepot.catalog import rules
from entrepot.catalog.intake.cells import fen_of, names_in, whole_of
from entrepot.catalog.intake.known import Group, Known, Refused, Wanted
from entrepot.catalog.intake.quick import Quick
from entrepot.catalog.intake.sheet import COLUMNS, GOODS_COLUMNS, Line, Table
from entrepot.catalog.rules import PICTURES_AT_MOST, PRICE_AT_MOST_FEN, SkuDraft


def judge(table: Table, *, known: Known, is_quick: bool = True) -> list[Group]:
    """Return the rows in groups of one goods number each, in the order of the sheet, judged.

    The same file gives the same groups each time; only what is known may judge them otherwise. `is_quick` changes the
    time it takes alone: goods in which nothing is wrong are seen to be right by a shorter way.
    """
    groups: dict[str, Group] = {}
    lines: dict[str, list[Line]] = {}
    place = table.places["goods_no"]
    for line in table.lines:
        key = line.cells[place] or f"\0{line.number}"
        if key in groups:
            groups[key].rows.append(line.number)
            lines[key].append(line)
        else:
            groups[key], lines[key] = Group([line.number]), [line]
    others = {key.casefold() for key in groups}
    taken: dict[str, int] = {}
    quick = Quick(table, known=known) if is_quick else None
    for key, group in groups.items():
        if quick is not None:
            group.wanted = quick.wanted(lines[key])
        if group.wanted is None:
            _Judge(table, known=known, group=group, others=others).goods(lines[key])
        if group.wanted is not None:
            _refuse_repeated(group, taken=taken)
    return list(groups.values())


def _refuse_repeated(group: Group, *, taken: dict[str, int]) -> None:
    assert group.wanted is not None
    for code in group.wanted.codes:
        if code in taken:
            reason = _("The SKU code “%(code)s” is there in row %(row)d already.") % {"code": code, "row": taken[code]}
            group.refused.append(Refused(group.rows[0], str(COLUMNS["code"][0]), reason))
            group.wanted = None
            return
    taken.update(dict.fromkeys(group.wanted.codes, group.rows[0]))


class _Judge:
    """Judges the rows of one goods number."""

    def __init__(self, table: Table, *, known: Known, group: Group, others: set[str]) -> None:
        self.table, self.known, self.group, self.others = table, known, group, others
        self.line = Line(0, [])

    def refuse(self, column: str, reason: str) -> None:
        heading = str(COLUMNS[column][0]) if column in COLUMNS else column
        self.group.refused.append(Refused(self.line.number, heading, reason))

    def cell(self, column: str) -> str:
        place = self.table.places.get(column)
        return self.line.cells[place] if place is not None else ""

    def goods(self, lines: list[Line]) -> None:
        """Judge all rows; the first says what the goods are, and the others may leave that out or say the same."""
        self.line = lines[0]
        goods_no = self.cell("goods_no")
        if not rules.is_number(goods_no):
            self.refuse("goods_no", _("1 to 40 letters, digits or any of “._-/”.") if goods_no else _("It is empty."))
        name, subtitle = self.cell("name"), self.cell("subtitle")
        if not 1 <= len(name) <= 120:
            self.refuse("name", _("A name has 1 to 120 letters."))
        if len(subtitle) > 200:
            self.refuse("subtitle", _("At most 200 letters."))
        category_id, brand_id = self._category(), self._brand()
        min_quantity = self._whole("min_quantity", least=1, most=10_000, empty=1)
        images, details = self._pictures(goods_no)
        attributes = self._attributes(category_id, brand_id=brand_id)
        skus = self._skus(lines)
        codes = rules.sku_codes(goods_no, drafts=skus)
        if len(set(codes)) < len(codes):
            self.refuse("code", _("A SKU code is there twice."))
        if not self.group.refused:
            self.group.wanted = Wanted(
                goods_no=goods_no,
                name=name,
                category_id=category_id,
                brand_id=brand_id,
                brand=self.cell("brand") if brand_id else "",
                subtitle=subtitle,
                min_quantity=min_quantity,
                attributes=attributes,
                images=images,
                detail_images=details,
                skus=skus,
                codes=codes,
            )

    def _skus(self, lines: list[Line]) -> list[SkuDraft]:
        if len(lines) > rules.SKUS_AT_MOST:
            self.refuse("code", _("Goods have at most %(count)d SKUs.") % {"count": rules.SKUS_AT_MOST})
            return []
        first, found = lines[0], []
        for line in lines:
            if line is not first:
                self._same(first, line=line)
            self.line = line
            found.append(self._sku())
        self.line = first
        return found

    def _sku(self) -> SkuDraft:
        code, spec = self.cell("code"), self.cell("spec")
        if code and not rules.is_number(code):
            self.refuse("code", _("1 to 40 letters, digits or any of “._-/”."))
        if len(spec) > 80:
            self.refuse("spec", _("At most 80 letters."))
        price = self._fen("supplier_price_fen", least=1)
        if price is None and not self.cell("supplier_price_fen"):
            self.refuse("supplier_price_fen", _("It is empty."))
        floor, ceiling = self._fen("price_floor_fen", least=1), self._fen("price_ceiling_fen", least=1)
        if floor is not None and ceiling is not None and floor > ceiling:
            self.refuse("price_floor_fen", _("The lowest price is above the highest."))
        return SkuDraft(
            supplier_price_fen=price or 0,
            code=code,
            spec=spec,
            cost_fen=self._fen("cost_fen", least=0),
            suggested_price_fen=self._fen("suggested_price_fen", least=1),
            price_floor_fen=floor,
            price_ceiling_fen=ceiling,
            weight_g=self._whole("weight_g", least=0, most=1_000_000_000, empty=0),
        )

    def _same(self, first: Line, *, line: Line) -> None:
        for column in GOODS_COLUMNS:
            place = self.table.places.get(column)
            if place is not None and line.cells[place] and line.cells[place] != first.cells[place]:
                self.line = line
                self.refuse(column, _("It differs from row %(row)d of the same goods.") % {"row": first.number})

    def _category(self) -> int:
        text = self.cell("category")
        if not text:
            self.refuse("category", _("It is empty."))
            return 0
        found = self.known.category(text)
        if found is None:
            self.refuse(
                "category", _("No such category is open to you, or several are called so: write the whole path.")
            )
        return found or 0

    def _brand(self) -> int | None:
        text = self.cell("brand")
        found = self.known.brands.get(text) if text else None
        if text and found is None:
            self.refuse("brand", _("No such brand is open to you."))
        return found

    def _attributes(self, category_id: int, *, brand_id: int | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for place, name in self.table.attributes.items():
            value = self.line.cells[place]
            if not value:
                continue
            row = self.known.attributes.get(name)
            if row is None or not row.applies_to(category_id=category_id, brand_id=brand_id):
                self.refuse(self.table.headings[place], _("Goods of this category and brand have no such attribute."))
            elif row.fault(value):
                self.refuse(self.table.headings[place], _("Not one of the choices, or too long."))
            else:
                found[str(row.id)] = value
        for row in self.known.required if self.known.is_at_once else ():
            if str(row.id) not in found and row.applies_to(category_id=category_id, brand_id=brand_id):
                self.refuse("", _("Fill in “%(name)s”.") % {"name": row.name})
        return found

    def _pictures(self, goods_no: str) -> tuple[list[str], list[str]]:
        zipped = self.known.pictures
        named = zipped.names_for(goods_no, others=self.others) if zipped is not None else ([], [])
        found: list[list[str]] = []
        for column, by_name in zip(("images", "detail_images"), named, strict=True):
            text = self.cell(column)
            names = names_in(text) if text else by_name
            found.append(names)
            if len(names) > PICTURES_AT_MOST:
                self.refuse(column, _("At most %(count)d pictures.") % {"count": PICTURES_AT_MOST})
            elif names and zipped is None:
                self.refuse(column, _("No zip of pictures came with the sheet."))
            elif zipped is not None:
                self._blame(column, faults=(zipped.fault(name) for name in names))
        if self.known.is_at_once and not found[0]:
            self.refuse("images", _("Add at least one picture."))
        return found[0], found[1]

    def _blame(self, column: str, *, faults: Iterable[str]) -> None:
        for fault in faults:
            if fault:
                self.refuse(column, fault)

    def _fen(self, column: str, *, least: int) -> int | None:
        text = self.cell(column)
        if not text:
            return None
        fen = fen_of(text)
        if fen is None:
            self.refuse(column, _("An amount in yuan with at most two decimals."))
            return None
        if not least <= fen <= PRICE_AT_MOST_FEN:
            self.refuse(column, _("The price is above 0 and at most 10 million yuan."))
            return None
        return fen

    def _whole(self, column: str, *, least: int, most: int, empty: int) -> int:
        text = self.cell(column)
        if not text:
            return empty
        found = whole_of(text)
        if found is None or not least <= found <= most:
            self.refuse(column, _("A whole number between %(least)d and %(most)d.") % {"least": least, "most": most})
            return empty
        return found
