"""Grades, who brought whom, what was booked for it, and what was paid."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Grade(models.Model):
    """推荐等级: what share of the platform's own income its referrers earn, by side; the rates have a history."""

    name = models.CharField(max_length=40, unique=True)
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    reached_from_fen = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reached_from_fen__isnull=True) | models.Q(reached_from_fen__gte=0),
                name="grade_reached_from_nothing_or_more",
            )
        ]

    def __str__(self) -> str:
        return self.name


class GradeRate(models.Model):
    """推荐费率: the rates of a grade from a moment on; append-only."""

    grade = models.ForeignKey(Grade, models.PROTECT, related_name="rates")
    supplier_rate_bps = models.PositiveIntegerField()
    distributor_rate_bps = models.PositiveIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(supplier_rate_bps__lte=10_000, distributor_rate_bps__lte=10_000),
                name="grade_rates_at_most_all",
            )
        ]
        indexes = [models.Index(fields=["grade", "since", "id"], name="grade_rate_by_time")]


class GradeStay(models.Model):
    """推荐人定级: the grade of a referrer from a moment on; append-only."""

    referrer = models.ForeignKey("parties.Referrer", models.PROTECT, related_name="stays")
    grade = models.ForeignKey(Grade, models.PROTECT, related_name="stays")
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["referrer", "since", "id"], name="grade_stay_by_time")]


class Attachment(models.Model):
    """推荐关系: who brought a party, from when to when. It is ended, never changed; the database holds it to that.

    A party has one referrer at a time. Its name and number are those it had when it was brought: a referrer reads no
    other row of it.
    """

    referrer = models.ForeignKey("parties.Referrer", models.PROTECT, related_name="attachments")
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, null=True, blank=True, related_name="+")
    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, null=True, blank=True, related_name="+")
    party_number = models.CharField(max_length=20)
    party_name = models.CharField(max_length=80)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(supplier__isnull=False, distributor__isnull=True)
                | models.Q(supplier__isnull=True, distributor__isnull=False),
                name="attachment_of_one_party",
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="attachment_ends_after_it_begins",
            ),
        ]

    @property
    def side(self) -> str:
        """Return which side of an order he earns on."""
        return "supplier" if self.supplier_id is not None else "distributor"


class EntryKind(models.TextChoices):
    """What moves a referrer's account."""

    ACCRUAL = "accrual", "accrual"
    REVERSAL = "reversal", "reversal"
    PAYOUT = "payout", "payout"
    RETURN = "return", "return"


class Entry(models.Model):
    """推荐收益: one line of a referrer's statement, beside the transfer of the same cause; append-only.

    `note` says why a payout came back.
    """

    referrer = models.ForeignKey("parties.Referrer", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    amount_fen = models.BigIntegerField()
    cause = models.CharField(max_length=120, unique=True)
    order_id = models.BigIntegerField(null=True, blank=True)
    side = models.CharField(max_length=12, blank=True)
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    payout = models.ForeignKey("Payout", models.PROTECT, null=True, blank=True, related_name="entries")
    note = models.CharField(max_length=200, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["accrual", "return"], amount_fen__gt=0)
                | models.Q(kind__in=["reversal", "payout"], amount_fen__lt=0),
                name="entry_has_its_sign",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["payout", "return"], payout__isnull=False, order_id__isnull=True)
                | models.Q(kind__in=["accrual", "reversal"], payout__isnull=True, order_id__isnull=False),
                name="entry_is_of_an_order_or_a_payout",
            ),
            models.UniqueConstraint(fields=["payout", "kind"], name="payout_paid_and_returned_once"),
        ]
        indexes = [
            models.Index(fields=["referrer", "id"], name="entry_by_referrer"),
            models.Index(fields=["referrer", "at"], name="entry_by_time"),
            models.Index(fields=["order_id"], name="entry_by_order", condition=models.Q(order_id__isnull=False)),
        ]


class EntryLine(models.Model):
    """收益明细: what a line of the order gave to an entry; append-only, and hidden from referrers, since it tells margins."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    line_no = models.SmallIntegerField()
    base_fen = models.BigIntegerField()
    rate_bps = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "line_no"], name="entry_line_once")]


class Payout(models.Model):
    """推荐结算: money that left the bank for a referrer, with its proof; `month` is the statement it was paid on."""

    referrer = models.ForeignKey("parties.Referrer", models.PROTECT, related_name="payouts")
    amount_fen = models.BigIntegerField()
    month = models.DateField()
    paid_on = models.DateField()
    bank_reference = models.CharField(max_length=80, blank=True)
    remark = models.CharField(max_length=200, blank=True)
    proof = models.BinaryField(null=True, blank=True)
    proof_type = models.CharField(max_length=20, blank=True)
    once = models.CharField(max_length=64, unique=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payout_positive")]
        indexes = [models.Index(fields=["referrer", "id"], name="payout_by_referrer")]


class Followed(models.Model):
    """跟账位置: up to which transaction the ledger has been followed; there is one row, locked by whoever follows."""

    until_xid = models.DecimalField(max_digits=20, decimal_places=0)
