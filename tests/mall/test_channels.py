"""WeChat Channels shops: the published protocol, and goods, orders and parcels between them and the platform."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from entrepot_mall.channels.port import ChannelError, Dispatched, Offer, OfferedSku
from entrepot_mall.channels.wechat import WechatShop
from tests.mall import wechat_fake
from tests.mall.conftest import LiveMall
from tests.mall.parties import Person, until
from tests.mall.wechat_fake import APPS, TEMPLATE, Wechat

PICTURES = [f"http://pictures.example/{n}.webp" for n in range(3)]
OFFER = Offer(
    number="7",
    title="烟台红富士苹果",
    text="产地直发",
    images=PICTURES,
    detail_images=PICTURES[:1],
    skus=[OfferedSku(code="SG1", spec="5斤", price_fen=3990, stock=12)],
)
NOW = datetime(2026, 1, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def fake() -> Iterator[tuple[str, Wechat]]:
    """WeChat's stand-in."""
    with wechat_fake.running() as started:
        yield started


def shop(host: str, app: str, **more: str) -> WechatShop:
    given = {"appid": app, "secret": APPS.get(app, "x"), "template_id": TEMPLATE, "host": host} | more
    return WechatShop(category_path=["10000212", "10000213"], **given)


def test_the_published_protocol_is_spoken(fake: tuple[str, Wechat]) -> None:
    host, wechat = fake
    app = "wx0000000001"
    given = wechat.tokens_given
    mine = shop(host, app, token="one that is no longer good")
    offered = mine.offer(OFFER)
    kept = wechat.products[app][offered.product_id]
    assert wechat.tokens_given == given + 1, "one new token, and the call is made again"
    assert (kept["status"], kept["skus"][0]["sale_price"], kept["skus"][0]["stock_num"]) == (5, 3990, 12)
    changed = replace(OFFER.skus[0], price_fen=4190, stock=0, channel_id=offered.sku_ids["SG1"])
    mine.change(offered.product_id, skus=[changed])
    assert (kept["skus"][0]["sale_price"], kept["skus"][0]["stock_num"]) == (4190, 0)
    mine.withdraw(offered.product_id)
    assert kept["status"] == 11
    mine.relist(offered.product_id)
    for number in ("3700000000000000001", "3700000000000000002"):
        wechat.sell(app, number, code="SG1", qty=2, price_fen=4190)
    sold = list(mine.sold(since=NOW - timedelta(days=6), until=NOW))
    assert [(one.number, one.total_fen, one.lines[0].code, one.lines[0].qty) for one in sold] == [
        ("3700000000000000001", 8380, "SG1", 2),
        ("3700000000000000002", 8380, "SG1", 2),
    ]
    assert sold[0].consignee["district"] == "海珠区" and sold[0].consignee["address"] == "大塘1号"
    line = sold[0].lines[0]
    parcel = Dispatched(
        order_number=sold[0].number, carrier="sf", tracking_no="SF1", pieces=[(line.product_id, line.sku_id, 2)]
    )
    mine.dispatch(parcel)
    assert wechat.sent[sold[0].number]["delivery_list"][0]["delivery_id"] == "SF"
    assert [one.number for one in mine.sold(since=NOW - timedelta(days=6), until=NOW)] == ["3700000000000000002"]
    with pytest.raises(ChannelError, match="more than was bought"):
        mine.dispatch(replace(parcel, order_number=sold[1].number, pieces=[(line.product_id, line.sku_id, 3)]))
    wechat.orders[app].clear()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "苹果"}, "title_length"),
        ({"images": PICTURES[:2] * 2}, "too_few_pictures"),
        ({"skus": []}, "no_articles"),
        ({"title": "违禁的商品一件"}, "10020018"),
    ],
)
def test_goods_that_are_refused_say_why(fake: tuple[str, Wechat], changes: dict, code: str) -> None:
    with pytest.raises(ChannelError) as refused:
        shop(fake[0], "wx0000000001").offer(replace(OFFER, **changes))
    assert refused.value.code == code and not refused.value.is_passing


def test_a_wrong_secret_and_a_silent_host_are_told_apart(fake: tuple[str, Wechat]) -> None:
    with pytest.raises(ChannelError, match="40125") as refused:
        shop(fake[0], "wx0000000001", secret="wrong").offer(OFFER)
    assert not refused.value.is_passing
    with pytest.raises(ChannelError) as silent:
        shop("http://127.0.0.1:9", "wx0000000001", secret="never-in-a-word").offer(OFFER)
    assert silent.value.is_passing and "never-in-a-word" not in str(silent.value)


def test_many_goods_go_to_two_shops_and_their_orders_come_back(
    mall: LiveMall, owner: Person, fake: tuple[str, Wechat]
) -> None:
    host, wechat = fake
    mall.supply.top_up("500.00")
    mall.supply.stock(mall.sku, 100)
    # Three pictures for goods of one category and for our own; the rest has too few and is refused.
    number = mall.rows("select goods_id from supply_sku where code = %s", mall.sku)[0][0]
    pictures = '["/media/1.webp", "/media/2.webp", "/media/3.webp"]'
    mall.rows("update supply_goods set images = %s::jsonb where id = %s or category_id = '2'", pictures, number)
    mall.rows("update supply_goods set is_listed = true, listed_at = now() where id = %s", number)
    mall.rows("update supply_goods set category_id = '2' where id = %s", number)
    mall.rows("update supply_sku set sale_fen = coalesce(sale_fen, 9900) where goods_id = %s", number)
    for app, secret in APPS.items():
        given = {"name": f"小店 {app[-1]}", "appid": app, "secret": secret, "host": host}
        more = {"category_path": "10000212/10000213", "template_id": TEMPLATE}
        owner.send("/office/channels/", "/office/channels/connect", **given, **more)
    channels = [str(row[0]) for row in mall.rows("select id from channels_channel order by id")]
    owner.send("/office/channels/", "/office/channels/list", channel=channels, category="1")
    left = "select count(*) from channels_listing where state in ('queued', 'sending')"
    until(lambda: mall.rows(left) == [(0,)], what="all handed over")
    states = dict(mall.rows("select state, count(*) from channels_listing group by state"))
    assert states["listed"] >= 4 and states["refused"] >= 20, states
    by_shop = mall.rows("select channel_id, count(*) from channels_listing where state = 'listed' group by channel_id")
    assert {count for _, count in by_shop} == {states["listed"] // 2}, "the same in both"
    assert "至少需要三张不同的主图" in owner.get(f"/office/channels/{channels[0]}/refused.csv")

    # Sold there: placed on the platform under the same number, sent, and told there.
    sold = f"37{secrets.randbelow(10**17):017d}"
    wechat.sell("wx0000000002", sold, code=mall.sku, qty=2, price_fen=9900)
    owner.send("/office/channels/", f"/office/channels/{channels[1]}/fetch")
    state = "select state, total_fen, drawn_fen from orders_order where number = %s"
    until(lambda: mall.rows(state, sold) == [("passed", 19_800, 2_100)], what="passed on")
    with mall.client() as client:
        order = client.order_by_out_no(sold)
        assert order.total == 2_100
    mall.supply.ship(order.id, f"SF{sold[-8:]}")
    until(lambda: sold in wechat.sent, what="told of the parcel")
    assert wechat.sent[sold]["delivery_list"][0]["waybill_id"] == f"SF{sold[-8:]}"
    owner.send("/office/channels/", f"/office/channels/{channels[1]}/fetch")
    assert mall.rows("select count(*) from orders_order where number = %s", sold) == [(1,)]
    assert sold in owner.get("/office/orders/?source=wechat")
