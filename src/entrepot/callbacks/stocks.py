"""`stock.*`: what the levels say that have changed, in each mall's own figure, every two seconds at most."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.concern import CONCERNED
from entrepot.callbacks.rules import FOLD_ABOVE, RESTOCKED, SOLD_OUT, STOCK_CHANGED, STOCK_TYPES
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
_STANDING = """
select l.sku_id, coalesce(sum(l.on_hand - l.reserved) filter (where l.allotment_id is null), 0)::bigint as shared,
    coalesce((select jsonb_agg(jsonb_build_array(a.id, a.distributor_id, a.tier_id, a.cap, a.buffer, a.taken, a.ends_at,
        coalesce((select sum(p.on_hand - p.reserved) from stock_level p where p.allotment_id = a.id), 0)) order by a.id)
        from stock_allotment a where a.sku_id = l.sku_id and a.is_open), '[]') as pools,
    clock_timestamp() as seen_at, sum(l.version)::bigint as version
from stock_level l where {which} group by l.sku_id
"""
_NOW = _STANDING.format(which="l.sku_id = any(%s)")
_SEEN = "select sku_id, shared, pools, seen_at from callbacks_seenstock where sku_id = any(%s)"
_SEE = """
insert into callbacks_seenstock (sku_id, shared, pools, seen_at)
select sku_id, shared, pools, seen_at from {what}
on conflict (sku_id) do update set shared = excluded.shared, pools = excluded.pools, seen_at = excluded.seen_at
"""
_SEE_THESE = _SEE.format(
    what="unnest(%(skus)s::bigint[], %(shared)s::bigint[], %(pools)s::jsonb[], %(times)s::timestamptz[])"
    " as t(sku_id, shared, pools, seen_at)"
)
_CHANGED_SINCE = """l.sku_id in (select c.sku_id from stock_level c
    where c.changed_xid >= %(since)s::text::xid8 and c.changed_xid < %(until)s::text::xid8)"""
_SEE_CHANGED = _SEE.format(what=f"({_STANDING.format(which=_CHANGED_SINCE)}) t")
_SEE_ALL = _SEE.format(what=f"({_STANDING.format(which='true')}) t")
_PAIRS = f"""
with recursive about as (
    select k.id, k.id as place, null::text as type, k.goods_id, null::bigint as tier_id
    from catalog_sku k join catalog_goods g on g.id = k.goods_id
    where k.id = any(%(sku_ids)s) and k.is_active and k.supply_price_fen is not null
        and g.state = 'on_sale' and g.is_supplier_active
), {CONCERNED.format(hears_all="a.id = any(%(crossed)s)", wants="c.types && %(types)s::varchar[]")}
select c.distributor_id, c.tier_id, c.types, c.has_selection, c.id, k.code, c.goods_id
from concerned c join catalog_sku k on k.id = c.id order by c.distributor_id, c.id
"""  # noqa: S608 - terms of ours
_EVERYBODY = """
select p.distributor_id, p.types from callbacks_endpoint p join parties_distributor d on d.id = p.distributor_id
where p.state in ('pending', 'active') and d.state = 'active' and (p.types = '{}' or p.types && %s::varchar[])
order by p.distributor_id
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What of a SKU was free at a moment: in the shared pool, and in each allotment that was open."""

    shared: int = 0
    pools: Sequence[Sequence[Any]] = ()
    at: datetime | None = None
    version: int = 0

    def figure_of(self, distributor_id: int, *, tier_id: int) -> int:
        """Return the pieces a mall could take at that moment, by the very rule that orders are judged by."""
        levels = [LevelRow(0, 0, 0, None, self.shared, 0)]
        own = None
        if self.at is not None and self.pools:
            rows = [
                AllotmentRow(allotment_id, whose, of_tier, cap, buffer, taken, _moment(ends_at))
                for allotment_id, whose, of_tier, cap, buffer, taken, ends_at, _free in self.pools
            ]
            own = own_allotment(rows, distributor_id=distributor_id, tier_id=tier_id, now=self.at)
            levels += [LevelRow(0, 0, 0, pool[0], pool[7], 0) for pool in self.pools]
        return sellable(levels, own=own)

    def differs(self, other: "_Standing") -> bool:
        """Return whether anybody may have another figure than at the other moment."""
        return (self.shared, list(self.pools)) != (other.shared, list(other.pools))

    def crosses(self, other: "_Standing") -> bool:
        """Return whether anybody's figure may have passed 0 between the two moments."""
        if {pool[0] for pool in self.pools} != {pool[0] for pool in other.pools}:
            return True
        # Ids of 0 are nobody's: they ask for the figure of all who have no allotment.
        parties = {(0, 0)} | {(pool[1] or 0, pool[2] or 0) for pool in self.pools}
        return any(
            bool(self.figure_of(one, tier_id=tier_id)) != bool(other.figure_of(one, tier_id=tier_id))
            for one, tier_id in parties
        )


_NOTHING = _Standing()


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
        if since is None:
            cursor.execute(_SEE_ALL)
        else:
            cursor.execute(_CHANGED, [str(since), str(until), SKUS_AT_MOST + 1])
            sku_ids = [found for (found,) in cursor.fetchall()]
            if len(sku_ids) > SKUS_AT_MOST:
                cursor.execute(_EVERYBODY, [list(STOCK_TYPES)])
                wanted = [_read_the_feed(found, types=types) for found, types in cursor.fetchall()]
                cursor.execute(_SEE_CHANGED, {"since": str(since), "until": str(until)})
            elif sku_ids:
                wanted = _each(cursor, sku_ids)
            wanted = without_waiting(cursor, wanted)
            enqueue(cursor, wanted)
        cursor.execute(_KEEP, [until])
        return len(wanted)


def _read_the_feed(distributor_id: int, *, types: Sequence[str]) -> Wanted:
    kind = next(name for name in STOCK_TYPES if not types or name in types)
    return Wanted(distributor_id, 0, kind, None, hint())


def _each(cursor: Any, sku_ids: Sequence[int]) -> list[Wanted]:
    before, after = _looked_at(cursor, sku_ids)
    moved = [sku_id for sku_id, now in after.items() if now.differs(before.get(sku_id, _NOTHING))]
    crossed = [sku_id for sku_id in moved if after[sku_id].crosses(before.get(sku_id, _NOTHING))]
    if not moved:
        return []
    cursor.execute(_PAIRS, {"sku_ids": moved, "crossed": crossed, "types": list(STOCK_TYPES)})
    wanted: list[Wanted] = []
    for distributor_id, tier_id, types, has_selection, sku_id, code, goods_id in cursor.fetchall():
        now = after[sku_id]
        figure = now.figure_of(distributor_id, tier_id=tier_id)
        was_figure = before.get(sku_id, _NOTHING).figure_of(distributor_id, tier_id=tier_id)
        told = {"object": "sku", "id": str(sku_id), "sku": code, "product_id": str(goods_id), "stock": figure}
        for kind, version in _kinds(was_figure, figure, version=now.version, has_selection=has_selection):
            if not types or kind in types:
                data = json.dumps(told | {"version": version})
                wanted.append(Wanted(distributor_id, len(wanted), kind, None, data))
    return list(_folded(wanted))


def _looked_at(cursor: Any, sku_ids: Sequence[int]) -> tuple[dict[int, _Standing], dict[int, _Standing]]:
    """Return how the SKUs stood when malls were last told and how they stand now, which is kept for the next time."""
    cursor.execute(_SEEN, [list(sku_ids)])
    before = {row[0]: _Standing(row[1], json.loads(row[2]), row[3]) for row in cursor.fetchall()}
    cursor.execute(_NOW, [list(sku_ids)])
    after = {row[0]: _Standing(row[1], json.loads(row[2]), row[3], row[4]) for row in cursor.fetchall()}
    cursor.execute(
        _SEE_THESE,
        {
            "skus": list(after),
            "shared": [now.shared for now in after.values()],
            "pools": [json.dumps(now.pools) for now in after.values()],
            "times": [now.at for now in after.values()],
        },
    )
    return before, after


def _kinds(old: int, new: int, *, version: int, has_selection: bool) -> Iterable[tuple[str, int]]:
    """Return what there is to tell of a mall's figure, in order; each kind has a version of its own, and both rise."""
    if bool(old) != bool(new):
        yield RESTOCKED if new else SOLD_OUT, 2 * version
    if old != new and has_selection:
        yield STOCK_CHANGED, 2 * version + 1


def _folded(wanted: Sequence[Wanted]) -> Iterable[Wanted]:
    """Return the messages with one in the place of those of a kind that are too many for a mall."""
    pieces = Counter((one.distributor_id, one.type) for one in wanted)
    folded = set()
    for one in wanted:
        key = (one.distributor_id, one.type)
        if pieces[key] <= FOLD_ABOVE:
            yield one
        elif key not in folded:
            folded.add(key)
            yield Wanted(one.distributor_id, one.place, one.type, None, hint(pieces[key]))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
