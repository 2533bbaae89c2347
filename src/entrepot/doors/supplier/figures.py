"""The figures of the supplier's dashboard, read in his scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from entrepot.base.days import ZONE, day_of
from entrepot.base.scope import PARTY, look_as_desk
from entrepot.doors.kit.figures import at_most
from entrepot.doors.supplier.order_search import EVERY_STATE, FIRST_ID, LAST_ID, OPEN

DAYS = 14
MOST = 9_999
"""Up to so many orders and parcels are counted by index."""
LOOKED_AT = 999
"""Up to so many open orders are looked at one by one."""


@dataclass(slots=True)
class Figures:
    """What the dashboard shows; amounts in fen. Counts that stopped read `999+`; their pieces are not added up.

    `days`: for each of the last 14 days how many pieces were ordered, and how many orders there were.
    """

    to_ship_orders: int | str
    to_ship_pieces: int | None
    late_orders: int | str
    shipped_today: int | str
    shipped_yesterday: int | str
    on_sale: int
    in_review: int
    rejected: int
    drafts: int
    sold_out: int
    low_stock: int
    earned_fen: int
    payable_fen: int
    to_accept_lines: int | str
    is_more_than_yesterday: bool
    days: list[tuple[date, int, int]]


def _counted(rows: str) -> str:
    """Return the SQL that counts rows up to a limit."""
    return f"(select count(*) from ({rows} limit %(most)s) x)"  # noqa: S608 - our own words


_OPEN = f"select order_id from orders_supplyorder where supplier_id = {PARTY} and state"  # noqa: S608
_PARCELS = f"select from orders_shipment where supplier_id = {PARTY} and shipped_at"
# Only the oldest open orders can be late, and ids and times of orders rise together save for a moment's disorder.
_LATE = " union all ".join(
    f"""(select from orders_supplyorder where supplier_id = {PARTY} and state = '{state}' and created_at < %(until)s
        and order_id <= {LAST_ID} order by order_id limit %(looked_at)s)"""
    for state in OPEN
)
# Each state is walked through by its index, from the ids next to the first day on.
_OF_DAYS = " union all ".join(
    f"""select s.created_at, s.pieces from orders_supplyorder s, first where s.supplier_id = {PARTY}
        and s.state = '{state}' and s.order_id >= first.id and s.created_at >= %(since)s"""  # noqa: S608 - our own words
    for state in EVERY_STATE
)
_BY_DAY = f"""
with first as materialized (select {FIRST_ID} as id)
select (created_at at time zone 'Asia/Shanghai')::date as day, sum(pieces)::bigint as pieces, count(*) as orders
from ({_OF_DAYS}) s group by 1
"""  # noqa: S608 - our own words
_FIGURES = f"""
with open as materialized ((select order_id from ({_OPEN} = 'confirmed' limit %(most)s) c)
    union all (select order_id from ({_OPEN} = 'partly_shipped' limit %(most)s) p) limit %(most)s)
select (select count(*) from open),
       case when (select count(*) from open) < %(looked_at)s then (
           select coalesce(sum(l.qty - l.shipped_qty - l.refunded_qty), 0)::bigint
           from open join orders_line l on l.order_id = open.order_id and l.supplier_id = {PARTY}) end,
       (select count(*) from ({_LATE}) x),
       {_counted(f"{_PARCELS} >= %(today)s")},
       {_counted(f"{_PARCELS} >= %(yesterday)s and shipped_at < %(today)s")},
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'on_sale'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'submitted'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'rejected'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'draft'),
       s.sold_out, s.low, o.balance_fen + (select coalesce(sum(total_fen), 0)::bigint from settlement_bill
         where supplier_id = {PARTY} and state in ('paid', 'settled')),
       o.balance_fen,
       {_counted(f"select from orders_acceptance where supplier_id = {PARTY} and state = 'waiting'")},
       (select json_agg(json_build_array(d.day, d.pieces, d.orders)) from ({_BY_DAY}) d)
from (
    select coalesce(sum(balance_fen), 0)::bigint as balance_fen from ledger_account
    where supplier_id = {PARTY} and kind = 'supplier_payable'
) o cross join (
    select count(*) filter (where free <= 0) as sold_out, count(*) filter (where free between 1 and %(low)s) as low
    from catalog_goods h join catalog_sku k on k.goods_id = h.id
    cross join lateral (
        select coalesce(sum(l.on_hand - l.reserved), 0) as free from stock_level l
        where l.sku_id = k.id and l.allotment_id is null
    ) f
    where h.supplier_id = {PARTY} and k.is_active and h.state = 'on_sale'
) s
"""  # noqa: S608 - our own words


def figures(*, now: datetime, low: int) -> Figures:
    """Return the figures as they stand now; an order older than 48 hours that waits for shipping is late."""
    last = day_of(now)
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    today = datetime.combine(last, time.min, ZONE)
    values: dict[str, datetime | int] = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "since": datetime.combine(days[0], time.min, ZONE),
        "until": now - timedelta(hours=48),
        "low": low,
        "most": MOST + 1,
        "looked_at": LOOKED_AT + 1,
    }
    ((waiting, pieces, late, shipped, before, *rest, asked, counted),) = look_as_desk(_FIGURES, values)
    by_day = {date.fromisoformat(day): (ordered, orders) for day, ordered, orders in counted or ()}
    return Figures(
        *(at_most(waiting, MOST), pieces, at_most(late, LOOKED_AT), at_most(shipped, MOST), at_most(before, MOST)),
        *(*rest, at_most(asked, MOST), shipped > before, [(day, *by_day.get(day, (0, 0))) for day in days]),
    )
