"""Tables of buyers."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from entrepot_mall.shop.models import Entrant, ShopRow


class Standing(models.TextChoices):
    """Whether a buyer is a business the shop sells to wholesale."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class Buyer(Entrant):
    """买家: somebody who buys in one shop, known by his phone number."""

    objects: ClassVar[models.Manager["Buyer"]] = models.Manager()
    phone = models.CharField(max_length=20)
    name = models.CharField(max_length=40, blank=True)
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.NONE)
    company = models.CharField(max_length=120, blank=True)
    licence_no = models.CharField(max_length=40, blank=True)
    business_address = models.CharField(max_length=200, blank=True)
    standing_note = models.CharField(max_length=200, blank=True)
    # JSON: the last address, offered again.
    address = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "phone"], name="buyer_once_per_shop")]


class Token(ShopRow):
    """买家令牌: lets an app act for a buyer; only its digest is kept."""

    objects: ClassVar[models.Manager["Token"]] = models.Manager()
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
