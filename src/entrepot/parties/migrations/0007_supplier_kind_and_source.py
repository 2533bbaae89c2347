"""What an upstream is, and how it reaches the platform."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0006_roles_catch_up'),
    ]

    operations = [
        migrations.AddField(
            model_name='supplier',
            name='kind',
            field=models.CharField(blank=True, choices=[('produce', 'produce'), ('factory', 'factory'), ('hub', 'hub'), ('cross_border', 'cross_border')], db_default='', max_length=12),
        ),
        migrations.AddField(
            model_name='supplier',
            name='source',
            field=models.CharField(choices=[('office', 'office'), ('api', 'api')], db_default='office', max_length=8),
        ),
    ]
