"""Tables of shops, of those who work in them and of what they did."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class ShopKind(models.TextChoices):
    """To whom a shop sells."""

    RETAIL = "retail"
    WHOLESALE = "wholesale"


class Shop(models.Model):
    """店铺: one shop of one legal entity, connected to the platform as one distributor."""

    objects: ClassVar[models.Manager["Shop"]] = models.Manager()
    id: int
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=ShopKind.choices, default=ShopKind.RETAIL)
    # Which shop a visitor is in goes by the host name he came to; the empty one takes everybody else.
    host = models.CharField(max_length=200, blank=True, unique=True)
    public_url = models.CharField(max_length=200, blank=True)

    legal_name = models.CharField(max_length=120, blank=True)
    licence_no = models.CharField(max_length=40, blank=True)
    service_phone = models.CharField(max_length=40, blank=True)
    notice = models.CharField(max_length=200, blank=True)

    platform_url = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=60, blank=True)
    secret_sealed = models.BinaryField(default=bytes)
    distributor_number = models.CharField(max_length=30, blank=True)
    distributor_name = models.CharField(max_length=120, blank=True)
    callback_state = models.CharField(max_length=20, default="none")
    callback_secret_sealed = models.BinaryField(default=bytes)
    connects_callback = models.BooleanField(default=False)
    changes_cursor = models.CharField(max_length=300, blank=True)
    walk = models.IntegerField(default=0)
    synced_at = models.DateTimeField(null=True)
    connection_fault = models.CharField(max_length=300, blank=True)
    available_fen = models.BigIntegerField(null=True)
    available_at = models.DateTimeField(null=True)

    takes_test_payments = models.BooleanField(default=False)
    bank_account = models.CharField(max_length=300, blank=True)
    wechat_pay_sealed = models.BinaryField(default=bytes)  # JSON: mchid, appid, serial, keys
    # JSON: what the well-known files of apps and of WeChat say.
    associations = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)


class ShopRow(models.Model):
    """Every row belongs to a shop."""

    id: int
    shop_id: int
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)

    class Meta:
        abstract = True


class Entrant(ShopRow):
    """Somebody who signs in with a password; guesses lock the account for a while."""

    password = models.CharField(max_length=200)
    failures = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Staff(Entrant):
    """店员: a person who works in the back office of one shop."""

    objects: ClassVar[models.Manager["Staff"]] = models.Manager()
    username = models.CharField(max_length=40)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "username"], name="staff_once_per_shop")]


class Deed(ShopRow):
    """店铺操作记录: what somebody changed, with what was before and after."""

    objects: ClassVar[models.Manager["Deed"]] = models.Manager()
    who = models.CharField(max_length=60)
    what = models.CharField(max_length=60)
    about = models.CharField(max_length=120, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["shop", "-id"])]
