"""Goods in the order in which they were changed, as their list can be sorted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_picks'),
        ('parties', '0008_uploads_and_key_ends'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='goods',
            index=models.Index(fields=['changed_at', 'id'], name='goods_by_last_change'),
        ),
    ]
