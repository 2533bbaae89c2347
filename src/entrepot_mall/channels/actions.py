"""Changes to channels and listings, and orders that come from there."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from entrepot_mall.base import sealing
from entrepot_mall.channels.models import Channel, Listing
from entrepot_mall.channels.port import Sold
from entrepot_mall.orders.models import Line, Order, OrderState, Payment
from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Shop
from entrepot_mall.supply.models import Goods, Sku


def connect(
    shop: Shop, *, name: str, appid: str, secret: str, host: str, category_path: str, template_id: str, who: str
) -> Channel:
    """Connect a shop of another channel, or change its connection; an empty secret keeps the one there is."""
    values: dict[str, object] = {"name": name, "host": host, "category_path": category_path, "template_id": template_id}
    if secret:
        values |= {"secret_sealed": sealing.seal(secret), "token_until": None}
    with transaction.atomic():
        channel, _ = Channel.objects.update_or_create(shop=shop, appid=appid, defaults=values)
        record(shop, who=who, what="channel", about=name, after={"appid": appid, "host": host})
    return channel


def queue(shop: Shop, *, goods_ids: Sequence[int], channel_ids: Sequence[int], who: str) -> int:
    """Have many goods listed in many shops; what is listed already stays, what was refused is tried again."""
    goods = list(Goods.objects.filter(shop=shop, pk__in=goods_ids, is_listed=True, is_supplied=True))
    channels = list(Channel.objects.filter(shop=shop, pk__in=channel_ids))
    count, now = 0, timezone.now()
    with transaction.atomic():
        for channel in channels:
            done = set(channel.listings.filter(state="listed").values_list("goods_id", flat=True))
            for one in goods:
                if one.pk in done:
                    continue
                Listing.objects.update_or_create(
                    channel=channel,
                    goods=one,
                    defaults={"shop_id": shop.pk, "state": "queued", "next_at": now, "code": "", "detail": ""},
                )
                count += 1
        record(shop, who=who, what="channel_list", about=str(count), after={"channels": [one.name for one in channels]})
    return count


def take_sold(channel: Channel, *, sold: Sold, now: datetime) -> bool:
    """Write an order that was paid on the channel, under the channel's number; False when it is known.

    It is passed on like any other that is paid. An article nobody knows is written all the same: the platform refuses
    it, and the order stands there to be looked at.
    """
    if Order.objects.filter(shop_id=channel.shop_id, number=sold.number).exists():
        return False
    skus = {
        sku.code: sku
        for sku in Sku.objects.filter(
            shop_id=channel.shop_id, code__in=[line.code for line in sold.lines]
        ).select_related("goods")
    }
    facts = {str(n): [line.product_id, line.sku_id] for n, line in enumerate(sold.lines, start=1)}
    with transaction.atomic():
        order = Order.objects.create(
            shop_id=channel.shop_id,
            number=sold.number,
            source="wechat",
            channel_id=channel.pk,
            channel_facts=facts,
            state=OrderState.PAID,
            goods_fen=sold.total_fen - sold.freight_fen,
            freight_fen=sold.freight_fen,
            total_fen=sold.total_fen,
            consignee=sold.consignee,
            remark=sold.remark,
            placed_at=now,
            paid_at=now,
            next_pass_at=now,
        )
        for place, line in enumerate(sold.lines, start=1):
            sku = skus.get(line.code)
            Line.objects.create(
                shop_id=channel.shop_id,
                order=order,
                line=place,
                goods_id=sku.goods_id if sku else 0,
                code=line.code,
                name=sku.goods.shown_name if sku else line.name,
                spec=sku.spec if sku else "",
                image=sku.goods.images[0] if sku and sku.goods.images else "",
                qty=line.qty,
                sale_fen=line.price_fen,
                expected_fen=sku.agreed_fen if sku else None,
            )
        Payment.objects.create(
            shop_id=channel.shop_id,
            order=order,
            way="channel",
            amount_fen=sold.total_fen,
            state="paid",
            reference=channel.name[:80],
            paid_at=now,
        )
    return True
