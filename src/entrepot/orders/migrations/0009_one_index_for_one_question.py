"""Take off indexes that another one, which begins with the same column, makes needless: each costs every order a write."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_order_by_day"),
        ("parties", "0005_terms_are_the_platforms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="acceptance",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="formerline",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="former_lines",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="line",
            name="order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="distributor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="parties.distributor",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="refundline",
            name="refund",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="orders.refund"
            ),
        ),
        migrations.AlterField(
            model_name="returned",
            name="order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="returned", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="shipments", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="shipmentline",
            name="shipment",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="orders.shipment"
            ),
        ),
        migrations.AlterField(
            model_name="supplyorder",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supply_orders",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="supplyorder",
            name="supplier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supply_orders",
                to="parties.supplier",
            ),
        ),
    ]
