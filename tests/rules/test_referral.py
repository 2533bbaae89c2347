"""What referrers earn: never more than there is, once, and no more once it was given back."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.referral import rules
from entrepot.referral.rules import Booked, Due, EarnedLine, Rates, Right

Standing = dict[tuple[int, int, str], Booked]


def line(
    *,
    kept: int = 4,
    margin_fen: int = 2_000,
    fee_fen: int = 500,
    is_own: bool = False,
    returned: tuple[int, int] = (0, 0),
    rates: tuple[int, int] = (1_000, 500),
    line_no: int = 1,
) -> EarnedLine:
    """A line of a supplier whom one referrer brought, in an order of a distributor whom another one brought."""
    rights = (Right("supplier", 1, 1, rates[0]), Right("distributor", 2, 2, rates[1]))
    return EarnedLine(7, line_no, 3, is_own, kept, margin_fen, fee_fen, 8_000 + margin_fen + fee_fen, *returned, rights)


def stood(booked: Standing, made: list[Due]) -> Standing:
    """What stands after bookings."""
    found: dict[tuple[int, int, str], Booked] = defaultdict(Booked, booked)
    for booking in made:
        for line_no, change in booking.lines.items():
            place = (booking.order_id, line_no, booking.side)
            found[place] = Booked(found[place].base_fen + change.base_fen, found[place].amount_fen + change.amount_fen)
    return dict(found)


def amounts(made: list[Due]) -> list[tuple[str, int]]:
    """Side and amount of bookings."""
    return [(booking.side, booking.amount_fen) for booking in made]


def test_a_share_of_margin_and_fee_for_each_side() -> None:
    assert amounts(rules.due([line()], booked={})) == [("distributor", 500), ("supplier", 1_000)]


def test_both_sides_never_take_more_than_there_is() -> None:
    """One fen, shared half and half: rounded up it would be paid twice."""
    one = line(kept=1, margin_fen=1, fee_fen=0, rates=(5_000, 5_000))
    assert sum(amount for _side, amount in amounts(rules.due([one], booked={}))) <= 1


def test_asking_twice_books_once() -> None:
    made = rules.due([line()], booked={})
    assert rules.due([line()], booked=stood({}, made)) == []


def test_the_whole_refund_takes_the_whole_share_back_and_a_part_its_part() -> None:
    booked = stood({}, rules.due([line()], booked={}))
    a_piece = rules.due([line(returned=(10_500, 8_000))], booked=booked)
    assert amounts(a_piece) == [("distributor", -125), ("supplier", -250)]
    booked = stood(booked, a_piece)
    rest = rules.due([line(returned=(42_000, 32_000))], booked=booked)
    assert amounts(rest) == [("distributor", -375), ("supplier", -750)]
    assert {one.amount_fen for one in stood(booked, rest).values()} == {0}


def test_a_later_booking_has_a_cause_of_its_own() -> None:
    (first, *_) = made = rules.due([line()], booked={})
    (later, *_) = rules.due([line(returned=(10_500, 8_000))], booked=stood({}, made))
    causes = {rules.cause_of(first, after_id=5), rules.cause_of(later, after_id=9), rules.cause_of(later, after_id=11)}
    assert causes == {"referral:7:distributor:3", "referral:7:distributor:3:9", "referral:7:distributor:3:11"}


@pytest.mark.parametrize(
    ("one", "income_fen"),
    [
        (line(), 10_000),
        (line(margin_fen=-600), 0),
        (line(returned=(1_000, 1_000)), 10_000),
        (line(returned=(1_000, 0)), 9_000),
        (line(returned=(42_000, 0)), 0),
        (line(is_own=True, returned=(10_500, 0)), 7_500),
        (line(is_own=True, returned=(42_000, 0)), 0),
        (line(kept=0, is_own=True), 0),
    ],
)
def test_the_platforms_own_income_of_a_line(one: EarnedLine, income_fen: int) -> None:
    assert rules.own_income_fen(one) == income_fen


def test_grades_are_judged_in_every_pairing() -> None:
    fair = [("A", Rates(6_000, 4_000)), ("B", Rates(100, 100))]
    assert rules.excess(fair) is None
    assert rules.excess([*fair, ("C", Rates(0, 4_001))]) == ("A", "C")
    assert rules.excess([]) is None


def test_nobody_is_moved_down_and_a_grade_by_hand_stays() -> None:
    thresholds = {1: 0, 2: 1_000, 3: 5_000, 4: None}
    assert rules.promotion(999, current_id=1, thresholds=thresholds) is None
    assert rules.promotion(1_000, current_id=1, thresholds=thresholds) == 2
    assert rules.promotion(9_000, current_id=1, thresholds=thresholds) == 3
    assert rules.promotion(0, current_id=3, thresholds=thresholds) is None
    assert rules.promotion(9_000, current_id=4, thresholds=thresholds) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(-900, 900), st.integers(0, 90), st.booleans(), st.integers(0, 100)),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 10_000),
)
def test_whatever_is_given_back_every_line_stands_at_its_share(
    told: list[tuple[int, int, int, bool, int]], supplier_bps: int
) -> None:
    rates = (supplier_bps, 10_000 - supplier_bps)
    booked: Standing = {}
    for part in (0, 1, 2):
        lines = []
        for number, (kept, margin, fee, is_own, percent) in enumerate(told, start=1):
            paid = (8_000 + margin + fee) * kept
            given_back = paid if part == 2 else paid * percent * part // 100
            share = 0 if is_own else min(8_000 * kept, given_back)
            lines.append(
                line(
                    kept=kept,
                    margin_fen=margin,
                    fee_fen=fee,
                    is_own=is_own,
                    returned=(given_back, share),
                    rates=rates,
                    line_no=number,
                )
            )
        made = rules.due(lines, booked=booked)
        booked = stood(booked, made)
        assert rules.due(lines, booked=booked) == []
        for one in lines:
            both = [booked.get((7, one.line_no, side), Booked()).amount_fen for side in rules.SIDES]
            assert min(both) >= 0 and sum(both) <= rules.own_income_fen(one)
    assert all(one.amount_fen == 0 for one in booked.values()), "all is given back"
