"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import append_only, desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial"), ("catalog", "0002_guards")]
    operations = [
        row_security("stock_warehouse", supplier="supplier_id = {party}"),
        row_security(
            "stock_allotment",
            distributor="distributor_id = {party} or tier_id = {tier}",
        ),
        row_security(
            "stock_level",
            supplier="exists (select from catalog_sku s where s.id = sku_id)",
            distributor="exists (select from catalog_sku s where s.id = sku_id) and (allotment_id is null"
            " or exists (select from stock_allotment a where a.id = allotment_id))",
        ),
        row_security("stock_move", supplier="exists (select from stock_level l where l.id = level_id)"),
        append_only("stock_move"),
        desk_writes_alone("stock_level", "stock_move"),
    ]
