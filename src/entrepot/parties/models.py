"""Tiers, distributors with their keys, suppliers, referrers, and the people who sign in."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Tier(models.Model):
    """分销商等级: the grade that sets a distributor's service fee and rate limit."""

    name = models.CharField(max_length=40, unique=True)
    fee_rate_bps = models.PositiveIntegerField()
    rate_limit_per_s = models.PositiveIntegerField(default=50)
    rate_burst = models.PositiveIntegerField(default=100)
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(fee_rate_bps__lte=10_000), name="tier_fee_rate_at_most_all")
        ]

    def __str__(self) -> str:
        return self.name


class PartyState(models.TextChoices):
    """Whether a party may trade; the platform alone activates it."""

    PENDING = "pending", "pending"
    ACTIVE = "active", "active"
    SUSPENDED = "suspended", "suspended"


class FundsPolicy(models.TextChoices):
    """When an order's money is taken: held with the stock, or checked when the buyer has paid."""

    HOLD = "hold", "hold"
    CHECK = "check", "check"


class DistributorKind(models.TextChoices):
    """What a downstream is: a mall on the interface, a shop on the street, a wholesale market, a company's purchasing."""

    MALL = "mall", "mall"
    STORE = "store", "store"
    MARKET = "market", "market"
    ENTERPRISE = "enterprise", "enterprise"


class Distributor(models.Model):
    """分销商: a company with one connected mall, buying at the agreed price from a prepaid balance."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="distributors")
    state = models.CharField(max_length=12, choices=PartyState.choices, default=PartyState.PENDING)
    kind = models.CharField(max_length=12, choices=DistributorKind.choices, db_default=DistributorKind.MALL)
    funds_policy = models.CharField(max_length=8, choices=FundsPolicy.choices, default=FundsPolicy.HOLD)
    hold_ttl_s = models.PositiveIntegerField(default=900)
    allow_list = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    callback_url = models.CharField(max_length=500, blank=True)
    contact = models.CharField(max_length=80, blank=True)
    low_balance_fen = models.BigIntegerField(default=0)
    is_sandbox = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hold_ttl_s__gte=60) & models.Q(hold_ttl_s__lte=3600), name="hold_1_to_60_minutes"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """密钥: names the distributor of a call; its sealed secret signs the call."""

    distributor = models.ForeignKey(Distributor, models.PROTECT, related_name="keys")
    key = models.CharField(max_length=60, unique=True)
    secret_sealed = models.BinaryField()
    label = models.CharField(max_length=60, blank=True)
    is_live = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class SupplierKind(models.TextChoices):
    """What an upstream is: farm produce, a trade or factory, another supply chain, cross-border e-commerce."""

    PRODUCE = "produce", "produce"
    FACTORY = "factory", "factory"
    HUB = "hub", "hub"
    CROSS_BORDER = "cross_border", "cross_border"


class SupplierSource(models.TextChoices):
    """How an upstream reaches the platform: people in a back office, or another platform by its API."""

    OFFICE = "office", "office"
    API = "api", "api"


class Upload(models.Model):
    """上传的图片: a picture a distributor's mall has sent, for vouchers and evidence; shown to nobody by itself.

    `content_hash` is that of the bytes as they were sent: the same bytes again are the same upload.
    """

    distributor = models.ForeignKey(Distributor, models.PROTECT, related_name="+")
    content_hash = models.BinaryField()
    picture = models.BinaryField()
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["distributor", "content_hash"], name="upload_once")]


class Supplier(models.Model):
    """供应商: uploads goods, ships and is settled. One of them is the platform itself, for its own goods (自营)."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=PartyState.choices, default=PartyState.PENDING)
    is_platform = models.BooleanField(default=False)
    kind = models.CharField(max_length=12, choices=SupplierKind.choices, blank=True, db_default="")
    source = models.CharField(max_length=8, choices=SupplierSource.choices, db_default=SupplierSource.OFFICE)
    contact = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_platform"], condition=models.Q(is_platform=True), name="one_platform_supplier"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Referrer(models.Model):
    """推荐人: brought suppliers or distributors to the platform and earns a share of its own income from them."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=PartyState.choices, default=PartyState.PENDING)
    contact = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name


class PartyKind(models.TextChoices):
    """The back offices."""

    PLATFORM = "platform", "platform"
    SUPPLIER = "supplier", "supplier"
    DISTRIBUTOR = "distributor", "distributor"
    REFERRER = "referrer", "referrer"


class Role(models.Model):
    """角色: a named set of permissions within one back office."""

    kind = models.CharField(max_length=12, choices=PartyKind.choices)
    name = models.CharField(max_length=40)
    permissions = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        ordering = ["kind", "id"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="role_name_once_per_kind")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in to exactly one back office."""

    kind = models.CharField(max_length=12, choices=PartyKind.choices)
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="users")
    distributor = models.ForeignKey(Distributor, models.PROTECT, null=True, blank=True, related_name="users")
    referrer = models.ForeignKey(Referrer, models.PROTECT, null=True, blank=True, related_name="users")
    display_name = models.CharField(max_length=40, blank=True)
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    language = models.CharField(max_length=10, default="zh-hans")

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_belongs_to_his_kind",
                condition=(
                    models.Q(kind="platform", supplier__isnull=True, distributor__isnull=True, referrer__isnull=True)
                    | models.Q(kind="supplier", supplier__isnull=False, distributor__isnull=True, referrer__isnull=True)
                    | models.Q(
                        kind="distributor", supplier__isnull=True, distributor__isnull=False, referrer__isnull=True
                    )
                    | models.Q(kind="referrer", supplier__isnull=True, distributor__isnull=True, referrer__isnull=False)
                ),
            )
        ]

    @property
    def party(self) -> Supplier | Distributor | Referrer | None:
        """Return whom the user works for, None for the platform; call it inside a scope that shows the party."""
        return self.supplier or self.distributor or self.referrer

    @property
    def party_id(self) -> int:
        """Return the id of whom the user works for, 0 for the platform."""
        return self.supplier_id or self.distributor_id or self.referrer_id or 0
