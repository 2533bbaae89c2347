"""Limits of what may be on hold, and the switches that take sold-out goods off the shelf."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from entrepot.base.guards import row_security


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_goods_by_change'),
        ('parties', '0004_referrers'),
        ('stock', '0004_level_by_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='HoldRecord',
            fields=[
                ('distributor', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='parties.distributor')),
                ('ended', models.PositiveIntegerField()),
                ('lapsed', models.PositiveIntegerField()),
                ('lapse_s', models.PositiveIntegerField()),
                ('counted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ShelfWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_xid', models.BigIntegerField(default=0)),
                ('is_whole', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='SoldOut',
            fields=[
                ('goods', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='catalog.goods')),
                ('version', models.PositiveIntegerField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='HoldQuota',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pieces_of_sku', models.PositiveIntegerField(blank=True, null=True)),
                ('holds', models.PositiveIntegerField(blank=True, null=True)),
                ('funds_bps', models.PositiveIntegerField(blank=True, null=True)),
                ('buyer_pieces_of_sku', models.PositiveIntegerField(blank=True, null=True)),
                ('buyer_holds', models.PositiveIntegerField(blank=True, null=True)),
                ('is_adaptive', models.BooleanField(default=False)),
                ('floor_s', models.PositiveIntegerField(default=120)),
                ('ceiling_s', models.PositiveIntegerField(default=3600)),
                ('distributor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='parties.distributor')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('distributor',), name='one_hold_quota', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('ceiling_s__lte', 3600), ('floor_s__gte', 60), ('floor_s__lte', models.F('ceiling_s'))), name='hold_lapse_within_an_hour')],
            },
        ),
        migrations.CreateModel(
            name='ShelfSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unlists', models.BooleanField(default=False)),
                ('relists', models.BooleanField(default=False)),
                ('goods', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='catalog.goods')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('goods',), name='one_shelf_switch', nulls_distinct=False)],
            },
        ),
        row_security("stock_holdquota", distributor="distributor_id = {party}"),
        row_security("stock_holdrecord", distributor="distributor_id = {party}"),
        row_security("stock_shelfswitch"),
        row_security("stock_soldout"),
        row_security("stock_shelfwatch"),
    ]
