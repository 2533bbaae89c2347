"""The figures of the distributor's dashboard, read in his scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

_ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 14
_PACE_DAYS = 7
_BEST = 6


@dataclass(slots=True)
class Figures:
    """What the dashboard shows; amounts in fen.

    `days`: for each of the last 14 days how many orders there were, and what they drew; `best`: the goods that drew most
    in that time, with the amounts.
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

    def days_left(self, *, available_fen: int) -> int | None:
        """Return for how many days the funds last at the pace of the last seven days; None without any draw."""
        if self.drawn_lately_fen <= 0:
            return None
        return max(0, available_fen) * _PACE_DAYS // self.drawn_lately_fen


_FIGURES = """
select count(*) filter (where created_at >= %(today)s),
       count(*) filter (where created_at >= %(yesterday)s and created_at < %(today)s),
       coalesce(sum(drawn_fen) filter (where confirmed_at >= %(today)s), 0)::bigint,
       coalesce(sum(drawn_fen) filter (where confirmed_at >= %(yesterday)s and confirmed_at < %(today)s), 0)::bigint,
       count(*) filter (where state in ('confirmed', 'partly_shipped')),
       count(*) filter (where state = 'held'), count(*) filter (where state = 'awaiting_funds'),
       count(*) filter (where state = 'shipped'), count(*) filter (where state = 'received'),
       (select count(*) from recharge_topup where state = 'pending'),
       coalesce(sum(drawn_fen - refunded_fen) filter (where confirmed_at >= %(lately)s), 0)::bigint,
       (select json_agg(json_build_array(d.day, d.orders, d.drawn_fen)) from (
           select (created_at at time zone 'Asia/Shanghai')::date as day, count(*) as orders, sum(drawn_fen)::bigint as drawn_fen
           from orders_order where created_at >= %(since)s group by 1
       ) d),
       (select json_agg(json_build_array(b.name, b.fen) order by b.fen desc) from (
           select max(l.goods_name) as name, sum(l.agreed_price_fen * (l.qty - l.refunded_qty))::bigint as fen
           from orders_line l join orders_order o on o.id = l.order_id
           where o.created_at >= %(begin)s and o.drawn_fen > 0 group by l.goods_id order by fen desc limit %(best)s
       ) b)
from orders_order
"""


def figures(*, now: datetime) -> Figures:
    """Return the figures as they stand now."""
    last = now.astimezone(_ZONE).date()
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    today = datetime.combine(last, time.min, _ZONE)
    values: dict[str, datetime | int] = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "lately": now - timedelta(days=_PACE_DAYS),
        "since": datetime.combine(days[0], time.min, _ZONE),
        "begin": now - timedelta(days=DAYS),
        "best": _BEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        *found, counted, best = cursor.fetchone()
    by_day = {date.fromisoformat(day): (orders, drawn_fen) for day, orders, drawn_fen in counted or ()}
    found += [[(day, *by_day.get(day, (0, 0))) for day in days], [(name, fen) for name, fen in best or ()]]
    return Figures(*found)
