"""The shelf as malls are told of it over the API: JSON that the database makes, a whole set at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from django.conf import settings
from django.db import connection

from entrepot.base import scope
from entrepot.base.journeys import STEADILY, journey, literal
from entrepot.reports.rules import GOODS_TERMS, SKU_TERMS

_TEXTS = {
    name: body.strip()
    for name, body in re.findall(
        r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", Path(__file__).with_suffix(".sql").read_text("utf-8"), re.M | re.S
    )
}
_OF_GOODS = "goods_id = any(%(ids)s::bigint[])"
# Of two arrays one finds the rows and the other is joined: as a condition it would be gone through for every row.
_OF_SKUS = "id = any(%(sku_ids)s::bigint[]) and goods_id in (select unnest(%(ids)s::bigint[]))"
_GOODS_TERMS = re.sub(r"\b(state|is_supplier_active)\b", r"g.\1", GOODS_TERMS)


def statement(*parts: str, which: str = _OF_GOODS, **more: str) -> str:
    """Return the statement of parts of `told.sql` over the SKUs that `which` names."""
    text = Template("\n".join(_TEXTS[part] for part in ("skus", *parts)))
    return text.substitute(which=which, sku_terms=SKU_TERMS, goods_terms=_GOODS_TERMS, **more)


_PRODUCTS = statement("texts", "products")
_LINES = statement("texts", "pages", between=r"E'\n'")
_PRICES = statement("prices")
_STOCKS = statement("stocks", which=_OF_SKUS)
_FIGURES = statement("figures")
# Which goods lie on the shelf is asked in the distributor's own scope, where row-level security answers.
_SHOWN = f"select id from catalog_goods where {GOODS_TERMS} and id = any(%s)"  # noqa: S608 - terms of ours


@dataclass(frozen=True, slots=True)
class Told:
    """One object as JSON; `key` is the id of goods or the code of a SKU."""

    key: Any
    text: str
    skus: int = 1


def shown_of(ids: Sequence[int]) -> list[int]:
    """Return which of some goods are on the shelf of the distributor whose scope is open, by rising id."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SHOWN} order by id", [list(ids)])
        return [row[0] for row in cursor.fetchall()]


def products(ids: Sequence[int], *, distributor_id: int) -> list[Told]:
    """Return goods that the distributor was found to be shown, as JSON by rising id; what went off sale is left out."""
    return [Told(key, text, skus) for key, skus, text in _rows(_PRODUCTS, ids, distributor_id)]


def prices(ids: Sequence[int], *, distributor_id: int) -> list[Told]:
    """Return the prices of the SKUs of goods that the distributor is shown."""
    return [Told(code, text) for code, text in _rows(_PRICES, ids, distributor_id)]


def stocks(sku_ids: Sequence[int], *, goods_ids: Sequence[int], distributor_id: int) -> list[Told]:
    """Return price and stock of those SKUs whose goods the distributor is shown."""
    return [Told(code, text) for code, text in _rows(_STOCKS, goods_ids, distributor_id, sku_ids=literal(sku_ids))]


def figures(ids: Sequence[int], *, distributor_id: int) -> list[tuple[str, int, int]]:
    """Return code, agreed price in fen and stock of every SKU of goods that the distributor is shown."""
    return _rows(_FIGURES, ids, distributor_id)


def product_lines(ids: Sequence[int], *, distributor_id: int) -> bytes:
    """Return what `products` returns as bytes, one product a line."""
    rows = _rows(_LINES, ids, distributor_id, places=literal([0] * len(ids)))
    return bytes(rows[0][1]) + b"\n" if rows else b""


def values(ids: str, distributor_id: int) -> dict[str, str | None]:
    """Return what every statement of this room asks for; the ids as the text of an array."""
    return {"ids": ids, "distributor_id": str(distributor_id), "media": str(settings.MEDIA_URL)}


def _rows(statement: str, ids: Sequence[int], distributor_id: int, **more: str | None) -> list[Any]:
    if not ids:
        return []
    with scope.desk(read_only=True):
        return journey((f"select {STEADILY}", {}), (statement, values(literal(ids), distributor_id) | more))[1]
