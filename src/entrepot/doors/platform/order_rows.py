"""The rows of the order list: one statement for a page, one for the counts, both under the same conditions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from entrepot.doors.platform.conditions import Conditions
from entrepot.orders.consignees import place_line

OWN_OPEN = ("confirmed", "partly_shipped")
TABS: dict[str, tuple[str, ...]] = {
    "held": ("held",),
    "awaiting_funds": ("awaiting_funds",),
    "to_ship": OWN_OPEN,
    "shipped": ("shipped",),
    "received": ("received",),
    "completed": ("completed",),
    "closed": ("cancelled", "expired", "rejected", "refunded"),
}
"""The tabs of the list and the states each of them gathers."""

COUNT_LIMIT = 9_999
"""Up to so many orders of one state are counted; beyond it nobody needs the exact figure, and the page stays quick."""
FOUND_LIMIT = 999
"""Up to so many orders that a search finds are counted: they are gone through one by one."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as the list shows it; amounts in fen. `is_own_open`: the platform itself has pieces to ship."""

    id: int
    out_order_no: str
    state: str
    mode: str
    created_at: datetime
    goods_amount_fen: int
    freight_fen: int
    total_fen: int
    drawn_fen: int
    refunded_fen: int
    distributor: str
    tier_rate_bps: int
    consignee: str
    phone: str
    places: list[str | None]
    goods_name: str
    goods_no: str
    image: str
    line_count: int
    pieces: int
    fee_fen: int
    goods: str
    suppliers: list[str]
    has_own: bool
    is_own_open: bool
    tracking: list[str]

    @property
    def region(self) -> str:
        """Return province, city and district."""
        return place_line(*self.places)


_ROWS = """
with o as (
    select o.id, o.out_order_no, o.state, o.mode, o.created_at, o.goods_amount_fen, o.freight_fen, o.total_fen,
        o.drawn_fen, o.refunded_fen, o.distributor_id, o.fee_rate_bps
    from orders_order o where {conditions} order by o.id {direction} limit %(limit)s
)
select o.id, o.out_order_no, o.state, o.mode, o.created_at, o.goods_amount_fen, o.freight_fen, o.total_fen, o.drawn_fen,
    o.refunded_fen, d.name, o.fee_rate_bps, c.name_masked, c.phone_masked, array[c.province, c.city, c.district],
    l.goods_name, l.goods_no, l.image, l.line_count, l.pieces, l.fee_fen, l.goods, s.names, s.has_own, s.is_own_open,
    t.numbers
from o
join parties_distributor d on d.id = o.distributor_id
left join orders_consignee c on c.order_id = o.id
left join lateral (
    select (array_agg(goods_name order by line_no))[1] as goods_name, (array_agg(goods_no order by line_no))[1] as goods_no,
        (array_agg(image order by line_no))[1] as image, count(*) as line_count, sum(qty)::bigint as pieces,
        sum(fee_fen * qty)::bigint as fee_fen,
        string_agg(concat_ws(' ', goods_name, nullif(spec, ''), '×' || qty), '; ' order by line_no) as goods
    from orders_line where order_id = o.id
) l on true
left join lateral (
    select array_agg(p.name order by p.is_platform desc, p.id) as names, bool_or(p.is_platform) as has_own,
        bool_or(p.is_platform and so.state in ('confirmed', 'partly_shipped')) as is_own_open
    from orders_supplyorder so join parties_supplier p on p.id = so.supplier_id where so.order_id = o.id
) s on true
left join lateral (
    select coalesce(array_agg(carrier || ' ' || tracking_no order by id), '{{}}') as numbers
    from orders_shipment where order_id = o.id
) t on true
order by o.id {direction}
"""

# Each state is named in a question of its own, so that the planner knows whether it is rare: of a state that may be any,
# it would look for the first ones from the table's beginning, and for one that nobody is in through all of it. Amounts
# are added up only where they will be shown.
_STATE_COUNT = """
select '{state}', c.count, coalesce((
    select sum(o.total_fen)::bigint from orders_order o where o.state = '{state}' and c.count < %(most)s
), 0)
from (select count(*) from (
    select from orders_order o where o.state = '{state}' order by o.id desc limit %(most)s
) x) c
"""
_FOUND_COUNT = """
select x.state, count(*), sum(x.total_fen)::bigint from (
    select o.state, o.total_fen from orders_order o where {conditions} order by o.id desc limit %(most)s
) x group by x.state
"""


def rows(conditions: Conditions, *, limit: int, upwards: bool = False) -> list[OrderRow]:
    """Return up to `limit` orders by their id, newest first or upwards."""
    statement = _ROWS.format(conditions=conditions.sql, direction="asc" if upwards else "desc")
    with connection.cursor() as cursor:
        cursor.execute(statement, conditions.values | {"limit": limit})
        return [OrderRow(*row) for row in cursor.fetchall()]


def every_row(conditions: Conditions, *, most: int, size: int = 1000) -> Iterator[OrderRow]:
    """Return all orders under the conditions, newest first, fetched in pieces; ends one row after `most`."""
    last: int | None = None
    seen = 0
    while seen <= most:
        narrowed = conditions if last is None else conditions.plus("o.id < %(last)s", last=last)
        found = rows(narrowed, limit=size)
        yield from found
        if len(found) < size:
            return
        seen, last = seen + len(found), found[-1].id


@dataclass(frozen=True)
class Counts:
    """How many orders of each state there are, and their totals in fen.

    `is_cut`: a search found more than are counted. `is_known` is False when nobody has counted.
    """

    by_state: dict[str, tuple[int, int]]
    is_cut: bool = False
    is_known: bool = True

    def shown(self, states: tuple[str, ...]) -> int | str | None:
        """Return the number of orders in these states, `9,999+` where counting stopped, None when nobody knows it."""
        if not self.is_known:
            return None
        counts = [self.by_state.get(state, (0, 0))[0] for state in states]
        if self.is_cut:
            return f"{FOUND_LIMIT:,}+" if len(states) == len(ALL_STATES) else None
        if max(counts, default=0) > COUNT_LIMIT:
            return f"{COUNT_LIMIT:,}+"
        return sum(counts)

    def total(self, states: tuple[str, ...]) -> tuple[int, int] | None:
        """Return number and total of the orders in these states, None where counting stopped."""
        found = [self.by_state.get(state, (0, 0)) for state in states]
        if self.is_cut or not self.is_known or any(count > COUNT_LIMIT for count, _total in found):
            return None
        return sum(count for count, _total in found), sum(total for _count, total in found)


ALL_STATES = tuple(state for states in TABS.values() for state in states)
_EVERY_COUNT = " union all ".join(_STATE_COUNT.format(state=state) for state in ALL_STATES)


def counts(conditions: Conditions) -> Counts:
    """Count the orders under the conditions by state.

    Without a search each state is counted by its index, up to a limit. A search is gone through once, newest first,
    up to a lower limit for all states together: so it costs the same however many orders it finds. What is found by
    walking through the orders is not counted.
    """
    if conditions.is_wide:
        return Counts({}, is_known=False)
    most = (FOUND_LIMIT if conditions.clauses else COUNT_LIMIT) + 1
    with connection.cursor() as cursor:
        if conditions.clauses:
            cursor.execute(_FOUND_COUNT.format(conditions=conditions.sql), conditions.values | {"most": most})
        else:
            cursor.execute(_EVERY_COUNT, {"most": most})
        found = {state: (count, total) for state, count, total in cursor.fetchall()}
    is_cut = bool(conditions.clauses) and sum(count for count, _total in found.values()) >= most
    return Counts(found, is_cut)
