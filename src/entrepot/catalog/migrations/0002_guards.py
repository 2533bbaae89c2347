"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("parties", "0002_guards")]
    operations = [
        row_security(
            "catalog_goods",
            supplier="supplier_id = {party}",
            distributor="state = 'on_sale' and ((cardinality(visible_tiers) = 0 and cardinality(visible_distributors) = 0)"
            " or {tier} = any(visible_tiers) or {party} = any(visible_distributors))",
        ),
        row_security(
            "catalog_sku",
            supplier="exists (select from catalog_goods g where g.id = goods_id)",
            distributor="exists (select from catalog_goods g where g.id = goods_id)",
        ),
        row_security("catalog_skucost", supplier="supplier_id = {party}", hats=()),
    ]
