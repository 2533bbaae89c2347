"""Bills with their lines, the terms by which they are made, and the runs that made them."""

from django.db import models
from django.db.models.functions import Now

from entrepot.settlement.rules import DAYS_AT_MOST, RIGHTS_DAYS


class Cycle(models.TextChoices):
    """How often a supplier is billed."""

    DAY = "day", "day"
    WEEK = "week", "week"
    HALF_MONTH = "half_month", "half_month"
    MONTH = "month", "month"


class Terms(models.Model):
    """结算条款: when what a supplier has earned is payable and billed. The row without a supplier holds for all others."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, null=True, blank=True, related_name="+")
    cycle = models.CharField(max_length=12, choices=Cycle.choices, default=Cycle.MONTH)
    rights_days = models.PositiveSmallIntegerField(default=RIGHTS_DAYS)
    answer_days = models.PositiveSmallIntegerField(default=7)
    is_silence_consent = models.BooleanField(default=False)
    is_sent_at_once = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier"], nulls_distinct=False, name="terms_once_per_supplier"),
            models.CheckConstraint(
                condition=models.Q(rights_days__lte=DAYS_AT_MOST)
                & models.Q(answer_days__gte=1)
                & models.Q(answer_days__lte=DAYS_AT_MOST),
                name="terms_within_half_a_year",
            ),
        ]


class BillState(models.TextChoices):
    """Where a bill stands."""

    DRAFT = "draft", "draft"
    SENT = "sent", "sent"
    DISPUTED = "disputed", "disputed"
    CONFIRMED = "confirmed", "confirmed"
    PAID = "paid", "paid"
    SETTLED = "settled", "settled"
    CARRIED = "carried", "carried"


class Bill(models.Model):
    """结算单: what the platform owes a supplier for some days, line by line; amounts in fen.

    `content_hash` is frozen over the lines whenever the supplier is shown them; `revision` counts how often. A bill of
    no more than 0 is carried over: its lines go on the next one, which `carried_to` names. Who answered and who paid are
    lines of `base.actors`.
    """

    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="bills")
    cycle = models.CharField(max_length=12)
    period_from = models.DateField()
    period_until = models.DateField()
    state = models.CharField(max_length=12, choices=BillState.choices, default=BillState.DRAFT)
    revision = models.PositiveSmallIntegerField(default=0)
    total_fen = models.BigIntegerField(default=0)
    line_count = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    is_silent = models.BooleanField(default=False)
    paid_at = models.DateTimeField(null=True, blank=True)
    paid_by = models.CharField(max_length=80, blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    pay_remark = models.CharField(max_length=200, blank=True)
    voucher = models.BinaryField(null=True, blank=True)
    voucher_type = models.CharField(max_length=20, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    carried_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="carried_from")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["sent", "confirmed", "paid", "settled"]) | models.Q(total_fen__gt=0),
                name="bill_asks_for_something",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["paid", "settled"])
                | (models.Q(paid_at__isnull=False) & ~models.Q(bank_reference="")),
                name="bill_paid_with_proof",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | ~models.Q(content_hash=""), name="bill_frozen_once_shown"
            ),
            models.CheckConstraint(
                condition=models.Q(period_until__gt=models.F("period_from")), name="bill_of_some_days"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="bill_by_state"),
            models.Index(fields=["supplier", "id"], name="bill_by_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class Ruling(models.TextChoices):
    """How a dispute over a line ended."""

    KEPT = "kept", "kept"
    MOVED = "moved", "moved"
    ADJUSTED = "adjusted", "adjusted"


class Leaving(models.TextChoices):
    """Why a line is on its bill no longer."""

    PUT_OFF = "put_off", "put_off"
    RULING = "ruling", "ruling"
    CARRIED = "carried", "carried"


class BillLine(models.Model):
    """结算单行: one transfer on a supplier's payable account. A transfer is on one bill; `left_by` says why it left another.

    Lines are never removed and their amounts never changed: one that goes to the next bill stays to be seen.
    """

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="lines")
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="+")
    transfer = models.ForeignKey("ledger.Transfer", models.PROTECT, related_name="+", db_index=False)
    amount_fen = models.BigIntegerField()
    left_by = models.CharField(max_length=8, choices=Leaving.choices, blank=True)
    left_note = models.CharField(max_length=200, blank=True)
    dispute_reason = models.CharField(max_length=200, blank=True)
    disputed_at = models.DateTimeField(null=True, blank=True)
    ruling = models.CharField(max_length=8, choices=Ruling.choices, blank=True)
    ruling_note = models.CharField(max_length=200, blank=True)
    ruled_at = models.DateTimeField(null=True, blank=True)
    adjusts = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="adjustments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer"], condition=models.Q(left_by=""), name="transfer_billed_once"),
            models.UniqueConstraint(fields=["bill", "transfer"], name="transfer_once_on_a_bill"),
            models.CheckConstraint(
                condition=models.Q(disputed_at__isnull=True) | ~models.Q(dispute_reason=""),
                name="dispute_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(ruling="")
                | (models.Q(disputed_at__isnull=False) & models.Q(ruled_at__isnull=False)),
                name="ruling_ends_a_dispute",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bill"],
                name="line_in_dispute",
                condition=models.Q(disputed_at__isnull=False, ruled_at__isnull=True),
            ),
            models.Index(fields=["transfer"], name="line_by_transfer"),
        ]


class Run(models.Model):
    """结算批次: the run at the end of one period of a supplier; it happens once, whether or not there was anything to bill."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="+")
    period_until = models.DateField()
    bill = models.ForeignKey(Bill, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "period_until"], name="one_run_per_period")]
