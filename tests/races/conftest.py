"""Fixtures of the race tests."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.races.crew import Crew, crew_of, linger

ROUNDS = int(os.environ.get("ENTREPOT_RACE_ROUNDS", "4"))
CONTROL_ROUNDS = 200  # a control ends as soon as the race has been seen


@pytest.fixture
def seed() -> int:
    """The seed of one test; ENTREPOT_RACE_SEED repeats one that failed."""
    chosen = int(os.environ.get("ENTREPOT_RACE_SEED") or random.SystemRandom().randrange(10**9))
    print(f"ENTREPOT_RACE_SEED={chosen}")
    return chosen


@pytest.fixture
def crew() -> Iterator[Crew]:
    """Sixteen threads."""
    with crew_of(16) as made:
        yield made


@pytest.fixture
def lingering(monkeypatch: pytest.MonkeyPatch, seed: int) -> int:
    """The desk pauses by chance between reading and writing; the value is the seed."""
    linger(monkeypatch, seed=seed)
    return seed
