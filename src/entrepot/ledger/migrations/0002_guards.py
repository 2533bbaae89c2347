"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import append_only, desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("parties", "0002_guards")]
    operations = [
        row_security(
            "ledger_account",
            supplier="supplier_id = {party}",
            distributor="distributor_id = {party} and kind = 'prepaid'",
        ),
        row_security("ledger_transfer", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        row_security("ledger_seal"),
        append_only("ledger_transfer"),
        append_only("ledger_seal"),
        desk_writes_alone("ledger_account", "ledger_transfer"),
    ]
