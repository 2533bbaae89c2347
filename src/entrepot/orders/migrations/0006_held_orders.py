"""The index by which a distributor's holds are counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_returned")]
    operations = [
        migrations.AddIndex(
            "order", models.Index(fields=["distributor"], name="order_held", condition=models.Q(state="held"))
        )
    ]
