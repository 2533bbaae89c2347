"""The price a line is taken at: rates of goods of their own, and old prices while they are honoured."""

from typing import Any

import pytest

from entrepot.base.refusals import Refusal
from entrepot.pricing.rules import Price, price_for, rate_of_goods
from entrepot.trade.terms import AskLine, Place
from tests.rules.ready_books import CONSIGNEE, Shop

NOW, OLD = Price(800, 1000, 500), Price(700, 900, 500)
# what the mall expects, the prices of old, the rate of old, what it is taken at: supplier price, supply price, rate
EXPECTED = [
    (None, OLD, 400, (800, 1000, 500)),
    (1050, OLD, 400, (800, 1000, 500)),
    (945, OLD, None, (700, 900, 500)),
    (945, None, 400, (800, 1000, 500)),
    (1040, None, 400, (800, 1000, 400)),
    (936, OLD, 400, (700, 900, 400)),
    (936, OLD, None, (800, 1000, 500)),
    (946, OLD, 400, (800, 1000, 500)),
    (0, OLD, 400, (800, 1000, 500)),
]


@pytest.mark.parametrize(("expected_fen", "old", "old_rate_bps", "taken"), EXPECTED)
def test_an_old_price_holds_only_for_who_expects_it(
    expected_fen: int | None, old: Price | None, old_rate_bps: int | None, taken: tuple[int, int, int]
) -> None:
    price = price_for(NOW, expected_fen=expected_fen, old=old, old_rate_bps=old_rate_bps)
    assert (price.supplier_price_fen, price.supply_price_fen, price.fee_rate_bps) == taken


def test_his_own_rate_goes_before_his_tiers() -> None:
    rates = {(7, 1, None): 300, (7, None, 5): 100, (8, 2, None): 200, (9, None, 5): 0}
    asked = [(7, 1, 5), (7, 1, 6), (7, 2, 6), (8, 1, 5), (8, 2, 5), (9, 2, 5)]
    found = [rate_of_goods(rates, goods_id=g, tier_id=t, distributor_id=d) for g, t, d in asked]
    assert found == [100, 300, None, None, 200, 0]


def ask(*lines: AskLine, party: int = 1, number: str = "N") -> Place:
    return Place(party, number, "hold", list(lines), CONSIGNEE, b"content", "system")


def shop(**sku: Any) -> Shop:
    made = Shop()
    made.distributor(1, fee_rate_bps=500)
    made.sku("A", price=1000, **sku)
    return made


def test_orders_pay_the_rate_of_the_goods() -> None:
    made = shop(has_own_rates=True)
    made.distributor(2, tier_id=1, fee_rate_bps=500)
    made.distributor(3, tier_id=2, fee_rate_bps=800)
    made.sku("B", price=1000)
    goods_id = made.books.skus["A"].goods_id
    made.books.fee_rates = {(goods_id, 1, None): 300, (goods_id, None, 2): 0}
    orders = [made.place(("A", 1), ("B", 1), party=party) for party in (1, 2, 3)]
    assert [[line.agreed_price_fen for line in order.lines.values()] for order in orders] == [
        [1030, 1050],
        [1000, 1050],
        [1080, 1080],
    ]
    assert [line.fee_rate_bps for line in orders[1].lines.values()] == [0, 500]
    assert orders[1].fee_rate_bps == 500, "the order keeps the tier's"


def test_within_the_grace_an_order_that_expects_the_old_price_gets_it_whole() -> None:
    made = shop(old_supply_price_fen=900, old_supplier_price_fen=700, supplier_price_fen=800)
    made.books.distributors[1].old_rate_bps = 400
    old = made.ask(ask(AskLine("A", 2, 945), number="1")).order
    cheaper = made.ask(ask(AskLine("A", 2, 936), number="2")).order
    new = made.ask(ask(AskLine("A", 2), number="3")).order
    assert old is not None
    assert cheaper is not None
    assert new is not None
    found = [
        (o.lines[1].supplier_price_fen, o.lines[1].agreed_price_fen, o.total_fen, o.supply_orders[2].payable_fen)
        for o in (old, cheaper, new)
    ]
    assert found == [(700, 945, 1890, 1400), (700, 936, 1872, 1400), (800, 1050, 2100, 1600)]
    refused = made.ask(ask(AskLine("A", 1, 944), number="4"))
    assert (refused.refusal, refused.faults[0].facts) == (
        Refusal.PRICE_CHANGED,
        {"sku": "A", "old": 944, "new": 1050},
    )


def test_after_the_grace_the_old_price_is_refused() -> None:
    answer = shop().ask(ask(AskLine("A", 1, 945)))
    assert answer.refusal is Refusal.PRICE_CHANGED


def test_goods_with_a_rate_of_their_own_know_no_old_rate_of_the_tier() -> None:
    made = shop(has_own_rates=True)
    made.books.distributors[1].old_rate_bps = 400
    made.books.fee_rates = {(made.books.skus["A"].goods_id, 1, None): 300}
    assert made.ask(ask(AskLine("A", 1, 1040))).refusal is Refusal.PRICE_CHANGED
    assert made.ask(ask(AskLine("A", 1, 1030))).is_accepted
