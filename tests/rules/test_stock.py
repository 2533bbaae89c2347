"""Pools, floors, caps, buffers and ends; what is told about stock."""

import copy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.stock.rules import AllotmentRow, LevelRow, allocate, own_allotment, sellable
from entrepot.trade import terms
from tests.rules.ready_books import NOW, Shop

OWN = 1


def level(number: int, *, stock: int, pool: int | None = None, reserved: int = 0) -> LevelRow:
    return LevelRow(number, 10, number, pool, stock + reserved, reserved)


def allotment(*, cap: int | None = None, buffer: int = 0, taken: int = 0) -> AllotmentRow:
    return AllotmentRow(OWN, 1, None, cap, buffer, taken, None)


@pytest.mark.parametrize(
    ("shared", "pool", "own", "free"),
    [
        (40, 0, None, 40),
        (40, 60, None, 40),  # what is set apart for others is not ours
        (40, 60, allotment(), 100),
        (40, 60, allotment(buffer=10), 90),
        (40, 5, allotment(buffer=10), 40),  # a buffer larger than the pool takes nothing from the shared pool
        (40, 60, allotment(cap=70), 70),
        (40, 60, allotment(cap=70, taken=65), 5),
        (40, 60, allotment(cap=70, taken=70), 0),
        (40, 60, allotment(cap=70, taken=75), 0),  # a cap that was lowered later
        (40, 60, allotment(cap=500), 100),
        (40, 60, allotment(cap=70, buffer=50), 50),
        (0, 0, allotment(), 0),
    ],
)
def test_what_a_party_may_take(shared: int, pool: int, own: AllotmentRow | None, free: int) -> None:
    levels = [level(1, stock=shared, reserved=7), level(2, stock=pool, pool=OWN, reserved=3), level(3, stock=9, pool=2)]
    assert sellable(levels, own=own) == free
    assert allocate(levels, qty=free + 1, own=own) is None
    if free:
        takes = allocate(levels, qty=free, own=own)
        assert takes is not None
        assert sum(pieces for _, pieces in takes) == free


def test_the_own_pool_is_emptied_first_and_levels_by_their_number() -> None:
    levels = [level(1, stock=4), level(2, stock=5, pool=OWN), level(3, stock=6), level(4, stock=2, pool=OWN)]
    takes = allocate(levels, qty=12, own=allotment(buffer=1))
    assert [(row.id, pieces) for row, pieces in takes or []] == [(2, 5), (4, 1), (1, 4), (3, 2)]


def test_his_own_pool_comes_before_his_tiers() -> None:
    tier = AllotmentRow(1, None, 7, None, 0, 0, None)
    party = AllotmentRow(2, 5, None, None, 0, 0, None)
    ended = AllotmentRow(3, 6, None, None, 0, 0, NOW)
    later = AllotmentRow(4, 6, None, None, 0, 0, NOW + timedelta(seconds=1))

    def serving(party_id: int, *rows: AllotmentRow) -> AllotmentRow | None:
        return own_allotment(rows, distributor_id=party_id, tier_id=7, now=NOW)

    assert serving(5, tier, party) is party
    assert serving(6, tier, party) is tier
    assert serving(6, tier, ended) is tier, "an end that has come is an end"
    assert serving(6, tier, ended, later) is later
    assert own_allotment([tier, party], distributor_id=6, tier_id=8, now=NOW) is None


levels_drawn = st.lists(
    st.tuples(st.sampled_from([None, OWN, 2]), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6
)


@given(levels_drawn, st.integers(1, 60), st.none() | st.integers(0, 50), st.integers(0, 15), st.integers(0, 30))
def test_nobody_takes_what_is_not_his(
    drawn: list[tuple[int | None, int, int]], qty: int, cap: int | None, buffer: int, taken: int
) -> None:
    levels = [level(number, stock=free, pool=pool, reserved=kept) for number, (pool, free, kept) in enumerate(drawn, 1)]
    own = allotment(cap=cap, buffer=buffer, taken=taken)
    before = copy.deepcopy(levels)
    takes = allocate(levels, qty=qty, own=own)
    assert levels == before, "judging changes nothing"
    free_shared = sum(free for pool, free, _ in drawn if pool is None)
    free_own = sum(free for pool, free, _ in drawn if pool == OWN)
    reach = max(0, free_own - buffer) + free_shared
    if cap is not None:
        reach = min(reach, cap - taken)
    assert (takes is not None) == (qty <= reach)
    if takes is None:
        return
    assert sum(pieces for _, pieces in takes) == qty
    assert all(0 < pieces <= row.on_hand - row.reserved and row.allotment_id in (None, OWN) for row, pieces in takes)
    from_own = sum(pieces for row, pieces in takes if row.allotment_id == OWN)
    assert from_own == min(qty, max(0, free_own - buffer)), "the own pool first, all but its buffer"
    assert len({row.id for row, _ in takes}) == len(takes)


def test_a_cap_counts_what_came_from_both_pools_and_is_given_back() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=50)
    pool = shop.allotment(sku, stock=10, distributor_id=1, cap=15)
    first = shop.place(("A", 12))
    assert pool.taken == 12
    assert [(level.allotment_id, level.reserved) for level in shop.books.levels.values()] == [(None, 2), (1, 10)]
    assert shop.available("A") == 3
    shop.ask(terms.Cancel(first.id, "system"))
    assert (pool.taken, shop.levels()) == (0, [(50, 0), (10, 0)])
    second = shop.place(("A", 15), mode="direct")
    shop.ship(second, pieces={1: 12})
    shop.refund(second, "R1")
    assert pool.taken == 12, "what was sent stays counted, what came back does not"
    assert shop.available("A") == 3


def test_an_order_spread_over_warehouses_comes_back_whence_it_came() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=5)
    shop.level(sku, stock=5)
    order = shop.place(("A", 4), ("A", 4), mode="direct")
    assert shop.levels() == [(5, 5), (5, 3)]
    shop.ship(order, pieces={1: 1, 2: 2})
    assert shop.levels() == [(3, 3), (4, 2)] or sum(on_hand for on_hand, _ in shop.levels()) == 7
    shop.refund(order, "R1")
    assert [reserved for _, reserved in shop.levels()] == [0, 0]
    assert sum(on_hand for on_hand, _ in shop.levels()) == 7


def told(shop: Shop) -> list[tuple[str, int]]:
    """What was told about stock: the type of the event and the stock it names."""
    return [(event.type, event.data["stock"]) for event in shop.books.events if event.object_kind == "sku"]


def test_sold_out_and_back_are_told_when_the_shared_pool_is_empty_and_no_longer() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=3)
    shop.level(sku, stock=2)
    shop.place(("A", 4))
    assert told(shop) == [], "the second warehouse has one left"
    last = shop.place(("A", 1))
    assert told(shop) == [("stock.sold_out", 0)]
    shop.ask(terms.Cancel(last.id, "system"))
    assert told(shop) == [("stock.sold_out", 0), ("stock.restocked", 1)]


def test_an_empty_warehouse_is_not_sold_out() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=5)
    shop.level(sku, stock=5)
    order = shop.place(("A", 5), ("A", 1), mode="direct")
    shop.refund(order, "R1", {1: 1})
    restock(shop, -1)
    restock(shop, 1)
    shop.refund(order, "R2")
    assert told(shop) == [("stock.changed", 4), ("stock.changed", 5)]


def test_who_reaches_his_cap_has_not_sold_out_the_goods() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=50)
    shop.allotment(sku, stock=0, distributor_id=1, cap=5)
    shop.place(("A", 5))
    assert shop.available("A") == 0
    assert told(shop) == []


def test_what_is_set_apart_is_not_told_as_stock() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=2)
    shop.allotment(sku, stock=3, distributor_id=1)
    order = shop.place(("A", 5))
    assert told(shop) == [("stock.sold_out", 0)]
    shop.ask(terms.Cancel(order.id, "system"))
    assert told(shop)[1:] == [("stock.restocked", 2)], "told once, when all of it is back"


# --- restock and allot ---


def restock(shop: Shop, qty: int, *, cause: str = "", set_to: int | None = None, warehouse: int = 1) -> terms.Answer:
    cause = cause or f"cause-{next(shop.numbers)}"
    return shop.ask(terms.Restock("A", warehouse, qty, cause, "system", set_to=set_to))


def test_pieces_come_and_go_but_not_those_that_are_reserved() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.sku("A", stock=10)
    shop.place(("A", 4))
    assert restock(shop, 5).facts == {"available": 11, "delta": 5}
    assert restock(shop, -11).facts == {"available": 0, "delta": -11}
    answer = restock(shop, -1)
    assert (answer.refusal, answer.faults[0].facts) == (
        terms.Refusal.INSUFFICIENT_STOCK,
        {"sku": "A", "available": 0, "wanted": 1},
    )
    assert shop.levels() == [(4, 4)]
    assert restock(shop, 0, set_to=7).facts == {"available": 7, "delta": 7}
    assert restock(shop, 0, set_to=-1).refusal is terms.Refusal.INSUFFICIENT_STOCK
    assert restock(shop, 5, warehouse=99).refusal is terms.Refusal.NOT_FOUND
    assert told(shop) == [("stock.changed", 11), ("stock.sold_out", 0), ("stock.restocked", 7)]


def test_a_cause_counts_once_even_if_there_was_nothing_to_change() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.sku("A", stock=10)
    for cause, qty, set_to in (("more", 5, None), ("count", 0, 15)):
        assert restock(shop, qty, cause=cause, set_to=set_to).is_accepted
        assert restock(shop, qty, cause=cause, set_to=set_to).is_replay
    shop.place(("A", 3))
    assert restock(shop, 0, cause="count", set_to=15).is_replay
    assert shop.levels() == [(15, 3)]
    assert [(move.cause, move.on_hand_delta) for move in shop.books.moves if move.kind == "restock"] == [
        ("more", 5),
        ("count", 0),
    ], "a count that found nothing is written down too, or it would count again later"


def test_pieces_move_between_pools_and_none_is_lost() -> None:
    shop = Shop()
    shop.distributor(1)
    sku = shop.sku("A", stock=10)
    pool = shop.allotment(sku, stock=0, distributor_id=2)
    shop.books.levels[2].warehouse_id = 1

    def allot(qty: int, cause: str) -> terms.Answer:
        return shop.ask(terms.Allot("A", 1, pool.id, qty, cause, "system"))

    assert allot(6, "a").facts == {"available": 6}
    assert allot(6, "a").is_replay
    assert allot(5, "b").refusal is terms.Refusal.INSUFFICIENT_STOCK
    assert allot(4, "b").facts == {"available": 10}
    assert allot(-11, "c").refusal is terms.Refusal.INSUFFICIENT_STOCK
    assert allot(-3, "c").facts == {"available": 7}
    assert shop.levels() == [(3, 0), (7, 0)]
    assert told(shop) == [("stock.changed", 4), ("stock.sold_out", 0), ("stock.restocked", 3)]
