"""Who holds what: the rows of the holder report, in named SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from entrepot.doors.platform.conditions import Conditions

DAYS = 7
SAMPLE = 20_000
"""So many of the latest orders stand behind the ratio of a SKU; more would say the same and take longer."""

_HOLDERS = """
with held as (
    select o.distributor_id, count(*) as holds, sum(o.held_fen)::bigint as fen, min(o.created_at) as oldest
    from orders_order o where o.state = 'held' group by o.distributor_id
), pieces as (
    select o.distributor_id, sum(l.qty)::bigint as qty
    from orders_order o join orders_line l on l.order_id = o.id where o.state = 'held' group by o.distributor_id
), ended as (
    select o.distributor_id, count(*) as ended, count(*) filter (where o.state = 'expired') as lapsed
    from (select distributor_id, state, mode, confirmed_at, created_at from orders_order order by id desc limit %(sample)s) o
    where o.mode = 'hold' and (o.state = 'expired' or o.confirmed_at is not null)
        and o.created_at >= clock_timestamp() - make_interval(days => %(days)s)
    group by o.distributor_id
)
select d.id, d.number, d.name, d.hold_ttl_s, coalesce(h.holds, 0), coalesce(p.qty, 0), coalesce(h.fen, 0), h.oldest,
       coalesce(e.ended, 0), coalesce(e.lapsed, 0), r.lapse_s, q.id is not null
from parties_distributor d
left join held h on h.distributor_id = d.id
left join pieces p on p.distributor_id = d.id
left join ended e on e.distributor_id = d.id
left join stock_holdrecord r on r.distributor_id = d.id
left join stock_holdquota q on q.distributor_id = d.id
where (h.holds > 0 or e.ended > 0 or q.id is not null) and {beyond}
order by coalesce(h.holds, 0) {downwards}, d.id {upwards} limit %(limit)s
"""
_SKUS = """
select l.sku_id, max(l.sku_code), max(l.goods_name), sum(l.qty) filter (where o.state = 'held'),
       count(*) filter (where o.state = 'expired' or o.confirmed_at is not null),
       count(*) filter (where o.state = 'expired')
from (select id, state, mode, confirmed_at, created_at from orders_order order by id desc limit %(sample)s) o
join orders_line l on l.order_id = o.id
where o.mode = 'hold' and o.created_at >= clock_timestamp() - make_interval(days => %(days)s)
group by l.sku_id
having count(*) filter (where o.state in ('held', 'expired')) > 0
order by 4 desc nulls last, 6 desc, 1 limit 100
"""
_HOLDS = """
select o.id, o.out_order_no, o.distributor_id, d.name, o.total_fen, o.created_at, o.held_until, c.phone_masked,
       (select sum(l.qty) from orders_line l where l.order_id = o.id)::bigint,
       (select l.goods_name || case when l.spec = '' then '' else ' ' || l.spec end from orders_line l
        where l.order_id = o.id order by l.line_no limit 1), clock_timestamp()
from orders_order o
join parties_distributor d on d.id = o.distributor_id
left join orders_consignee c on c.order_id = o.id
where o.state = 'held' and {conditions}
order by o.id {direction} limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A distributor with what he holds now and how his holds of the last days ended."""

    id: int
    number: str
    name: str
    hold_ttl_s: int
    holds: int
    pieces: int
    held_fen: int
    oldest: datetime | None
    ended: int
    lapsed: int
    lapse_s: int | None
    has_quota: bool


@dataclass(frozen=True, slots=True)
class HeldSku:
    """A SKU with the pieces on hold now and how holds of it ended."""

    sku_id: int
    code: str
    goods_name: str
    pieces: int | None
    ended: int
    lapsed: int


@dataclass(frozen=True, slots=True)
class Hold:
    """One order on hold."""

    id: int
    out_order_no: str
    distributor_id: int
    distributor: str
    total_fen: int
    created_at: datetime
    held_until: datetime
    phone_masked: str | None
    pieces: int
    goods: str
    now: datetime


def holders(place: list[Any] | None, *, backwards: bool, limit: int) -> list[Holder]:
    """Return distributors who hold something, or did in the last days, who holds most first, or the other way round.

    `place`: the holds and the id of the one they come behind.
    """
    downwards, upwards = ("asc", "desc") if backwards else ("desc", "asc")
    values: dict[str, Any] = {"limit": limit}
    beyond = "true"
    if place is not None:
        values["holds"], values["id"] = (int(value) for value in place)
        beyond = "(-coalesce(h.holds, 0), d.id) {} (-%(holds)s, %(id)s)".format("<" if backwards else ">")
    return [
        Holder(*row) for row in _rows(_HOLDERS.format(beyond=beyond, downwards=downwards, upwards=upwards), more=values)
    ]


def held_skus() -> list[HeldSku]:
    """Return the SKUs with pieces on hold or with lapsed holds, most pieces first."""
    return [HeldSku(*row) for row in _rows(_SKUS)]


def holds(conditions: Conditions, *, limit: int, upwards: bool = True) -> list[Hold]:
    """Return up to `limit` orders on hold by their id, the oldest first."""
    statement = _HOLDS.format(conditions=conditions.sql, direction="asc" if upwards else "desc")
    with connection.cursor() as cursor:
        cursor.execute(statement, conditions.values | {"limit": limit})
        return [Hold(*row) for row in cursor.fetchall()]


def _rows(statement: str, *, more: dict[str, Any] | None = None) -> list[tuple]:  # type: ignore[type-arg]  # of every type
    with connection.cursor() as cursor:
        cursor.execute(statement, {"days": DAYS, "sample": SAMPLE} | (more or {}))
        return list(cursor.fetchall())
