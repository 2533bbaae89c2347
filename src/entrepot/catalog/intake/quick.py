"""Seeing that goods of a sheet are right, by look-ups that are made once for all cells that say the same."""

from collections.abc import Callable
from operator import itemgetter

from entrepot.catalog import rules
from entrepot.catalog.intake.cells import fen_of, whole_of
from entrepot.catalog.intake.known import Known, Wanted
from entrepot.catalog.intake.sheet import COLUMNS, GOODS_COLUMNS, Line, Table
from entrepot.catalog.rules import PRICE_AT_MOST_FEN, SKUS_AT_MOST, SkuDraft

_WRONG = -1


class _Read(dict[str, int | None]):
    """What cells of a column say, read once for each text; `_WRONG` where something is the matter."""

    def __init__(self, read: Callable[[str], int | None]) -> None:
        self._read = read

    def __missing__(self, text: str) -> int | None:
        found = self[text] = self._read(text)
        return found


class Quick:
    """Judges goods in which nothing is wrong. All others it leaves to the full judge, who can say what is."""

    def __init__(self, table: Table, *, known: Known) -> None:
        self._known = known
        # A column that is not there is read from a cell that is put behind each row.
        self._pick = itemgetter(*(table.places.get(name, -1) for name in COLUMNS))
        self._alike = [list(COLUMNS).index(name) for name in GOODS_COLUMNS]
        self._headed = [(place, known.attributes.get(name)) for place, name in table.attributes.items()]
        self._is_sure = known.pictures is None and not known.is_at_once
        self._categories = _Read(lambda text: known.category(text) or _WRONG)
        self._brands = _Read(lambda text: known.brands.get(text, _WRONG) if text else None)
        self._quantities = _Read(lambda text: _whole(text, least=1, most=10_000, empty=1))
        self._weights = _Read(lambda text: _whole(text, least=0, most=1_000_000_000, empty=0))
        self._prices = _Read(lambda text: _fen(text, least=1))
        self._costs = _Read(lambda text: _fen(text, least=0))

    def wanted(self, lines: list[Line]) -> Wanted | None:
        """Return the goods that rows of one number are, or None when the full judge must look: no word on why."""
        first = self._pick((*lines[0].cells, ""))
        goods_no, name, category, brand, subtitle, least, *_rest, images, details = first
        if not self._is_sure or images or details or len(lines) > SKUS_AT_MOST or not rules.is_number(goods_no):
            return None
        category_id, brand_id, min_quantity = self._categories[category], self._brands[brand], self._quantities[least]
        if _WRONG in (category_id, brand_id, min_quantity) or not 1 <= len(name) <= 120 or len(subtitle) > 200:
            return None
        assert category_id is not None and min_quantity is not None
        attributes = self._attributes(lines[0], category_id=category_id, brand_id=brand_id) if self._headed else {}
        skus = self._skus(lines, first=first)
        if attributes is None or skus is None:
            return None
        codes = [skus[0].code or goods_no] if len(skus) == 1 else rules.sku_codes(goods_no, drafts=skus)
        if len(set(codes)) < len(codes):
            return None
        return Wanted(
            goods_no=goods_no,
            name=name,
            category_id=category_id,
            brand_id=brand_id,
            brand=brand,
            subtitle=subtitle,
            min_quantity=min_quantity,
            attributes=attributes,
            images=[],
            detail_images=[],
            skus=skus,
            codes=codes,
        )

    def _skus(self, lines: list[Line], *, first: tuple[str, ...]) -> list[SkuDraft] | None:
        found = []
        for line in lines:
            cells = self._pick((*line.cells, ""))
            if len(lines) > 1 and any(cells[place] not in ("", first[place]) for place in self._alike):
                return None
            spec, code, cost, price, suggested, lowest, highest, weight = cells[6:14]
            if len(spec) > 80 or (code and not rules.is_number(code)) or not price:
                return None
            prices = self._prices
            draft = SkuDraft(
                supplier_price_fen=prices[price] or 0,
                code=code,
                spec=spec,
                cost_fen=self._costs[cost],
                suggested_price_fen=prices[suggested],
                price_floor_fen=prices[lowest],
                price_ceiling_fen=prices[highest],
                weight_g=self._weights[weight] or 0,
            )
            if _is_wrong(draft):
                return None
            found.append(draft)
        return found

    def _attributes(self, line: Line, *, category_id: int, brand_id: int | None) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for place, row in self._headed:
            if value := line.cells[place]:
                if row is None or not row.applies_to(category_id=category_id, brand_id=brand_id) or row.fault(value):
                    return None
                found[str(row.id)] = value
        return found


def _is_wrong(draft: SkuDraft) -> bool:
    floor, ceiling = draft.price_floor_fen, draft.price_ceiling_fen
    read = (draft.supplier_price_fen, draft.cost_fen, draft.suggested_price_fen, floor, ceiling, draft.weight_g)
    return _WRONG in read or (isinstance(floor, int) and isinstance(ceiling, int) and floor > ceiling)


def _whole(text: str, *, least: int, most: int, empty: int) -> int:
    found = whole_of(text) if text else empty
    return found if found is not None and (not text or least <= found <= most) else _WRONG


def _fen(text: str, *, least: int) -> int | None:
    if not text:
        return None
    found = fen_of(text)
    return found if found is not None and least <= found <= PRICE_AT_MOST_FEN else _WRONG
