"""Messages with content of their own, and how far the levels have been followed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0002_guards"), ("catalog", "0006_picks")]
    operations = [
        migrations.AlterField(
            "message",
            "event",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.event",
            ),
        ),
        migrations.AddField("message", "data", models.JSONField(blank=True, null=True)),
        migrations.AddConstraint(
            "message",
            models.CheckConstraint(
                name="message_has_content",
                condition=models.Q(event__isnull=False, data__isnull=True)
                | models.Q(event__isnull=True, data__isnull=False),
            ),
        ),
        migrations.AddField("reading", "stock_xid", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("reading", "stock_at", models.DateTimeField(blank=True, null=True)),
    ]
