"""The shelf as malls are told of it over the API: JSON that the database makes, a whole set at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from entrepot.base import scope
from entrepot.reports.rules import GOODS_TERMS, SKU_TERMS

_TEXTS = {
    name: body.strip()
    for name, body in re.findall(
        r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", Path(__file__).with_suffix(".sql").read_text("utf-8"), re.M | re.S
    )
}
_OF_GOODS = "goods_id = any(%(ids)s)"
_OF_SKUS = "id = any(%(sku_ids)s) and goods_id = any(%(ids)s)"
_GOODS_TERMS = re.sub(r"\b(state|is_supplier_active)\b", r"g.\1", GOODS_TERMS)


def _statement(ending: str, *, which: str = _OF_GOODS, columns: str = "") -> str:
    text = Template(f"{_TEXTS['skus']}\n{_TEXTS[ending]}")
    return text.substitute(which=which, columns=columns, sku_terms=SKU_TERMS, goods_terms=_GOODS_TERMS)


_PRODUCTS = _statement("products", columns="g.id, coalesce(j.pieces, 0),")
_LINES = _statement("products")
_PRICES = _statement("prices")
_STOCKS = _statement("stocks", which=_OF_SKUS)
_FIGURES = _statement("figures")
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
    return [Told(code, text) for code, text in _rows(_STOCKS, goods_ids, distributor_id, sku_ids=list(sku_ids))]


def figures(ids: Sequence[int], *, distributor_id: int) -> list[tuple[str, int, int]]:
    """Return code, agreed price in fen and stock of every SKU of goods that the distributor is shown."""
    return _rows(_FIGURES, ids, distributor_id)


def product_lines(ids: Sequence[int], *, distributor_id: int) -> bytes:
    """Return what `products` returns as bytes, one product a line, straight from the database's own stream."""
    values = _values(ids, distributor_id)
    with scope.desk(read_only=True):
        raw: psycopg.Connection[Any] = connection.connection
        statement = psycopg.ClientCursor(raw).mogrify(f"copy ({_LINES}) to stdout", values)
        with raw.cursor().copy(statement.encode()) as copy:
            # The stream doubles backslashes; of what else it would write otherwise, JSON has nothing.
            return b"".join(bytes(block) for block in copy).replace(b"\\\\", b"\\")


def _values(ids: Sequence[int], distributor_id: int) -> dict[str, Any]:
    return {"ids": list(ids), "distributor_id": distributor_id, "media": settings.MEDIA_URL}


def _rows(statement: str, ids: Sequence[int], distributor_id: int, **more: Any) -> list[Any]:
    if not ids:
        return []
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(statement, _values(ids, distributor_id) | more)
        return cursor.fetchall()
