"""Prices, addresses, retries and ways to pay of the mall, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from entrepot_mall.base.money import fen, yuan
from entrepot_mall.members import rules as members
from entrepot_mall.orders import rules as orders
from entrepot_mall.payments.by_hand import BankTransfer, TestCashier
from entrepot_mall.payments.port import Charge, Repayment
from entrepot_mall.shop import rules as shop
from entrepot_mall.supply import rules as supply
from entrepot_mall.supply.rules import Cost, Price

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BANDED = Cost(agreed_fen=1050, suggested_fen=1500, floor_fen=1200, ceiling_fen=2000)


@pytest.mark.parametrize(
    ("cost", "asked", "price"),
    [
        (Cost(agreed_fen=1050), {"pricing": "percent", "pricing_bps": 3000}, Price(1365)),
        (Cost(agreed_fen=1001), {"pricing": "percent", "pricing_bps": 50}, Price(1006)),
        (BANDED, {"pricing": "percent", "pricing_bps": 0}, Price(1200)),
        (BANDED, {"pricing": "percent", "pricing_bps": 20_000}, Price(2000)),
        (BANDED, {"pricing": "percent", "pricing_bps": -1}, Price(None, "markup_negative")),
        (BANDED, {"pricing": "suggested"}, Price(1500)),
        (Cost(agreed_fen=1050), {"pricing": "suggested"}, Price(None, "no_suggested_price")),
        (BANDED, {"pricing": "fixed", "fixed_fen": 1200}, Price(1200)),
        (BANDED, {"pricing": "fixed", "fixed_fen": 1199}, Price(None, "below_floor")),
        (BANDED, {"pricing": "fixed", "fixed_fen": 2001}, Price(None, "above_ceiling")),
        (BANDED, {"pricing": "fixed", "fixed_fen": None}, Price(None, "not_a_price")),
    ],
)
def test_a_sale_price_stays_inside_the_platforms_band(cost: Cost, asked: dict, price: Price) -> None:
    assert supply.price_by_rule(cost, **asked) == price


def test_prices_by_steps_fall_and_begin_at_the_minimum() -> None:
    steps = supply.read_steps("10:18.50， 50：15")
    assert steps == [(10, 1850), (50, 1500)]
    assert supply.steps_fault(steps, cost=BANDED, min_quantity=10) == ""
    assert supply.steps_fault(steps, cost=BANDED, min_quantity=11) == "below_minimum"
    assert supply.steps_fault([(10, 1500), (50, 1501)], cost=BANDED, min_quantity=1) == "steps_must_fall"
    assert supply.steps_fault([(50, 1500), (10, 1400)], cost=BANDED, min_quantity=1) == "steps_out_of_order"
    assert supply.steps_fault([(10, 1199)], cost=BANDED, min_quantity=1) == "below_floor"
    assert supply.steps_fault([(n, 1500) for n in range(1, 7)], cost=BANDED, min_quantity=1) == "too_many_steps"
    asked = {qty: supply.piece_price(qty, sale_fen=1900, steps=steps) for qty in (9, 10, 49, 50)}
    assert asked == {9: None, 10: 1850, 49: 1850, 50: 1500}
    assert supply.piece_price(1, sale_fen=1900, steps=[]) == 1900
    assert supply.least_pieces(steps, min_quantity=2) == 10 and supply.least_pieces([], min_quantity=2) == 2
    assert [supply.read_steps(text) for text in ("10", "x:1", "10:1.234", "")] == [None, None, None, []]


def test_amounts_are_read_and_shown_in_whole_fen() -> None:
    typed = {"12": 1200, "12.3": 1230, " ¥1,012.34 ": 101234, "-1": None, "1.234": None, "": None, "1e3": None}
    assert {text: fen(text) for text in typed} == typed
    assert [yuan(amount) for amount in (0, 5, -123456, 100000000)] == ["0.00", "0.05", "-1,234.56", "1,000,000.00"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("广东省深圳市南山区科技园路1号", ("广东省", "深圳市", "南山区", "科技园路1号")),
        ("北京市朝阳区建国路 88 号", ("北京市", "北京市", "朝阳区", "建国路88号")),
        ("上海上海市浦东新区世纪大道1号", ("上海市", "上海市", "浦东新区", "世纪大道1号")),
        ("内蒙古自治区锡林郭勒盟锡林浩特市那达慕街1号", ("内蒙古自治区", "锡林郭勒盟", "锡林浩特市", "那达慕街1号")),
        ("云南省大理白族自治州大理市人民路1号", ("云南省", "大理白族自治州", "大理市", "人民路1号")),
        ("浙江省杭州市西湖区", None),
        ("科技园路1号", None),
    ],
)
def test_an_address_in_one_line_is_told_apart_or_asked_again(text: str, parts: tuple[str, ...] | None) -> None:
    place = members.read_place(text)
    assert (place and (place.province, place.city, place.district, place.address)) == parts


def test_a_municipality_is_named_once_where_an_address_is_shown() -> None:
    assert members.place_line("重庆市", "重庆市", "渝中区", "五一路 8 号") == "重庆市 渝中区 五一路 8 号"
    assert members.place_line("吉林省", "吉林市", "", "江南街 1 号") == "吉林省 吉林市 江南街 1 号"


def test_phones_locks_and_particulars() -> None:
    assert members.read_phone("+86 138-0013-8000") == "13800138000"
    assert members.read_phone("12800138000") is None
    assert members.masked_phone("13800138000") == "138****8000"
    assert shop.lock_after(4, now=NOW) is None and shop.lock_after(5, now=NOW) == NOW + timedelta(minutes=15)
    assert shop.is_locked(NOW, now=NOW - timedelta(seconds=1)) and not shop.is_locked(NOW, now=NOW)
    nothing = {"legal_name": " ", "licence_no": "", "service_phone": "", "ways_to_pay": 0}
    assert shop.missing_particulars(**nothing) == ["legal_name", "licence_no", "service_phone", "way_to_pay"]
    whole = {"legal_name": "甲公司", "licence_no": "9133", "service_phone": "400", "ways_to_pay": 1}
    assert shop.missing_particulars(**whole) == []


def test_what_passes_by_itself_is_tried_again_and_the_rest_waits_for_a_person() -> None:
    again = ["insufficient_balance", "insufficient_stock", "busy", "outcome_unknown", "http_502"]
    person = ["price_changed", "product_delisted", "region_not_served", "validation_failed", "http_404"]
    assert all(orders.is_tried_again(code) for code in again)
    assert not any(orders.is_tried_again(code) for code in person)
    waits = [(orders.next_try(n, now=NOW) - NOW).seconds for n in (1, 2, 3, 7, 99)]
    assert waits == [5, 15, 30, 600, 600]


def test_the_platforms_word_never_drops_a_buyer_who_paid() -> None:
    told = {state: orders.state_after("passed", platform_state=state) for state in
            ("confirmed", "awaiting_funds", "partly_shipped", "shipped", "received", "completed")}  # fmt: skip
    assert list(told.values()) == ["passed", "passed", "shipped", "shipped", "done", "done"]
    for given_up in ("cancelled", "expired", "rejected"):
        assert orders.state_after("passed", platform_state=given_up) == "paid"
        assert orders.is_given_up(given_up)
    assert orders.state_after("refunded", platform_state="shipped") == "refunded"


def test_money_goes_back_only_once_and_never_while_an_order_is_under_way() -> None:
    ask = {"state": "paid", "is_passing": False, "amount_fen": 100, "left_fen": 100}
    assert orders.may_refund(**ask) == ""
    assert orders.may_refund(**ask | {"is_passing": True}) == "being_passed_on"
    assert orders.may_refund(**ask | {"amount_fen": 101}) == "amount_out_of_range"
    assert orders.may_refund(**ask | {"amount_fen": 0}) == "amount_out_of_range"
    assert orders.may_refund(**ask | {"state": "unpaid"}) == "not_paid"


def test_a_pasted_table_is_read_line_by_line() -> None:
    wanted, unread = orders.read_table("SG1001\t20\nSG1002, 5\n\nSG1001 3\nSG1003\nSG1004 x\n")
    assert wanted == {"SG1001": 23, "SG1002": 5} and unread == ["SG1003", "SG1004 x"]


def test_ways_to_pay_without_a_service() -> None:
    charge = Charge(number="M1", amount_fen=100, title="t", notify_url="u", return_url="r")
    repayment = Repayment(number="M1", refund_number="M1-R1", amount_fen=100, total_fen=100, reason="r")
    assert BankTransfer("户名 账号").begin(charge).shown == {"account": "户名 账号", "purpose": "M1"}
    assert not BankTransfer("户名 账号").repay(repayment).is_done
    assert TestCashier().repay(repayment).is_done
