"""The index by which callbacks read the outbox in the order of transactions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_guards")]
    operations = [migrations.AddIndex("event", models.Index(fields=["xid", "id"], name="event_by_xid"))]
