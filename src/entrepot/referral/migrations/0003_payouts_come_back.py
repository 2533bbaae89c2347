"""A payout may come back from the bank: a second line of the statement beside it, with the reason."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('referral', '0002_guards'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_has_its_sign',
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_is_of_an_order_or_a_payout',
        ),
        migrations.AddField(
            model_name='entry',
            name='note',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('accrual', 'accrual'), ('reversal', 'reversal'), ('payout', 'payout'), ('return', 'return')], max_length=12),
        ),
        migrations.AlterField(
            model_name='entry',
            name='payout',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='referral.payout'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_fen__gt', 0), ('kind__in', ['accrual', 'return'])), models.Q(('amount_fen__lt', 0), ('kind__in', ['reversal', 'payout'])), _connector='OR'), name='entry_has_its_sign'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['payout', 'return']), ('order_id__isnull', True), ('payout__isnull', False)), models.Q(('kind__in', ['accrual', 'reversal']), ('order_id__isnull', False), ('payout__isnull', True)), _connector='OR'), name='entry_is_of_an_order_or_a_payout'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('payout', 'kind'), name='payout_paid_and_returned_once'),
        ),
    ]
