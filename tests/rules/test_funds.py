"""Money held, drawn, waited for and topped up."""

import copy

import pytest

from entrepot.base.refusals import Refusal
from entrepot.trade import terms
from entrepot.trade.books import OrderRow
from entrepot.trade.decide import decide
from tests.rules.ready_books import CLEARING, HOUSE, PREPAID, Shop


def shop_of(*, balance_fen: int = 0, **party: object) -> Shop:
    """A distributor without fee, and goods at 1, 10 and 100 yuan."""
    shop = Shop()
    shop.distributor(1, balance_fen=balance_fen, fee_rate_bps=0, **party)  # type: ignore[arg-type]
    for price in (100, 1_000, 10_000):
        shop.sku(f"{price}", price=price)
    return shop


def credit(shop: Shop, amount_fen: int, *, cause: str = "", kind: str = "top_up") -> terms.Answer:
    return shop.ask(terms.Credit(1, amount_fen, cause or f"cause-{next(shop.numbers)}", "system", kind))


def test_a_hold_keeps_the_money_and_a_cancel_gives_it_back() -> None:
    shop = shop_of(balance_fen=10_000)
    order = shop.place(("1000", 3))
    assert shop.money() == (10_000, 3_000)
    answer = shop.try_place(("1000", 8))
    assert answer.refusal is Refusal.INSUFFICIENT_BALANCE
    assert answer.faults[0].facts == {"needed": 8_000, "available": 7_000}
    shop.ask(terms.Cancel(order.id, "system"))
    assert shop.money() == (10_000, 0)
    assert shop.sums() == {}


def test_a_draw_takes_exactly_what_was_held_though_nothing_else_is_left() -> None:
    shop = shop_of(balance_fen=3_000)
    order = shop.place(("1000", 3))
    shop.ask(terms.Capture(order.id, "system"))
    assert shop.money() == (0, 0)
    assert shop.sums() == {PREPAID + 1: -3_000, CLEARING + 1: 3_000}
    (draw,) = shop.books.transfers
    assert (draw.kind, draw.cause, draw.debit_balance_fen) == ("draw", f"order:{order.id}", 0)


def test_a_credit_limit_is_money_too() -> None:
    shop = shop_of(balance_fen=500, credit_limit_fen=1_500)
    assert shop.try_place(("1000", 2), ("100", 1)).refusal is Refusal.INSUFFICIENT_BALANCE
    shop.place(("1000", 2), mode="direct")
    assert shop.money() == (-1_500, 0)
    assert shop.try_place(("100", 1)).refusal is Refusal.INSUFFICIENT_BALANCE
    too_low = shop.ask(terms.SetCreditLimit(1, 1_499, "system"))
    assert too_low.refusal is Refusal.INSUFFICIENT_BALANCE
    assert too_low.faults[0].facts == {"needed": 1_500, "available": 1_499}
    assert shop.ask(terms.SetCreditLimit(1, 1_600, "system")).is_accepted
    assert shop.try_place(("100", 1)).is_accepted
    assert shop.ask(terms.SetCreditLimit(1, 1_599, "system")).refusal is Refusal.INSUFFICIENT_BALANCE


def test_direct_is_hold_and_capture_in_one() -> None:
    shop = shop_of(balance_fen=1_000)
    order = shop.place(("1000", 1), mode="direct")
    assert (order.state, order.held_until, order.held_fen, order.drawn_fen) == ("confirmed", None, 0, 1_000)
    assert shop.money() == (0, 0)
    answer = shop.try_place(("100", 1), mode="direct")
    assert answer.refusal is Refusal.INSUFFICIENT_BALANCE
    assert shop.levels()[0] == (100, 0), "no money, so no stock either"


def test_a_hold_lasts_as_long_as_said_by_the_clock_of_the_books() -> None:
    shop = shop_of(balance_fen=10_000)
    usual, short = shop.place(("100", 1)), shop.place(("100", 1), hold_minutes=2)
    shop.move_time(seconds=119)
    assert shop.ask(terms.Expire(short.id)).refusal is Refusal.STATE_CONFLICT
    shop.move_time(seconds=1)
    assert shop.ask(terms.Expire(short.id)).is_accepted
    assert shop.money() == (10_000, 100)
    shop.move_time(seconds=779)
    assert shop.ask(terms.Capture(usual.id, "system")).is_accepted, "to the last second"
    assert shop.money() == (9_900, 0)


def waiting_shop() -> tuple[Shop, list[OrderRow]]:
    """Three orders of 100, 10 and 1 yuan that wait for funds, in this order."""
    shop = shop_of(funds_policy="check")
    orders = [shop.place((f"{price}", 1)) for price in (10_000, 1_000, 100)]
    for order in orders:
        assert shop.ask(terms.Capture(order.id, "system")).is_accepted
        assert order.state == "awaiting_funds"
    return shop, orders


def test_waiting_orders_go_on_in_their_order() -> None:
    shop, (first, second, third) = waiting_shop()
    assert credit(shop, 9_999).facts == {"balance": 9_999, "released": 0}
    assert [order.state for order in (first, second, third)] == ["awaiting_funds"] * 3, "small ones do not overtake"
    assert credit(shop, 1_001).facts == {"balance": 0, "released": 2}
    assert [order.state for order in (first, second, third)] == ["confirmed", "confirmed", "awaiting_funds"]
    assert shop.ask(terms.Release(1)).facts == {"released": 0}
    assert credit(shop, 100).facts == {"balance": 0, "released": 1}
    assert shop.money() == (0, 0)


def test_waiting_orders_go_on_with_a_higher_limit_too() -> None:
    shop, orders = waiting_shop()
    answer = shop.ask(terms.SetCreditLimit(1, 11_100, "system"))
    assert answer.facts == {"credit_limit": 11_100, "released": 3}
    assert {order.state for order in orders} == {"confirmed"}
    assert shop.money() == (-11_100, 0)


def test_a_cancelled_order_no_longer_waits() -> None:
    shop, (first, second, third) = waiting_shop()
    shop.ask(terms.Cancel(first.id, "system"))
    assert credit(shop, 1_100).facts == {"balance": 0, "released": 2}
    assert [order.state for order in (first, second, third)] == ["cancelled", "confirmed", "confirmed"]


def test_an_order_that_came_to_wait_in_the_same_batch_goes_on_in_it() -> None:
    shop = shop_of(funds_policy="check")
    held = shop.place(("1000", 1))
    asks = [
        terms.Capture(held.id, "system"),
        shop.place_ask(("100", 1), mode="direct"),
        terms.Credit(1, 1_100, "cause", "system"),
    ]
    captured, placed, credited = decide(asks, books=shop.books)
    assert credited.facts == {"balance": 0, "released": 2}
    assert [answer.order.state for answer in (captured, placed) if answer.order] == ["confirmed", "confirmed"]


def test_check_takes_the_order_and_asks_for_the_money_later() -> None:
    shop = shop_of(funds_policy="check")
    order = shop.place(("1000", 1))
    assert (order.state, shop.money()) == ("held", (0, 0))
    credit(shop, 1_000)
    assert shop.ask(terms.Capture(order.id, "system")).is_accepted
    assert (order.state, shop.money()) == ("confirmed", (0, 0))
    assert shop.place(("100", 1), mode="direct").state == "awaiting_funds"


@pytest.mark.parametrize("amount_fen", [0, -1])
def test_a_top_up_adds(amount_fen: int) -> None:
    shop = shop_of()
    before = copy.deepcopy(shop.books)
    assert credit(shop, amount_fen).refusal is Refusal.VALIDATION_FAILED
    assert shop.books == before


def test_an_adjustment_may_take_what_is_free_and_no_more() -> None:
    shop = shop_of(balance_fen=5_000)
    shop.place(("1000", 3))
    assert credit(shop, -2_001, kind="adjustment").refusal is Refusal.INSUFFICIENT_BALANCE
    assert credit(shop, 0, kind="adjustment").refusal is Refusal.VALIDATION_FAILED
    assert credit(shop, -2_000, kind="adjustment", cause="fine").facts == {"balance": 3_000, "released": 0}
    assert credit(shop, -2_000, kind="adjustment", cause="fine").is_replay
    assert shop.sums() == {PREPAID + 1: -2_000, HOUSE["adjustment"]: 2_000}


def test_a_cause_credits_once() -> None:
    shop = shop_of()
    assert credit(shop, 700, cause="bank-1").facts["balance"] == 700
    assert credit(shop, 700, cause="bank-1").is_replay
    assert credit(shop, 300, cause="bank-2").facts["balance"] == 1_000
    assert shop.sums() == {PREPAID + 1: 1_000, HOUSE["bank"]: -1_000}
    other = shop.ask(terms.Credit(9, 1, "bank-3", "system"))
    assert other.refusal is Refusal.NOT_FOUND
