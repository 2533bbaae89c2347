"""The figures of the dashboard, in two statements that stop counting where nobody needs to know more."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db import connection

from entrepot.base.days import ZONE, day_of
from entrepot.doors.platform.order_rows import ALL_STATES

DAYS = 14
MOST = 9_999
RANKED_AT_MOST = 20_000
REFRESH_S = 300
"""How long figures of the past may be kept, in seconds."""

_COURSE = """
select (o.created_at at time zone 'Asia/Shanghai')::date as day, count(*), sum(o.total_fen)::bigint
from orders_order o
where o.created_at >= %(since)s and o.created_at < %(until)s
    and o.state not in ('cancelled', 'expired', 'rejected')
group by 1
"""
# Each state by its own name: see `order_rows`.
_STATE = """
select '{state}', (
    select count(*) from (select from orders_order o where o.state = '{state}' order by o.id desc limit %(most)s) x
)
"""
_RANKING = """
select l.goods_name, sum(l.agreed_price_fen * (l.qty - l.refunded_qty))::bigint as amount_fen
from (
    select o.id from orders_order o
    where o.created_at >= %(since)s and o.state not in ('cancelled', 'expired', 'rejected')
    order by o.created_at desc limit %(most)s
) o join orders_line l on l.order_id = o.id
group by l.goods_id, l.goods_name order by 2 desc limit 8
"""


@dataclass(frozen=True)
class Course:
    """Orders and their agreed amount (fen) of the last days, today last."""

    days: list[date]
    orders: list[int]
    amounts_fen: list[int]


def first_day(now: datetime) -> date:
    """Return the first of the days that the dashboard looks back over."""
    return day_of(now) - timedelta(days=DAYS - 1)


def course(now: datetime) -> Course:
    """Return the course of the last fourteen days, Beijing time; days without orders are zeros.

    Today is counted each time; what went before hardly changes and is counted every five minutes.
    """
    today, first = day_of(now), first_day(now)
    key = f"platform.course.{connection.settings_dict['NAME']}.{today}"
    past = cache.get(key)
    if past is None:
        past = _days(first, until=today)
        cache.set(key, past, REFRESH_S)
    found = past | _days(today, until=today + timedelta(days=1))
    days = [first + timedelta(days=place) for place in range(DAYS)]
    figures = [found.get(day, (0, 0)) for day in days]
    return Course(days, [count for count, _total in figures], [total for _count, total in figures])


def _days(first: date, *, until: date) -> dict[date, tuple[int, int]]:
    since, end = (datetime.combine(day, time.min, ZONE) for day in (first, until))
    with connection.cursor() as cursor:
        cursor.execute(_COURSE, {"since": since, "until": end})
        return {day: (count, total) for day, count, total in cursor.fetchall()}


def states(names: list[str]) -> dict[str, int]:
    """Return how many orders are in each state, at most 9,999 of one."""
    with connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(_STATE.format(state=name) for name in ALL_STATES if name in names), {"most": MOST}
        )
        return dict(cursor.fetchall())


def ranking(now: datetime) -> list[tuple[str, int]]:
    """Return the goods that sold for most in the last fourteen days, with their agreed amount in fen.

    It is reckoned every five minutes, and over the newest 20,000 orders where there were more: half a million orders a
    fortnight would keep the page waiting for half a minute.
    """
    key = f"platform.ranking.{connection.settings_dict['NAME']}"
    found: list[tuple[str, int]] | None = cache.get(key)
    if found is None:
        with connection.cursor() as cursor:
            since = datetime.combine(first_day(now), time.min, ZONE)
            cursor.execute(_RANKING, {"since": since, "most": RANKED_AT_MOST})
            found = list(cursor.fetchall())
        cache.set(key, found, REFRESH_S)
    return found
