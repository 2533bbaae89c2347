"""The shelf: the goods a distributor may sell, with his agreed prices and the stock he may take."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from entrepot.catalog.selection import reach_of, selected_ids
from entrepot.pricing.rules import rate_of_goods, service_fee
from entrepot.reports.rules import GOODS_TERMS, SKU_TERMS
from entrepot.stock.rules import AllotmentRow, LevelRow, own_allotment, sellable


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides a distributor's prices and pools."""

    distributor_id: int
    tier_id: int
    fee_rate_bps: int


@dataclass(slots=True)
class ShelfSku:
    """One SKU on the shelf; prices in fen for one piece."""

    id: int
    goods_id: int
    sku: str
    spec: str
    supply_price_fen: int
    suggested_price_fen: int | None
    price_floor_fen: int | None
    price_ceiling_fen: int | None
    weight_g: int
    fee_fen: int = 0
    fee_rate_bps: int = 0
    agreed_price_fen: int = 0
    stock: int = 0


@dataclass(slots=True)
class ShelfGoods:
    """Goods on the shelf."""

    id: int
    goods_no: str
    name: str
    category_id: int
    brand_id: int | None
    kind: str
    images: list[str]
    detail_images: list[str]
    min_quantity: int
    state: str
    version: int
    allowed_promotions: list[str]
    skus: list[ShelfSku] = field(default_factory=list)
    freight_template_id: int | None = None


_GOODS = f"""
select id, goods_no, name, category_id, brand_id, kind, images, detail_images, min_quantity, state, version,
       allowed_promotions
from catalog_goods where {GOODS_TERMS}
"""  # noqa: S608 - the terms are constants of ours
TERMS = re.sub(r"\b(state|is_supplier_active)\b", r"g.\1", GOODS_TERMS)
_IDS = f"select id from catalog_goods where {GOODS_TERMS}"  # noqa: S608 - the terms are constants of ours
_SKUS = f"""
select id, goods_id, code, spec, supply_price_fen, suggested_price_fen, price_floor_fen, price_ceiling_fen, weight_g
from catalog_sku where {SKU_TERMS}
"""  # noqa: S608 - the terms are constants of ours

# Row-level security says nothing to the planner of how many rows it lets through: it reckons with next to none, and goes
# through a whole table with three processes and sorts it, where the key gives the next fifty at once.
_BY_KEY = (
    "select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
_AS_USUAL = "select set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true)"
_RATES = """
select goods_id, tier_id, distributor_id, rate_bps from pricing_feerate
where goods_id = any(%s) and (tier_id = %s or distributor_id = %s)
"""
# The freight template of the goods comes with each of their SKUs, which saves a question.
_SKUS_AND_TEMPLATE = _SKUS.replace(
    "from catalog_sku",
    ", (select t.template_id from freight_goodstemplate t where t.goods_id = catalog_sku.goods_id) from catalog_sku",
)

# Levels and open allotments in one round trip: their columns share places, and the moment comes along.
_POOLS = """
select true, sku_id, id, warehouse_id, allotment_id, on_hand, reserved, null::bigint, null::timestamptz, clock_timestamp()
from stock_level where sku_id = any(%(sku_ids)s)
union all
select false, sku_id, id, distributor_id, tier_id, cap, buffer, taken, ends_at, clock_timestamp()
from stock_allotment where is_open and sku_id = any(%(sku_ids)s)
"""


def terms_of(distributor_id: int) -> Terms:
    """Return a distributor's terms; to be called inside his scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select d.id, d.tier_id, t.fee_rate_bps from parties_distributor d join parties_tier t on t.id = d.tier_id"
            " where d.id = %s",
            [distributor_id],
        )
        return Terms(*cursor.fetchone())


def goods_page(
    terms: Terms,
    *,
    limit: int,
    after_id: int = 0,
    category_ids: Sequence[int] | None = None,
    brand_id: int | None = None,
    ids: Sequence[int] | None = None,
) -> list[ShelfGoods]:
    """Return up to `limit` goods on sale that the distributor's scope shows, by rising id above `after_id`."""
    clauses, values = _narrowed(after_id, category_ids=category_ids, brand_id=brand_id, ids=ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_GOODS} and {clauses} order by id limit %s", [*values, limit])
        goods = {row[0]: ShelfGoods(*row) for row in cursor.fetchall()}
    fill(goods, terms=terms)
    return list(goods.values())


def goods_ids(
    *,
    limit: int,
    after_id: int = 0,
    category_ids: Sequence[int] | None = None,
    brand_id: int | None = None,
    ids: Sequence[int] | None = None,
    selection_of: int | None = None,
) -> list[int]:
    """Return the ids of what `goods_page` returns, or with `selection_of` of what of it that distributor selected."""
    if selection_of is not None:
        reach = reach_of(selection_of)
        only = _selected_only(category_ids, brand_id=brand_id)
        return selected_ids(reach, terms=f"{TERMS}{only}", limit=limit, after_id=after_id)
    clauses, values = _narrowed(after_id, category_ids=category_ids, brand_id=brand_id, ids=ids)
    is_walk = category_ids is None and brand_id is None and ids is None
    with connection.cursor() as cursor:
        if is_walk:
            cursor.execute(_BY_KEY)
        cursor.execute(f"{_IDS} and {clauses} order by id limit %s", [*values, limit])
        found = [row[0] for row in cursor.fetchall()]
        if is_walk:
            cursor.execute(_AS_USUAL)
        return found


def _selected_only(category_ids: Sequence[int] | None, *, brand_id: int | None) -> str:
    """Return further terms for a selection; whole numbers alone come into them."""
    only = (
        f" and g.category_id = any('{{{','.join(map(str, category_ids))}}}'::bigint[])"
        if category_ids is not None
        else ""
    )
    return only + (f" and g.brand_id = {brand_id:d}" if brand_id is not None else "")


def _narrowed(
    after_id: int, *, category_ids: Sequence[int] | None, brand_id: int | None, ids: Sequence[int] | None
) -> tuple[str, list[Any]]:
    conditions: list[str] = ["id > %s"]
    values: list[Any] = [after_id]
    for clause, value in (("category_id = any(%s)", category_ids), ("brand_id = %s", brand_id), ("id = any(%s)", ids)):
        if value is not None:
            conditions.append(clause)
            values.append(list(value) if isinstance(value, Sequence) else value)
    return " and ".join(conditions), values


def fill(goods: dict[int, ShelfGoods], *, terms: Terms) -> None:
    """Give goods, found by whatever way and kept by id, their SKUs with agreed prices and the stock he may take."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SKUS_AND_TEMPLATE} and goods_id = any(%s) order by goods_id, position, id", [list(goods)])
        skus = []
        for *row, template_id in cursor.fetchall():
            skus.append(ShelfSku(*row))
            goods[skus[-1].goods_id].freight_template_id = template_id
    _price_and_count(skus, terms=terms)
    for sku in skus:
        goods[sku.goods_id].skus.append(sku)


@dataclass(slots=True)
class LiveSku:
    """What the live check answers for one SKU code."""

    sku: str
    agreed_price_fen: int | None
    stock: int
    min_quantity: int | None
    state: str


def live_skus(terms: Terms, *, codes: Sequence[str]) -> list[LiveSku]:
    """Return price, stock and state of each code in the order asked; one that is not shown is `not_available`."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SKUS} and code = any(%s)", [list(codes)])
        skus = {row[2]: ShelfSku(*row) for row in cursor.fetchall()}
        cursor.execute(
            f"select id, min_quantity from catalog_goods where {GOODS_TERMS} and id = any(%s)",  # noqa: S608
            [[sku.goods_id for sku in skus.values()]],
        )
        minima = dict(cursor.fetchall())
    shown = {code: sku for code, sku in skus.items() if sku.goods_id in minima}
    _price_and_count(list(shown.values()), terms=terms)
    return [
        LiveSku(code, sku.agreed_price_fen, sku.stock, minima[sku.goods_id], "on_sale")
        if (sku := shown.get(code)) is not None
        else LiveSku(code, None, 0, None, "not_available")
        for code in codes
    ]


def _price_and_count(skus: Sequence[ShelfSku], *, terms: Terms) -> None:
    levels: dict[int, list[LevelRow]] = {}
    allotments: dict[int, list[AllotmentRow]] = {}
    now: datetime | None = None
    with connection.cursor() as cursor:
        cursor.execute(_POOLS, {"sku_ids": [sku.id for sku in skus]})
        for is_level, sku_id, *row, ends_at, at in cursor.fetchall():
            if is_level:
                levels.setdefault(sku_id, []).append(LevelRow(row[0], sku_id, *row[1:5]))
            else:
                allotments.setdefault(sku_id, []).append(AllotmentRow(*[*row, ends_at]))
                now = at
        cursor.execute(_RATES, [list({sku.goods_id for sku in skus}), terms.tier_id, terms.distributor_id])
        rates = {(goods_id, tier_id, party_id): rate_bps for goods_id, tier_id, party_id, rate_bps in cursor.fetchall()}
    for sku in skus:
        own = None
        if now is not None:
            own = own_allotment(
                allotments.get(sku.id, ()), distributor_id=terms.distributor_id, tier_id=terms.tier_id, now=now
            )
        rate_bps = rate_of_goods(
            rates, goods_id=sku.goods_id, tier_id=terms.tier_id, distributor_id=terms.distributor_id
        )
        sku.fee_rate_bps = terms.fee_rate_bps if rate_bps is None else rate_bps
        sku.fee_fen = service_fee(sku.supply_price_fen, fee_rate_bps=sku.fee_rate_bps)
        sku.agreed_price_fen = sku.supply_price_fen + sku.fee_fen
        sku.stock = sellable(levels.get(sku.id, ()), own=own)
