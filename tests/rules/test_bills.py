"""Periods, numbers, digests and states of bills."""

from datetime import date, timedelta

import pytest

from entrepot.settlement import rules
from entrepot.settlement.rules import LineFacts, Period

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 16))
LINES = [LineFacts(7, "settle_supplier", 100, 8_000), LineFacts(9, "claim", 100, -800)]


@pytest.mark.parametrize(
    ("cycle", "today", "first", "until"),
    [
        ("day", "2026-11-22", "2026-11-21", "2026-11-22"),
        ("day", "2026-03-01", "2026-02-28", "2026-03-01"),
        ("week", "2026-11-22", "2026-11-09", "2026-11-16"),  # a Sunday: the week that runs is not over
        ("week", "2026-11-23", "2026-11-16", "2026-11-23"),
        ("half_month", "2026-11-15", "2026-10-16", "2026-11-01"),
        ("half_month", "2026-11-16", "2026-11-01", "2026-11-16"),
        ("half_month", "2026-12-01", "2026-11-16", "2026-12-01"),
        ("month", "2026-01-01", "2025-12-01", "2026-01-01"),
        ("month", "2026-01-31", "2025-12-01", "2026-01-01"),
        ("month", "2028-03-05", "2028-02-01", "2028-03-01"),
    ],
)
def test_the_last_period_that_is_over(cycle: str, today: str, first: str, until: str) -> None:
    found = rules.last_period(cycle, today=date.fromisoformat(today))
    assert found == Period(date.fromisoformat(first), date.fromisoformat(until))


@pytest.mark.parametrize("cycle", rules.CYCLES)
def test_periods_follow_each_other_without_gap_and_overlap(cycle: str) -> None:
    day, last = date(2027, 12, 1), rules.last_period(cycle, today=date(2027, 12, 1))
    for _ in range(500):
        assert rules.next_end(cycle, today=day) > day
        day += timedelta(days=1)
        period = rules.last_period(cycle, today=day)
        if period != last:
            assert period.first == last.until and period.until == day
            assert rules.next_end(cycle, today=day - timedelta(days=1)) == day
            last = period


def test_a_cycle_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        rules.last_period("fortnight", today=date(2026, 11, 22))


def test_a_number_is_found_in_a_remark() -> None:
    number = rules.bill_number(date(2026, 11, 22), serial=7)
    assert number == "ZD20261122000007"
    assert rules.numbers_in(f"货款 {number.lower()}，{number}；ZD1 ZD2026112200000") == [number]
    assert rules.numbers_in("工资") == []


def test_the_digest_knows_every_fact_and_no_order_of_lines() -> None:
    def digest(number: str = "ZD1", supplier: int = 2, period: Period = PERIOD, lines: list[LineFacts] = LINES) -> str:
        return rules.content_hash(number, supplier_id=supplier, period=period, lines=lines)

    right = digest()
    assert right == digest(lines=LINES[::-1])
    assert rules.content_text("ZD1", supplier_id=2, period=PERIOD, lines=LINES) == (
        "ZD1|2|2026-11-01|2026-11-16\n7|settle_supplier|100|8000\n9|claim|100|-800"
    )
    others = {
        digest(number="ZD2"),
        digest(supplier=3),
        digest(period=Period(date(2026, 11, 2), date(2026, 11, 16))),
        digest(period=Period(date(2026, 11, 1), date(2026, 11, 17))),
        digest(lines=LINES[:1]),
        *(
            digest(lines=[LINES[0], LineFacts(*values)])
            for values in [
                (8, "claim", 100, -800),
                (9, "refund", 100, -800),
                (9, "claim", 101, -800),
                (9, "claim", 100, -801),
            ]
        ),
    }
    assert right not in others and len(others) == 9


def test_a_ruled_bill_goes_out_again_or_is_carried_over() -> None:
    assert rules.state_after_ruling(total_fen=5, open_disputes=1) == "disputed"
    assert rules.state_after_ruling(total_fen=-5, open_disputes=1) == "disputed"
    assert rules.state_after_ruling(total_fen=1, open_disputes=0) == "sent"
    assert rules.state_after_ruling(total_fen=0, open_disputes=0) == "carried"
