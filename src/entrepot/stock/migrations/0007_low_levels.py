"""Levels that are low have an index of their own: it holds those alone, and no other level pays for it."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0007_goods_by_last_change'),
        ('stock', '0006_one_index_for_one_question'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='level',
            index=models.Index(condition=models.Q(('allotment__isnull', True), ('on_hand__lte', django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.Value(10)))), fields=['sku'], name='level_low'),
        ),
    ]
