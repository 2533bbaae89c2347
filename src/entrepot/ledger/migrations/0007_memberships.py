"""The platform's income from memberships."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_one_index_for_one_question'),
    ]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('prepaid', 'prepaid'), ('clearing', 'clearing'), ('supplier_payable', 'supplier_payable'), ('goods_income', 'goods_income'), ('fee_income', 'fee_income'), ('bank', 'bank'), ('adjustment', 'adjustment'), ('referrer_payable', 'referrer_payable'), ('referral_expense', 'referral_expense'), ('membership_income', 'membership_income')], max_length=20),
        ),
    ]
