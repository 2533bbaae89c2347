"""The story of the house, number by number, on books without a database."""

from entrepot.pricing.rules import commission_pool
from entrepot.trade import terms
from tests.rules.ready_books import CLEARING, HOUSE, PAYABLE, PLATFORM, PREPAID, Shop

SENIOR, JUNIOR = 1, 2  # 高级 and 初级


def shop() -> Shop:
    """Two tiers with a distributor each."""
    made = Shop()
    made.distributor(SENIOR, balance_fen=100_000, tier_id=1, fee_rate_bps=500)
    made.distributor(JUNIOR, balance_fen=1_000_000, tier_id=2, fee_rate_bps=800)
    return made


def test_98_left_2100_drawn_17900_to_share() -> None:
    story = shop()
    story.sku("A", stock=100, supplier=PLATFORM, price=1000, min_quantity=2)
    order = story.place(("A", 2))
    assert story.available("A") == 98
    assert story.money() == (100_000, 2_100)
    assert story.ask(terms.Capture(order.id, "system")).is_accepted
    assert story.money() == (97_900, 0)
    assert (order.state, order.drawn_fen, order.lines[1].agreed_price_fen) == ("confirmed", 2_100, 1_050)
    pool = commission_pool(10_000, agreed_price_fen=order.lines[1].agreed_price_fen, qty=2, total_rate_bps=10_000)
    assert pool == 17_900
    story.finish(order)
    assert story.levels() == [(98, 0)]
    assert story.sums() == {PREPAID + SENIOR: -2_100, HOUSE["goods_income"]: 2_000, HOUSE["fee_income"]: 100}


def test_the_supplier_is_settled_80_on_completion() -> None:
    story = shop()
    story.sku("B", supplier=7, price=8_000, supplier_price_fen=8_000)
    order = story.place(("B", 1), mode="direct")
    assert story.money() == (100_000 - 8_400, 0)
    story.ship(order, 7)
    story.ask(terms.Receive(order.id, "system"))
    assert story.books.payable[7].balance_fen == 0, "nothing is earned before completion"
    story.ask(terms.Complete(order.id, "system"))
    assert story.books.payable[7].balance_fen == 8_000
    assert story.sums() == {PREPAID + SENIOR: -8_400, PAYABLE + 7: 8_000, HOUSE["fee_income"]: 400}
    assert CLEARING + SENIOR not in story.sums(), "what was drawn is shared out to the last fen"


def test_one_stock_for_all_60_then_40() -> None:
    story = shop()
    story.sku("A", stock=100)
    assert (story.available("A", party=SENIOR), story.available("A", party=JUNIOR)) == (100, 100)
    story.place(("A", 60), party=JUNIOR)
    assert story.available("A", party=SENIOR) == 40
    story.place(("A", 40), party=JUNIOR)
    assert story.available("A", party=SENIOR) == 0
    assert story.try_place(("A", 1), party=SENIOR).faults[0].facts == {"sku": "A", "available": 0, "wanted": 1}


def test_fixed_quotas_by_allotment_60_and_40() -> None:
    story = shop()
    sku = story.sku("A", stock=0)
    story.allotment(sku, stock=60, tier_id=2)
    story.allotment(sku, stock=40, tier_id=1)
    assert (story.available("A", party=JUNIOR), story.available("A", party=SENIOR)) == (60, 40)
    story.place(("A", 60), party=JUNIOR)
    assert (story.available("A", party=JUNIOR), story.available("A", party=SENIOR)) == (0, 40)


def test_fixed_quotas_by_the_same_goods_put_up_twice() -> None:
    story = shop()
    story.sku("A-junior", stock=60, visible_tiers=[2])
    story.sku("A-senior", stock=40, visible_tiers=[1])
    assert (story.available("A-junior", party=JUNIOR), story.available("A-senior", party=SENIOR)) == (60, 40)
    assert story.try_place(("A-senior", 1), party=JUNIOR).refusal is terms.Refusal.NOT_AUTHORISED_FOR_TIER
    assert story.try_place(("A-junior", 1), party=SENIOR).refusal is terms.Refusal.NOT_AUTHORISED_FOR_TIER
