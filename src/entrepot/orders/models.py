"""Orders, their lines, the shippers' parts of them, consignees, shipments and refunds."""

from django.db import models
from django.db.models.functions import Now


class OrderState(models.TextChoices):
    """The life of an order."""

    HELD = "held", "held"
    AWAITING_FUNDS = "awaiting_funds", "awaiting_funds"
    CONFIRMED = "confirmed", "confirmed"
    PARTLY_SHIPPED = "partly_shipped", "partly_shipped"
    SHIPPED = "shipped", "shipped"
    RECEIVED = "received", "received"
    COMPLETED = "completed", "completed"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"
    REJECTED = "rejected", "rejected"
    REFUNDED = "refunded", "refunded"


class Order(models.Model):
    """订单: one order of a mall. Amounts are whole fen, as agreed when it was placed."""

    id = models.BigIntegerField(primary_key=True)
    # A reference without an index of its own begins the key or a longer index of its table, here and below.
    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="orders", db_index=False)
    out_order_no = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=OrderState.choices)
    mode = models.CharField(max_length=8)
    hold_minutes = models.PositiveSmallIntegerField(null=True)
    held_until = models.DateTimeField(null=True)
    fee_rate_bps = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    goods_amount_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    total_fen = models.BigIntegerField()
    held_fen = models.BigIntegerField(default=0)
    drawn_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    content_hash = models.BinaryField()
    remark = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor", "out_order_no"], name="order_number_once"),
            models.CheckConstraint(
                condition=models.Q(total_fen=models.F("goods_amount_fen") + models.F("freight_fen")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded_fen__gte=0)
                & models.Q(refunded_fen__lte=models.F("drawn_fen"))
                & models.Q(drawn_fen__lte=models.F("total_fen")),
                name="order_refund_within_draw",
            ),
            models.CheckConstraint(
                condition=models.Q(held_fen=0) | models.Q(held_fen=models.F("total_fen"), state="held", drawn_fen=0),
                name="order_holds_all_or_nothing",
            ),
        ]
        indexes = [
            # What a mall's list counts and is searched by stands in its index: the list meets no rows but those it shows.
            models.Index(
                fields=["distributor", "id"],
                include=["state", "total_fen", "out_order_no"],
                name="order_by_distributor",
            ),
            models.Index(fields=["state", "id"], name="order_by_state"),
            models.Index(fields=["held_until"], name="order_lapsing", condition=models.Q(state="held")),
            models.Index(fields=["distributor"], name="order_held", condition=models.Q(state="held")),
            models.Index(fields=["created_at"], name="order_by_moment"),
        ]


class Line(models.Model):
    """订单行: pieces of one SKU, with every price as it stood when the order was placed (fen for one piece)."""

    pk = models.CompositePrimaryKey("order_id", "line_no")
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False)
    line_no = models.SmallIntegerField()
    distributor_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField()
    sku_id = models.BigIntegerField()
    goods_id = models.BigIntegerField()
    sku_code = models.CharField(max_length=40)
    goods_no = models.CharField(max_length=40)
    goods_name = models.CharField(max_length=120)
    spec = models.CharField(max_length=80, blank=True)
    image = models.CharField(max_length=200, blank=True)
    qty = models.PositiveIntegerField()
    supplier_price_fen = models.BigIntegerField()
    supply_price_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    agreed_price_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    promotion = models.CharField(max_length=40, blank=True)
    # The rate the fee was reckoned with; lines older than rates of goods have none and go by their order's.
    fee_rate_bps = models.PositiveIntegerField(null=True)
    shipped_qty = models.PositiveIntegerField(default=0)
    refunded_qty = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="line_identity",
                condition=models.Q(agreed_price_fen=models.F("supply_price_fen") + models.F("fee_fen"))
                & models.Q(amount_fen=models.F("agreed_price_fen") * models.F("qty")),
            ),
            models.CheckConstraint(
                name="line_never_ships_and_refunds_more",
                condition=models.Q(qty__gt=0)
                & models.Q(shipped_qty__gte=0)
                & models.Q(refunded_qty__gte=0)
                & models.Q(qty__gte=models.F("shipped_qty") + models.F("refunded_qty")),
            ),
        ]
        indexes = [
            models.Index(fields=["goods_id", "order_id"], include=["distributor_id"], name="line_by_goods"),
        ]


class SupplyOrder(models.Model):
    """供货单: the part of an order that one shipper sends; all a supplier ever sees of an order."""

    pk = models.CompositePrimaryKey("order_id", "supplier_id")
    order = models.ForeignKey(Order, models.PROTECT, related_name="supply_orders", db_index=False)
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="supply_orders", db_index=False)
    distributor_id = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=OrderState.choices)
    pieces = models.PositiveIntegerField()
    payable_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    remark = models.CharField(max_length=200, blank=True, db_default="")
    received_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["supplier", "state", "order"], name="supply_order_by_state")]


class AcceptanceTerms(models.Model):
    """接单约定: how many minutes a supplier has to take a line on; without minutes it takes every line on at once."""

    supplier = models.OneToOneField("parties.Supplier", models.PROTECT, primary_key=True, related_name="+")
    minutes = models.PositiveIntegerField(null=True)
    policy = models.CharField(max_length=12, blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__isnull=True) | models.Q(minutes__gte=1, minutes__lte=43_200),
                name="acceptance_within_30_days",
            ),
            models.CheckConstraint(
                condition=models.Q(policy__in=["", "reroute", "refund", "ask"]), name="acceptance_policy_known"
            ),
        ]


class AcceptanceState(models.TextChoices):
    """Where a line stands with the shipper who was asked to take it on."""

    WAITING = "waiting", "waiting"
    ACCEPTED = "accepted", "accepted"
    BACK_ORDERED = "back_ordered", "back_ordered"
    REFUSED = "refused", "refused"
    OVERDUE = "overdue", "overdue"
    CLOSED = "closed", "closed"


class Acceptance(models.Model):
    """接单: the word of a shipper about a line; a line without a row was taken on when its money was drawn."""

    pk = models.CompositePrimaryKey("order_id", "line_no")
    order = models.ForeignKey(Order, models.PROTECT, related_name="acceptances", db_index=False)
    line_no = models.SmallIntegerField()
    distributor_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=AcceptanceState.choices)
    accept_by = models.DateTimeField()
    ship_by = models.DateField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="back_ordered") | models.Q(ship_by__isnull=False),
                name="back_order_has_its_date",
            )
        ]
        indexes = [
            models.Index(fields=["accept_by"], name="acceptance_due", condition=models.Q(state="waiting")),
            models.Index(
                fields=["state", "order", "line_no"],
                name="acceptance_undecided",
                condition=models.Q(state__in=["waiting", "refused", "overdue", "back_ordered"]),
            ),
            models.Index(fields=["supplier_id", "state", "order"], name="acceptance_by_supplier"),
        ]


class FormerLine(models.Model):
    """前供货行: a line as it was before it went to another shipper; the first one is what the mall has ordered."""

    pk = models.CompositePrimaryKey("order_id", "line_no", "place")
    order = models.ForeignKey(Order, models.PROTECT, related_name="former_lines", db_index=False)
    line_no = models.SmallIntegerField()
    place = models.SmallIntegerField()
    distributor_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField()
    sku_id = models.BigIntegerField()
    goods_id = models.BigIntegerField()
    sku_code = models.CharField(max_length=40)
    goods_no = models.CharField(max_length=40)
    goods_name = models.CharField(max_length=120)
    spec = models.CharField(max_length=80, blank=True)
    image = models.CharField(max_length=200, blank=True)
    qty = models.PositiveIntegerField()
    supplier_price_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()


class Consignee(models.Model):
    """收货人: sealed; lists show the masks, a search by phone uses the keyed hash."""

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="consignee")
    distributor_id = models.BigIntegerField()
    sealed = models.BinaryField()
    name_masked = models.CharField(max_length=40)
    phone_masked = models.CharField(max_length=24)
    phone_hash = models.BinaryField()
    province = models.CharField(max_length=40)
    city = models.CharField(max_length=40)
    district = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_hash"], name="consignee_by_phone")]


class Shipment(models.Model):
    """包裹: one parcel of one shipper."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments", db_index=False)
    supplier_id = models.BigIntegerField()
    distributor_id = models.BigIntegerField()
    carrier = models.CharField(max_length=40)
    tracking_no = models.CharField(max_length=64)
    shipped_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "supplier_id", "tracking_no"], name="parcel_once_per_shipper")
        ]
        indexes = [
            models.Index(fields=["tracking_no"], name="shipment_by_tracking"),
            models.Index(fields=["supplier_id", "shipped_at"], name="shipment_by_supplier"),
        ]


class ShipmentLine(models.Model):
    """Pieces of one line in one parcel."""

    pk = models.CompositePrimaryKey("shipment_id", "line_no")
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines", db_index=False)
    line_no = models.SmallIntegerField()
    qty = models.PositiveIntegerField()


class Refund(models.Model):
    """退款: what went back to the prepaid balance; its number is used once per order."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", db_index=False)
    distributor_id = models.BigIntegerField()
    refund_no = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    amount_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "refund_no"], name="refund_number_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="refund_not_negative"),
        ]


class RefundLine(models.Model):
    """Pieces of one line that a refund gave back, and their agreed amount."""

    pk = models.CompositePrimaryKey("refund_id", "line_no")
    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines", db_index=False)
    line_no = models.SmallIntegerField()
    qty = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()


class Returned(models.Model):
    """售后退回: what after-sale has given back for a line that was shipped, and who bears it; no row means nothing.

    `supplier_fen` lessens what the supplier is owed and `fee_fen` the fee; the rest lessens the platform's goods income.
    Freight stands at the line whose money came back last.
    """

    pk = models.CompositePrimaryKey("order_id", "line_no")
    order = models.ForeignKey(Order, models.PROTECT, related_name="returned", db_index=False)
    line_no = models.SmallIntegerField()
    distributor_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField()
    qty = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    supplier_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    supplier_freight_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="returned_is_not_negative",
                condition=models.Q(amount_fen__gte=0, supplier_fen__gte=0, fee_fen__gte=0)
                & models.Q(supplier_freight_fen__gte=0, supplier_freight_fen__lte=models.F("freight_fen")),
            ),
        ]


class OrderBatch(models.Model):
    """批量下单: the answers of one batch of orders by the mall's batch number."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    out_batch_no = models.CharField(max_length=64)
    content_hash = models.BinaryField()
    results = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["distributor", "out_batch_no"], name="batch_number_once")]
