"""Let a mall's orders be counted, searched by number and found by their goods in indexes, however many others have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_order_by_moment")]
    operations = [
        migrations.RemoveIndex(model_name="order", name="order_by_distributor"),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["distributor", "id"],
                include=["state", "total_fen", "out_order_no"],
                name="order_by_distributor",
            ),
        ),
        migrations.RemoveIndex(model_name="line", name="line_by_goods"),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(fields=["goods_id", "order_id"], include=["distributor_id"], name="line_by_goods"),
        ),
    ]
