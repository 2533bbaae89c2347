"""Row-level security: the platform's own arrangements, no party's business."""

from django.db import migrations

from entrepot.base.guards import row_security


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0001_initial")]
    operations = [row_security("fulfilment_houseterms"), row_security("fulfilment_substitute")]
