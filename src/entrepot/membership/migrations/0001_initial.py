"""Terms, setting and memberships."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0007_supplier_kind_and_source'),
    ]

    operations = [
        migrations.CreateModel(
            name='MembershipTerms',
            fields=[
                ('tier', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='membership_terms', serialize=False, to='parties.tier')),
                ('price_fen', models.BigIntegerField()),
                ('months', models.PositiveSmallIntegerField()),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('months__in', [1, 3, 6, 12]), ('price_fen__gt', 0), ('price_fen__lte', 1000000000)), name='membership_has_price_and_term')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier_name', models.CharField(max_length=40)),
                ('price_fen', models.BigIntegerField()),
                ('months', models.PositiveSmallIntegerField()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('once', models.CharField(max_length=64, unique=True)),
                ('bought_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('warned_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=10)),
                ('distributor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='parties.distributor')),
                ('tier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.tier')),
            ],
            options={
                'indexes': [models.Index(fields=['distributor', '-id'], name='membership_by_distributor'), models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['until'], name='membership_running')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price_fen__gt', 0), ('until__gt', models.F('since'))), name='membership_of_some_time'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('outcome', '')), models.Q(('ended_at__isnull', False), ('outcome__in', ['renewed', 'replaced', 'fallback', 'refused'])), _connector='OR'), name='membership_end_says_how')],
            },
        ),
        migrations.CreateModel(
            name='MembershipSetting',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('warn_days', models.PositiveSmallIntegerField(default=7)),
                ('when_over', models.CharField(default='refuse', max_length=8)),
                ('fallback_tier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.tier')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1), ('warn_days__gte', 1), ('warn_days__lte', 60), models.Q(('when_over', 'refuse'), models.Q(('fallback_tier__isnull', False), ('when_over', 'fallback')), _connector='OR')), name='membership_setting_whole')],
            },
        ),
    ]
