"""Tables of the warehouse: what the platform tells, and beside it what the shop says of its own."""

from typing import Any, ClassVar

from django.db import models

from entrepot_mall.shop.models import ShopRow


class PricingKind(models.TextChoices):
    """How a sale price comes about."""

    PERCENT = "percent"
    SUGGESTED = "suggested"
    FIXED = "fixed"


class Category(ShopRow):
    """货源分类: a category of the platform."""

    objects: ClassVar[models.Manager["Category"]] = models.Manager()
    platform_id = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    parent_id = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "platform_id"], name="category_once_per_shop")]


class Goods(ShopRow):
    """仓库商品: goods of the platform in the shop's warehouse, listed or not.

    The first half is the platform's word and is written by the sync alone; the second half is the shop's and is never
    touched by it, nor sent back.
    """

    objects: ClassVar[models.Manager["Goods"]] = models.Manager()
    platform_id = models.CharField(max_length=30)
    goods_no = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200)
    category_id = models.CharField(max_length=30, blank=True)
    images = models.JSONField(default=list)
    detail_images = models.JSONField(default=list)
    min_quantity = models.IntegerField(default=1)
    version = models.IntegerField(default=0)
    is_supplied = models.BooleanField(default=True)
    walk = models.IntegerField(default=0)

    is_listed = models.BooleanField(default=False)
    listed_at = models.DateTimeField(null=True)
    own_name = models.CharField(max_length=200, blank=True)
    own_text = models.TextField(blank=True)
    own_min_quantity = models.IntegerField(default=0)
    pricing = models.CharField(max_length=12, choices=PricingKind.choices, blank=True)
    pricing_bps = models.IntegerField(default=0)
    fault = models.CharField(max_length=40, blank=True)  # why the shop's prices do not hold any more

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "platform_id"], name="goods_once_per_shop")]
        indexes = [models.Index(fields=["shop", "is_listed", "-listed_at"])]

    @property
    def shown_name(self) -> str:
        """The shop's own name for it, else the platform's."""
        return self.own_name or self.name

    @property
    def least_quantity(self) -> int:
        """The shop may ask for more pieces than the platform, never for fewer."""
        return max(self.min_quantity, self.own_min_quantity, 1)


class Sku(ShopRow):
    """仓库规格: one article of goods, prices in fen."""

    objects: ClassVar[models.Manager["Sku"]] = models.Manager()
    goods_id: int
    goods = models.ForeignKey(Goods, on_delete=models.CASCADE, related_name="skus")
    code = models.CharField(max_length=80)
    spec = models.CharField(max_length=200, blank=True)
    agreed_fen = models.BigIntegerField()
    stock = models.IntegerField(default=0)
    suggested_fen = models.BigIntegerField(null=True)
    floor_fen = models.BigIntegerField(null=True)
    ceiling_fen = models.BigIntegerField(null=True)

    sale_fen = models.BigIntegerField(null=True)
    steps: Any = models.JSONField(default=list)  # [[from pieces, fen a piece], …] of a wholesale shop

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="sku_once_per_shop"),
            models.CheckConstraint(
                condition=models.Q(sale_fen__isnull=True) | models.Q(sale_fen__gt=0), name="sku_price"
            ),
        ]
