"""What stands in for a SKU that cannot be supplied, and what the platform does unless a supplier has his own terms."""

from django.db import models

from entrepot.fulfilment.rules import HOUSE_MINUTES, HOUSE_POLICY, MINUTES_AT_MOST, POLICIES


class Substitute(models.Model):
    """替代规格: a SKU that may go out in place of another, the lowest place first; `may_lose`: even at a loss."""

    sku = models.ForeignKey("catalog.Sku", models.CASCADE, related_name="substitutes")
    substitute = models.ForeignKey("catalog.Sku", models.CASCADE, related_name="stands_in_for")
    place = models.PositiveSmallIntegerField(default=1)
    may_lose = models.BooleanField(default=False)

    class Meta:
        ordering = ["sku_id", "place", "id"]
        constraints = [
            models.UniqueConstraint(fields=["sku", "substitute"], name="substitute_once"),
            models.CheckConstraint(condition=~models.Q(sku=models.F("substitute")), name="substitute_is_another"),
        ]


class HouseTerms(models.Model):
    """平台接单约定: what becomes of refused lines, and the time offered to suppliers who are asked, unless agreed otherwise."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    policy = models.CharField(max_length=12, default=HOUSE_POLICY)
    minutes = models.PositiveIntegerField(default=HOUSE_MINUTES)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="house_terms_once"),
            models.CheckConstraint(condition=models.Q(policy__in=POLICIES), name="house_policy_known"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=MINUTES_AT_MOST), name="house_minutes_within_30_days"
            ),
        ]
