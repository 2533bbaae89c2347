"""Categories, brands, goods and their SKUs."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from entrepot.base.fields import TransactionId


class Category(models.Model):
    """分类: a node of the category tree."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="category_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """品牌: whose name the goods carry."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class GoodsState(models.TextChoices):
    """Where goods stand between draft and shelf."""

    DRAFT = "draft", "draft"
    SUBMITTED = "submitted", "submitted"
    ON_SALE = "on_sale", "on_sale"
    UNLISTED = "unlisted", "unlisted"
    REJECTED = "rejected", "rejected"


class Goods(models.Model):
    """商品: what a supplier or the platform offers; sold by its SKUs."""

    goods_no = models.CharField(max_length=40, unique=True)
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="goods")
    name = models.CharField(max_length=120)
    subtitle = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, default="physical")
    category = models.ForeignKey(Category, models.PROTECT, related_name="goods")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="goods")
    state = models.CharField(max_length=12, choices=GoodsState.choices, default=GoodsState.DRAFT)
    min_quantity = models.PositiveIntegerField(default=1)
    images = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    detail_images = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    allowed_promotions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    visible_tiers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    visible_distributors = ArrayField(models.BigIntegerField(), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    review_note = models.CharField(max_length=400, blank=True)
    search_terms = ArrayField(models.CharField(max_length=8), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now())
    changed_xid = TransactionId()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(min_quantity__gte=1), name="goods_min_quantity_positive"),
            models.CheckConstraint(condition=~models.Q(goods_no=""), name="goods_no_not_empty"),
        ]
        indexes = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["supplier", "state", "id"]),
            models.Index(fields=["category", "id"]),
            models.Index(fields=["brand", "id"]),
            GinIndex(fields=["search_terms"], name="goods_search"),
        ]

    def __str__(self) -> str:
        return self.name


class Sku(models.Model):
    """规格: the unit that has prices and stock. All prices are whole fen for one piece."""

    goods = models.ForeignKey(Goods, models.PROTECT, related_name="skus")
    code = models.CharField(max_length=40, unique=True)
    spec = models.CharField(max_length=80, blank=True)
    supplier_price_fen = models.BigIntegerField()
    supply_price_fen = models.BigIntegerField(null=True, blank=True)
    suggested_price_fen = models.BigIntegerField(null=True, blank=True)
    price_floor_fen = models.BigIntegerField(null=True, blank=True)
    price_ceiling_fen = models.BigIntegerField(null=True, blank=True)
    weight_g = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(supplier_price_fen__gte=0), name="supplier_price_not_negative"),
            models.CheckConstraint(condition=models.Q(supply_price_fen__gte=0), name="supply_price_not_negative"),
            models.CheckConstraint(condition=~models.Q(code=""), name="sku_code_not_empty"),
        ]

    def __str__(self) -> str:
        return self.code


class SkuCost(models.Model):
    """成本价: what the SKU costs its supplier; nobody else, the platform included, may read it."""

    sku = models.OneToOneField(Sku, models.CASCADE, primary_key=True, related_name="cost")
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT)
    cost_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(cost_fen__gte=0), name="cost_not_negative")]
