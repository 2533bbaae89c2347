"""Take off indexes that another one, which begins with the same column, makes needless: each costs every order a write."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_goods_by_change"),
        ("stock", "0005_quotas_and_switches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="level",
            name="sku",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="levels", to="catalog.sku"
            ),
        ),
        migrations.AlterField(
            model_name="move",
            name="level",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="stock.level"
            ),
        ),
    ]
