"""Row-level security; the desk writes charges alone, and once."""

from django.db import migrations

from entrepot.base.guards import append_only, desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("freight", "0003_charge")]
    operations = [
        row_security("freight_charge", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        desk_writes_alone("freight_charge"),
        append_only("freight_charge"),
    ]
