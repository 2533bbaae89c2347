"""What the desk does with money and goods of shipped pieces: who bears what, to the fen, once."""

from typing import Any

import pytest

from entrepot.base.refusals import Refusal
from entrepot.trade import terms
from entrepot.trade.books import OrderRow
from tests.rules.ready_books import CLEARING, PAYABLE, PLATFORM, Shop

HOUSE = {"fee_income": 902, "goods_income": 901}


def shop(*, supplier: int = 2, freight: int = 0, **sku: Any) -> tuple[Shop, OrderRow]:
    """Four pieces at supplier price 7.00, supply price 10.00, fee 0.50, wholly sent."""
    made = Shop()
    made.distributor()
    made.sku("A", supplier=supplier, price=1000, **{"supplier_price_fen": 700} | sku)
    order = made.place(("A", 4), mode="direct")
    if freight:
        order.supply_orders[supplier].freight_fen = freight
        order.freight_fen += freight
        order.total_fen += freight
        order.drawn_fen += freight
        made.books.prepaid[1].balance_fen -= freight
        made.books.transfers[0].amount_fen += freight
    assert made.ship(order, supplier).is_accepted
    order.left_from[1] = min(made.books.levels)
    return made, order


def back(made: Shop, order: OrderRow, qty: int, amount: int, number: str = "R1", **more: Any) -> terms.Answer:
    """Give money back for pieces of the one line."""
    values = {"kind": "claim", "actor": "system", "reason": ""} | more
    return made.ask(terms.ReturnMoney(order.id, number, amounts={1: (qty, amount)}, **values))


def finish(made: Shop, order: OrderRow) -> None:
    """Receive and complete."""
    assert made.ask(terms.Receive(order.id, "system")).is_accepted
    assert made.ask(terms.Complete(order.id, "system")).is_accepted


def earned(made: Shop, supplier: int = 2) -> tuple[int, int, int, int]:
    """What supplier, fee and goods have in the end, and what clearing still holds."""
    sums = made.sums()
    return (
        sums.get(PAYABLE + supplier, 0),
        sums.get(HOUSE["fee_income"], 0),
        sums.get(HOUSE["goods_income"], 0),
        sums.get(CLEARING + 1, 0),
    )


# What a return of two of four pieces leaves to supplier, fee and goods, by amount and supplier's share.
SPLITS = [
    (2100, 10_000, (1400, 100, 600)),
    (2100, 0, (2800, 100, -800)),
    (2100, 5_000, (1750, 100, 250)),
    (1001, 10_000, (1799, 200, 1200)),
    (1001, 0, (2800, 152, 247)),
    (1001, 5_000, (2299, 152, 748)),
    (1999, 9_999, (1400, 105, 696)),
    (1, 10_000, (2799, 200, 1200)),
    (1, 5_000, (2799, 200, 1200)),
    (1, 4_999, (2800, 200, 1199)),
]


@pytest.mark.parametrize("is_late", [False, True], ids=["before-completion", "after-completion"])
@pytest.mark.parametrize(("amount", "share", "left"), SPLITS)
def test_an_amount_is_borne_to_the_fen_whenever_it_comes_back(
    amount: int, share: int, left: tuple[int, int, int], is_late: bool
) -> None:
    made, order = shop()
    if is_late:
        finish(made, order)
    before = made.money()[0]
    assert back(made, order, 2, amount, supplier_bps=share).is_accepted
    assert made.money()[0] == before + amount and order.refunded_fen == amount
    if not is_late:
        finish(made, order)
    assert earned(made) == (*left, 0)
    assert sum(left) == 4200 - amount


def test_own_goods_have_no_supplier_who_bears() -> None:
    made, order = shop(supplier=PLATFORM)
    finish(made, order)
    assert back(made, order, 4, 4200, kind="after_sale", supplier_bps=10_000).is_accepted
    assert earned(made, PLATFORM) == (0, 0, 0, 0)


def test_goods_sold_at_a_loss_are_undone_exactly() -> None:
    made, order = shop(supplier_price_fen=1200)
    finish(made, order)
    assert earned(made) == (4800, 200, -800, 0)
    assert back(made, order, 4, 4200, kind="after_sale").is_accepted
    assert earned(made) == (0, 0, 0, 0)


def test_a_piece_is_paid_back_once() -> None:
    made, order = shop()
    assert back(made, order, 3, 500).is_accepted
    refused = back(made, order, 2, 500, "R2")
    assert refused.refusal is Refusal.VALIDATION_FAILED
    assert refused.faults[0].facts == {"why": "more_than_open", "open": 1, "qty": 2}
    assert back(made, order, 1, 1051, "R2").faults[0].facts["why"] == "more_than_paid"
    assert back(made, order, 1, -1, "R2").refusal is Refusal.VALIDATION_FAILED
    assert back(made, order, 1, 1000, "R2", kind="after_sale").faults[0].facts["why"] == "whole_price"
    assert back(made, order, 1, 1000, "R2", kind="gift").refusal is Refusal.VALIDATION_FAILED
    assert back(made, order, 1, 1050, "R2").is_accepted
    assert order.refunded_fen == 1550


def test_one_number_has_one_effect() -> None:
    made, order = shop()
    assert back(made, order, 1, 1050).is_accepted
    money, transfers = made.money(), len(made.books.transfers)
    again = back(made, order, 1, 1050)
    assert again.is_replay and again.facts["refunded"] == 1050
    assert back(made, order, 1, 900).is_replay is False
    assert back(made, order, 1, 1051).refusal is Refusal.NUMBER_REUSED
    assert (made.money(), len(made.books.transfers)) == (money, transfers)


def test_nothing_comes_back_for_what_was_not_sent_or_not_drawn() -> None:
    made, order = shop()
    held = made.place(("A", 1))
    assert back(made, held, 1, 100).refusal is Refusal.STATE_CONFLICT
    assert made.ask(terms.ReturnMoney(99, "R", "claim", "system", "", {1: (1, 1)})).refusal is Refusal.NOT_FOUND
    assert made.ask(terms.ReturnMoney(order.id, "R", "claim", "system", "", {2: (1, 1)})).refusal is (
        Refusal.VALIDATION_FAILED
    )
    assert made.ask(terms.ReturnMoney(order.id, "R", "claim", "system", "", {})).refusal is Refusal.VALIDATION_FAILED


@pytest.mark.parametrize(
    ("freight_by", "given", "left"),
    [("shipper", 300, (0, 0, 0)), ("platform", 300, (300, 0, -300)), ("", 0, (300, 0, 0))],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_freight_comes_back_with_the_last_piece(
    freight_by: str, given: int, left: tuple[int, int, int], is_late: bool
) -> None:
    made, order = shop(freight=300)
    if is_late:
        finish(made, order)
    first = back(made, order, 3, 3150, kind="after_sale", freight_by=freight_by)
    assert first.facts["freight"] == 0
    last = back(made, order, 1, 1050, "R2", kind="after_sale", freight_by=freight_by)
    assert last.facts["freight"] == given
    assert order.refunded_fen == 4200 + given
    if not is_late:
        finish(made, order)
    assert earned(made) == (*left, 0)


def test_a_settled_part_of_the_price_does_not_bring_freight_back() -> None:
    made, order = shop(freight=300)
    assert back(made, order, 4, 4199, freight_by="shipper").facts["freight"] == 0


def goods(made: Shop, order: OrderRow, good: int, bad: int, cause: str = "a:1") -> terms.Answer:
    """Take pieces back."""
    return made.ask(terms.ReturnGoods(order.id, cause, "system", {1: (good, bad)}))


def test_goods_go_back_where_they_left_and_damaged_ones_leave_the_books() -> None:
    made, order = shop()
    assert made.levels() == [(96, 0)]
    assert goods(made, order, 2, 1).is_accepted
    assert made.levels() == [(98, 0)]
    assert [(move.kind, move.on_hand_delta) for move in made.books.moves[-2:]] == [("return", 3), ("write_off", -1)]
    assert goods(made, order, 2, 1).is_replay and made.levels() == [(98, 0)]
    assert goods(made, order, 5, 0, "a:2").refusal is Refusal.VALIDATION_FAILED


def test_pieces_of_a_pool_come_back_for_everybody() -> None:
    made = Shop()
    made.distributor()
    sku = made.sku("A", stock=5)
    made.allotment(sku, stock=10, distributor_id=1)
    order = made.place(("A", 3), mode="direct")
    assert made.ship(order).is_accepted
    pool = next(level for level in made.books.levels.values() if level.allotment_id)
    shared = next(level for level in made.books.levels.values() if not level.allotment_id)
    pool.warehouse_id = shared.warehouse_id
    order.left_from[1] = pool.id
    assert (shared.on_hand, pool.on_hand) == (5, 7)
    assert goods(made, order, 3, 0).is_accepted
    assert (shared.on_hand, pool.on_hand) == (8, 7)


def test_a_second_parcel_needs_pieces_that_are_free() -> None:
    made, order = shop()
    made.books.levels[min(made.books.levels)].on_hand = 2
    ask = terms.Resend(order.id, "a:1", "system", {1: 3})
    assert made.ask(ask).faults[0].facts == {"sku": "A", "available": 2, "wanted": 3}
    ask.pieces = {1: 2}
    assert made.ask(ask).is_accepted and made.levels() == [(0, 0)]
    assert made.books.events[-1].type == "stock.sold_out"
    assert made.ask(ask).is_replay and made.levels() == [(0, 0)]
