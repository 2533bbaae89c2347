"""`stock.changed`: what the levels say that have changed, to the malls that selected the goods, every two seconds at most."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.concern import CONCERNED
from entrepot.callbacks.rules import FOLD_ABOVE, STOCK_CHANGED
from entrepot.callbacks.sorting import Wanted, enqueue, hint, without_waiting
from entrepot.stock.rules import AllotmentRow, LevelRow, own_allotment, sellable

EVERY_S = 2
SKUS_AT_MOST = 500
_LOCK = 0xCA12
_READ = """
select stock_xid, pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    coalesce(stock_at < clock_timestamp() - make_interval(secs => %s), true)
from callbacks_reading for update
"""
_KEEP = "update callbacks_reading set stock_xid = %s, stock_at = clock_timestamp()"
_CHANGED = """
select distinct l.sku_id from stock_level l
where l.changed_xid >= %s::text::xid8 and l.changed_xid < %s::text::xid8 limit %s
"""
_PAIRS = f"""
with recursive about as (
    select k.id, k.id as place, %(type)s::text as type, k.goods_id, null::bigint as tier_id
    from catalog_sku k join catalog_goods g on g.id = k.goods_id
    where k.id = any(%(sku_ids)s) and k.is_active and k.supply_price_fen is not null
        and g.state = 'on_sale' and g.is_supplier_active
), {CONCERNED.format(hears_all="false", keeps_all="false")}
select c.distributor_id, c.tier_id, c.id, k.code, c.goods_id
from concerned c join catalog_sku k on k.id = c.id order by c.distributor_id, c.id
"""  # noqa: S608 - terms of ours
_EVERYBODY = """
select p.distributor_id from callbacks_endpoint p join parties_distributor d on d.id = p.distributor_id
where p.state in ('pending', 'active') and d.state = 'active' and (p.types = '{}' or %s = any(p.types))
    and exists (select from catalog_pick x where x.distributor_id = d.id and x.state = 'picked')
order by p.distributor_id
"""
_LEVELS = """
select sku_id, id, sku_id, warehouse_id, allotment_id, on_hand, reserved, version from stock_level where sku_id = any(%s)
"""
_ALLOTMENTS = """
select sku_id, id, distributor_id, tier_id, cap, buffer, taken, ends_at, clock_timestamp()
from stock_allotment where is_open and sku_id = any(%s)
"""


def follow_stock() -> int:
    """Tell malls of the levels that changed since the last time and return how many messages were written.

    Each SKU once, as it stands now; not sooner than two seconds after the last time, whoever asks. A mall of which very
    many SKUs changed, or all malls when very many changed altogether, are told to read the feed instead.
    """
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not (cursor.fetchone() or (False,))[0]:
            return 0
        cursor.execute(_READ, [EVERY_S])
        row = cursor.fetchone()
        if row is None or not row[2]:
            return 0
        since, until = row[0], row[1]
        wanted: list[Wanted] = []
        if since is not None:
            cursor.execute(_CHANGED, [str(since), str(until), SKUS_AT_MOST + 1])
            sku_ids = [found for (found,) in cursor.fetchall()]
            if len(sku_ids) > SKUS_AT_MOST:
                cursor.execute(_EVERYBODY, [STOCK_CHANGED])
                wanted = [Wanted(found, 0, STOCK_CHANGED, None, hint()) for (found,) in cursor.fetchall()]
            elif sku_ids:
                wanted = _each(cursor, sku_ids)
            wanted = without_waiting(cursor, wanted)
            enqueue(cursor, wanted)
        cursor.execute(_KEEP, [until])
        return len(wanted)


def _each(cursor: Any, sku_ids: Sequence[int]) -> list[Wanted]:
    cursor.execute(_PAIRS, {"type": STOCK_CHANGED, "sku_ids": list(sku_ids)})
    by_mall: dict[int, list[Any]] = {}
    for distributor_id, *pair in cursor.fetchall():
        by_mall.setdefault(distributor_id, []).append(pair)
    if not by_mall:
        return []
    levels: dict[int, list[LevelRow]] = {}
    cursor.execute(_LEVELS, [list(sku_ids)])
    for sku_id, *values in cursor.fetchall():
        levels.setdefault(sku_id, []).append(LevelRow(*values))
    allotments: dict[int, list[AllotmentRow]] = {}
    now: Any = None
    cursor.execute(_ALLOTMENTS, [list(sku_ids)])
    for sku_id, *values, now in cursor.fetchall():  # noqa: B007 - the moment is the same in every row
        allotments.setdefault(sku_id, []).append(AllotmentRow(*values))
    wanted = []
    for distributor_id, pairs in by_mall.items():
        if len(pairs) > FOLD_ABOVE:
            wanted.append(Wanted(distributor_id, 0, STOCK_CHANGED, None, hint(len(pairs))))
            continue
        for place, (tier_id, sku_id, code, goods_id) in enumerate(pairs):
            rows = allotments.get(sku_id)
            own = own_allotment(rows, distributor_id=distributor_id, tier_id=tier_id, now=now) if rows else None
            told = {
                "object": "sku",
                "id": str(sku_id),
                "sku": code,
                "product_id": str(goods_id),
                "stock": sellable(levels.get(sku_id, ()), own=own),
                "version": sum(level.version for level in levels.get(sku_id, ())),
            }
            wanted.append(Wanted(distributor_id, place, STOCK_CHANGED, None, json.dumps(told)))
    return wanted
