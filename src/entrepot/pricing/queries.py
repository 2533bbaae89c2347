"""Reads of rates and price changes; call them inside the reader's scope."""

from django.db.models import QuerySet

from entrepot.pricing.models import ChangeState, FeeRate, PriceChange, PriceSetting


def price_setting() -> PriceSetting:
    """Return how early changes are told and how long old prices are honoured; the usual figures when nobody has said."""
    return PriceSetting.objects.filter(pk=1).first() or PriceSetting(pk=1)


def changes() -> QuerySet[PriceChange]:
    """Return the price changes the scope shows, newest first, with their SKU, goods and tier."""
    return PriceChange.objects.select_related("sku__goods", "tier", "supplier").order_by("-id")


def upcoming(goods_id: int) -> list[PriceChange]:
    """Return the announced changes of the prices of some goods, the next one first."""
    rows = changes().filter(sku__goods_id=goods_id, state=ChangeState.ANNOUNCED)
    return list(rows.order_by("effective_at", "id"))


def fee_rates(goods_id: int) -> list[FeeRate]:
    """Return the fee rates some goods have of their own, tiers before distributors."""
    rows = FeeRate.objects.select_related("tier", "distributor").filter(goods_id=goods_id)
    return list(rows.order_by("tier__position", "tier_id", "distributor__number"))
