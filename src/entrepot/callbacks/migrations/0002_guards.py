"""Row-level security."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0001_initial")]
    operations = [
        row_security("callbacks_endpoint", distributor="distributor_id = {party}"),
        row_security("callbacks_message", distributor="distributor_id = {party}"),
        row_security("callbacks_attempt", distributor="distributor_id = {party}"),
        row_security("callbacks_reading"),
    ]
