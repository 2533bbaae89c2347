"""Reads of shops and their connections."""

from entrepot_mall.base import sealing
from entrepot_mall.shop.models import Deed, Shop
from entrepot_sdk import Entrepot, RetryPolicy


def shop_of_host(host: str) -> Shop | None:
    """The shop a host name belongs to; a host nobody named leads to the shop without one."""
    found = {shop.host: shop for shop in Shop.objects.filter(host__in=[host, ""])}
    return found.get(host) or found.get("")


def connected() -> list[Shop]:
    """Shops that know their platform."""
    return list(Shop.objects.exclude(key="").order_by("id"))


def client_of(shop: Shop, *, attempts: int = 3) -> Entrepot:
    """The shop's connection to its platform; the caller closes it."""
    return Entrepot(
        shop.platform_url,
        key=shop.key,
        secret=sealing.unseal(shop.secret_sealed),
        retry=RetryPolicy(attempts=attempts, longest_wait_s=5.0),
    )


def picture_url(shop: Shop, path: str) -> str:
    """Where a browser finds a picture of goods: the platform gives paths of its own address."""
    return shop.platform_url.rstrip("/").removesuffix("/api/v1") + path if path.startswith("/") else path


def latest_deeds(shop: Shop, *, limit: int = 30) -> list[Deed]:
    """What was changed last in a shop."""
    return list(Deed.objects.filter(shop=shop).order_by("-id")[:limit])
