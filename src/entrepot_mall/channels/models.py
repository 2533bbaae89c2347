"""Tables of shops on other channels and of what is listed there."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from entrepot_mall.shop.models import ShopRow
from entrepot_mall.supply.models import Goods


class Channel(ShopRow):
    """渠道小店: a shop of the same client on another channel."""

    objects: ClassVar[models.Manager["Channel"]] = models.Manager()
    name = models.CharField(max_length=60)
    appid = models.CharField(max_length=60)
    secret_sealed = models.BinaryField(default=bytes)
    host = models.CharField(max_length=200)
    category_path = models.CharField(max_length=120)
    template_id = models.CharField(max_length=40)
    token_sealed = models.BinaryField(default=bytes)
    token_until = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "appid"], name="channel_once_per_shop")]


class Listing(ShopRow):
    """渠道上架: goods in a shop on another channel, or on the way there."""

    objects: ClassVar[models.Manager["Listing"]] = models.Manager()
    goods_id: int
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="listings")
    goods = models.ForeignKey(Goods, on_delete=models.CASCADE, related_name="listings")
    # queued, sending, listed, refused, withdrawn
    state = models.CharField(max_length=10, default="queued")
    product_id = models.CharField(max_length=40, blank=True)
    sku_ids = models.JSONField(default=dict)
    told = models.JSONField(default=dict)  # by article: price in fen and stock, as last told
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "goods"], name="listing_once_per_channel")]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(state="queued"), name="listing_queued")]
