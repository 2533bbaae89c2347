"""Goods go to the channels, orders come from there, parcels are told; outside calls, never in a transaction."""

import threading
from datetime import datetime, timedelta

from django.utils import timezone

from entrepot_mall.channels import actions, queries
from entrepot_mall.channels.models import Channel, Listing
from entrepot_mall.channels.port import ChannelError, Dispatched
from entrepot_mall.channels.wechat import WechatShop
from entrepot_mall.orders.models import Parcel

AT_ONCE = 50
FETCH_EACH = timedelta(minutes=1)
LOOK_BACK = timedelta(days=6)
LATER = timedelta(minutes=2)
CHANGES_AT_ONCE = 50


def list_queued(stop: threading.Event) -> int:
    """Hand over goods that wait; one that is refused says why and holds up nobody."""
    count = 0
    for channel in Channel.objects.filter(listings__state="queued", listings__next_at__lte=timezone.now()).distinct():
        now = timezone.now()
        with_shop = queries.wechat_of(channel, now=now)
        due = channel.listings.filter(state="queued", next_at__lte=now).select_related("goods", "shop")
        for listing in due.order_by("id")[:AT_ONCE]:
            if stop.is_set():
                break
            _hand_over(listing, wechat=with_shop, now=now)
            count += 1
        with_shop.close()
    return count


def _hand_over(listing: Listing, *, wechat: WechatShop, now: datetime) -> None:
    rows = Listing.objects.filter(pk=listing.pk)
    # Whoever is killed in between leaves it so: a person looks whether the goods are there before they go out again.
    rows.update(state="sending")
    try:
        if listing.product_id:
            wechat.relist(listing.product_id)
            rows.update(state="listed", code="", detail="")
            return
        offer = queries.offer_of(listing.goods, shop=listing.shop)
        offered = wechat.offer(offer)
    except ChannelError as fault:
        if fault.is_passing:
            rows.update(state="queued", next_at=now + LATER, code=fault.code, detail=fault.detail)
        else:
            rows.update(state="refused", code=fault.code, detail=fault.detail)
    else:
        told = {sku.code: [sku.price_fen, sku.stock] for sku in offer.skus}
        rows.update(
            state="listed", product_id=offered.product_id, sku_ids=offered.sku_ids, told=told, code="", detail=""
        )


def keep_prices_and_stocks(stop: threading.Event) -> int:
    """Tell the channels what has changed; goods that left the shelf leave it there too."""
    count = 0
    listed = (
        Listing.objects.filter(state="listed").select_related("goods", "channel", "shop").order_by("channel_id", "id")
    )
    for listing in listed:
        if stop.is_set() or count >= CHANGES_AT_ONCE:
            break
        count += _keep(listing, now=timezone.now())
    return count


def _keep(listing: Listing, *, now: datetime) -> int:
    rows = Listing.objects.filter(pk=listing.pk)
    is_on_sale = listing.goods.is_listed and listing.goods.is_supplied
    skus = queries.skus_of(listing.goods, sku_ids=listing.sku_ids)
    told = {sku.code: [sku.price_fen, sku.stock] for sku in skus}
    if is_on_sale and told == listing.told:
        return 0
    wechat = queries.wechat_of(listing.channel, now=now)
    try:
        if is_on_sale:
            wechat.change(listing.product_id, skus=[sku for sku in skus if sku.channel_id])
            rows.update(told=told)
        else:
            wechat.withdraw(listing.product_id)
            rows.update(state="withdrawn")
    except ChannelError as fault:
        rows.update(code=fault.code, detail=fault.detail)
    finally:
        wechat.close()
    return 1


def fetch_sold(stop: threading.Event) -> int:
    """Take the orders that wait to be sent, and tell the channel of parcels that have gone out."""
    count, now = 0, timezone.now()
    for channel in Channel.objects.exclude(fetched_at__gt=now - FETCH_EACH):
        if stop.is_set():
            break
        wechat, fault_text = queries.wechat_of(channel, now=now), ""
        try:
            for sold in wechat.sold(since=now - LOOK_BACK, until=now):
                count += actions.take_sold(channel, sold=sold, now=now)
        except ChannelError as fault:
            fault_text = str(fault)[:300]
        finally:
            wechat.close()
        Channel.objects.filter(pk=channel.pk).update(fetched_at=now, fault=fault_text)
    return count


def tell_parcels(stop: threading.Event) -> int:
    """Tell the channels of parcels."""
    count, now = 0, timezone.now()
    waiting = Parcel.objects.filter(told_channel_at=None, order__channel_id__isnull=False).values("order__channel_id")
    for channel in Channel.objects.filter(pk__in=waiting):
        wechat = queries.wechat_of(channel, now=now)
        for parcel in queries.parcels_to_tell(channel):
            if stop.is_set():
                break
            facts = parcel.order.channel_facts
            pieces = [(*facts[str(part["line"])], part["qty"]) for part in parcel.lines if str(part["line"]) in facts]
            try:
                wechat.dispatch(
                    Dispatched(
                        order_number=parcel.order.number,
                        carrier=parcel.carrier,
                        tracking_no=parcel.tracking_no,
                        pieces=pieces,
                    )
                )
            except ChannelError as fault:
                Channel.objects.filter(pk=channel.pk).update(fault=str(fault)[:300])
                break
            Parcel.objects.filter(pk=parcel.pk).update(told_channel_at=now)
            count += 1
        wechat.close()
    return count
