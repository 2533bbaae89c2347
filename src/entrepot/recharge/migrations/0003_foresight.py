"""The foresight of funds, monthly statements, and requests handed in once more."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

from entrepot.base.guards import row_security


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0004_referrers'),
        ('recharge', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='CountedDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('next_id', models.BigIntegerField()),
                ('counted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name='topup',
            name='follows',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='recharge.topup'),
        ),
        migrations.CreateModel(
            name='Foresight',
            fields=[
                ('distributor', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='foresight', serialize=False, to='parties.distributor')),
                ('pace_fen', models.BigIntegerField()),
                ('available_fen', models.BigIntegerField()),
                ('days_left', models.PositiveIntegerField(null=True)),
                ('runs_out_on', models.DateField(null=True)),
                ('reckoned_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'indexes': [models.Index(fields=['days_left'], name='foresight_by_days')],
            },
        ),
        migrations.CreateModel(
            name='FundsSetting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_automatic', models.BooleanField(default=True)),
                ('warn_days', models.PositiveSmallIntegerField(default=3)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('warn_days__gte', 1), ('warn_days__lte', 60)), name='warn_1_to_60_days')],
            },
        ),
        migrations.CreateModel(
            name='DayTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=24)),
                ('count', models.PositiveIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('distributor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.distributor')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('distributor', 'day', 'kind'), name='day_total_once')],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('opening_fen', models.BigIntegerField()),
                ('top_up_fen', models.BigIntegerField(default=0)),
                ('draw_fen', models.BigIntegerField(default=0)),
                ('refund_fen', models.BigIntegerField(default=0)),
                ('adjustment_fen', models.BigIntegerField(default=0)),
                ('other_fen', models.BigIntegerField(default=0)),
                ('closing_fen', models.BigIntegerField()),
                ('lines', models.PositiveIntegerField(default=0)),
                ('first_id', models.BigIntegerField(null=True)),
                ('last_id', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('distributor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='parties.distributor')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('distributor', 'month'), name='one_statement_a_month'), models.CheckConstraint(condition=models.Q(('closing_fen', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('opening_fen'), '+', models.F('top_up_fen')), '+', models.F('draw_fen')), '+', models.F('refund_fen')), '+', models.F('adjustment_fen')), '+', models.F('other_fen')))), name='statement_adds_up')],
            },
        ),
        row_security("recharge_daytotal", distributor="distributor_id = {party}"),
        row_security("recharge_countedday"),
        row_security("recharge_foresight", distributor="distributor_id = {party}"),
        row_security("recharge_fundssetting"),
        row_security("recharge_statement", distributor="distributor_id = {party}"),
    ]
