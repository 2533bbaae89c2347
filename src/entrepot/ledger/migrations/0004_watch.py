"""What an account knows of itself beside its figures: orders that wait, the warning of low funds, its version."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_transfer_by_xid"), ("orders", "0002_guards")]
    operations = [
        migrations.AddField("account", "waiting_fen", models.BigIntegerField(db_default=0)),
        migrations.AddField("account", "warn_below_fen", models.BigIntegerField(db_default=0)),
        migrations.AddField("account", "is_low", models.BooleanField(db_default=False)),
        migrations.AddField("account", "version", models.BigIntegerField(db_default=0)),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=Q(waiting_fen__gte=0) & Q(warn_below_fen__gte=0), name="account_waiting_not_negative"
            ),
        ),
        # Row-level security holds the owner too: the figures are filled in as the desk.
        migrations.RunSQL(
            "set local role entrepot_desk;"
            " update ledger_account a set waiting_fen = w.total from ("
            "     select distributor_id, sum(total_fen) as total from orders_order where state = 'awaiting_funds'"
            "     group by distributor_id"
            " ) w where a.kind = 'prepaid' and a.distributor_id = w.distributor_id;"
            " reset role",
            migrations.RunSQL.noop,
        ),
    ]
