"""Orders with goods that the platform itself ships."""

from collections.abc import Iterable

from django.db import connection

_FOUND = """
select n.number, o.id, (
    select so.supplier_id from orders_supplyorder so join parties_supplier p on p.id = so.supplier_id
    where so.order_id = o.id and p.is_platform
)
from unnest(%(numbers)s::text[], %(ids)s::bigint[]) as n(number, id)
join orders_order o on o.id = n.id
    or (o.distributor_id = any(array(select id from parties_distributor)) and o.out_order_no = n.number)
"""
_WAITING = """
select so.order_id from orders_supplyorder so
where so.supplier_id = (select id from parties_supplier where is_platform)
    and so.state in ('confirmed', 'partly_shipped')
order by so.order_id limit %s
"""


def own_orders(numbers: Iterable[str]) -> dict[str, list[tuple[int, int | None]]]:
    """Return, for our or the malls' order numbers, the orders' ids and the platform as their shipper.

    The shipper is None for an order without own goods. Two malls may use one number: then there are two orders.
    """
    wanted = sorted(set(numbers))
    ids = [int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0 for text in wanted]
    found: dict[str, list[tuple[int, int | None]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"numbers": wanted, "ids": ids})
        for number, order_id, supplier_id in cursor.fetchall():
            found.setdefault(number, []).append((order_id, supplier_id))
    return found


def waiting_ids(*, limit: int) -> list[int]:
    """Return the orders whose own goods wait for shipping, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [limit])
        return [order_id for (order_id,) in cursor.fetchall()]
