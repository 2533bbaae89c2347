"""Freight of lines that go out by another shipper: owed once, given back once, whatever was refunded before."""

import pytest

from entrepot.trade.acceptances import CannotSupply, ExtendAcceptance, Reroute
from tests.rules.ready_books import CLEARING, PAYABLE, Shop
from tests.rules.test_acceptance import whys

FUNDS = 10**9


@pytest.fixture
def shop() -> Shop:
    """Two goods of supplier 2, who asks 5.00 for sending; one of supplier 3, who asks 7.00, and one more of his."""
    made = Shop()
    made.distributor(1, balance_fen=FUNDS, fee_rate_bps=0)
    made.freight(1, first_fen=500)
    made.freight(2, first_fen=700)
    made.sku("A", template_id=1, acceptance_minutes=60)
    made.sku("B", template_id=1, acceptance_minutes=60)
    made.sku("C", supplier=3, template_id=2)
    made.sku("D", supplier=3)
    return made


def test_who_sends_the_last_line_has_the_freight_though_another_line_was_refunded(shop: Shop) -> None:
    order = shop.place(("A", 1), ("B", 1), mode="direct")
    shop.refund(order, "R1", {1: 1})
    assert shop.ask(Reroute(order.id, 2, "D", "system", "")).is_accepted
    assert {number: part.freight_fen for number, part in order.supply_orders.items()} == {2: 0, 3: 500}
    shop.finish(order)
    assert shop.sums().get(CLEARING + 1, 0) == 0
    assert shop.sums()[PAYABLE + 3] == 1000 + 500


def test_the_freight_of_what_was_sent_stays_with_who_sent_it(shop: Shop) -> None:
    order = shop.place(("C", 1), ("D", 1), mode="direct")
    shop.ship(order, 3, {1: 1})
    assert shop.ask(Reroute(order.id, 2, "A", "system", "")).is_accepted
    assert {number: part.freight_fen for number, part in order.supply_orders.items()} == {3: 700, 2: 0}


def test_another_sku_of_the_same_shipper_moves_no_freight(shop: Shop) -> None:
    order = shop.place(("C", 1), mode="direct")
    assert shop.ask(Reroute(order.id, 1, "D", "system", "")).is_accepted
    assert order.supply_orders[3].freight_fen == 700


def test_freight_that_went_back_does_not_go_back_twice(shop: Shop) -> None:
    order = shop.place(("A", 1), ("C", 1), mode="direct")
    shop.refund(order, "R1", {2: 1})
    answer = shop.ask(Reroute(order.id, 1, "D", "system", ""))
    assert whys(answer) == ["freight_went_back"]
    shop.refund(order, "R2")
    assert (shop.money(), order.refunded_fen) == ((FUNDS, 0), order.drawn_fen)


def test_no_time_is_given_for_a_line_of_which_nothing_is_left_to_send(shop: Shop) -> None:
    order = shop.place(("A", 3), ("C", 1), mode="direct")
    line = order.lines[1]
    assert line.acceptance is not None
    line.acceptance.state = "accepted"
    shop.ship(order, pieces={1: 1})
    shop.ask(CannotSupply(order.id, 2, [1], "refund", "停产", "system"))
    assert (line.open_qty, line.acceptance.state) == (0, "refused")
    answer = shop.ask(ExtendAcceptance(order.id, [1], 60, "system"))
    assert whys(answer) == ["nothing_open"], "else its time would be over again and again"
