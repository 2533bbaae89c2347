"""Reads of channels and listings."""

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from entrepot_mall.base import sealing
from entrepot_mall.channels.models import Channel, Listing
from entrepot_mall.channels.port import Offer, OfferedSku
from entrepot_mall.channels.wechat import WechatShop
from entrepot_mall.orders.models import Parcel
from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import picture_url
from entrepot_mall.supply.models import Goods, Sku

TOKEN_SPARE = timedelta(minutes=5)


def of_shop(shop: Shop) -> QuerySet[Channel]:
    """The channels of a shop, with how many goods stand where."""
    states = ("queued", "sending", "listed", "refused", "withdrawn")
    counts = {state: Count("listings", filter=Q(listings__state=state)) for state in states}
    return Channel.objects.filter(shop=shop).annotate(**counts).order_by("id")


def refused(channel: Channel) -> QuerySet[Listing]:
    """What the channel did not take, and why."""
    return channel.listings.filter(state="refused").select_related("goods").order_by("goods_id")


def wechat_of(channel: Channel, *, now: datetime) -> WechatShop:
    """A channel's connection; a new token is kept for the next one."""
    is_fresh = channel.token_until is not None and channel.token_until - TOKEN_SPARE > now

    def keep(token: str, seconds: int) -> None:
        until = now + timedelta(seconds=seconds)
        Channel.objects.filter(pk=channel.pk).update(token_sealed=sealing.seal(token), token_until=until)

    return WechatShop(
        appid=channel.appid,
        secret=sealing.unseal(channel.secret_sealed),
        category_path=channel.category_path.split("/"),
        template_id=channel.template_id,
        token=sealing.unseal(channel.token_sealed) if is_fresh else "",
        keep_token=keep,
        host=channel.host,
    )


def skus_of(goods: Goods, *, sku_ids: dict[str, str]) -> list[OfferedSku]:
    """The articles of goods as they would be offered."""
    return [
        OfferedSku(
            code=sku.code,
            spec=sku.spec,
            price_fen=sku.sale_fen,
            stock=sku.stock,
            channel_id=sku_ids.get(sku.code, ""),
        )
        for sku in Sku.objects.filter(goods=goods, sale_fen__isnull=False).order_by("pk")
        if sku.sale_fen is not None
    ]


def offer_of(goods: Goods, *, shop: Shop) -> Offer:
    """Goods as they would be offered, with the shop's own words and prices."""
    images = [picture_url(shop, path) for path in goods.images]
    details = [picture_url(shop, path) for path in goods.detail_images]
    return Offer(
        number=goods.platform_id,
        title=goods.shown_name[:60],
        text=goods.own_text,
        images=images,
        detail_images=details,
        skus=skus_of(goods, sku_ids={}),
    )


def parcels_to_tell(channel: Channel, *, limit: int = 50) -> list[Parcel]:
    """Parcels of the channel's orders it has not been told of."""
    rows = Parcel.objects.filter(order__channel_id=channel.pk, told_channel_at=None).exclude(tracking_no="")
    return list(rows.select_related("order").order_by("id")[:limit])
