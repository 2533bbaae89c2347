"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import append_only, row_security


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [
        row_security("events_event", distributor="distributor_id = {party}"),
        row_security(
            "events_operation",
            supplier="kind = 'supplier' and party_id = {party}",
            distributor="kind = 'distributor' and party_id = {party}",
        ),
        append_only("events_event"),
        append_only("events_operation"),
    ]
