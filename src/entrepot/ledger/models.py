"""Accounts, transfers and seals of the double-entry ledger."""

from django.db import models
from django.db.models.functions import Now

from entrepot.base.fields import TransactionId


class AccountKind(models.TextChoices):
    """What an account stands for. Prepaid, payables and clearing are liabilities, incomes are income, bank an asset."""

    PREPAID = "prepaid", "prepaid"
    CLEARING = "clearing", "clearing"
    SUPPLIER_PAYABLE = "supplier_payable", "supplier_payable"
    GOODS_INCOME = "goods_income", "goods_income"
    FEE_INCOME = "fee_income", "fee_income"
    BANK = "bank", "bank"
    ADJUSTMENT = "adjustment", "adjustment"
    REFERRER_PAYABLE = "referrer_payable", "referrer_payable"
    REFERRAL_EXPENSE = "referral_expense", "referral_expense"
    MEMBERSHIP_INCOME = "membership_income", "membership_income"


_RUNNING = ["prepaid", "supplier_payable", "referrer_payable"]


class Account(models.Model):
    """账户: credit minus debit of its transfers. Only parties' accounts (prepaid, payables) keep the running figure."""

    kind = models.CharField(max_length=20, choices=AccountKind.choices)
    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, null=True, blank=True)
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, null=True, blank=True)
    referrer = models.ForeignKey("parties.Referrer", models.PROTECT, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    balance_fen = models.BigIntegerField(null=True, blank=True)
    held_fen = models.BigIntegerField(default=0)
    credit_limit_fen = models.BigIntegerField(default=0)
    waiting_fen = models.BigIntegerField(db_default=0)
    warn_below_fen = models.BigIntegerField(db_default=0)
    is_low = models.BooleanField(db_default=False)
    version = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "distributor", "supplier", "referrer"], nulls_distinct=False, name="account_once"
            ),
            models.CheckConstraint(
                condition=models.Q(held_fen__gte=0) & models.Q(credit_limit_fen__gte=0),
                name="account_held_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(waiting_fen__gte=0) & models.Q(warn_below_fen__gte=0),
                name="account_waiting_not_negative",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="prepaid")
                | models.Q(balance_fen__gte=models.F("held_fen") - models.F("credit_limit_fen")),
                name="prepaid_within_credit_limit",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=_RUNNING, balance_fen__isnull=False)
                | (~models.Q(kind__in=_RUNNING) & models.Q(balance_fen__isnull=True)),
                name="running_balance_for_parties_only",
            ),
        ]


class Transfer(models.Model):
    """流水: one amount from one account to another; append-only, and balanced because it has both sides.

    `cause` names what it was for; one kind of transfer happens once per cause. The balances after it are kept for
    parties' accounts. `distributor` and `supplier` say whose statement shows the row.
    """

    kind = models.CharField(max_length=24)
    debit = models.ForeignKey(Account, models.PROTECT, related_name="+")
    credit = models.ForeignKey(Account, models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()
    debit_balance_fen = models.BigIntegerField(null=True, blank=True)
    credit_balance_fen = models.BigIntegerField(null=True, blank=True)
    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, null=True, blank=True, db_index=False)
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, null=True, blank=True, db_index=False)
    order_id = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=120)
    actor = models.CharField(max_length=80)
    remark = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    xid = TransactionId()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="transfer_between_two"),
            models.UniqueConstraint(fields=["cause", "kind"], name="transfer_once_per_cause"),
        ]
        indexes = [
            models.Index(
                fields=["distributor", "id"],
                name="transfer_by_distributor",
                condition=models.Q(distributor__isnull=False),
            ),
            models.Index(
                fields=["supplier", "id"], name="transfer_by_supplier", condition=models.Q(supplier__isnull=False)
            ),
            # The few that are neither draw nor refund: a mall has hundreds of draws for each of them.
            models.Index(
                fields=["distributor", "kind", "id"],
                name="transfer_few",
                condition=models.Q(kind__in=["top_up", "adjustment", "membership"]),
            ),
            models.Index(fields=["order_id"], name="transfer_by_order", condition=models.Q(order_id__isnull=False)),
            models.Index(fields=["xid"], name="transfer_by_xid"),
        ]


class Seal(models.Model):
    """封签: the digests of a run of transfers, chained to the seal before it; append-only.

    `row_digests` holds 16 bytes of SHA-256 per transfer in the order of (xid, id), so that an altered row is named.
    """

    day = models.DateField()
    from_xid = models.DecimalField(max_digits=20, decimal_places=0)
    until_xid = models.DecimalField(max_digits=20, decimal_places=0)
    rows = models.PositiveIntegerField()
    row_ids = models.BinaryField()
    row_digests = models.BinaryField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["day", "id"], name="seal_by_day")]
