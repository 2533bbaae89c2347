"""Top-up requests."""

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
    """货款充值: a distributor's word that he has paid, credited once the platform has seen the money."""

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

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="top_up_positive")]
        indexes = [
            models.Index(fields=["state", "id"], name="top_up_by_state"),
            models.Index(fields=["distributor", "id"], name="top_up_by_distributor"),
        ]
