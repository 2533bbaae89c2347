"""What a downstream is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0008_uploads_and_key_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='distributor',
            name='kind',
            field=models.CharField(choices=[('mall', 'mall'), ('store', 'store'), ('market', 'market'), ('enterprise', 'enterprise')], db_default='mall', max_length=12),
        ),
    ]
