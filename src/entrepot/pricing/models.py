"""Fee rates of their own for some goods, announced price changes, and the old prices that are honoured for a while."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class FeeRate(models.Model):
    """单品费率: the fee rate of some goods for a tier, or for one distributor, instead of the tier's own."""

    goods = models.ForeignKey("catalog.Goods", models.CASCADE, related_name="fee_rates")
    tier = models.ForeignKey("parties.Tier", models.CASCADE, null=True, blank=True, related_name="+")
    distributor = models.ForeignKey("parties.Distributor", models.CASCADE, null=True, blank=True, related_name="+")
    rate_bps = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["goods", "tier", "distributor"], nulls_distinct=False, name="fee_rate_once"
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) ^ Q(distributor__isnull=True), name="fee_rate_of_a_tier_or_a_distributor"
            ),
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="own_fee_rate_at_most_all"),
        ]


class ChangeField(models.TextChoices):
    """What a price change changes."""

    SUPPLY_PRICE = "supply_price", "supply_price"
    SUPPLIER_PRICE = "supplier_price", "supplier_price"
    SUGGESTED_PRICE = "suggested_price", "suggested_price"
    FEE_RATE = "fee_rate", "fee_rate"


class ChangeState(models.TextChoices):
    """Where a price change stands."""

    PROPOSED = "proposed", "proposed"
    ANNOUNCED = "announced", "announced"
    APPLIED = "applied", "applied"
    CANCELLED = "cancelled", "cancelled"
    REFUSED = "refused", "refused"


OPEN_STATES = (ChangeState.PROPOSED, ChangeState.ANNOUNCED)


class PriceChange(models.Model):
    """调价: a price of a SKU, or the fee rate of a tier, that is to change at a moment told beforehand.

    Values are fen for prices and basis points for rates. `old_value` is what held when the change was written down,
    and once it is applied, what it replaced.
    """

    sku = models.ForeignKey("catalog.Sku", models.CASCADE, null=True, blank=True, related_name="price_changes")
    tier = models.ForeignKey("parties.Tier", models.CASCADE, null=True, blank=True, related_name="rate_changes")
    supplier = models.ForeignKey("parties.Supplier", models.CASCADE, null=True, blank=True, related_name="+")
    field = models.CharField(max_length=16, choices=ChangeField.choices)
    old_value = models.BigIntegerField(null=True)
    new_value = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12, choices=ChangeState.choices)
    effective_at = models.DateTimeField()
    grace_minutes = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    review_note = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "tier", "field"],
                nulls_distinct=False,
                condition=Q(state__in=["proposed", "announced"]),
                name="price_change_open_once",
            ),
            models.CheckConstraint(
                condition=Q(sku__isnull=False, tier__isnull=True, field__in=["supply_price", "supplier_price"])
                | Q(sku__isnull=False, tier__isnull=True, field="suggested_price")
                | Q(sku__isnull=True, tier__isnull=False, field="fee_rate"),
                name="price_change_of_a_sku_or_a_tier",
            ),
            models.CheckConstraint(
                condition=Q(field="suggested_price", new_value__isnull=True)
                | (Q(new_value__isnull=False, new_value__gte=0) & (~Q(field="fee_rate") | Q(new_value__lte=10_000))),
                name="price_change_to_something_possible",
            ),
            models.CheckConstraint(condition=Q(grace_minutes__lte=1440), name="price_grace_at_most_a_day"),
        ]
        indexes = [
            models.Index(fields=["effective_at"], name="price_change_due", condition=Q(state="announced")),
            models.Index(fields=["state", "id"], name="price_change_by_state"),
            models.Index(fields=["sku", "id"], name="price_change_of_sku"),
        ]


class Grace(models.Model):
    """过渡期: what a SKU's prices or a tier's rate were before the last announced change, honoured until a moment.

    An order that says it expects the price reckoned from them is taken at it until then.
    """

    sku = models.OneToOneField("catalog.Sku", models.CASCADE, null=True, blank=True, related_name="grace")
    tier = models.OneToOneField("parties.Tier", models.CASCADE, null=True, blank=True, related_name="grace")
    old_supply_price_fen = models.BigIntegerField(null=True, blank=True)
    old_supplier_price_fen = models.BigIntegerField(null=True, blank=True)
    old_rate_bps = models.PositiveIntegerField(null=True, blank=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sku__isnull=False, tier__isnull=True, old_rate_bps__isnull=True)
                & Q(old_supply_price_fen__isnull=False, old_supplier_price_fen__isnull=False)
                | Q(sku__isnull=True, tier__isnull=False, old_rate_bps__isnull=False),
                name="grace_of_a_sku_or_a_tier",
            ),
        ]


class PriceSetting(models.Model):
    """调价设置: how early a change is to be told, and how long the old price is honoured; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    notice_minutes = models.PositiveIntegerField(default=60)
    grace_minutes = models.PositiveIntegerField(default=30)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_price_setting"),
            models.CheckConstraint(condition=Q(grace_minutes__lte=1440), name="usual_grace_at_most_a_day"),
        ]
