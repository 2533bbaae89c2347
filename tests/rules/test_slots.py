"""When a promotion slot is shown, and how goods change places in it."""

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.catalog.rules import moved, slot_state

NOW = datetime(2026, 6, 18, 12, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("begins_at", "ends_at", "state"),
    [
        (None, None, "live"),
        (BEFORE, None, "live"),
        (NOW, None, "live"),
        (AFTER, None, "planned"),
        (None, AFTER, "live"),
        (None, NOW, "over"),
        (None, BEFORE, "over"),
        (BEFORE, AFTER, "live"),
        (AFTER, AFTER + timedelta(days=1), "planned"),
        (BEFORE - timedelta(days=1), BEFORE, "over"),
    ],
)
def test_a_slot_lives_from_its_beginning_until_its_end(
    begins_at: datetime | None, ends_at: datetime | None, state: str
) -> None:
    assert slot_state(is_shown=True, begins_at=begins_at, ends_at=ends_at, now=NOW) == state
    assert slot_state(is_shown=False, begins_at=begins_at, ends_at=ends_at, now=NOW) == "off"


@pytest.mark.parametrize(
    ("one", "to", "order"),
    [
        (3, "up", [1, 3, 2, 4]),
        (1, "up", [1, 2, 3, 4]),
        (3, "down", [1, 2, 4, 3]),
        (4, "down", [1, 2, 3, 4]),
        (4, "top", [4, 1, 2, 3]),
        (1, "top", [1, 2, 3, 4]),
    ],
)
def test_goods_move_in_a_slot(one: int, to: str, order: list[int]) -> None:
    assert moved([1, 2, 3, 4], one=one, to=to) == order
