"""When memberships begin and end, and that one is paid from what is there, once."""

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.membership.rules import begins_at, months_after
from entrepot.trade.terms import Credit
from tests.rules.ready_books import HOUSE, NOW, PREPAID, Shop


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 12, 5), 1, (2027, 1, 5)),
        ((2026, 6, 18), 12, (2027, 6, 18)),
        ((2026, 11, 30), 3, (2027, 2, 28)),
    ],
)
def test_a_month_on_is_the_same_day_or_the_last(
    day: tuple[int, int, int], months: int, then: tuple[int, int, int]
) -> None:
    assert months_after(datetime(*day, 4, 5, tzinfo=UTC), months) == datetime(*then, 4, 5, tzinfo=UTC)


def test_a_renewal_is_added_and_another_grade_begins_at_once() -> None:
    later = NOW + timedelta(days=9)
    assert begins_at(now=NOW, until=later, is_same_tier=True) == later
    assert begins_at(now=NOW, until=later, is_same_tier=False) == NOW
    assert begins_at(now=NOW, until=NOW - timedelta(days=1), is_same_tier=True) == NOW
    assert begins_at(now=NOW, until=None, is_same_tier=False) == NOW


def test_a_membership_is_paid_from_what_is_free_once_and_never_credited() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=1_000)
    shop.sku("A", price=500)
    shop.place(("A", 1))  # 525 are held

    def pay(amount_fen: int, cause: str = "membership:1") -> bool:
        return shop.ask(Credit(1, -amount_fen, cause, "system", "membership")).is_accepted

    assert not pay(476) and not pay(-5), "what is held is not his to spend"
    assert pay(475) and pay(475)
    assert (shop.money(), shop.sums()) == ((525, 525), {PREPAID + 1: -475, HOUSE["membership_income"]: 475})
    assert not shop.ask(Credit(1, 5, "x", "system", "present")).is_accepted, "there is no such kind"
