"""Tables of orders and of what became of them; money in fen."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from entrepot_mall.members.models import Buyer
from entrepot_mall.shop.models import ShopRow


class OrderState(models.TextChoices):
    """Where an order stands for the buyer."""

    UNPAID = "unpaid"
    PAID = "paid"  # the shop has the money, the platform not yet the order
    PASSED = "passed"  # the platform has it
    SHIPPED = "shipped"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Order(ShopRow):
    """商城订单: an order of a buyer; its number is the one under which the platform knows it."""

    objects: ClassVar[models.Manager["Order"]] = models.Manager()
    buyer_id: int | None
    number = models.CharField(max_length=40)
    buyer = models.ForeignKey(Buyer, null=True, on_delete=models.PROTECT)
    source = models.CharField(max_length=20, default="shop")
    channel_id = models.BigIntegerField(null=True)
    channel_facts: Any = models.JSONField(default=dict)  # by line: the channel's numbers of product and article
    state = models.CharField(max_length=12, choices=OrderState.choices, default=OrderState.UNPAID)
    goods_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    total_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)
    consignee = models.JSONField()
    remark = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    pay_until = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    # Being passed on: since when somebody is at it, how often it was tried, when next, and what the platform said.
    passing_since = models.DateTimeField(null=True)
    pass_attempts = models.IntegerField(default=0)
    next_pass_at = models.DateTimeField(null=True)
    pass_code = models.CharField(max_length=60, blank=True)
    pass_detail = models.CharField(max_length=300, blank=True)

    platform_id = models.CharField(max_length=40, blank=True)
    platform_state = models.CharField(max_length=20, blank=True)
    platform_version = models.IntegerField(default=0)
    heard_version = models.IntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    drawn_fen = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "number"], name="order_once_per_shop"),
            models.CheckConstraint(
                condition=models.Q(total_fen=models.F("goods_fen") + models.F("freight_fen")), name="order_total"
            ),
            models.CheckConstraint(
                condition=models.Q(refunded_fen__gte=0, refunded_fen__lte=models.F("total_fen")), name="order_refunded"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "-id"]),
            models.Index(fields=["buyer", "-id"]),
            models.Index(fields=["next_pass_at"], condition=models.Q(state="paid"), name="order_to_pass"),
        ]


class Line(ShopRow):
    """商城订单行: some pieces of one article, with the price asked and the price the platform named then."""

    objects: ClassVar[models.Manager["Line"]] = models.Manager()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    line = models.IntegerField()
    goods_id = models.BigIntegerField()
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    spec = models.CharField(max_length=200, blank=True)
    image = models.CharField(max_length=300, blank=True)
    qty = models.IntegerField()
    sale_fen = models.BigIntegerField()
    expected_fen = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "line"], name="line_once_per_order")]
        ordering = ["line"]

    @property
    def amount_fen(self) -> int:
        """What the buyer pays for the line."""
        return self.qty * self.sale_fen


class Payment(ShopRow):
    """买家付款: one way to pay that was begun for an order."""

    objects: ClassVar[models.Manager["Payment"]] = models.Manager()
    order_id: int
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    way = models.CharField(max_length=20)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=10, default="open")
    reference = models.CharField(max_length=80, blank=True)
    shown: Any = models.JSONField(default=dict)  # what the buyer needs to pay: an address, a code, an account
    begun_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "way"], name="payment_once_per_way"),
            # Money that came twice for one order is never booked twice.
            models.UniqueConstraint(fields=["order"], condition=models.Q(state="paid"), name="payment_paid_once"),
        ]


class Refund(ShopRow):
    """买家退款: money the shop gives back to a buyer, from the shop's own account."""

    objects: ClassVar[models.Manager["Refund"]] = models.Manager()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    number = models.CharField(max_length=50)
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    way = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="asked")
    reference = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="refund_once_per_shop")]


class Parcel(ShopRow):
    """商城包裹: a parcel as the platform told."""

    objects: ClassVar[models.Manager["Parcel"]] = models.Manager()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels")
    platform_id = models.CharField(max_length=40)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_no = models.CharField(max_length=60)
    lines = models.JSONField(default=list)
    trail = models.JSONField(default=list)
    shipped_at = models.DateTimeField(null=True)
    told_channel_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "platform_id"], name="parcel_once_per_order")]


class AfterSale(ShopRow):
    """买家售后: what a buyer asks for after an order, and what the platform says to it."""

    objects: ClassVar[models.Manager["AfterSale"]] = models.Manager()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="aftersales")
    number = models.CharField(max_length=50)
    kind = models.CharField(max_length=12)
    reason = models.CharField(max_length=40)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, default="asked")  # asked, passed, refused
    answer = models.CharField(max_length=300, blank=True)
    platform_id = models.CharField(max_length=40, blank=True)
    platform_state = models.CharField(max_length=30, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="mall_aftersale_once_per_shop")]


class Heard(ShopRow):
    """已收回调: an event the platform sent; the same one a second time changes nothing."""

    objects: ClassVar[models.Manager["Heard"]] = models.Manager()
    event_id = models.CharField(max_length=60)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "event_id"], name="event_heard_once")]
