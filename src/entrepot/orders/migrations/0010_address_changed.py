"""When an order was sent elsewhere than first said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_one_index_for_one_question")]
    operations = [
        migrations.AddField(model_name="consignee", name="changed_at", field=models.DateTimeField(null=True)),
    ]
