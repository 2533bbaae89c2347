"""What is wrong with an order: every line is named, and the gravest fault gives the code."""

import copy
from typing import Any

import pytest

from entrepot.base.refusals import Refusal
from entrepot.trade import terms
from tests.rules.ready_books import PLATFORM, Shop

# The contract with malls: the order of this list decides which code an answer carries.
PRECEDENCE = [
    ("not_found", 404, "never"),
    ("distributor_suspended", 403, "after_action"),
    ("number_reused_with_other_content", 422, "never"),
    ("state_conflict", 409, "never"),
    ("validation_failed", 422, "never"),
    ("product_delisted", 409, "never"),
    ("not_authorised_for_tier", 409, "never"),
    ("promotion_not_allowed", 409, "never"),
    ("region_not_served", 409, "never"),
    ("freight_changed", 409, "after_action"),
    ("below_min_quantity", 409, "never"),
    ("price_changed", 409, "after_action"),
    ("hold_quota_exceeded", 409, "after_action"),
    ("insufficient_stock", 409, "after_action"),
    ("insufficient_balance", 409, "after_action"),
    ("batch_refused", 409, "after_action"),
]


def test_the_codes_and_their_order_are_a_contract() -> None:
    assert [(refusal.code, refusal.status, refusal.retry.value) for refusal in Refusal] == PRECEDENCE


def faulty_shop() -> Shop:
    """One SKU for each thing that can be wrong with a line."""
    shop = Shop()
    shop.distributor(1, balance_fen=2_000, fee_rate_bps=500)
    shop.sku("delisted", goods_state="unlisted")
    shop.sku("inactive", is_active=False)
    shop.sku("no-price", supply_price_fen=None)
    shop.sku("no-supplier", supplier_state="suspended")
    shop.sku("others", visible_tiers=[9], visible_distributors=[8])
    shop.sku("plain", allowed_promotions=["seckill"])
    shop.sku("bulk", min_quantity=6)
    shop.sku("scarce", stock=3)
    shop.sku("dear", price=100_000)
    shop.sku("good")
    return shop


WRONG: dict[str, tuple[terms.AskLine, str, str, dict[str, Any]]] = {
    "unknown": (
        terms.AskLine("nowhere", 1),
        "sku",
        "validation_failed",
        {"sku": "nowhere", "why": "unknown_sku"},
    ),
    "nothing": (terms.AskLine("good", 0), "qty", "validation_failed", {"sku": "good", "qty": 0, "why": "qty"}),
    "below nothing": (terms.AskLine("good", -1), "qty", "validation_failed", {"sku": "good", "qty": -1, "why": "qty"}),
    "beyond all": (
        terms.AskLine("good", 1_000_001),
        "qty",
        "validation_failed",
        {"sku": "good", "qty": 1_000_001, "why": "qty"},
    ),
    "delisted": (terms.AskLine("delisted", 1), "sku", "product_delisted", {"sku": "delisted"}),
    "inactive": (terms.AskLine("inactive", 1), "sku", "product_delisted", {"sku": "inactive"}),
    "no price": (terms.AskLine("no-price", 1), "sku", "product_delisted", {"sku": "no-price"}),
    "no supplier": (terms.AskLine("no-supplier", 1), "sku", "product_delisted", {"sku": "no-supplier"}),
    "not shown": (terms.AskLine("others", 1), "sku", "not_authorised_for_tier", {"sku": "others"}),
    "promotion": (
        terms.AskLine("plain", 1, promotion="lottery"),
        "promotion",
        "promotion_not_allowed",
        {"sku": "plain", "promotion": "lottery", "allowed": ["seckill"]},
    ),
    "too few": (
        terms.AskLine("bulk", 5),
        "qty",
        "below_min_quantity",
        {"sku": "bulk", "min_quantity": 6, "qty": 5},
    ),
    "price moved": (
        terms.AskLine("good", 1, expected_price_fen=1_000),
        "expected_price",
        "price_changed",
        {"sku": "good", "old": 1_000, "new": 1_050},
    ),
    "no stock": (
        terms.AskLine("scarce", 4),
        "qty",
        "insufficient_stock",
        {"sku": "scarce", "available": 3, "wanted": 4},
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_line_is_named_with_its_numbers(wrong: str) -> None:
    shop = faulty_shop()
    before = copy.deepcopy(shop.books)
    line, field, code, facts = WRONG[wrong]
    ask = shop.place_ask(("good", 1))
    ask.lines.append(line)
    answer = shop.ask(ask)
    assert answer.order is None
    faults = [(fault.pointer, fault.refusal.code, fault.facts) for fault in answer.faults]
    assert (f"/lines/1/{field}", code, facts) in faults
    assert {pointer.split("/")[2] for pointer, _, _ in faults if pointer} == {"1"}, "the good line has no fault"
    assert answer.refusal is not None
    assert answer.refusal.code == code
    assert shop.books == before, "nothing changes"


def test_all_wrong_lines_are_named_at_once() -> None:
    shop = faulty_shop()
    ask = shop.place_ask()
    ask.lines = [copy.copy(line) for line, _, _, _ in WRONG.values() if line.sku != "good"]
    named = {(fault.pointer, fault.refusal.code) for fault in shop.ask(ask).faults}
    expected = [(field, code) for line, field, code, _ in WRONG.values() if line.sku != "good"]
    assert named == {(f"/lines/{place}/{field}", code) for place, (field, code) in enumerate(expected)}


@pytest.mark.parametrize("place", range(len(PRECEDENCE) - 1))
def test_the_gravest_gives_the_code(place: int) -> None:
    graver, lighter = list(Refusal)[place : place + 2]
    for order in ([graver, lighter], [lighter, graver]):
        assert terms.refuse(*(terms.Fault("", refusal) for refusal in order)).refusal is graver


def test_an_order_without_lines_is_no_order() -> None:
    shop = faulty_shop()
    answer = shop.ask(shop.place_ask())
    assert [(fault.pointer, fault.refusal.code) for fault in answer.faults] == [("/lines", "validation_failed")]


def test_stock_and_money_are_named_together() -> None:
    shop = faulty_shop()
    answer = shop.try_place(("scarce", 4))
    assert [fault.refusal.code for fault in answer.faults] == ["insufficient_stock", "insufficient_balance"]
    assert answer.faults[1].facts == {"needed": 4_200, "available": 2_000}
    assert answer.refusal is Refusal.INSUFFICIENT_STOCK


def test_two_lines_of_one_sku_are_summed() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.sku("A", stock=5)
    answer = shop.try_place(("A", 3), ("A", 3))
    assert [(fault.pointer, fault.facts) for fault in answer.faults] == [
        (f"/lines/{place}/qty", {"sku": "A", "available": 5, "wanted": 6}) for place in (0, 1)
    ]
    order = shop.place(("A", 3), ("A", 2))
    assert shop.levels() == [(5, 5)]
    shop.ask(terms.Cancel(order.id, "system"))
    assert shop.levels() == [(5, 0)]


def test_the_minimum_counts_the_goods_and_not_the_line() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.sku("red", goods_id=7, min_quantity=3)
    shop.sku("blue", goods_id=7, min_quantity=3)
    assert shop.try_place(("red", 2)).refusal is Refusal.BELOW_MIN_QUANTITY
    assert shop.try_place(("red", 2), ("blue", 1)).is_accepted


@pytest.mark.parametrize("state", ["pending", "suspended"])
def test_who_is_not_active_places_nothing(state: str) -> None:
    shop = Shop()
    shop.distributor(1, state=state)
    shop.sku("A")
    answer = shop.try_place(("A", 1), ("nowhere", 1))
    assert (answer.refusal, answer.faults[0].facts) == (Refusal.DISTRIBUTOR_SUSPENDED, {"state": state})
    assert shop.try_place(("A", 1), party=2).refusal is Refusal.NOT_FOUND


def test_who_is_shown_the_goods_buys_them() -> None:
    shop = Shop()
    shop.distributor(1, tier_id=1)
    shop.distributor(2, tier_id=2)
    shop.sku("tier", visible_tiers=[1])
    shop.sku("party", visible_distributors=[2])
    shop.sku("both", visible_tiers=[1], visible_distributors=[2])
    got = {
        (code, party): shop.try_place((code, 1), party=party).is_accepted
        for code in ("tier", "party", "both")
        for party in (1, 2)
    }
    assert got == {
        ("tier", 1): True,
        ("tier", 2): False,
        ("party", 1): False,
        ("party", 2): True,
        ("both", 1): True,
        ("both", 2): True,
    }


def test_the_price_is_that_of_the_moment_and_of_the_tier() -> None:
    shop = Shop()
    shop.distributor(1, fee_rate_bps=350)
    shop.sku("A", price=999, supplier=PLATFORM)
    line = shop.place(("A", 3)).lines[1]
    assert (line.supply_price_fen, line.fee_fen, line.agreed_price_fen, line.amount_fen) == (999, 35, 1_034, 3_102)
    shop.books.skus["A"].supply_price_fen = 2_000
    shop.books.distributors[1].fee_rate_bps = 0
    assert line.agreed_price_fen == 1_034
    assert shop.place(("A", 1)).lines[1].agreed_price_fen == 2_000


def test_goods_may_be_free() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=0)
    shop.sku("gift", price=0)
    order = shop.place(("gift", 2), mode="direct")
    assert (order.state, order.total_fen, shop.books.transfers) == ("confirmed", 0, [])
    assert shop.refund(order, "R1", {1: 1}).facts == {"refunded": 0}
    shop.finish(order)
    assert shop.books.transfers == []
    assert shop.levels() == [(99, 0)]
