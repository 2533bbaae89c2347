"""What is kept of a sandbox beside its party, goods and orders."""

from django.db import models
from django.db.models.functions import Now


class Sandbox(models.Model):
    """沙箱: how a distributor's sandbox behaves, and how its mall was judged last."""

    distributor = models.OneToOneField("parties.Distributor", models.PROTECT, primary_key=True, related_name="+")
    ships_at_once = models.BooleanField(default=False)
    certificate = models.JSONField(null=True, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)


class Turn(models.Model):
    """预设结果: an order number that has met its outcome, so that what happens once does not happen again."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    out_order_no = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["distributor", "out_order_no"], name="sandbox_turn_once")]
