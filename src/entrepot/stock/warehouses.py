"""Warehouses: every supplier has one from the first time it is asked for."""

from entrepot.base import scope
from entrepot.stock.models import Warehouse

FIRST_NAME = "主仓"


def main_warehouse(supplier_id: int) -> Warehouse:
    """Return the warehouse a supplier's stock lies in, opened under a plain name when he has none yet.

    Raises IntegrityError for a supplier that does not exist.
    """
    with scope.supplier(supplier_id):
        found = Warehouse.objects.filter(supplier_id=supplier_id).order_by("id").first()
        if found is None:
            # Two who ask at once both get the one row.
            Warehouse.objects.bulk_create([Warehouse(supplier_id=supplier_id, name=FIRST_NAME)], ignore_conflicts=True)
            found = Warehouse.objects.filter(supplier_id=supplier_id).earliest("id")
    return found
