"""Warehouses and pools: a supplier has his first from when it is asked for."""

from django.db import connection

from entrepot.base import scope
from entrepot.base.worlds import SANDBOX_FROM, is_sandbox

FIRST_NAME = "主仓"


def main_warehouse(supplier_id: int) -> int:
    """Return the id of the warehouse a supplier's stock lies in, opened under a plain name when he has none yet.

    Raises IntegrityError for a supplier that does not exist.
    """
    find = "select min(id) from stock_warehouse where supplier_id = %s"
    with scope.supplier(supplier_id), connection.cursor() as cursor:
        cursor.execute(find, [supplier_id])
        found = cursor.fetchone()[0]
        if found is None:
            # Two who ask at once get the same row: the second insert waits for the first and then does nothing.
            cursor.execute(
                "insert into stock_warehouse (id, supplier_id, name, region)"
                " select nextval('stock_warehouse_id_seq') + %s, %s, %s, '' on conflict do nothing",
                [SANDBOX_FROM if is_sandbox(supplier_id) else 0, supplier_id, FIRST_NAME],
            )
            cursor.execute(find, [supplier_id])
            found = cursor.fetchone()[0]
    return int(found)


def open_pool(
    sku_id: int, *, distributor_id: int | None, tier_id: int | None, floor: int, cap: int | None, buffer: int
) -> int:
    """Return the id of the open allotment of a SKU for a distributor or a tier, made when there is none.

    `floor`, `cap` and `buffer` are pieces; they are moved by the desk, in whose name the row is made too.
    """
    find = (
        "select id from stock_allotment where is_open and sku_id = %s"
        " and distributor_id is not distinct from %s and tier_id is not distinct from %s"
    )
    values = [sku_id, distributor_id, tier_id]
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(find, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "insert into stock_allotment (sku_id, distributor_id, tier_id, floor, cap, buffer, taken, is_open)"
                " values (%s, %s, %s, %s, %s, %s, 0, true) on conflict do nothing",
                [*values, floor, cap, buffer],
            )
            cursor.execute(find, values)
            row = cursor.fetchone()
    return int(row[0])
