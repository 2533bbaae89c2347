"""Promotion slots and the goods in them: the platform's to write, a distributor's to see while they live."""

import django.db.models.deletion
from django.db import migrations, models

from entrepot.base.guards import row_security

_LIVE = "is_shown and (begins_at is null or begins_at <= now()) and (ends_at is null or now() < ends_at)"
# The scope of the reader holds inside too: of goods he does not see there is no place, and of a slot that is not live
# there is none.
_SEEN = (
    "exists (select from catalog_slot s where s.id = slot_id) and exists (select from catalog_goods g where g.id = goods_id)"
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_no_indexes_for_like")]
    operations = [
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("position", models.PositiveIntegerField(default=0)),
                ("begins_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("is_shown", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("begins_at"))), name="slot_ends_after_it_begins"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SlotGoods",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "slot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="catalog.slot",
                    ),
                ),
                (
                    "goods",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="places", to="catalog.goods"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [models.UniqueConstraint(fields=["slot", "goods"], name="goods_once_in_slot")],
            },
        ),
        row_security("catalog_slot", distributor=_LIVE),
        row_security("catalog_slotgoods", distributor=_SEEN),
        # What the platform alone decides, the role of the other offices cannot write.
        migrations.RunSQL(
            "do $$ begin if exists (select from pg_roles where rolname = 'entrepot_app') then revoke insert, update,"
            " delete, truncate on catalog_slot, catalog_slotgoods from entrepot_app; end if; end $$;",
            migrations.RunSQL.noop,
        ),
    ]
