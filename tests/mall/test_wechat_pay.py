"""WeChat Pay: the published protocol, and a buyer who pays the shop's own account."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from entrepot_mall.payments.port import CashierError, Charge, Repayment
from entrepot_mall.payments.wechat_pay import Merchant, WechatPay, merchant_fault
from entrepot_mall.payments.wechat_sign_in import openid_of
from tests.mall import wechat_pay_fake
from tests.mall.conftest import LiveMall
from tests.mall.parties import Person, until
from tests.mall.test_whole import bought, priced, registered, state_of

__all__ = ["priced"]
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.49 NetType/WIFI"
CHARGE = Charge(
    number="M1", amount_fen=20_000, title="脐橙", notify_url="https://m.example/n", return_url="https://m.example/"
)


@pytest.fixture(scope="module")
def service() -> Iterator[wechat_pay_fake.WechatPay]:
    """WeChat Pay's stand-in."""
    with wechat_pay_fake.running() as started:
        yield started


def test_requests_are_signed_answers_checked_and_money_goes_back_once(service: wechat_pay_fake.WechatPay) -> None:
    merchant = Merchant(**service.account())
    cashier = WechatPay(merchant)
    assert merchant_fault(merchant) == "" and merchant_fault(replace(merchant, api_key="short")) == "api_key"
    shown = cashier.begin(CHARGE).shown
    assert shown["code_url"] == "weixin://wxpay/bizpayurl?pr=M1" and shown["qr"].startswith("data:image/svg")
    assert cashier.begin(replace(CHARGE, number="M2", is_mobile=True)).shown["url"].startswith("https://wx.tenpay.com/")
    inside = cashier.begin(replace(CHARGE, number="M3", openid="o-1", is_mobile=True)).shown
    assert service.is_for_a_tap(dict(inside)) and inside["package"] == "prepay_id=wx-M3"
    assert not service.is_for_a_tap(inside | {"package": "prepay_id=wx-M4"})
    assert cashier.find("M1") is None
    body = service.pay("M1")
    notice = cashier.read_notice(service.signed(body), body=body)
    assert notice is not None and (notice.number, notice.amount_fen) == ("M1", 20_000)
    assert cashier.find("M1") == notice
    repayment = Repayment(number="M1", refund_number="M1-R1", amount_fen=20_000, total_fen=20_000, reason="退款")
    assert cashier.repay(repayment).is_done and cashier.repay(repayment).is_done
    assert len(service.refunds) == 1, "the same number never pays twice"
    with pytest.raises(CashierError, match="NOT_ENOUGH"):
        cashier.repay(replace(repayment, refund_number="M1-R2", amount_fen=1))


def test_what_is_not_genuine_is_refused(service: wechat_pay_fake.WechatPay) -> None:
    merchant = Merchant(**service.account())
    cashier = WechatPay(merchant)
    cashier.begin(CHARGE)
    body = service.pay("M1")
    for headers in (service.signed(body, key=service.merchant_key), service.signed(body, at=1), {}):
        with pytest.raises(CashierError):
            cashier.read_notice(headers, body=body)
    with pytest.raises(CashierError):
        cashier.read_notice(service.signed(body), body=body + b" ")
    other = wechat_pay_fake.pem_of(service.own_key)
    with pytest.raises(CashierError, match="SIGN_ERROR"):
        WechatPay(replace(merchant, private_key=other)).begin(CHARGE)
    with pytest.raises(CashierError, match="cannot be read"):
        WechatPay(replace(merchant, api_key="0" * 32)).read_notice(service.signed(body), body=body)


def test_a_code_stands_for_a_buyer_once_and_for_the_shops_own_app_alone(service: wechat_pay_fake.WechatPay) -> None:
    merchant = Merchant(**service.account())
    service.codes |= {"a": "o-a", "b": "o-b"}
    assert openid_of(merchant, "a") == "o-a" and openid_of(merchant, "b", is_mini_program=True) == "o-b"
    with pytest.raises(CashierError, match="40029"):
        openid_of(merchant, "a")
    with pytest.raises(CashierError, match="40125"):
        openid_of(replace(merchant, app_secret="0" * 32), "a")
    away = replace(merchant, host="http://127.0.0.1:9")
    with pytest.raises(CashierError, match="does not answer") as found:
        openid_of(away, "a")
    assert merchant.app_secret not in str(found.value)


def test_a_buyer_pays_inside_wechat_with_a_single_tap(
    priced: LiveMall, owner: Person, service: wechat_pay_fake.WechatPay
) -> None:
    mall = priced
    mall.supply.top_up("500.00")
    without = service.account() | {"app_secret": ""}
    owner.send("/office/settings/", "/office/settings/wechat-pay", **without)
    buyer = registered(mall)
    buyer.http.headers["User-Agent"] = WECHAT
    number = bought(buyer, sku=mall.sku, qty=2)
    assert "暂不支持在微信内付款" in buyer.get(f"/pay/{number}/")
    buyer.get(f"/pay/{number}/wechat", status=404)
    owner.send("/office/settings/", "/office/settings/wechat-pay", **service.account())
    assert "data-wechat-pay" not in buyer.get(f"/pay/{number}/wechat?code=stolen&state=-")
    # By way of WeChat's own page and back, without a question.
    page = buyer.get(f"/pay/{number}/wechat")
    given = re.search(r'<script id="wechat-pay" type="application/json">(.+?)</script>', page)
    assert given is not None and service.is_for_a_tap(json.loads(given[1])) and "data-wechat-pay" in page
    assert service.begun[number]["payer"]["openid"].startswith("o-")
    body = service.pay(number)
    path, caller = "/api/shop/v1/wechat-pay", Person(mall.url).http
    assert caller.post(path, content=body, headers=service.signed(body)).status_code == 204
    until(lambda: state_of(mall, number) == "passed", what="passed on")
    buyer.http.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile Safari"
    number = bought(buyer, sku=mall.sku, qty=2)
    assert "wx.tenpay.com" in buyer.send(f"/pay/{number}/", way="wechat")
    buyer.http.headers["User-Agent"] = WECHAT
    assert "请回到原处完成支付" in buyer.get(f"/pay/{number}/")
    owner.send("/office/settings/", "/office/settings/wechat-pay", deed="remove")


def test_a_buyer_pays_the_shops_own_account(
    priced: LiveMall, owner: Person, service: wechat_pay_fake.WechatPay
) -> None:
    mall = priced
    mall.supply.top_up("500.00")
    account = service.account()
    wrong = owner.send("/office/settings/", "/office/settings/wechat-pay", status=422, **account | {"api_key": "short"})
    assert "密钥无法使用" in wrong
    owner.send("/office/settings/", "/office/settings/wechat-pay", **account)
    assert account["api_key"].encode() not in bytes(
        mall.rows("select wechat_pay_sealed from shop_shop order by id")[0][0]
    )
    buyer = registered(mall)
    number = bought(buyer, sku=mall.sku, qty=2)
    assert "data:image/svg" in buyer.send(f"/pay/{number}/", way="wechat")
    assert service.begun[number]["notify_url"] == f"{mall.url}/api/shop/v1/wechat-pay"
    # Another amount than was asked changes nothing, nor does a forged notice.
    path, caller = "/api/shop/v1/wechat-pay", Person(mall.url).http
    less = service.pay(number, total=1)
    assert caller.post(path, content=less, headers=service.signed(less)).status_code == 401
    body = service.pay(number)
    assert caller.post(path, content=body, headers=service.signed(body, key=service.merchant_key)).status_code == 401
    assert state_of(mall, number) == "unpaid"
    assert caller.post(path, content=body, headers=service.signed(body)).status_code == 204
    assert caller.post(path, content=body, headers=service.signed(body)).status_code == 204
    until(lambda: state_of(mall, number) == "passed", what="passed on")
    paid = (
        "select count(*) from orders_payment p join orders_order o on o.id = p.order_id"
        " where o.number = %s and p.state = 'paid' and p.reference like '42%%'"
    )
    assert mall.rows(paid, number) == [(1,)]
    # Paid a second time, the money is not booked, and not forgotten either.
    again = service.pay(number)
    for _ in range(2):
        assert caller.post(path, content=again, headers=service.signed(again)).status_code == 204
    assert mall.rows("select count(*) from shop_deed where what = 'paid_again' and about = %s", number) == [(1,)]
    assert "重复付款" in owner.get("/office/")
    owner.send(f"/office/orders/{number}/", f"/office/orders/{number}/do", deed="refund", amount="50.00", reason="破损")
    assert [one["amount"]["refund"] for one in service.refunds.values() if one["out_trade_no"] == number] == [5_000]
    owner.send("/office/settings/", "/office/settings/wechat-pay", deed="remove")
    assert mall.rows("select length(wechat_pay_sealed) from shop_shop order by id")[0] == (0,)
