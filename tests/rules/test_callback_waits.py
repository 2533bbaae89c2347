"""When a callback is tried again: twelve attempts, each wait as published, a tenth more or less, and longer when asked."""

import pytest

from entrepot.callbacks.rules import ATTEMPTS, wait_before

MINUTE_S, HOUR_S = 60, 3_600
PUBLISHED_S = [
    *(0, 5, 30, 2 * MINUTE_S, 10 * MINUTE_S, 30 * MINUTE_S),
    *(2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S),
]


def test_there_are_twelve_attempts_and_no_more() -> None:
    assert [wait_before(attempt, chance=50) for attempt in range(1, 13)] == PUBLISHED_S
    assert ATTEMPTS == 12 and wait_before(13, chance=50) is None


@pytest.mark.parametrize(("attempt", "wait_s"), list(enumerate(PUBLISHED_S, start=1)))
def test_a_wait_is_a_tenth_longer_or_shorter(attempt: int, wait_s: int) -> None:
    waits = [wait_before(attempt, chance=chance) or 0 for chance in range(101)]
    assert min(waits) == wait_s - wait_s // 10 and max(waits) == wait_s + wait_s // 10


def test_who_asks_for_more_time_is_given_it_up_to_a_day() -> None:
    assert wait_before(2, chance=50, asked_s=90) == 90
    assert wait_before(4, chance=50, asked_s=3) == 120, "less than it would be anyway changes nothing"
    assert wait_before(2, chance=50, asked_s=10**7) == 24 * HOUR_S
