"""Find a mall's top-ups, adjustments and memberships without passing all its draws."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_memberships")]
    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                fields=["distributor", "kind", "id"],
                name="transfer_few",
                condition=models.Q(kind__in=["top_up", "adjustment", "membership"]),
            ),
        ),
    ]
