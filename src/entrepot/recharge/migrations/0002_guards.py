"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("recharge", "0001_initial"), ("parties", "0002_guards")]
    operations = [
        row_security("recharge_topup", distributor="distributor_id = {party}"),
    ]
