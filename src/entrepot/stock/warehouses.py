"""Warehouses: every supplier has one from the first time it is asked for."""

from django.db import connection

from entrepot.base import scope

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
                "insert into stock_warehouse (supplier_id, name, region) values (%s, %s, '') on conflict do nothing",
                [supplier_id, FIRST_NAME],
            )
            cursor.execute(find, [supplier_id])
            found = cursor.fetchone()[0]
    return int(found)
