"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]
    operations = [
        row_security("parties_distributor", distributor="id = {party}"),
        row_security("parties_tier", distributor="id = {tier}"),
        row_security("parties_apikey", distributor="distributor_id = {party}"),
        row_security("parties_supplier", supplier="id = {party}"),
    ]
