"""Take off indexes that another one, which begins with the same column, makes needless: each costs every order a write."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_referrers"),
        ("parties", "0005_terms_are_the_platforms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="distributor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="parties.distributor",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="supplier",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="parties.supplier",
            ),
        ),
    ]
