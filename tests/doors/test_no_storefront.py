"""The platform sells nothing itself (自身不卖货): whoever is not signed in finds no goods, no price and no way to buy."""

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.doors.office_people import text_of
from tests.world import World, rows

BUYING = ("cart", "checkout", "basket", "buy", "pay", "shop", "store")


def addresses(patterns: list[Any], *, before: str = "") -> Iterator[str]:
    """Every address of the pages, with the names of its parts in it."""
    for one in patterns:
        whole = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, before=whole)
        elif isinstance(one, URLPattern):
            yield whole


def test_nobody_finds_goods_or_a_way_to_buy_without_signing_in(world: World) -> None:
    article = world.article(stock=9, supply_price_fen=93_719, supplier_price_fen=93_719)
    ((name,),) = rows("select name from catalog_goods where id = %s", article.goods_id)
    stranger, seen = Client(), 0
    for address in addresses(get_resolver().url_patterns):
        if "<" in address or "(" in address:
            continue
        answer = stranger.get(f"/{address}")
        page = text_of(answer) if "text/html" in answer.get("Content-Type", "") else ""
        assert article.code not in page and name not in page and "937.19" not in page, address
        seen += 1
    assert seen > 60
    assert stranger.get(f"/platform/goods/{article.goods_id}/").status_code == 302
    assert stranger.get(f"/distributor/goods/{article.goods_id}/").status_code == 302


def test_no_address_sells() -> None:
    steps = {step for address in addresses(get_resolver().url_patterns) for step in address.split("/")}
    # What is paid here is a supplier's bill, a referrer's share, and a distributor's own membership.
    paid = {address for address in addresses(get_resolver().url_patterns) if address.endswith(("/pay/", "/buy/"))}
    assert steps & set(BUYING) <= {"pay", "buy"}
    assert paid == {
        "platform/bills/<int:bill_id>/pay/",
        "platform/referrers/<int:referrer_id>/pay/",
        "distributor/membership/buy/",
    }
