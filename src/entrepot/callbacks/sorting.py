"""From the outbox into the malls' queues: each event once, in the order of transactions, numbered per distributor."""

from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.rules import TYPES

_LOCK = 0xCA11
_BATCH = 2_000
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
# Facts about goods and stock without an addressee go to the malls that are called and may sell the goods.
_DELIVER = """
with fresh as (
    select e.id, e.type, e.distributor_id, e.at, row_number() over (order by e.xid, e.id) as place,
           case e.object_kind when 'goods' then e.object_id
                else (select k.goods_id from catalog_sku k where e.object_kind = 'sku' and k.id = e.object_id) end
               as goods_id
    from events_event e where e.id = any(%(ids)s) and e.type = any(%(types)s)
), addressed as (
    select f.id, f.type, f.place, f.distributor_id from fresh f where f.distributor_id is not null
    union all
    select f.id, f.type, f.place, d.id
    from fresh f
    join catalog_goods g on g.id = f.goods_id
    join callbacks_endpoint p on p.state in ('pending', 'active')
    join parties_distributor d on d.id = p.distributor_id and d.state = 'active'
    where f.distributor_id is null and (g.id >= 1000000000000000) = (d.id >= 1000000000000000) and ((g.visible_tiers = '{}' and g.visible_distributors = '{}')
        or d.tier_id = any(g.visible_tiers) or d.id = any(g.visible_distributors))
), opened as (
    insert into callbacks_endpoint (distributor_id, url, types, state, reason, challenge, tries, failures)
    select distinct a.distributor_id, '', '{}'::varchar[], 'none', '', '', 0, 0 from addressed a
    order by a.distributor_id
    on conflict do nothing
)
select a.id, a.type, a.distributor_id, row_number() over (partition by a.distributor_id order by a.place)
from addressed a order by a.distributor_id, a.place
"""
_NUMBER = """
with counted as (
    select d as distributor_id, count(*) as pieces from unnest(%(distributor_ids)s::bigint[]) d group by d
), numbered as (
    update callbacks_endpoint p set last_seq = p.last_seq + c.pieces
    from counted c where p.distributor_id = c.distributor_id
    returning p.distributor_id, p.last_seq - c.pieces as base, p.state, p.types
)
insert into callbacks_message (distributor_id, seq, event_id, type, state, attempts)
select n.distributor_id, n.base + t.place, t.event_id, t.type,
       case when n.state in ('pending', 'active') and (n.types = '{}' or t.type = any(n.types)) then 'waiting'
            else 'kept' end, 0
from unnest(%(distributor_ids)s::bigint[], %(places)s::bigint[], %(event_ids)s::bigint[], %(types)s::text[])
    as t(distributor_id, place, event_id, type)
join numbered n on n.distributor_id = t.distributor_id
"""
_KEEP = "update callbacks_reading set xid = %s, event_id = %s"


def sort_out(*, limit: int = _BATCH) -> int:
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
        cursor.execute(_DELIVER, {"ids": [row[0] for row in events], "types": list(TYPES)})
        rows = cursor.fetchall()
        if rows:
            event_ids, types, distributor_ids, places = (list(column) for column in zip(*rows, strict=True))
            cursor.execute(
                _NUMBER,
                {"event_ids": event_ids, "types": types, "distributor_ids": distributor_ids, "places": places},
            )
        cursor.execute(_KEEP, [int(events[-1][1]), events[-1][0]])
        return len(events)


def _one(cursor: Any) -> Any:
    row = cursor.fetchone()
    if row is None:
        raise AssertionError("a statement that always has a row had none")
    return row
