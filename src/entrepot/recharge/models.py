"""Top-up requests, the foresight of funds, and monthly statements."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class TopUpState(models.TextChoices):
    """Where a request stands."""

    PENDING = "pending", "pending"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"


class TopUp(models.Model):
    """货款充值: a distributor's word that he has paid, credited once the platform has seen the money.

    One that was turned down may be handed in once more, mended: the new request `follows` it.
    """

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="top_ups")
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=TopUpState.choices, default=TopUpState.PENDING)
    payer = models.CharField(max_length=80, blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    voucher = models.BinaryField(null=True, blank=True)
    voucher_type = models.CharField(max_length=20, blank=True)
    remark = models.CharField(max_length=200, blank=True)
    review_note = models.CharField(max_length=200, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    out_recharge_no = models.CharField(max_length=64, null=True, blank=True)
    voucher_upload = models.ForeignKey("parties.Upload", models.PROTECT, null=True, blank=True, related_name="+")
    follows = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="followed_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="top_up_positive"),
            models.UniqueConstraint(fields=["distributor", "out_recharge_no"], name="out_recharge_no_once"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="top_up_by_state"),
            models.Index(fields=["distributor", "id"], name="top_up_by_distributor"),
        ]


class DayTotal(models.Model):
    """日汇总: what moved on one distributor's balance on one day that is over, by kind; signed sums in fen."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=24)
    count = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["distributor", "day", "kind"], name="day_total_once")]


class CountedDay(models.Model):
    """A day whose totals stand for all distributors; no transfer of a later day has an id below `next_id`."""

    day = models.DateField(primary_key=True)
    next_id = models.BigIntegerField()
    counted_at = models.DateTimeField(db_default=Now())


class Foresight(models.Model):
    """资金预估: for how long a distributor's funds last at the pace of the last days, as last reckoned."""

    distributor = models.OneToOneField(
        "parties.Distributor", models.PROTECT, primary_key=True, related_name="foresight"
    )
    pace_fen = models.BigIntegerField()
    available_fen = models.BigIntegerField()
    days_left = models.PositiveIntegerField(null=True)
    runs_out_on = models.DateField(null=True)
    reckoned_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["days_left"], name="foresight_by_days")]


class FundsSetting(models.Model):
    """资金预警设置: how many days of funds are too few; one row. `is_automatic` off leaves the fixed amounts alone."""

    is_automatic = models.BooleanField(default=True)
    warn_days = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(warn_days__gte=1, warn_days__lte=60), name="warn_1_to_60_days")
        ]


class Statement(models.Model):
    """对账单: one distributor's month: what he began with, what came and went by kind, and what he ended with, in fen."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="statements")
    month = models.DateField()
    opening_fen = models.BigIntegerField()
    top_up_fen = models.BigIntegerField(default=0)
    draw_fen = models.BigIntegerField(default=0)
    refund_fen = models.BigIntegerField(default=0)
    adjustment_fen = models.BigIntegerField(default=0)
    other_fen = models.BigIntegerField(default=0)
    closing_fen = models.BigIntegerField()
    lines = models.PositiveIntegerField(default=0)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor", "month"], name="one_statement_a_month"),
            models.CheckConstraint(
                name="statement_adds_up",
                condition=models.Q(
                    closing_fen=models.F("opening_fen")
                    + models.F("top_up_fen")
                    + models.F("draw_fen")
                    + models.F("refund_fen")
                    + models.F("adjustment_fen")
                    + models.F("other_fen")
                ),
            ),
        ]
