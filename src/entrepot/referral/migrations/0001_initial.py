"""Grades, attachments, entries and payouts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0004_referrers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Followed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until_xid', models.DecimalField(decimal_places=0, max_digits=20)),
            ],
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party_number', models.CharField(max_length=20)),
                ('party_name', models.CharField(max_length=80)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('distributor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.distributor')),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='parties.referrer')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.supplier')),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('accrual', 'accrual'), ('reversal', 'reversal'), ('payout', 'payout')], max_length=12)),
                ('amount_fen', models.BigIntegerField()),
                ('cause', models.CharField(max_length=120, unique=True)),
                ('order_id', models.BigIntegerField(blank=True, null=True)),
                ('side', models.CharField(blank=True, max_length=12)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('attachment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='referral.attachment')),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.referrer')),
            ],
        ),
        migrations.CreateModel(
            name='EntryLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line_no', models.SmallIntegerField()),
                ('base_fen', models.BigIntegerField()),
                ('rate_bps', models.PositiveIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='referral.entry')),
            ],
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('position', models.PositiveIntegerField(default=0)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('reached_from_fen', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reached_from_fen__isnull', True), ('reached_from_fen__gte', 0), _connector='OR'), name='grade_reached_from_nothing_or_more')],
            },
        ),
        migrations.CreateModel(
            name='GradeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('supplier_rate_bps', models.PositiveIntegerField()),
                ('distributor_rate_bps', models.PositiveIntegerField()),
                ('since', models.DateTimeField()),
                ('grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='referral.grade')),
            ],
        ),
        migrations.CreateModel(
            name='GradeStay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stays', to='referral.grade')),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stays', to='parties.referrer')),
            ],
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_fen', models.BigIntegerField()),
                ('month', models.DateField()),
                ('paid_on', models.DateField()),
                ('bank_reference', models.CharField(blank=True, max_length=80)),
                ('remark', models.CharField(blank=True, max_length=200)),
                ('proof', models.BinaryField(blank=True, null=True)),
                ('proof_type', models.CharField(blank=True, max_length=20)),
                ('once', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('paid_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payouts', to='parties.referrer')),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='payout',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entry', to='referral.payout'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('distributor__isnull', True), ('supplier__isnull', False)), models.Q(('distributor__isnull', False), ('supplier__isnull', True)), _connector='OR'), name='attachment_of_one_party'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='attachment_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='entryline',
            constraint=models.UniqueConstraint(fields=('entry', 'line_no'), name='entry_line_once'),
        ),
        migrations.AddIndex(
            model_name='graderate',
            index=models.Index(fields=['grade', 'since', 'id'], name='grade_rate_by_time'),
        ),
        migrations.AddConstraint(
            model_name='graderate',
            constraint=models.CheckConstraint(condition=models.Q(('distributor_rate_bps__lte', 10000), ('supplier_rate_bps__lte', 10000)), name='grade_rates_at_most_all'),
        ),
        migrations.AddIndex(
            model_name='gradestay',
            index=models.Index(fields=['referrer', 'since', 'id'], name='grade_stay_by_time'),
        ),
        migrations.AddIndex(
            model_name='payout',
            index=models.Index(fields=['referrer', 'id'], name='payout_by_referrer'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='payout_positive'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['referrer', 'id'], name='entry_by_referrer'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['referrer', 'at'], name='entry_by_time'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('order_id__isnull', False)), fields=['order_id'], name='entry_by_order'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_fen__gt', 0), ('kind', 'accrual')), models.Q(models.Q(('kind', 'accrual'), _negated=True), ('amount_fen__lt', 0)), _connector='OR'), name='entry_has_its_sign'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'payout'), ('order_id__isnull', True), ('payout__isnull', False)), models.Q(models.Q(('kind', 'payout'), _negated=True), ('order_id__isnull', False), ('payout__isnull', True)), _connector='OR'), name='entry_is_of_an_order_or_a_payout'),
        ),
    ]
