"""Reads of orders."""

from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from entrepot_mall.members.models import Buyer
from entrepot_mall.orders import rules
from entrepot_mall.orders.models import AfterSale, Order, OrderState, Refund
from entrepot_mall.shop.models import Shop

TABS = ("", "unpaid", "paid", "passed", "shipped", "done", "refunded", "cancelled")


def of_buyer(buyer: Buyer) -> QuerySet[Order]:
    """A buyer's orders, newest first."""
    return Order.objects.filter(shop_id=buyer.shop_id, buyer=buyer).prefetch_related("lines").order_by("-id")


def of_shop(shop: Shop, *, state: str = "", words: str = "", source: str = "") -> QuerySet[Order]:
    """A shop's orders, newest first; words are a number, a phone number or a name."""
    rows = Order.objects.filter(shop=shop).select_related("buyer").prefetch_related("lines")
    if state:
        rows = rows.filter(state=state)
    if source:
        rows = rows.filter(source=source)
    if words:
        rows = rows.filter(
            Q(number__istartswith=words) | Q(consignee__phone=words) | Q(consignee__name=words) | Q(buyer__phone=words)
        )
    return rows.order_by("-id")


def order_of(shop: Shop, number: str, *, buyer: Buyer | None = None) -> Order | None:
    """One order of a shop by its number; of one buyer alone when he asks."""
    rows = Order.objects.filter(shop=shop, number=number)
    if buyer is not None:
        rows = rows.filter(buyer=buyer)
    return rows.prefetch_related("lines", "parcels", "payments", "refunds", "aftersales").first()


def counts(shop: Shop) -> dict[str, int]:
    """How many orders stand where; those that wait for a person as `stuck`."""
    rows = Order.objects.filter(shop=shop).values("state").annotate(count=Count("id"))
    found = {row["state"]: row["count"] for row in rows}
    stuck = Order.objects.filter(shop=shop, state=OrderState.PAID).exclude(pass_code="")
    return found | {"stuck": stuck.count()}


def to_pass(*, now: datetime, limit: int = 50) -> list[int]:
    """Paid orders whose time has come, and those somebody began with and never finished."""
    waiting = Q(passing_since__isnull=True, next_pass_at__lte=now)
    abandoned = Q(passing_since__lt=now - rules.PASSING_AT_MOST)
    rows = Order.objects.filter(waiting | abandoned, state=OrderState.PAID).order_by("next_pass_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def to_look_at(shop: Shop, *, now: datetime, limit: int = 100) -> list[Order]:
    """Orders the platform told us of, and those not looked at for a while although nothing of them is final."""
    told = Q(heard_version__gt=F("platform_version"))
    quiet = Q(looked_at__lt=now - rules.LOOK_AGAIN_AFTER)
    rows = Order.objects.filter(
        told | quiet, shop=shop, state__in=[OrderState.PASSED, OrderState.SHIPPED, OrderState.DONE]
    ).exclude(~told & Q(platform_state__in=["completed", "refunded"]))
    return list(rows.order_by("looked_at")[:limit])


def open_aftersales(shop: Shop, *, limit: int = 100) -> list[AfterSale]:
    """After-sales buyers asked for, newest first."""
    return list(AfterSale.objects.filter(shop=shop).select_related("order").order_by("-id")[:limit])


def refunds_to_make(shop: Shop) -> list[Refund]:
    """Refunds a person has to transfer."""
    return list(Refund.objects.filter(shop=shop, state="asked").select_related("order").order_by("id"))
