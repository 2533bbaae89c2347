"""The index by which the change feed finds goods."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_bounds_guards")]
    operations = [migrations.AddIndex("goods", models.Index(fields=["changed_xid", "id"], name="goods_by_change"))]
