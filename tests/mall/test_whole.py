"""A client runs a mall of his own: he lists, a buyer pays him, the platform draws the agreed price and sends."""

import base64
import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from entrepot_mall.doors.api.contract import contract
from entrepot_sdk.errors import NotFoundError
from tests.mall.conftest import LiveMall
from tests.mall.parties import Person, until

PLACE = "广东省深圳市南山区科技园路1号"
ADDRESS = {"name": "郭靖", "phone": "13612349896", "place": PLACE, "remark": ""}


def goods_id(mall: LiveMall, sku: str) -> int:
    return int(mall.rows("select goods_id from supply_sku where code = %s", sku)[0][0])


def sell_at(mall: LiveMall, owner: Person, sku: str, price: str, **more: str) -> str:
    """Give one article a price by hand and put it on sale."""
    number, row = goods_id(mall, sku), mall.rows("select id from supply_sku where code = %s", sku)[0][0]
    return owner.send(f"/office/goods/{number}/", **{f"price-{row}": price, "own_min_quantity": "2", **more})


def registered(mall: LiveMall) -> Person:
    """A new buyer."""
    buyer = Person(mall.url)
    phone = f"139{secrets.randbelow(10**8):08d}"
    buyer.send("/sign-up/", phone=phone, name="郭靖", password="buyer-pass-1")
    assert buyer.at == "/me/"
    return buyer


def bought(buyer: Person, *, sku: str, qty: int) -> str:
    """An order that is placed and not paid; its number."""
    buyer.send("/cart/", "/cart/put", code=sku, qty=qty) if "csrf" in buyer.get("/cart/") else None
    page = buyer.send("/checkout/", step="quote", **ADDRESS)
    total = page.split('name="total" value="')[1].split('"')[0]
    buyer.send("/checkout/", step="place", total=total, **ADDRESS)
    assert buyer.at.startswith("/pay/"), buyer.at
    return buyer.at.split("/")[2]


def paid(buyer: Person, number: str) -> None:
    """The test cashier's button."""
    buyer.send(f"/pay/{number}/", way="test")
    buyer.send(f"/pay/{number}/", f"/pay/{number}/test")


def state_of(mall: LiveMall, number: str) -> str:
    return str(mall.rows("select state from orders_order where number = %s", number)[0][0])


@pytest.fixture(scope="module")
def priced(mall: LiveMall, owner: Person) -> LiveMall:
    """The story's goods at 100 a piece, 100 of them."""
    mall.supply.stock(mall.sku, 100)
    until(
        lambda: bool(mall.rows("select 1 from supply_sku where code = %s", mall.sku)), what="the goods in the warehouse"
    )
    sell_at(mall, owner, mall.sku, "100.00")
    return mall


def test_the_figures_of_the_story_come_out_and_no_fen_of_the_buyers_money_goes_up(
    priced: LiveMall, owner: Person
) -> None:
    mall, buyer = priced, registered(priced)
    with mall.client() as client:
        before = client.balance().available
        number = bought(buyer, sku=mall.sku, qty=2)
        assert client.balance().available == before, "nothing is drawn before the buyer has paid"
        paid(buyer, number)
        until(lambda: state_of(mall, number) == "passed", what="passed on")
        order = client.order_by_out_no(number)
        assert (order.mode, order.state, order.total) == ("direct", "confirmed", 2100)
        assert before - client.balance().available == 2100
        assert client.prices_stocks([mall.sku])[0].stock == 98
    kept = mall.rows("select total_fen, drawn_fen from orders_order where number = %s", number)[0]
    assert kept == (20_000, 2_100), "the buyer paid 200.00 to the shop, 21.00 went to the platform"
    assert "¥179.00" in owner.get(f"/office/orders/{number}/"), "what stays with the shop"

    mall.supply.ship(order.id, f"SF{number[-8:]}")
    until(lambda: state_of(mall, number) == "shipped", what="heard of the parcel by callback")
    assert f"SF{number[-8:]}" in buyer.get(f"/me/orders/{number}/")
    assert mall.rows("select count(*) from orders_heard where type = 'order.shipped'")[0][0] >= 1
    buyer.send(f"/me/orders/{number}/", f"/me/orders/{number}/do", deed="receipt")
    assert state_of(mall, number) == "done"
    with mall.client() as client:
        assert client.order(order.id).state in ("received", "completed")
    stranger = registered(mall)
    stranger.get(f"/me/orders/{number}/", status=404)
    Person(mall.url).get(f"/me/orders/{number}/")  # leads to the sign-in, and shows nothing
    assert "郭靖" not in Person(mall.url).get(f"/me/orders/{number}/")


def test_a_paid_buyer_is_never_dropped(priced: LiveMall, owner: Person) -> None:
    mall, buyer = priced, registered(priced)
    with mall.client() as client:
        left = client.balance().available // 1050 + 2
    mall.supply.stock(mall.sku, 2 * left)
    stock = "select stock from supply_sku where code = %s"
    until(lambda: mall.rows(stock, mall.sku) == [(2 * left,)], what="the stock by the feed")
    first, second = (bought(buyer, sku=mall.sku, qty=qty) for qty in (left, left))
    for number in (first, second):
        paid(buyer, number)
    codes = "select pass_code from orders_order where number = %s and passing_since is null"
    for number in (first, second):
        until(lambda one=number: mall.rows(codes, one) == [("insufficient_balance",)], what="refused for want of funds")
        assert state_of(mall, number) == "paid"
    page = owner.get(f"/office/orders/{first}/")
    assert "预存货款不足" in page and "立即重试" in page
    # The shop gives the money of one back: it is never passed on; the other goes on by itself after the top-up.
    owner.send(
        f"/office/orders/{second}/",
        f"/office/orders/{second}/do",
        deed="refund",
        amount=f"{left * 100}.00",
        reason="缺款",
    )
    assert state_of(mall, second) == "refunded"
    refunds = (
        "select r.state, r.amount_fen from orders_refund r join orders_order o on o.id = r.order_id where o.number = %s"
    )
    assert mall.rows(refunds, second) == [("done", left * 10_000)]
    mall.supply.top_up("2000.00")
    until(lambda: state_of(mall, first) == "passed", what="passed on after the top-up")
    with mall.client() as client, pytest.raises(NotFoundError):
        client.order_by_out_no(second)
    # Asked for again by somebody with an old page, nothing more goes back.
    page = owner.send(f"/office/orders/{second}/", f"/office/orders/{second}/do", deed="refund", amount="1.00")
    assert len(mall.rows(refunds, second)) == 1


def test_a_moved_price_waits_for_the_shops_word(priced: LiveMall, owner: Person) -> None:
    mall, buyer = priced, registered(priced)
    number = bought(buyer, sku=mall.sku, qty=2)
    mall.rows(
        "update orders_line set expected_fen = 900 where order_id = (select id from orders_order where number = %s)",
        number,
    )
    paid(buyer, number)
    stuck = "select pass_code, next_pass_at from orders_order where number = %s"
    until(lambda: mall.rows(stuck, number) == [("price_changed", None)], what="refused for its price")
    assert "待下单到平台" in owner.get(f"/office/orders/{number}/")
    owner.send(f"/office/orders/{number}/", f"/office/orders/{number}/do", deed="accept")
    until(lambda: state_of(mall, number) == "passed", what="passed on at the new price")


def test_many_goods_are_listed_at_once_inside_the_band_and_taken_off(priced: LiveMall, owner: Person) -> None:
    mall = priced
    banded = "select goods_id, floor_fen, ceiling_fen, sale_fen from supply_sku where floor_fen is not null"
    rows = mall.rows(banded)
    assert len(rows) >= 2 and all(floor <= sale <= ceiling for _, floor, ceiling, sale in rows)
    number = rows[0][0]
    answer = owner.send(
        "/office/goods/", "/office/goods/list", deed="list", pricing="fixed", fixed="0.01", goods=[number]
    )
    assert "低于平台最低限价" in answer
    assert mall.rows("select sale_fen from supply_sku where goods_id = %s", number)[0][0] == rows[0][3]
    owner.send("/office/goods/", "/office/goods/list", deed="unlist", goods=[number])
    Person(mall.url).get(f"/goods/{number}/", status=404)
    answer = owner.send(
        "/office/goods/", "/office/goods/list", deed="list", pricing="percent", percent="50", all="1", state="unlisted"
    )
    assert "已上架" in answer
    assert Person(mall.url).get(f"/goods/{number}/")
    # The shop's own words stay with the shop, and its minimum is never below the platform's.
    told = goods_id(mall, mall.sku)
    row = mall.rows("select id from supply_sku where code = %s", mall.sku)[0][0]
    wrong = owner.send(f"/office/goods/{told}/", status=422, **{f"price-{row}": "100.00", "own_min_quantity": "1"})
    assert "低于起售数" in wrong
    sell_at(mall, owner, mall.sku, "100.00", own_name="自家好货", own_text="产地直发\n包邮")
    assert "自家好货" in Person(mall.url).get(f"/goods/{told}/")
    with mall.client() as client:
        assert (
            client.product(mall.rows("select platform_id from supply_goods where id = %s", told)[0][0]).name
            != "自家好货"
        )


def test_a_wholesale_shop_sells_by_steps_to_approved_businesses_alone(priced: LiveMall, owner: Person) -> None:
    mall, row = priced, priced.rows("select id from supply_sku where code = %s", priced.sku)[0][0]
    mall.supply.top_up("2000.00")
    mall.supply.stock(mall.sku, 100)
    mall.rows("update shop_shop set kind = 'wholesale'")
    try:
        sell_at(mall, owner, mall.sku, "100.00", **{f"steps-{row}": "10:90.00 20:80.00"})
        number = goods_id(mall, mall.sku)
        assert "¥90.00" not in Person(mall.url).get(f"/goods/{number}/"), "prices are for businesses"
        buyer = registered(mall)
        buyer.get("/quick/")
        given = {"company": "杭州批发有限公司", "licence_no": "91330100MA2B12345X", "business_address": "杭州市西湖区"}
        buyer.send("/me/business/", **given)
        assert "正在审核" in buyer.get("/me/business/")
        assert "¥90.00" not in buyer.get(f"/goods/{number}/"), "pending is not approved"
        applicant = mall.rows("select id from members_buyer where standing = 'pending'")[0][0]
        owner.send("/office/buyers/", f"/office/buyers/{applicant}/judge", deed="approve")
        page = buyer.get(f"/goods/{number}/")
        assert "¥90.00" in page and "¥80.00" in page
        answer = buyer.send("/quick/", table=f"{mall.sku} 5\nNOPE 3\nrubbish")
        assert "至少 10 件起售" in answer and "NOPE" in answer and "rubbish" in answer
        buyer.send("/quick/", table=f"{mall.sku}\t20")
        assert buyer.at == "/cart/"
        number = bought(buyer, sku=mall.sku, qty=20)
        assert mall.rows("select total_fen from orders_order where number = %s", number) == [(160_000,)]
        paid(buyer, number)
        until(lambda: state_of(mall, number) == "passed", what="passed on")
        with mall.client() as client:
            assert client.order_by_out_no(number).total == 21_000
        buyer.send(f"/me/orders/{number}/", f"/me/orders/{number}/do", deed="again")
        assert buyer.at == "/cart/" and 'value="20"' in buyer.get("/cart/")
    finally:
        mall.rows("update shop_shop set kind = 'retail'")


def test_an_app_buys_over_the_front_api(priced: LiveMall) -> None:
    mall, app = priced, Person(priced.url).http
    mall.supply.top_up("500.00")
    mall.supply.stock(mall.sku, 100)
    base = "/api/shop/v1"
    assert app.get(f"{base}/openapi.json").json() == contract()
    seller = {"name": "黄蓉", "phone": "13612349897", "password": "app-pass-12"}
    token = app.post(f"{base}/sign-up", json=seller).json()["token"]
    assert app.post(f"{base}/sign-up", json=seller).json()["code"] == "phone_known"
    assert app.post(f"{base}/sign-in", json=seller | {"password": "wrong-pass"}).status_code == 401
    assert app.get(f"{base}/orders").status_code == 401
    signed = {"Authorization": f"Bearer {token}"}
    found = app.get(f"{base}/products", params={"q": mall.supply.mark}).json()["items"]
    assert [(sku["sku"], sku["price"], sku["min_quantity"]) for sku in found[0]["skus"]] == [(mall.sku, 10_000, 2)]
    place = {
        "name": "黄蓉",
        "phone": "13612349897",
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "address": "文三路1号",
    }
    wanted: dict[str, Any] = {"lines": [{"sku": mall.sku, "qty": 2}], "consignee": place}
    total = app.post(f"{base}/quotes", json=wanted, headers=signed).json()["total"]
    assert total == 20_000
    new = wanted | {"client_no": secrets.token_hex(6), "expected_total": total}
    few = new | {"lines": [{"sku": mall.sku, "qty": 1}]}
    assert app.post(f"{base}/orders", json=few, headers=signed).json()["code"] == "below_minimum"
    assert (
        app.post(f"{base}/orders", json=new | {"expected_total": 1}, headers=signed).json()["code"] == "total_changed"
    )
    order = app.post(f"{base}/orders", json=new, headers=signed).json()
    assert (order["state"], order["total"]) == ("unpaid", 20_000)
    assert app.post(f"{base}/orders", json=new, headers=signed).json()["number"] == order["number"], "the same number"
    assert app.post(f"{base}/orders", json=few, headers=signed).json()["code"] == "number_taken"
    path = f"{base}/orders/{order['number']}"
    assert (
        app.post(f"{path}/payment", json={"way": "bank"}, headers=signed).json()["shown"]["purpose"] == order["number"]
    )
    assert app.post(f"{path}/payment", json={"way": "test"}, headers=signed).status_code == 200
    until(lambda: app.get(path, headers=signed).json()["state"] == "passed", what="passed on")
    other = app.post(f"{base}/sign-up", json=seller | {"phone": "13612349898"}).json()["token"]
    assert app.get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 404
    assert app.post(f"{base}/orders", content=b"[", headers=signed).json()["code"] == "bad_json"


def test_a_forged_callback_changes_nothing_and_a_repeated_one_is_taken_once(priced: LiveMall) -> None:
    mall, caller = priced, Person(priced.url).http
    with mall.client() as client:
        secret = client.webhook().secret
    body = json.dumps(
        {"id": "evt_t1", "seq": 1, "type": "order.shipped", "timestamp": "2026-01-01T00:00:00Z", "api": "v1",
         "data": {"out_order_no": "none", "version": 9}}
    )  # fmt: skip

    def call(with_secret: str, at: float) -> int:
        moment = datetime.fromtimestamp(at, tz=UTC)
        headers = {
            "webhook-id": "evt_t1",
            "webhook-timestamp": str(int(at)),
            "webhook-signature": Webhook(with_secret).sign("evt_t1", moment, body),
        }
        return caller.post("/callback/entrepot", content=body, headers=headers).status_code

    counted = "select count(*) from orders_heard where event_id = 'evt_t1'"
    forged = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    assert call(forged, time.time()) == 401 and call(secret, time.time() - 3600) == 401
    assert mall.rows(counted) == [(0,)]
    assert call(secret, time.time()) == 204 and call(secret, time.time()) == 204
    assert mall.rows(counted) == [(1,)]


def test_an_after_sale_goes_up_and_what_comes_of_it_comes_back(priced: LiveMall, owner: Person) -> None:
    mall, buyer = priced, registered(priced)
    mall.supply.top_up("500.00")
    number = bought(buyer, sku=mall.sku, qty=2)
    paid(buyer, number)
    until(lambda: state_of(mall, number) == "passed", what="passed on")
    path = f"/me/orders/{number}/"
    buyer.send(path, f"{path}do", deed="aftersale", kind="refund", reason="changed_mind", note="不要了")
    asked = mall.rows("select id from orders_aftersale")[0][0]
    owner.send("/office/aftersales/", f"/office/aftersales/{asked}/do", deed="pass")
    drawn = "select drawn_fen from orders_order where number = %s"
    until(lambda: mall.rows(drawn, number) == [(0,)], what="the draw came back to the distributor")
    # The buyer's money is the shop's to give back, in its own step.
    owner.send(
        f"/office/orders/{number}/", f"/office/orders/{number}/do", deed="refund", amount="200.00", reason="退款"
    )
    assert mall.rows("select refunded_fen from orders_order where number = %s", number) == [(20_000,)]


def test_the_shop_is_an_app_that_keeps_nothing_of_anybody(priced: LiveMall, owner: Person) -> None:
    mall, visitor = priced, Person(priced.url)
    manifest = json.loads(visitor.get("/manifest.webmanifest"))
    assert manifest["display"] == "standalone" and [icon["sizes"] for icon in manifest["icons"]] == [
        "192x192",
        "512x512",
    ]
    assert visitor.http.get(manifest["icons"][0]["src"]).content.startswith(b"\x89PNG")
    worker = visitor.get("/sw.js")
    kept = json.loads(worker.split("KEPT = ")[1].split(";")[0])
    assert kept[0] == "/offline/" and all(path.startswith(("/offline/", "/static/", "/icon-")) for path in kept)
    buyer = registered(mall)
    for path in ("/me/", "/cart/", "/me/orders/", "/"):
        assert buyer.http.get(path).headers["Cache-Control"] == "no-store"
    page = visitor.get(f"/goods/{goods_id(mall, mall.sku)}/")
    assert all(f'property="og:{name}"' in page for name in ("title", "image", "url")) and "viewport-fit=cover" in page
    visitor.get("/.well-known/assetlinks.json", status=404)
    told = {
        "wechat_file": "MP_verify_abc.txt", "wechat_text": "abc", "apple_app_id": "ABCDE12345.com.example.app",
        "android_package": "com.example.app", "android_fingerprint": ":".join(["AB"] * 32),
    }  # fmt: skip
    owner.send("/office/ways-in/", **told)
    assert visitor.get("/MP_verify_abc.txt") == "abc"
    assert "com.example.app" in visitor.get("/.well-known/assetlinks.json")
    assert "ABCDE12345.com.example.app" in visitor.get("/.well-known/apple-app-site-association")
    page = owner.get("/office/ways-in/")
    for words in ("公众号", "小程序", "H5", "App 壳", "原生 App", "data:image/svg+xml"):
        assert words in page


def test_shops_of_one_machine_know_nothing_of_each_other(priced: LiveMall, owner: Person) -> None:
    mall = priced
    made = mall.command("open-shop", "--name", "另一家", "--host", "localhost")
    assert made.returncode == 0, made.stderr
    other = Person(mall.url.replace("127.0.0.1", "localhost"))
    assert "没有找到商品" in other.get("/")
    other.get(f"/goods/{goods_id(mall, mall.sku)}/", status=404)
    account = mall.account()
    answer = other.send("/office/sign-in/", username=account["username"], password=account["password"])
    assert "账号或密码不正确" in answer
    tables = mall.rows(
        "select table_name from information_schema.tables where table_schema = 'public' and table_name not like 'django_%%'"
    )
    owned = mall.rows("select table_name from information_schema.columns where column_name = 'shop_id'")
    assert {name for (name,) in tables} - {name for (name,) in owned} == {"shop_shop"}
