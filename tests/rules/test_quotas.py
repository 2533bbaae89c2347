"""Limits of holds, allotments with floors, warnings of low funds, versions: the rules alone."""

import itertools
from datetime import date, timedelta

import pytest

from entrepot.base.refusals import Refusal
from entrepot.ledger.rules import days_left, is_low, pace_fen, warn_below_fen
from entrepot.stock.rules import Holdings, HoldQuota, adapted_lapse_s
from entrepot.trade import terms
from tests.rules.ready_books import NOW, Shop

TODAY = date(2026, 6, 18)


def quota_shop(**limits: int) -> Shop:
    """A shop whose distributor has limits."""
    shop = Shop()
    shop.distributor(1, fee_rate_bps=0)
    shop.books.distributors[1].quota = HoldQuota(**limits)
    for code in ("A", "B"):
        shop.sku(code, stock=100, price=1000)
    return shop


def refused(shop: Shop, *lines: tuple[str, int], mode: str = "hold") -> list[tuple[str, int, int, int]]:
    """The limits an order would pass: name, limit, held, wanted."""
    answer = shop.try_place(*lines, mode=mode)
    assert answer.is_accepted or answer.refusal is Refusal.HOLD_QUOTA_EXCEEDED
    facts = [fault.facts for fault in answer.faults]
    return [(fact["quota"], fact["limit"], fact["held"], fact["wanted"]) for fact in facts]


def test_pieces_of_a_sku_on_hold_are_limited_to_the_last_piece() -> None:
    shop = quota_shop(pieces_of_sku=10)
    assert refused(shop, ("A", 6), ("B", 10)) == []
    assert refused(shop, ("A", 5)) == [("pieces_of_sku", 10, 6, 5)]
    assert refused(shop, ("A", 2), ("A", 3)) == [("pieces_of_sku", 10, 6, 5)], "lines of one SKU count together"
    assert refused(shop, ("A", 5), mode="direct") == [], "what is drawn at once is not on hold"
    assert refused(shop, ("A", 4)) == []
    assert shop.levels() == [(100, 15), (100, 10)]


def test_holds_money_and_buyers_are_limited() -> None:
    shop = quota_shop(holds=2, funds_bps=5_000)
    shop.books.prepaid[1].balance_fen = 10_000
    assert refused(shop, ("A", 6)) == [("funds", 5_000, 0, 6_000)]
    assert refused(shop, ("A", 2)) == []
    assert refused(shop, ("A", 1)) == []
    assert refused(shop, ("A", 3)) == [("holds", 2, 2, 1), ("funds", 5_000, 3_000, 3_000)]
    shop = quota_shop(buyer_holds=1, buyer_pieces_of_sku=3)
    shop.books.holdings[1] = Holdings(7, {10: 50}, {b"other": 1}, {(b"other", 10): 3})
    assert refused(shop, ("A", 3)) == [], "another buyer's are his"
    assert refused(shop, ("A", 4)) == [("buyer_holds", 1, 1, 1), ("buyer_pieces_of_sku", 3, 3, 4)]


def test_a_hold_is_shorter_when_holds_lapse_but_never_below_the_floor() -> None:
    def lasts(lapsed: int, ended: int = 100, own_s: int = 900) -> int:
        return adapted_lapse_s(ended=ended, lapsed=lapsed, own_s=own_s, floor_s=120, ceiling_s=1200)

    assert lasts(19, ended=19) == 900, "too few prove nothing"
    assert [lasts(lapsed) for lapsed in (0, 30, 60, 90, 100)] == [900, 900, 510, 120, 120]
    assert lasts(0, own_s=3600) == 1200
    assert lasts(0, own_s=60) == 120
    shop = quota_shop(lapse_s=120)
    for minutes, seconds in ((None, 120), (1, 60), (30, 120)):
        order = shop.place(("A", 1), hold_minutes=minutes)
        assert order.held_until == NOW + timedelta(seconds=seconds)


def allotment_shop(*, stock: int = 10) -> tuple[Shop, terms.SetAllotment]:
    """A SKU with a closed row for distributor 1 that is about to be opened, as the snapshot makes it."""
    shop = Shop()
    shop.distributor(1)
    shop.distributor(2, tier_id=2)
    sku = shop.sku("A", stock=stock)
    row = shop.allotment(sku, stock=0, distributor_id=1, sku_id=sku.id, is_open=False)
    shop.books.allotments_by_sku[sku.id].remove(row)
    for level in shop.books.levels.values():
        level.warehouse_id = 1
    return shop, terms.SetAllotment("A", "cause-1", "system", distributor_id=1)


def test_a_floor_is_given_kept_from_others_and_comes_back() -> None:
    shop, ask = allotment_shop()
    ask.floor, ask.buffer = 6, 1
    assert shop.ask(ask).facts == {"allotment": 1, "moved": 6, "shortage": 0}
    assert shop.ask(ask).is_replay
    assert shop.levels() == [(4, 0), (6, 0)]
    assert (shop.available("A", party=2), shop.available("A", party=1)) == (4, 9)
    shop.place(("A", 2), party=1)
    lowered = terms.SetAllotment("A", "cause-2", "system", distributor_id=1, floor=1)
    assert shop.ask(lowered).facts == {"allotment": 1, "moved": -4, "shortage": 0}, "what is reserved stays"
    assert shop.levels() == [(8, 0), (2, 2)]
    closed = shop.ask(terms.CloseAllotment("A", 1, "system"))
    assert closed.facts == {"allotment": 1, "moved": 0}
    assert shop.ask(terms.CloseAllotment("A", 1, "system")).is_replay
    order = next(iter(shop.books.orders.values()))
    shop.ask(terms.Cancel(order.id, "system"))
    assert shop.available("A", party=1) == 8, "what came back to a closed pool is nobody's until it is fetched"
    assert shop.ask(terms.TendAllotment("A", 1)).facts["moved"] == -2
    assert shop.levels() == [(10, 0), (0, 0)]
    assert shop.books.allotments[1].given == 0


def test_a_floor_the_shared_pool_cannot_give_is_refused_or_filled_later() -> None:
    shop, ask = allotment_shop(stock=4)
    ask.floor = 6
    answer = shop.ask(ask)
    assert answer.refusal is Refusal.INSUFFICIENT_STOCK
    assert answer.faults[0].facts == {"sku": "A", "available": 4, "wanted": 6}
    assert shop.levels() == [(4, 0), (0, 0)]
    assert not shop.books.allotments[1].is_open
    ask.is_partial = True
    assert shop.ask(ask).facts == {"allotment": 1, "moved": 4, "shortage": 2}
    shop.books.levels[1].on_hand += 5
    assert shop.ask(terms.TendAllotment("A", 1)).facts["moved"] == 2
    assert shop.levels() == [(3, 0), (6, 0)]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"floor": -1}, "floor_below_0"),
        ({"floor": 3, "buffer": 4}, "buffer_above_floor"),
        ({"floor": 3, "cap": 2}, "cap_below_floor"),
        ({"floor": 3, "ends_at": NOW}, "ends_at_is_over"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(values: dict[str, object], why: str) -> None:
    shop, ask = allotment_shop()
    for name, value in values.items():
        setattr(ask, name, value)
    answer = shop.ask(ask)
    assert [fault.facts["why"] for fault in answer.faults] == [why]
    assert not shop.books.moves


def test_an_end_gives_everything_back() -> None:
    shop, ask = allotment_shop()
    ask.floor, ask.ends_at = 5, NOW + timedelta(hours=1)
    assert shop.ask(ask).is_accepted
    assert shop.ask(terms.TendAllotment("A", 1)).facts["moved"] == 0
    shop.move_time(hours=1)
    assert shop.available("A", party=1) == 5, "over by the clock, before anybody has closed it"
    assert shop.ask(terms.TendAllotment("A", 1)).facts["moved"] == -5
    assert not shop.books.allotments[1].is_open
    assert shop.levels() == [(10, 0), (0, 0)]


def test_versions_rise_with_every_fact() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=10_000)
    shop.sku("A", stock=2)
    for _round in range(3):
        order = shop.place(("A", 2))
        shop.ask(terms.Cancel(order.id, "system"))
        shop.ask(terms.Credit(1, 100, f"c{_round}", "system"))
    for kind in ("sku", "balance"):
        versions = [event.version for event in shop.books.events if event.object_kind == kind]
        assert len(versions) >= 3
        assert all(a < b for a, b in itertools.pairwise(versions))
        assert [event.data["version"] for event in shop.books.events if event.object_kind == kind] == versions


def test_low_funds_are_told_of_once_until_they_have_risen() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=10_000, fee_rate_bps=0)
    shop.sku("A", price=1_000)
    assert shop.ask(terms.SetWarning(1, 5_000)).facts == {"is_low": False}

    def told() -> int:
        return sum(event.type == "balance.low" for event in shop.books.events)

    shop.place(("A", 5))
    assert told() == 0, "just enough is enough"
    order = shop.place(("A", 1))
    assert told() == 1
    assert shop.books.events[-1].data["available"] == 4_000
    shop.ask(terms.Cancel(order.id, "system"))
    shop.place(("A", 1))
    assert told() == 1, "it has not risen by a fifth"
    shop.ask(terms.Credit(1, 2_000, "in", "system"))
    assert not shop.books.prepaid[1].is_low
    shop.place(("A", 2), mode="direct")
    assert told() == 2
    shop.ask(terms.SetWarning(1, 0))
    assert not shop.books.prepaid[1].is_low


def test_a_capture_does_not_overtake_older_orders_that_wait() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=500, fee_rate_bps=0, funds_policy="check")
    shop.sku("1000", price=1_000)
    shop.sku("100", price=100)
    old, young = shop.place(("1000", 1)), shop.place(("100", 1))
    for order in (old, young):
        shop.ask(terms.Capture(order.id, "system"))
    assert (old.state, young.state) == ("awaiting_funds", "awaiting_funds"), "the small one must not take what there is"
    assert shop.place(("100", 1), mode="direct").state == "awaiting_funds"
    assert shop.books.prepaid[1].waiting_fen == 1_200
    shop.ask(terms.Credit(1, 700, "in", "system"))
    assert {order.state for order in shop.books.orders.values()} == {"confirmed"}
    assert (shop.books.prepaid[1].waiting_fen, shop.money()) == (0, (0, 0))


def test_new_holds_leave_the_money_of_orders_that_wait() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=500, fee_rate_bps=0, funds_policy="check")
    shop.sku("1000", price=1_000)
    shop.sku("100", price=100)
    held = shop.place(("100", 1))
    waiting = shop.place(("1000", 1), mode="direct")
    shop.books.distributors[1].funds_policy = "hold"
    answer = shop.try_place(("100", 1))
    assert answer.refusal is Refusal.INSUFFICIENT_BALANCE
    assert answer.faults[0].facts == {"needed": 100, "available": 500, "waiting": 1_000}
    shop.ask(terms.Cancel(waiting.id, "system"))
    assert shop.place(("100", 1)).state == "held"
    assert shop.ask(terms.Capture(held.id, "system")).is_accepted


def test_the_pace_is_the_faster_of_week_and_month() -> None:
    def days_ago(**fen: int) -> dict[date, int]:
        return {TODAY - timedelta(days=int(name[1:])): amount for name, amount in fen.items()}

    assert pace_fen({}, today=TODAY) == 0
    assert pace_fen(days_ago(d0=300), today=TODAY) == 300
    assert pace_fen(days_ago(d1=700, d20=700), today=TODAY) == 100
    assert pace_fen(days_ago(d27=2_700, d8=1), today=TODAY) == 100, "a quiet week does not hide the month"
    assert pace_fen(days_ago(d2=200), today=TODAY) == 100, "who began two days ago is measured by two days"
    assert pace_fen(days_ago(d1=-50), today=TODAY) == 0
    assert days_left(1_000, pace_fen=300) == 3
    assert days_left(-5, pace_fen=300) == 0
    assert days_left(5, pace_fen=0) is None
    assert warn_below_fen(fixed_fen=500, warn_days=3, pace_fen=100) == 500
    assert warn_below_fen(fixed_fen=0, warn_days=3, pace_fen=100) == 300
    assert not is_low(-1, warn_below_fen=0, was_low=True)
