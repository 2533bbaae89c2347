"""Row-level security."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("pricing", "0001_initial"), ("catalog", "0002_guards"), ("parties", "0002_guards")]
    operations = [
        row_security("pricing_feerate", distributor="tier_id = {tier} or distributor_id = {party}"),
        row_security(
            "pricing_pricechange",
            supplier="supplier_id = {party} and field in ('supplier_price', 'suggested_price')",
            distributor="field <> 'supplier_price' and state in ('announced', 'applied')"
            " and (tier_id = {tier} or exists (select from catalog_sku k where k.id = sku_id))",
        ),
        row_security("pricing_grace"),
    ]
