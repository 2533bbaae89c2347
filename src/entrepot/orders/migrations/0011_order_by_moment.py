"""Find where a day begins among the orders, and what a supplier has shipped today, at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_address_changed")]
    operations = [
        migrations.RemoveIndex(model_name="order", name="order_by_day"),
        migrations.AddIndex(model_name="order", index=models.Index(fields=["created_at"], name="order_by_moment")),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(fields=["supplier_id", "shipped_at"], name="shipment_by_supplier"),
        ),
    ]
