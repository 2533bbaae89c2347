"""Stock of a supplier's SKUs, read in his scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.rules import bigrams, is_number
from entrepot.doors.kit.lists import Page, page_of_rows
from entrepot.doors.kit.patterns import like

LOW = 20


@dataclass(slots=True)
class StockRow:
    """One SKU with the pieces of all its pools."""

    sku_id: int
    code: str
    spec: str
    goods_id: int
    goods_name: str
    goods_no: str
    image: str
    state: str
    shared: int
    allotted: int
    reserved: int
    on_hand: int


_ROWS = f"""
select k.id, k.code, k.spec, g.id, g.name, g.goods_no, coalesce(g.images[1], ''), g.state,
       coalesce(v.shared, 0), coalesce(v.allotted, 0), coalesce(v.reserved, 0), coalesce(v.on_hand, 0)
from catalog_sku k join catalog_goods g on g.id = k.goods_id
left join lateral (
    select sum(l.on_hand - l.reserved) filter (where l.allotment_id is null)::bigint as shared,
           sum(l.on_hand - l.reserved) filter (where l.allotment_id is not null)::bigint as allotted,
           sum(l.reserved)::bigint as reserved, sum(l.on_hand)::bigint as on_hand
    from stock_level l where l.sku_id = k.id
) v on true
where k.is_active and g.supplier_id = {PARTY}
"""  # noqa: S608 - our own words
_OF = _ROWS[_ROWS.index("from catalog_sku") :]
TABS = {
    "": "true",
    "out": "coalesce(v.shared, 0) <= 0 and g.state = 'on_sale'",
    "low": f"coalesce(v.shared, 0) between 1 and {LOW} and g.state = 'on_sale'",
}
"""The tabs of the stock list and the condition of each."""


# A supplier's SKUs are looked at once, found by his goods: for the figures of the tabs, and for the ids of one page of a tab.
# To walk back from the newest of all would be to pass all that others have brought since.
_FOUND = f"""
with found as materialized (select k.id, {", ".join(f"{words} as is_{tab}" for tab, words in TABS.items() if tab)} {{of}})
select {", ".join(f"count(*) filter (where is_{tab})" if tab else "count(*)" for tab in TABS)},
       array(select id from found where {{tab}} {{place}} order by id {{direction}} limit %s) from found
"""  # noqa: S608 - our own words


def _of(text: str) -> tuple[str, list[Any]]:
    """Return the SKUs of a search: those of goods whose name or number it is a part of, or whose own code.

    Goods that hold every pair of its letters are found by an index. A code is sought where the text can be one, and there
    alone is every SKU looked at.
    """
    if not text:
        return _OF, []
    part = f"%{like(text)}%"
    if is_number(text):
        return f"{_OF} and (g.name ilike %s or g.goods_no ilike %s or k.code ilike %s)", [part] * 3
    pairs = [pair for pair in bigrams(text) if len(pair) == 2]
    return f"{_OF} and g.search_terms @> %s::varchar[] and g.name ilike %s", [pairs, part]


def stock_page(*, tab: str, text: str, query: Mapping[str, str]) -> tuple[Page, dict[str, int]]:
    """Return the page of SKUs that the address asks for, the newest first, and how many SKUs each tab holds."""
    of, values = _of(text)
    counts: dict[str, int] = {}

    def fetch(key: list[Any] | None, backwards: bool, limit: int) -> list[StockRow]:
        direction, beyond = ("asc", ">") if backwards else ("desc", "<")
        place, given = ("", []) if key is None else (f"and id {beyond} %s", [int(key[0])])
        chosen = f"is_{tab}" if tab else "true"
        statement = _FOUND.format(of=of, tab=chosen, place=place, direction=direction)
        ((*figures, ids),) = look_as_desk(statement, [*values, *given, limit])
        counts.update(zip(TABS, figures, strict=True))
        return _rows(f"{_ROWS} and k.id = any(%s) order by k.id {direction}", [ids])

    page = page_of_rows(fetch, key=lambda row: [row.sku_id], query=query)
    page.total = counts[tab]
    return page, counts


def every_sku(*, tab: str, text: str) -> list[StockRow]:
    """Return all SKUs of a search."""
    of, values = _of(text)
    return _rows(f"{_ROWS[: _ROWS.index('from catalog_sku')]}{of} and {TABS[tab]} order by k.id desc", values)


def one_sku(sku_id: int) -> StockRow | None:
    """Return one SKU, None when the scope shows none."""
    return next(iter(_rows(f"{_ROWS} and k.id = %s", [sku_id])), None)


def sku_stock(goods_id: int) -> list[StockRow]:
    """Return the SKUs of one article."""
    return _rows(f"{_ROWS} and g.id = %s order by k.position, k.id", [goods_id])


def available_of(goods_ids: Sequence[int]) -> dict[int, int]:
    """Return the pieces free to sell of each article, all pools together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select k.goods_id, sum(l.on_hand - l.reserved)::bigint from catalog_sku k"
            " join stock_level l on l.sku_id = k.id where k.is_active and k.goods_id = any(%s) group by 1",
            [list(goods_ids)],
        )
        return dict(cursor.fetchall())


def _rows(statement: str, values: list[Any]) -> list[StockRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [StockRow(*row) for row in cursor.fetchall()]
