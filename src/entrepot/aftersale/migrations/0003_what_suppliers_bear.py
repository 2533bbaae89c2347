"""What a supplier bears of a claim tells his price: the step that says so is for him and the platform."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0002_guards")]
    operations = [
        migrations.RunSQL(
            "create policy not_for_distributors on aftersale_step as restrictive for select using"
            " (what <> 'borne' or (select current_setting('entrepot.kind', true)) is distinct from 'distributor')",
            "drop policy not_for_distributors on aftersale_step",
        ),
    ]
