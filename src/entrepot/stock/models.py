"""Warehouses, pools, levels and the append-only moves between them."""

from django.db import models
from django.db.models.functions import Now

from entrepot.base.fields import TransactionId
from entrepot.stock.rules import LOW


class Warehouse(models.Model):
    """仓库: where pieces lie; each belongs to the supplier who ships from it."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="warehouses")
    name = models.CharField(max_length=60)
    region = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "name"], name="warehouse_name_once")]

    def __str__(self) -> str:
        return self.name


class Allotment(models.Model):
    """配额: a pool of one SKU set apart for a distributor or a tier.

    `floor` pieces are guaranteed by moving them out of the shared pool, and `given` says how many were; `cap` limits
    all the party may take in the allotment's life, shared pool included; the last `buffer` pieces of the pool are not sold; at `ends_at` what is
    left goes back to the shared pool.
    """

    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="allotments")
    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, null=True, blank=True)
    tier = models.ForeignKey("parties.Tier", models.PROTECT, null=True, blank=True)
    floor = models.PositiveIntegerField(default=0)
    cap = models.PositiveIntegerField(null=True, blank=True)
    buffer = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    given = models.IntegerField(db_default=0)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_open = models.BooleanField(default=True)
    version = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="allotment_for_one_party",
                condition=models.Q(distributor__isnull=True) ^ models.Q(tier__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["sku", "distributor", "tier"],
                condition=models.Q(is_open=True),
                nulls_distinct=False,
                name="one_open_allotment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"],
                name="allotment_ending",
                condition=models.Q(is_open=True, ends_at__isnull=False),
            )
        ]


class HoldQuota(models.Model):
    """占库限额: how much a distributor may keep on hold; the row without a distributor is for all who have none.

    None sets no limit. `funds_bps` is the share of balance and credit that may be held. With `is_adaptive` the holds
    of a distributor whose holds mostly lapse last shorter, within `floor_s` and `ceiling_s`.
    """

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, null=True, blank=True)
    pieces_of_sku = models.PositiveIntegerField(null=True, blank=True)
    holds = models.PositiveIntegerField(null=True, blank=True)
    funds_bps = models.PositiveIntegerField(null=True, blank=True)
    buyer_pieces_of_sku = models.PositiveIntegerField(null=True, blank=True)
    buyer_holds = models.PositiveIntegerField(null=True, blank=True)
    is_adaptive = models.BooleanField(default=False)
    floor_s = models.PositiveIntegerField(default=120)
    ceiling_s = models.PositiveIntegerField(default=3600)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor"], nulls_distinct=False, name="one_hold_quota"),
            models.CheckConstraint(
                condition=models.Q(floor_s__gte=60, ceiling_s__lte=3600, floor_s__lte=models.F("ceiling_s")),
                name="hold_lapse_within_an_hour",
            ),
        ]


class HoldRecord(models.Model):
    """占库记录: how a distributor's holds of the last days ended, and how long his holds last because of it."""

    distributor = models.OneToOneField("parties.Distributor", models.PROTECT, primary_key=True)
    ended = models.PositiveIntegerField()
    lapsed = models.PositiveIntegerField()
    lapse_s = models.PositiveIntegerField()
    counted_at = models.DateTimeField(db_default=Now())


class ShelfSwitch(models.Model):
    """售罄开关: whether goods leave the shelf when sold out, and come back with stock; without goods, for all others."""

    goods = models.ForeignKey("catalog.Goods", models.PROTECT, null=True, blank=True)
    unlists = models.BooleanField(default=False)
    relists = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goods"], nulls_distinct=False, name="one_shelf_switch")]


class SoldOut(models.Model):
    """售罄下架: goods that the switch took off the shelf, as they then stood; anybody's later change ends its say."""

    goods = models.OneToOneField("catalog.Goods", models.PROTECT, primary_key=True)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())


class ShelfWatch(models.Model):
    """How far the switches have looked at changed levels; one row. `is_whole` asks for a look at all goods once.

    `last_xid` is the transaction below which every change of a level has been looked at.
    """

    last_xid = models.BigIntegerField(default=0)
    is_whole = models.BooleanField(default=True)


class Level(models.Model):
    """库存: pieces on hand and reserved of one SKU in one warehouse and pool (no allotment means the shared pool).

    `version` rises with every change; those of all levels of a SKU together are the version of its stock.
    """

    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="levels", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    allotment = models.ForeignKey(Allotment, models.PROTECT, null=True, blank=True, related_name="levels")
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    version = models.BigIntegerField(db_default=0)
    changed_xid = TransactionId()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "allotment"], nulls_distinct=False, name="level_once_per_pool"
            ),
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0) & models.Q(on_hand__gte=models.F("reserved")),
                name="level_never_oversold",
            ),
        ]
        indexes = [
            models.Index(fields=["changed_xid", "id"], name="level_by_change"),
            models.Index(
                fields=["sku"],
                name="level_low",
                condition=models.Q(allotment__isnull=True, on_hand__lte=models.F("reserved") + LOW),
            ),
        ]


class Move(models.Model):
    """库存流水: one change of one level; append-only."""

    level = models.ForeignKey(Level, models.PROTECT, related_name="moves", db_index=False)
    kind = models.CharField(max_length=16)
    on_hand_delta = models.BigIntegerField()
    reserved_delta = models.BigIntegerField()
    order_id = models.BigIntegerField(null=True, blank=True)
    line_no = models.SmallIntegerField(null=True, blank=True)
    allotment_id = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=80, null=True, blank=True)
    actor = models.CharField(max_length=80)
    remark = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["order_id"], name="move_by_order", condition=models.Q(order_id__isnull=False)),
            models.Index(fields=["level", "id"], name="move_by_level"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cause", "level"],
                condition=models.Q(cause__isnull=False),
                name="move_once_per_cause",
            )
        ]
