"""Find the orders of some days without looking at all of them."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_line_rate")]
    operations = [
        migrations.AddIndex(
            model_name="order",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["created_at"], name="order_by_day", pages_per_range=32, autosummarize=True
            ),
        ),
    ]
