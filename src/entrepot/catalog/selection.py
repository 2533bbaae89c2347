"""What a distributor has picked for his mall, as it reaches over goods: reads, reckoned from categories and brands as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from entrepot.catalog.models import Pick, PickState

_WIDE = """
with recursive mine as (
    select category_id, brand_id from catalog_pick
    where distributor_id = %(distributor_id)s and state = 'picked' and goods_id is null
), below as (
    select category_id as id from mine where category_id is not null
    union select c.id from catalog_category c join below b on c.parent_id = b.id
)
select (select array_agg(id order by id) from below),
    (select array_agg(brand_id order by brand_id) from mine where brand_id is not null),
    exists (select from catalog_pick where distributor_id = %(distributor_id)s and state = 'picked'),
    (select array_agg(category_id order by category_id) from mine where category_id is not null)
"""
# Whether goods `g` are in a selection, with the distributor's own word on them as `p`. What he says of the goods
# themselves goes before what he says of their category or brand.
SELECTED = """case p.state when 'picked' then true when 'left_out' then false
    else g.category_id = any(%(category_ids)s::bigint[]) or coalesce(g.brand_id = any(%(brand_ids)s::bigint[]), false) end"""
OWN_WORD = "left join catalog_pick p on p.distributor_id = %(distributor_id)s and p.goods_id = g.id"
# Three ordered sources, each cut to a page before they are put together: a few goods among a million cost as little as
# a whole category.
_IDS = """
select id from (
    (select p.goods_id as id from catalog_pick p
     where p.distributor_id = %(distributor_id)s and p.goods_id {beyond} %(after_id)s and p.state = 'picked'
        and exists (select from catalog_goods g where g.id = p.goods_id and {terms})
     order by p.goods_id {way} limit %(limit)s)
    union
    (select g.id from catalog_goods g
     where g.category_id = any(%(category_ids)s::bigint[]) and g.id {beyond} %(after_id)s and {terms} and {kept}
     order by g.id {way} limit %(limit)s)
    union
    (select g.id from catalog_goods g
     where g.brand_id = any(%(brand_ids)s::bigint[]) and g.id {beyond} %(after_id)s and {terms} and {kept}
     order by g.id {way} limit %(limit)s)
) as found order by id {way} limit %(limit)s
"""
_KEPT = """not exists (select from catalog_pick p
    where p.distributor_id = %(distributor_id)s and p.goods_id = g.id and p.state = 'left_out')"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a selection reaches beyond single goods: categories with all below them, and brands."""

    distributor_id: int
    category_ids: tuple[int, ...]
    brand_ids: tuple[int, ...]
    is_any: bool
    picked_category_ids: tuple[int, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Return what `SELECTED` and `OWN_WORD` ask for."""
        return {
            "distributor_id": self.distributor_id,
            "category_ids": list(self.category_ids),
            "brand_ids": list(self.brand_ids),
        }

    @property
    def mark(self) -> str:
        """Return a text that differs when categories or brands are picked or dropped, or the tree below them changes."""
        return f"c{','.join(map(str, self.category_ids))} b{','.join(map(str, self.brand_ids))}"


def reach_of(distributor_id: int) -> Reach:
    """Return how far a distributor's selection reaches; in a scope that shows his picks."""
    with connection.cursor() as cursor:
        cursor.execute(_WIDE, {"distributor_id": distributor_id})
        below, brands, is_any, picked = cursor.fetchone()
    return Reach(distributor_id, tuple(below or ()), tuple(brands or ()), is_any, tuple(picked or ()))


def selected_ids(
    reach: Reach, *, terms: str, limit: int, after_id: int = 0, is_falling: bool = False, pairs: Sequence[str] = ()
) -> list[int]:
    """Return the ids of up to `limit` selected goods beyond `after_id` that lie on the shelf, by rising or falling id.

    In the distributor's own scope; `terms` are the shelf's, asked of `catalog_goods` as `g`; they may ask for `pairs`.
    """
    beyond, way = ("<", "desc") if is_falling else (">", "")
    statement = _IDS.format(terms=terms, kept=_KEPT, beyond=beyond, way=way)
    with connection.cursor() as cursor:
        cursor.execute(statement, reach.values | {"after_id": after_id, "limit": limit, "pairs": list(pairs)})
        return [row[0] for row in cursor.fetchall()]


def words_on(reach: Reach, goods_ids: Sequence[int]) -> dict[int, str]:
    """Return for goods that are selected why: `goods`, `category` or `brand`; those left out say `left_out`."""
    statement = f"""
        select g.id, case p.state when 'picked' then 'goods' when 'left_out' then 'left_out'
            else case when g.category_id = any(%(category_ids)s::bigint[]) then 'category' else 'brand' end end
        from catalog_goods g {OWN_WORD} where g.id = any(%(ids)s) and ({SELECTED} or p.state = 'left_out')
    """  # noqa: S608 - terms of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, reach.values | {"ids": list(goods_ids)})
        return dict(cursor.fetchall())


def picks_of(distributor_id: int) -> QuerySet[Pick]:
    """Return what a distributor has picked and left out, in a scope that shows it."""
    return Pick.objects.filter(distributor_id=distributor_id).exclude(state=PickState.REMOVED)
