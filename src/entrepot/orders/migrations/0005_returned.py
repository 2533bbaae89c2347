"""What after-sale has given back, by line."""

import django.db.models.deletion
from django.db import migrations, models

from entrepot.base.guards import desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_acceptance_guards")]
    operations = [
        migrations.CreateModel(
            name="Returned",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_no", models.SmallIntegerField()),
                ("distributor_id", models.BigIntegerField()),
                ("supplier_id", models.BigIntegerField()),
                ("qty", models.PositiveIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                ("supplier_fen", models.BigIntegerField()),
                ("fee_fen", models.BigIntegerField()),
                ("freight_fen", models.BigIntegerField(default=0)),
                ("supplier_freight_fen", models.BigIntegerField(default=0)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="returned", to="orders.order"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="returned_is_not_negative",
                        condition=models.Q(amount_fen__gte=0, supplier_fen__gte=0, fee_fen__gte=0)
                        & models.Q(supplier_freight_fen__gte=0, supplier_freight_fen__lte=models.F("freight_fen")),
                    ),
                ],
            },
        ),
        row_security("orders_returned", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        desk_writes_alone("orders_returned"),
    ]
