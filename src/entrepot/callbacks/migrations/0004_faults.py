"""Why calls failed as code and facts, and the headers of what was sent."""

from django.db import migrations, models

_NOTHING = models.Value({}, models.JSONField())


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0003_own_content")]
    operations = [
        migrations.AddField("endpoint", "reason_facts", models.JSONField(blank=True, db_default=_NOTHING)),
        migrations.AddField("attempt", "fault_facts", models.JSONField(blank=True, db_default=_NOTHING)),
        migrations.AddField("attempt", "headers", models.JSONField(blank=True, db_default=_NOTHING)),
    ]
