"""Refunds and completion: histories of one order against a tally kept by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.base.refusals import Refusal
from entrepot.trade import terms
from tests.rules.ready_books import CLEARING, HOUSE, PAYABLE, PLATFORM, PREPAID, Shop

FUNDS = 10**9


def drawn_shop(*, freight_fen: int = 0) -> tuple[Shop, terms.OrderRow]:
    """An order of 3 and 2 pieces, drawn."""
    shop = Shop()
    shop.distributor(1, balance_fen=FUNDS, fee_rate_bps=333)
    shop.freight(5, first_fen=freight_fen)
    shop.sku("A", price=999, template_id=5)
    shop.sku("B", price=501, template_id=5)
    return shop, shop.place(("A", 3), ("B", 2), mode="direct")


def test_a_whole_order_comes_back_to_the_fen() -> None:
    shop, order = drawn_shop()
    assert order.drawn_fen == 3 * 1_032 + 2 * 518
    answer = shop.refund(order, "R1")
    assert answer.facts == {"refunded": order.drawn_fen}
    assert (order.state, order.refunded_fen) == ("refunded", order.drawn_fen)
    assert shop.money() == (FUNDS, 0)
    assert shop.levels() == [(100, 0), (100, 0)]
    assert shop.sums() == {}


def test_a_refund_number_counts_once() -> None:
    shop, order = drawn_shop()
    assert shop.refund(order, "R1", {1: 1}).facts == {"refunded": 1_032}
    again = shop.refund(order, "R1", {1: 1})
    assert (again.is_replay, again.facts) == (True, {"refunded": 1_032})
    assert shop.money() == (FUNDS - order.drawn_fen + 1_032, 0)
    assert [refund.refund_no for refund in shop.books.refunds] == ["R1"]


def test_a_refund_number_keeps_its_content() -> None:
    shop, order = drawn_shop()
    shop.refund(order, "R1", {1: 1})
    other = shop.refund(order, "R1", {1: 2})
    assert (other.refusal, other.order) == (Refusal.NUMBER_REUSED, order)
    assert shop.refund(order, "R1").is_replay, "without pieces it asks what became of the number"
    assert order.refunded_fen == 1_032


@pytest.mark.parametrize(
    ("pieces", "pointers"),
    [
        ({1: 4}, ["/lines/1/qty"]),
        ({1: 0}, ["/lines/1/qty"]),
        ({1: -1}, ["/lines/1/qty"]),
        ({9: 1}, ["/lines/9"]),
        ({1: 3, 2: 3}, ["/lines/2/qty"]),
        ({1: 4, 9: 1}, ["/lines/1/qty", "/lines/9"]),
    ],
)
def test_no_more_comes_back_than_is_open(pieces: dict[int, int], pointers: list[str]) -> None:
    shop, order = drawn_shop()
    answer = shop.refund(order, "R1", pieces)
    assert answer.refusal is Refusal.VALIDATION_FAILED
    assert [fault.pointer for fault in answer.faults] == pointers
    assert (order.refunded_fen, shop.books.refunds, order.refunds) == (0, [], {})


def test_what_is_sent_does_not_come_back() -> None:
    shop, order = drawn_shop()
    shop.ship(order, pieces={1: 2})
    assert shop.refund(order, "R1", {1: 2}).refusal is Refusal.VALIDATION_FAILED
    assert shop.refund(order, "R2", {1: 1}).is_accepted
    assert shop.refund(order, "R3").facts == {"refunded": 2 * 518}
    assert (order.state, order.refunded_fen) == ("shipped", 1_032 + 2 * 518)
    assert shop.refund(order, "R4").refusal is Refusal.STATE_CONFLICT


def test_what_was_given_back_is_not_sent() -> None:
    shop, order = drawn_shop()
    shop.refund(order, "R1", {1: 2})
    assert shop.ship(order, pieces={1: 2}).refusal is Refusal.VALIDATION_FAILED
    assert shop.ship(order, pieces={1: 1}).is_accepted


def test_the_supplier_is_owed_his_own_price() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=FUNDS)
    shop.sku("A", price=1_000, supplier_price_fen=800)
    shop.finish(shop.place(("A", 2), mode="direct"))
    assert shop.sums() == {
        PREPAID + 1: -2_100,
        PAYABLE + 2: 1_600,
        HOUSE["goods_income"]: 400,
        HOUSE["fee_income"]: 100,
    }


class Tally:
    """What one order must have done to money and pieces, kept apart from the books."""

    def __init__(self, lines: Sequence[tuple[int, int]]) -> None:
        self.price = [price for price, _ in lines]
        self.left = [qty for _, qty in lines]
        self.sent = [0 for _ in lines]
        self.back = [0 for _ in lines]
        self.numbers: dict[str, int] = {}

    @property
    def back_fen(self) -> int:
        return sum(price * qty for price, qty in zip(self.price, self.back, strict=True))

    def take(self, place: int, qty: int, *, to: list[int]) -> bool:
        if not 0 < qty <= self.left[place]:
            return False
        self.left[place] -= qty
        to[place] += qty
        return True


steps = st.lists(
    st.tuples(
        st.sampled_from(["ship", "refund", "refund", "refund again", "refund all"]),
        st.integers(0, 3),
        st.integers(-1, 6),
        st.integers(0, 4),
    ),
    max_size=25,
)
lines_drawn = st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 6)), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(lines_drawn, steps, st.integers(0, 2_000))
def test_any_history_of_parcels_and_refunds_adds_up(
    lines: list[tuple[int, int]], history: list[tuple[str, int, int, int]], fee_rate_bps: int
) -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=FUNDS, fee_rate_bps=fee_rate_bps)
    for place, (price, _) in enumerate(lines):
        shop.sku(f"{place}", price=price)
    order = shop.place(*((f"{place}", qty) for place, (_, qty) in enumerate(lines)), mode="direct")
    tally = Tally([(order.lines[place + 1].agreed_price_fen, qty) for place, (_, qty) in enumerate(lines)])
    for verb, place, qty, number in history:
        _step(shop, order, tally, verb=verb, place=place, qty=qty, number=f"R{number}")
        assert shop.money() == (FUNDS - order.total_fen + tally.back_fen, 0)
        assert order.refunded_fen == tally.back_fen == sum(refund.amount_fen for refund in shop.books.refunds)
        for at, line in enumerate(order.lines.values()):
            assert (line.open_qty, line.shipped_qty, line.refunded_qty) == (
                tally.left[at],
                tally.sent[at],
                tally.back[at],
            )
            assert shop.levels()[at] == (100 - tally.sent[at], tally.left[at])
        assert order.state == _expected(tally)


def _step(shop: Shop, order: terms.OrderRow, tally: Tally, *, verb: str, place: int, qty: int, number: str) -> None:
    if verb == "ship":
        is_due = place < len(tally.left) and tally.take(place, qty, to=tally.sent)
        assert shop.ship(order, pieces={place + 1: qty}).is_accepted == is_due
    elif number in tally.numbers:
        amount_fen = tally.numbers[number]
        answer = shop.refund(order, number)
        assert (answer.is_replay, answer.facts) == (True, {"refunded": amount_fen})
    elif verb == "refund all":
        before = tally.back_fen
        is_due = any(tally.left)
        for at, left in enumerate(tally.left):
            tally.take(at, left, to=tally.back)
        answer = shop.refund(order, number)
        assert answer.is_accepted == is_due
        if is_due:
            tally.numbers[number] = tally.back_fen - before
    else:
        is_due = place < len(tally.left) and tally.take(place, qty, to=tally.back)
        answer = shop.refund(order, number, {place + 1: qty})
        assert answer.is_accepted == is_due
        if is_due:
            tally.numbers[number] = tally.price[place] * qty


def _expected(tally: Tally) -> str:
    if any(tally.sent):
        return "partly_shipped" if any(tally.left) else "shipped"
    return "confirmed" if any(tally.left) else "refunded"


# price, what the supplier asks, pieces, pieces refunded, whose goods (the platform's or one of two suppliers)
shared_lines = st.lists(
    st.tuples(
        st.integers(0, 50_000), st.integers(0, 60_000), st.integers(1, 9), st.integers(0, 9), st.integers(PLATFORM, 3)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(shared_lines, st.integers(0, 10_000))
def test_what_was_drawn_is_shared_out_to_the_fen(
    lines: list[tuple[int, int, int, int, int]], fee_rate_bps: int
) -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=FUNDS, fee_rate_bps=fee_rate_bps)
    for place, (price, asked, _, _, supplier) in enumerate(lines):
        shop.sku(f"{place}", price=price, supplier_price_fen=asked, supplier=supplier)
    order = shop.place(*((f"{place}", qty) for place, (_, _, qty, _, _) in enumerate(lines)), mode="direct")
    owed = {2: 0, 3: 0}
    fee_fen = goods_fen = 0
    for place, (price, asked, qty, back, supplier) in enumerate(lines):
        back = min(back, qty)
        if back:
            shop.refund(order, f"R{place}", {place + 1: back})
        kept = qty - back
        fee_fen += (price * fee_rate_bps * 2 + 10_000) // 20_000 * kept
        goods_fen += (price if supplier == PLATFORM else price - asked) * kept
        if supplier != PLATFORM:
            owed[supplier] += asked * kept
    if order.state == "refunded":
        assert shop.sums() == {}
        return
    shop.finish(order)
    sums = shop.sums()
    assert CLEARING + 1 not in sums, "nothing stays between the parties"
    assert -sums.get(PREPAID + 1, 0) == order.drawn_fen - order.refunded_fen == fee_fen + goods_fen + sum(owed.values())
    assert sums.get(HOUSE["fee_income"], 0) == fee_fen
    assert sums.get(HOUSE["goods_income"], 0) == goods_fen
    assert {supplier: sums.get(PAYABLE + supplier, 0) for supplier in owed} == owed
    assert {
        supplier: shop.books.payable[supplier].balance_fen for supplier in owed if supplier in shop.books.payable
    } == {supplier: amount for supplier, amount in owed.items() if supplier in shop.books.payable}


def test_freight_is_drawn_without_fee_owed_to_the_shipper_and_comes_back_with_the_last_piece() -> None:
    for ends_shipped in (True, False):
        shop, order = drawn_shop(freight_fen=700)
        assert (order.freight_fen, order.total_fen, shop.money()[0]) == (700, 4_832, FUNDS - 4_832)
        assert shop.refund(order, "R1", {1: 3}).facts == {"refunded": 3 * 1_032}
        if ends_shipped:
            shop.finish(order)
            assert shop.sums()[PAYABLE + 2] == 2 * 501 + 700
        else:
            assert shop.refund(order, "R2").facts == {"refunded": 2 * 518 + 700}
            assert shop.money() == (FUNDS, 0)
        assert CLEARING + 1 not in shop.sums()
