"""Pictures malls send ahead, and the day on which a key ends."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from entrepot.base.guards import append_only, row_security


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0007_supplier_kind_and_source'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='ends_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='warned_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_hash', models.BinaryField()),
                ('picture', models.BinaryField()),
                ('size', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('distributor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.distributor')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('distributor', 'content_hash'), name='upload_once')],
            },
        ),
        row_security("parties_upload", distributor="distributor_id = {party}"),
        append_only("parties_upload"),
    ]
