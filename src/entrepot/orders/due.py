"""Which orders the clock moves on: lapsed holds, funds that came in, receipt and completion by time."""

from django.db import connection

_LAPSED = (
    "select id from orders_order where state = 'held' and held_until <= clock_timestamp() order by held_until limit %s"
)
# The oldest waiting order of each distributor decides: those behind it keep their place.
_PAYABLE = """
select w.distributor_id
from (select distinct on (distributor_id) distributor_id, total_fen from orders_order
      where state = 'awaiting_funds' order by distributor_id, id) w
join ledger_account a on a.kind = 'prepaid' and a.distributor_id = w.distributor_id
where w.total_fen <= a.balance_fen - a.held_fen + a.credit_limit_fen
order by w.distributor_id limit %s
"""
_SHIPPED = """
select id from orders_order where state = 'shipped' and shipped_at <= clock_timestamp() - make_interval(days => %s)
order by id limit %s
"""
_RECEIVED = """
select id from orders_order where state = 'received' and received_at <= clock_timestamp() - make_interval(days => %s)
order by id limit %s
"""


def lapsed_holds(limit: int) -> list[int]:
    """Return held orders whose time is over by the database's clock, the longest over first."""
    return _ids(_LAPSED, limit)


def payable_distributors(limit: int) -> list[int]:
    """Return distributors whose oldest order waiting for funds could be paid now."""
    return _ids(_PAYABLE, limit)


def long_shipped(limit: int, *, days: int) -> list[int]:
    """Return orders shipped so many days ago and not yet received."""
    return _ids(_SHIPPED, days, limit)


def long_received(limit: int, *, days: int) -> list[int]:
    """Return orders received so many days ago and not yet completed."""
    return _ids(_RECEIVED, days, limit)


def _ids(statement: str, *values: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
