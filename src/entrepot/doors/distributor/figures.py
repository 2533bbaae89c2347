"""The figures of the distributor's dashboard, read in his scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from entrepot.base.days import ZONE, day_of
from entrepot.base.scope import PARTY, look_as_desk
from entrepot.doors.distributor.order_search import FIRST_ID

DAYS = 14
_PACE_DAYS = 7
_BEST = 6
_NEWEST = 6
STEP = 500
"""So many entries of the ledger are gone back through at a time."""


@dataclass(slots=True)
class Figures:
    """What the dashboard shows; amounts in fen.

    `days`: for each of the last 14 days how many orders there were, and what they drew; `best`: the goods that drew most
    in that time, with the amounts; `newest`: the ids of the last orders.
    """

    orders_today: int
    orders_yesterday: int
    drawn_today_fen: int
    drawn_yesterday_fen: int
    to_ship: int
    held: int
    awaiting_funds: int
    shipped: int
    received: int
    top_ups_waiting: int
    drawn_lately_fen: int
    days: list[tuple[date, int, int]]
    best: list[tuple[str, int]]
    newest: list[int]

    def days_left(self, *, available_fen: int) -> int | None:
        """Return for how many days the funds last at the pace of the last seven days; None without any draw."""
        if self.drawn_lately_fen <= 0:
            return None
        return max(0, available_fen) * _PACE_DAYS // self.drawn_lately_fen


_OPEN = ("'confirmed', 'partly_shipped'", "'held'", "'awaiting_funds'", "'shipped'", "'received'")
# Open orders are counted in the index that holds the mall's orders with their states, and the orders of these days are those
# from an id on. What was drawn stands in the ledger, for an order may have waited long for its money: the entries are gone
# back through by hundreds until one is older than what is asked about.
_FIGURES = f"""
with recursive since as materialized (
    select id, created_at, drawn_fen from orders_order where distributor_id = {PARTY} and id >= {FIRST_ID}
),
recent as materialized (select * from since where created_at >= %(since)s),
open as materialized (
    select state, count(*) as orders from orders_order
    where distributor_id = {PARTY} and state in ({", ".join(_OPEN)}) group by state
),
back(id, at) as (
    (select id, at from ledger_transfer where distributor_id = {PARTY} order by id desc limit 1)
    union all
    select n.id, n.at from back cross join lateral (
        select id, at from ledger_transfer where distributor_id = {PARTY} and id < back.id
        order by id desc offset %(step)s limit 1
    ) n where back.at >= %(lately)s
),
spent as materialized (
    select kind, at, amount_fen from ledger_transfer
    where distributor_id = {PARTY} and kind in ('draw', 'refund') and at >= %(lately)s
        and id >= (select case when at >= %(lately)s then 0 else id end from back order by back.id limit 1)
)
select (select count(*) from recent where created_at >= %(today)s),
       (select count(*) from recent where created_at >= %(yesterday)s and created_at < %(today)s),
       coalesce(sum(amount_fen) filter (where kind = 'draw' and at >= %(today)s), 0)::bigint,
       coalesce(sum(amount_fen) filter (where kind = 'draw' and at >= %(yesterday)s and at < %(today)s), 0)::bigint,
       {", ".join(f"(select coalesce(sum(orders), 0)::bigint from open where state in ({states}))" for states in _OPEN)},
       (select count(*) from recharge_topup where distributor_id = {PARTY} and state = 'pending'),
       coalesce(sum(case when kind = 'draw' then amount_fen else -amount_fen end), 0)::bigint,
       (select json_agg(json_build_array(d.day, d.orders, d.drawn_fen)) from (
           select (created_at at time zone 'Asia/Shanghai')::date as day, count(*) as orders, sum(drawn_fen)::bigint as drawn_fen
           from recent where created_at >= %(first_day)s group by 1
       ) d),
       (select json_agg(json_build_array(b.name, b.fen) order by b.fen desc) from (
           select max(l.goods_name) as name, sum(l.agreed_price_fen * (l.qty - l.refunded_qty))::bigint as fen
           from recent o join orders_line l on l.order_id = o.id
           where o.drawn_fen > 0 group by l.goods_id order by fen desc limit %(best)s
       ) b),
       array(select id from orders_order where distributor_id = {PARTY} order by id desc limit %(newest)s)
from spent
"""  # noqa: S608 - our own words


def figures(*, now: datetime) -> Figures:
    """Return the figures as they stand now."""
    last = day_of(now)
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    today = datetime.combine(last, time.min, ZONE)
    values: dict[str, datetime | int] = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "lately": now - timedelta(days=_PACE_DAYS),
        "first_day": datetime.combine(days[0], time.min, ZONE),
        "since": now - timedelta(days=DAYS),
        "best": _BEST,
        "newest": _NEWEST,
        "step": STEP - 1,
    }
    (found,) = look_as_desk(_FIGURES, values)
    *plain, counted, best, newest = found
    by_day = {date.fromisoformat(day): (orders, drawn_fen) for day, orders, drawn_fen in counted or ()}
    shown = [(day, *by_day.get(day, (0, 0))) for day in days]
    return Figures(*[*plain, shown, [(name, fen) for name, fen in best or ()], newest])
