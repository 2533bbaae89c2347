"""The index by which the change feed finds stock levels."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0003_versions_and_floors")]
    operations = [migrations.AddIndex("level", models.Index(fields=["changed_xid", "id"], name="level_by_change"))]
