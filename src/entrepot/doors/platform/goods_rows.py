"""The rows of the goods list with their prices and stock, in one statement for a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from entrepot.catalog.models import GoodsVersion, VersionState

HAS_CHANGE = Q(pk__in=GoodsVersion.objects.filter(state=VersionState.WAITING).order_by().values("goods_id"))
"""Goods of which a change waits for review: few at any time, so it is they that are looked through."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the SKUs of some goods cost (fen for one piece) and how many pieces there are."""

    sku_count: int = 0
    lowest_fen: int | None = None
    highest_fen: int | None = None
    supplier_lowest_fen: int | None = None
    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        """Return the pieces that nobody has reserved."""
        return self.on_hand - self.reserved


_FIGURES = """
select s.goods_id, count(*), min(s.supply_price_fen), max(s.supply_price_fen), min(s.supplier_price_fen),
    coalesce(sum(l.on_hand), 0)::bigint, coalesce(sum(l.reserved), 0)::bigint
from catalog_sku s
left join lateral (
    select sum(on_hand) as on_hand, sum(reserved) as reserved from stock_level where sku_id = s.id
) l on true
where s.is_active and s.goods_id = any(%s) group by s.goods_id
"""
_CHOICES = """
select 'category', c.id, concat_ws(' / ', p.name, c.name) from catalog_category c
left join catalog_category p on p.id = c.parent_id
union all select 'supplier', id, name from parties_supplier
order by 1, 3
"""


def figures_of(goods_ids: Sequence[int]) -> dict[int, Figures]:
    """Return the figures of every goods asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [list(goods_ids)])
        found = {goods_id: Figures(*values) for goods_id, *values in cursor.fetchall()}
    return {goods_id: found.get(goods_id, Figures()) for goods_id in goods_ids}


def choices() -> dict[str, list[tuple[int, str]]]:
    """Return categories and suppliers for the selects of a search form."""
    found: dict[str, list[tuple[int, str]]] = {"category": [], "supplier": []}
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES)
        for kind, row_id, name in cursor.fetchall():
            found[kind].append((row_id, name))
    return found
