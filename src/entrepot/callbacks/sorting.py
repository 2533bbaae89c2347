"""From the outbox into the malls' queues: each event once, in the order of transactions, numbered per distributor."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.concern import CONCERNED
from entrepot.callbacks.rules import FOLD_ABOVE, STOCK_TYPES, TYPES

_LOCK = 0xCA11
BATCH = 2_000
_READ = "select xid, event_id from callbacks_reading for update"
# Who begins reads on from here: what happened before there was a queue is in nobody's queue.
_BEGIN = """
insert into callbacks_reading (xid, event_id)
select (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint, 0 where not exists (select from callbacks_reading)
"""
_EVENTS = """
select e.id, e.xid::text
from events_event e
where (e.xid, e.id) > (%s::text::xid8, %s) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid, e.id limit %s
"""
# A fact has an addressee, or it is a tier's and goes to everybody of the tier, or it is about goods and goes to the malls
# that are called and whom it concerns. Of very many about goods, one message of a kind stands for all. An example is told
# whatever its type, though real changes of stock are read from the levels and not from here.
_DELIVER = f"""
with recursive fresh as (
    select e.id, e.type, e.distributor_id, e.object_kind, (e.data->>'tier_id')::bigint as tier_id,
           row_number() over (order by e.xid, e.id) as place,
           case e.object_kind when 'goods' then e.object_id
                else (select k.goods_id from catalog_sku k where e.object_kind = 'sku' and k.id = e.object_id) end
               as goods_id, case e.object_kind when 'sku' then e.object_id end as sku_id
    from events_event e
    where e.id = any(%(ids)s) and (e.type = any(%(types)s) or e.object_kind = 'example')
), shown as (
    select f.* from fresh f where f.type <> 'price.changed' or f.goods_id is null or exists (
        select from catalog_goods g where g.id = f.goods_id and g.state = 'on_sale' and g.is_supplier_active
            and (f.sku_id is null or exists (select from catalog_sku k where k.id = f.sku_id and k.is_active)))
), about as (
    select id, place, type, goods_id, tier_id from shown where distributor_id is null and object_kind <> 'tier'
), {CONCERNED.format(hears_all="true", wants="true")}, counted as (
    select c.*, count(*) over (partition by c.distributor_id, c.type) as pieces from concerned c
), addressed as (
    select f.id, f.type, f.place, f.distributor_id, 1 as pieces from shown f where f.distributor_id is not null
    union all
    select f.id, f.type, f.place, d.id, 1 from shown f join parties_distributor d on d.tier_id = f.tier_id
    where f.distributor_id is null and f.object_kind = 'tier'
    union all
    select id, type, place, distributor_id, 1 from counted where pieces <= %(fold_above)s
    union all
    select null, type, min(place), distributor_id, max(pieces) from counted where pieces > %(fold_above)s
    group by type, distributor_id
)
select a.distributor_id, a.place, a.type, a.id, a.pieces from addressed a order by a.distributor_id, a.place
"""  # noqa: S608 - terms of ours
_OPEN = """
insert into callbacks_endpoint (distributor_id, url, types, state, reason, challenge, tries, failures)
select d, '', '{}'::varchar[], 'none', '', '', 0, 0 from unnest(%s::bigint[]) d order by d
on conflict do nothing
"""
# A mall that is down is not told again and again that there is much to read: one such message waits for it already.
_WAITING = """
select distinct distributor_id, type from callbacks_message
where distributor_id = any(%s) and state = 'waiting' and event_id is null and next_at > now() and attempts > 0
    and data->>'object' = 'feed'
"""
_NUMBER = """
with counted as (
    select d as distributor_id, count(*) as pieces from unnest(%(distributor_ids)s::bigint[]) d group by d
), numbered as (
    update callbacks_endpoint p set last_seq = p.last_seq + c.pieces
    from counted c where p.distributor_id = c.distributor_id
    returning p.distributor_id, p.last_seq - c.pieces as base, p.state, p.types
)
insert into callbacks_message (distributor_id, seq, event_id, type, data, state, attempts)
select n.distributor_id, n.base + t.place, t.event_id, t.type,
       case when t.data::jsonb ->> 'object' = 'feed' then t.data::jsonb
           || jsonb_build_object('id', n.distributor_id::text, 'version', n.base + t.place) else t.data::jsonb end,
       case when n.state in ('pending', 'active') and (n.types = '{}' or t.type = any(n.types)) then 'waiting'
            else 'kept' end, 0
from unnest(%(distributor_ids)s::bigint[], %(places)s::bigint[], %(event_ids)s::bigint[], %(types)s::text[],
    %(datas)s::text[]) as t(distributor_id, place, event_id, type, data)
join numbered n on n.distributor_id = t.distributor_id
"""
_KEEP = "update callbacks_reading set xid = %s, event_id = %s"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message to be put into a queue: of an event, or with content of its own as JSON."""

    distributor_id: int
    place: int
    type: str
    event_id: int | None
    data: str | None = None


def sort_out(*, limit: int = BATCH) -> int:
    """Put the next events into the queues of the malls they concern and return how many were read; one at a time.

    Only events whose transaction is older than every one still running are taken, so that none is passed over.
    """
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not _one(cursor)[0]:
            return 0
        cursor.execute(_BEGIN)
        cursor.execute(_READ)
        xid, event_id = _one(cursor)
        cursor.execute(_EVENTS, [str(xid), event_id, limit])
        events = cursor.fetchall()
        if not events:
            return 0
        types = [name for name in TYPES if name not in STOCK_TYPES]
        cursor.execute(_DELIVER, {"ids": [row[0] for row in events], "types": types, "fold_above": FOLD_ABOVE})
        wanted = [
            Wanted(distributor_id, place, kind, found, None if found is not None else hint(pieces))
            for distributor_id, place, kind, found, pieces in cursor.fetchall()
        ]
        enqueue(cursor, without_waiting(cursor, wanted))
        cursor.execute(_KEEP, [int(events[-1][1]), events[-1][0]])
        return len(events)


def without_waiting(cursor: Any, wanted: list[Wanted]) -> list[Wanted]:
    """Return the messages without those that ask for the feed to be read where one such waits to be tried again."""
    folded = {one.distributor_id for one in wanted if one.event_id is None}
    if not folded:
        return wanted
    cursor.execute(_WAITING, [sorted(folded)])
    waiting = {(distributor_id, kind) for distributor_id, kind in cursor.fetchall()}
    return [one for one in wanted if one.event_id is not None or (one.distributor_id, one.type) not in waiting]


def enqueue(cursor: Any, wanted: Sequence[Wanted]) -> None:
    """Put messages into their queues, numbered in the order of their places."""
    if not wanted:
        return
    cursor.execute(_OPEN, [sorted({one.distributor_id for one in wanted})])
    last: dict[int, int] = {}
    places = []
    for one in sorted(wanted, key=lambda one: (one.distributor_id, one.place)):
        last[one.distributor_id] = last.get(one.distributor_id, 0) + 1
        places.append((one, last[one.distributor_id]))
    cursor.execute(
        _NUMBER,
        {
            "distributor_ids": [one.distributor_id for one, _ in places],
            "places": [place for _, place in places],
            "event_ids": [one.event_id for one, _ in places],
            "types": [one.type for one, _ in places],
            "datas": [one.data for one, _ in places],
        },
    )


def hint(count: int | None = None) -> str:
    """Return the content of a message that stands for many: read the feed. Its id and version come with its number."""
    told: dict[str, Any] = {"object": "feed", "hint": "changes"}
    return json.dumps(told if count is None else told | {"count": count})


def _one(cursor: Any) -> Any:
    row = cursor.fetchone()
    if row is None:
        raise AssertionError("a statement that always has a row had none")
    return row
