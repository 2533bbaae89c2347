"""The figures of the distributor's dashboard, read in his scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

_ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 14
_PACE_DAYS = 7


@dataclass(slots=True)
class Figures:
    """What the dashboard shows; amounts in fen."""

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
       coalesce(sum(drawn_fen - refunded_fen) filter (where confirmed_at >= %(lately)s), 0)::bigint
from orders_order
"""


def figures(*, now: datetime) -> Figures:
    """Return the figures as they stand now."""
    today = datetime.combine(now.astimezone(_ZONE).date(), time.min, _ZONE)
    values = {"today": today, "yesterday": today - timedelta(days=1), "lately": now - timedelta(days=_PACE_DAYS)}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        return Figures(*cursor.fetchone())


def draws_by_day(*, now: datetime) -> list[tuple[date, int, int]]:
    """Return for each of the last 14 days how many orders there were, and what they drew in fen."""
    last = now.astimezone(_ZONE).date()
    first = last - timedelta(days=DAYS - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "select (created_at at time zone 'Asia/Shanghai')::date, count(*), sum(drawn_fen)::bigint"
            " from orders_order where created_at >= %s group by 1",
            [datetime.combine(first, time.min, _ZONE)],
        )
        found = {day: (orders, drawn) for day, orders, drawn in cursor.fetchall()}
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return [(day, *found.get(day, (0, 0))) for day in days]


def best_goods(*, now: datetime, limit: int = 6) -> list[tuple[str, int]]:
    """Return the goods that drew most in the last 14 days, with the amounts in fen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select max(l.goods_name), sum(l.agreed_price_fen * (l.qty - l.refunded_qty))::bigint as fen"
            " from orders_line l join orders_order o on o.id = l.order_id"
            " where o.created_at >= %s and o.drawn_fen > 0 group by l.goods_id order by fen desc limit %s",
            [now - timedelta(days=DAYS), limit],
        )
        return [(name, fen) for name, fen in cursor.fetchall()]
