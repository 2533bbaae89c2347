"""Categories, brands, goods and their SKUs."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.expressions import Func
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


class Attribute(models.Model):
    """商品属性: what more is told of goods of some categories and brands; none named means all of them.

    Without choices the value is free text. What is bound to a category holds for the categories below it too.
    """

    name = models.CharField(max_length=40, unique=True)
    choices = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_required = models.BooleanField(default=False)
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    brand_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class EditMode(models.TextChoices):
    """How goods on sale may be edited; the empty one follows the platform's setting."""

    AS_PLATFORM = "", ""
    STRICT = "strict", "strict"
    OPEN = "open", "open"


class SupplierBounds(models.Model):
    """供货范围: the categories and brands the platform has ticked for a supplier; nothing ticked, nothing allowed."""

    supplier = models.OneToOneField("parties.Supplier", models.CASCADE, primary_key=True, related_name="bounds")
    has_all_categories = models.BooleanField(default=False)
    has_all_brands = models.BooleanField(default=False)
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    brand_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    edit_mode = models.CharField(max_length=8, choices=EditMode.choices, default=EditMode.AS_PLATFORM, blank=True)


class CatalogSetting(models.Model):
    """商品设置: what the platform has decided for all goods; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_open = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_catalog_setting")]


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
    # Supplier, category and brand stand first in indexes of two or three columns, which serve for them alone too.
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="goods", db_index=False)
    name = models.CharField(max_length=120)
    subtitle = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, default="physical")
    category = models.ForeignKey(Category, models.PROTECT, related_name="goods", db_index=False)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="goods", db_index=False)
    state = models.CharField(max_length=12, choices=GoodsState.choices, default=GoodsState.DRAFT)
    min_quantity = models.PositiveIntegerField(default=1)
    images = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    detail_images = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # Values of attributes by the attribute's id, as text.
    attributes = models.JSONField(default=dict, blank=True)
    allowed_promotions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    visible_tiers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    visible_distributors = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # Follows the supplier's state, because a distributor's scope shows him goods and no suppliers.
    is_supplier_active = models.BooleanField(default=True, db_default=True)
    version = models.PositiveIntegerField(default=1)
    review_note = models.CharField(max_length=400, blank=True)
    search_terms = ArrayField(models.CharField(max_length=8), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now())
    changed_xid = TransactionId()
    # The last transaction that has moved the goods to another category or brand; 0 while they stay where they began.
    placed_xid = TransactionId(db_default=Func(template="'0'::xid8"))

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
            models.Index(fields=["changed_xid", "id"], name="goods_by_change"),
            models.Index(fields=["changed_at", "id"], name="goods_by_last_change"),
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


class VersionState(models.TextChoices):
    """What became of a version of goods."""

    WAITING = "waiting", "waiting"
    LIVE = "live", "live"
    REPLACED = "replaced", "replaced"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


class GoodsVersion(models.Model):
    """商品版本: goods as they were on sale once, or as they shall be when the reviewer approves.

    One that waits is brought up to what stands on sale when it is approved; after that it is never changed.
    """

    goods = models.ForeignKey(Goods, models.PROTECT, related_name="versions")
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=VersionState.choices)
    # As `rules.CONTENT_FIELDS` and `rules.SKU_FIELDS` name it; the supplier's own cost is not in it.
    content = models.JSONField()
    made_by = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["goods", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["goods"], condition=models.Q(state="waiting"), name="one_waiting_version_of_goods"
            ),
            models.UniqueConstraint(
                fields=["goods"], condition=models.Q(state="live"), name="one_live_version_of_goods"
            ),
        ]
        indexes = [models.Index(fields=["-id"], condition=models.Q(state="waiting"), name="waiting_versions")]


class ImportState(models.TextChoices):
    """Where an import stands."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    CANCELLED = "cancelled", "cancelled"
    FAILED = "failed", "failed"


class GoodsImport(models.Model):
    """批量上货: a sheet of goods with their pictures, worked through in the background."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT)
    actor = models.CharField(max_length=80)
    address = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10, blank=True)
    file_name = models.CharField(max_length=120)
    has_pictures = models.BooleanField(default=False)
    # What becomes of the goods: kept as drafts, or handed in (own goods: put on sale) at once.
    is_at_once = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    goods_total = models.PositiveIntegerField(default=0)
    goods_done = models.PositiveIntegerField(default=0)
    goods_made = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    # Row number, column and reason of what was refused on the way.
    refused = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["supplier", "-id"]),
            models.Index(fields=["id"], condition=models.Q(state__in=["waiting", "running"]), name="open_imports"),
        ]


class PickState(models.TextChoices):
    """What a distributor has said of some goods, a category or a brand; `removed` says nothing any more."""

    PICKED = "picked", "picked"
    LEFT_OUT = "left_out", "left_out"
    REMOVED = "removed", "removed"


class Pick(models.Model):
    """选品: goods, a category with all below it, or a brand that a distributor has picked for his mall.

    Goods can also be left out of a category or brand that is picked. What a mall has of a category or brand is reckoned
    from the goods as they are; no row is kept for them.
    """

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="picks")
    goods = models.ForeignKey(Goods, models.PROTECT, null=True, blank=True, related_name="picks")
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="picks")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="picks")
    state = models.CharField(max_length=12, choices=PickState.choices)
    picked_at = models.DateTimeField(db_default=Now())
    changed_xid = TransactionId()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor", "goods"], name="goods_picked_once"),
            models.UniqueConstraint(fields=["distributor", "category"], name="category_picked_once"),
            models.UniqueConstraint(fields=["distributor", "brand"], name="brand_picked_once"),
            models.CheckConstraint(
                name="pick_of_one_thing",
                condition=models.Q(goods__isnull=False, category__isnull=True, brand__isnull=True)
                | models.Q(goods__isnull=True, category__isnull=False, brand__isnull=True)
                | models.Q(goods__isnull=True, category__isnull=True, brand__isnull=False),
            ),
            models.CheckConstraint(
                name="only_goods_are_left_out", condition=~models.Q(state="left_out") | models.Q(goods__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["distributor", "changed_xid", "id"], name="pick_by_change"),
            models.Index(fields=["changed_xid"], name="pick_last_change"),
            models.Index(fields=["distributor", "-id"], name="pick_of_distributor"),
        ]


class Slot(models.Model):
    """资源位: a place of the platform's for goods it puts forward; distributors see it from its beginning to its end."""

    name = models.CharField(max_length=40, unique=True)
    position = models.PositiveIntegerField(default=0)
    begins_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_shown = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="slot_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SlotGoods(models.Model):
    """Goods in a promotion slot, at a place of the platform's choice."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="places", db_index=False)
    goods = models.ForeignKey(Goods, models.PROTECT, related_name="places")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["slot", "goods"], name="goods_once_in_slot")]
