"""Row-level security."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("freight", "0001_initial"), ("catalog", "0002_guards")]
    operations = [
        row_security(
            "freight_goodstemplate",
            supplier="exists (select from catalog_goods g where g.id = goods_id)",
            distributor="exists (select from catalog_goods g where g.id = goods_id)",
        ),
        row_security(
            "freight_template",
            supplier="supplier_id = {party}",
            distributor="exists (select from freight_goodstemplate c where c.template_id = freight_template.id)",
        ),
        row_security(
            "freight_zone",
            supplier="exists (select from freight_template t where t.id = template_id)",
            distributor="exists (select from freight_template t where t.id = template_id)",
        ),
    ]
