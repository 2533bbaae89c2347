"""Versions of levels, what was given to an allotment's pool, and allotments that the desk alone writes."""

from django.db import migrations, models
from django.db.models import Q

from entrepot.base.guards import desk_writes_alone


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_guards")]
    operations = [
        migrations.AddField("level", "version", models.BigIntegerField(db_default=0)),
        migrations.AddField("allotment", "given", models.IntegerField(db_default=0)),
        migrations.AddField("allotment", "version", models.IntegerField(db_default=1)),
        migrations.AddIndex(
            "allotment",
            models.Index(fields=["ends_at"], name="allotment_ending", condition=Q(is_open=True, ends_at__isnull=False)),
        ),
        migrations.RunSQL(
            "set local role entrepot_desk;"
            " update stock_allotment a set given = m.pieces from ("
            "     select l.allotment_id, sum(m.on_hand_delta) as pieces from stock_move m"
            "     join stock_level l on l.id = m.level_id"
            "     where m.kind = 'allot' and l.allotment_id is not null group by l.allotment_id"
            " ) m where a.id = m.allotment_id;"
            " reset role",
            migrations.RunSQL.noop,
        ),
        desk_writes_alone("stock_allotment"),
    ]
