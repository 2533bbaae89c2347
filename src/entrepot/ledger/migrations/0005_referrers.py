"""Accounts of referrers, and the expense they are owed from."""

import django.db.models.deletion
from django.db import migrations, models

from entrepot.base.guards import shown_to_referrers

_RUNNING = ["prepaid", "supplier_payable", "referrer_payable"]
_KINDS = [
    *("prepaid", "clearing", "supplier_payable", "goods_income", "fee_income", "bank", "adjustment"),
    *("referrer_payable", "referral_expense"),
]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_watch"), ("parties", "0004_referrers")]
    operations = [
        migrations.AlterField(
            "account", "kind", models.CharField(choices=[(kind, kind) for kind in _KINDS], max_length=20)
        ),
        migrations.AddField(
            "account",
            "referrer",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="parties.referrer"
            ),
        ),
        migrations.RemoveConstraint("account", "account_once"),
        migrations.AddConstraint(
            "account",
            models.UniqueConstraint(
                fields=["kind", "distributor", "supplier", "referrer"], nulls_distinct=False, name="account_once"
            ),
        ),
        migrations.RemoveConstraint("account", "running_balance_for_parties_only"),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(kind__in=_RUNNING, balance_fen__isnull=False)
                | (~models.Q(kind__in=_RUNNING) & models.Q(balance_fen__isnull=True)),
                name="running_balance_for_parties_only",
            ),
        ),
        shown_to_referrers("ledger_account", condition="referrer_id = {party}"),
    ]
