"""Why goods are on a distributor's shelf or not, SKU by SKU and condition by condition."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from entrepot.reports.rules import CONDITIONS, Offer
from entrepot.stock.rules import AllotmentRow, LevelRow, own_allotment, sellable

_FACTS = """
select g.id, g.goods_no, g.name, k.code, k.spec, k.id, g.state, s.state, g.is_supplier_active, g.visible_tiers,
    g.visible_distributors, k.is_active, k.supply_price_fen, g.min_quantity, d.state, d.tier_id, t.name, s.name,
    s.is_platform
from catalog_goods g
join parties_supplier s on s.id = g.supplier_id
join catalog_sku k on k.goods_id = g.id
cross join parties_distributor d
join parties_tier t on t.id = d.tier_id
where g.goods_no = %s and d.id = %s order by k.is_active desc, k.position, k.id limit 50
"""
_LEVELS = """
select sku_id, id, sku_id, warehouse_id, allotment_id, on_hand, reserved from stock_level where sku_id = any(%s)
"""
_ALLOTMENTS = """
select sku_id, id, distributor_id, tier_id, cap, buffer, taken, ends_at, clock_timestamp() from stock_allotment
where is_open and sku_id = any(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One SKU with what holds and what does not, as code and answer in the order they are told."""

    goods_id: int
    goods_no: str
    name: str
    code: str
    spec: str
    supplier: str
    is_own: bool
    tier: str
    offer: Offer
    conditions: list[tuple[str, bool]]

    @property
    def is_orderable(self) -> bool:
        """Return whether everything holds."""
        return all(holds for _code, holds in self.conditions)


def why_shown(goods_no: str, *, distributor_id: int) -> list[Judged]:
    """Return every SKU of goods as a distributor meets it; empty when there are no such goods or distributor.

    To be called in the platform's scope: what is found is not for the distributor's eyes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [goods_no, distributor_id])
        facts = cursor.fetchall()
        pieces = _pieces(cursor, sku_ids=[row[5] for row in facts], distributor_id=distributor_id, tiers=facts)
    found = []
    for row in facts:
        offer = Offer(
            state=row[6],
            supplier_state=row[7],
            is_supplier_active=row[8],
            visible_tiers=row[9],
            visible_distributors=row[10],
            is_active=row[11],
            supply_price_fen=row[12],
            stock=pieces[row[5]],
            min_quantity=row[13],
            distributor_id=distributor_id,
            distributor_state=row[14],
            tier_id=row[15],
        )
        found.append(
            Judged(
                goods_id=row[0],
                goods_no=row[1],
                name=row[2],
                code=row[3],
                spec=row[4],
                supplier=row[17],
                is_own=row[18],
                tier=row[16],
                offer=offer,
                conditions=[(one.code, one.holds(offer)) for one in CONDITIONS],
            )
        )
    return found


def _pieces(cursor: Any, *, sku_ids: list[int], distributor_id: int, tiers: list[Any]) -> dict[int, int]:
    levels: dict[int, list[LevelRow]] = {}
    cursor.execute(_LEVELS, [sku_ids])
    for sku_id, *values in cursor.fetchall():
        levels.setdefault(sku_id, []).append(LevelRow(*values))
    allotments: dict[int, list[AllotmentRow]] = {}
    now = None
    cursor.execute(_ALLOTMENTS, [sku_ids])
    for sku_id, *values, at in cursor.fetchall():
        allotments.setdefault(sku_id, []).append(AllotmentRow(*values))
        now = at
    found = {}
    for sku_id in sku_ids:
        own = None
        if now is not None:
            rows = allotments.get(sku_id, ())
            own = own_allotment(rows, distributor_id=distributor_id, tier_id=tiers[0][15], now=now)
        found[sku_id] = sellable(levels.get(sku_id, ()), own=own)
    return found
