"""What distributors have picked for their malls, and when goods last moved to another category or brand."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.expressions import Func
from django.db.models.functions import Now

from entrepot.base.fields import TransactionId
from entrepot.base.guards import live_alone, one_world, row_security

_OF_ONE = (
    models.Q(goods__isnull=False, category__isnull=True, brand__isnull=True)
    | models.Q(goods__isnull=True, category__isnull=False, brand__isnull=True)
    | models.Q(goods__isnull=True, category__isnull=True, brand__isnull=False)
)


def _of(model: str) -> models.ForeignKey:
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="picks", to=model
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_goods_by_change"), ("parties", "0002_guards")]
    operations = [
        migrations.AddField("goods", "placed_xid", TransactionId(db_default=Func(template="'0'::xid8"))),
        migrations.CreateModel(
            name="Pick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "distributor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="picks", to="parties.distributor"
                    ),
                ),
                ("goods", _of("catalog.goods")),
                ("category", _of("catalog.category")),
                ("brand", _of("catalog.brand")),
                (
                    "state",
                    models.CharField(
                        choices=[("picked", "picked"), ("left_out", "left_out"), ("removed", "removed")], max_length=12
                    ),
                ),
                ("picked_at", models.DateTimeField(db_default=Now())),
                ("changed_xid", TransactionId()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["distributor", "goods"], name="goods_picked_once"),
                    models.UniqueConstraint(fields=["distributor", "category"], name="category_picked_once"),
                    models.UniqueConstraint(fields=["distributor", "brand"], name="brand_picked_once"),
                    models.CheckConstraint(name="pick_of_one_thing", condition=_OF_ONE),
                    models.CheckConstraint(
                        name="only_goods_are_left_out",
                        condition=~models.Q(state="left_out") | models.Q(goods__isnull=False),
                    ),
                ],
                "indexes": [
                    models.Index(fields=["distributor", "changed_xid", "id"], name="pick_by_change"),
                    models.Index(fields=["changed_xid"], name="pick_last_change"),
                    models.Index(fields=["distributor", "-id"], name="pick_of_distributor"),
                ],
            },
        ),
        row_security("catalog_pick", distributor="distributor_id = {party}"),
        live_alone("catalog_pick", condition="distributor_id < {first}"),
        one_world("catalog_pick", ("distributor_id", "goods_id")),
    ]
