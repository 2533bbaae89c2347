"""Which upload a picture of a request came from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0003_what_suppliers_bear'),
        ('parties', '0008_uploads_and_key_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidence',
            name='upload',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.upload'),
        ),
    ]
