"""The stock of each SKU as malls were last told of it."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from entrepot.base.guards import live_alone, row_security

# What has changed since the levels were last followed is left out: it is told at the next look.
_FILL = """
insert into callbacks_seenstock (sku_id, shared, pools)
select l.sku_id, coalesce(sum(l.on_hand - l.reserved) filter (where l.allotment_id is null), 0),
    coalesce((select jsonb_agg(jsonb_build_array(a.id, a.distributor_id, a.tier_id, a.cap, a.buffer, a.taken, a.ends_at,
        coalesce((select sum(p.on_hand - p.reserved) from stock_level p where p.allotment_id = a.id), 0)) order by a.id)
        from stock_allotment a where a.sku_id = l.sku_id and a.is_open), '[]')
from stock_level l group by l.sku_id
having max(l.changed_xid::text::bigint) < (select max(stock_xid) from callbacks_reading)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0004_faults"),
        ("catalog", "0006_picks"),
        ("stock", "0005_quotas_and_switches"),
    ]
    operations = [
        migrations.CreateModel(
            name="SeenStock",
            fields=[
                (
                    "sku",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="catalog.sku",
                    ),
                ),
                ("shared", models.BigIntegerField()),
                ("pools", models.JSONField(default=list)),
                ("seen_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        row_security("callbacks_seenstock"),
        live_alone("callbacks_seenstock", condition="sku_id < {first}"),
        # Row-level security binds the owner too: as himself he would see no level, and fill nothing in.
        migrations.RunSQL(f"set local role entrepot_desk; {_FILL}; reset role", migrations.RunSQL.noop),
    ]
