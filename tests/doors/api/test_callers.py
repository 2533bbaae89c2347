"""What is kept of the keys: read together, read ahead, never for longer than two seconds."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from entrepot.base.sealing import seal
from entrepot.doors.api import callers
from entrepot.doors.api.callers import Caller, Callers
from entrepot.doors.api.problems import Problem

SECRET = b"whsec_" + base64.b64encode(b"s" * 32)
PATIENCE_S = 60
FRESH_S = 600.0  # in place of two seconds, so that a slow machine decides nothing


class Table:
    """The table of keys in place of the database's: it writes down what it is asked, and its answers can be kept back."""

    def __init__(self, *keys: str) -> None:
        self.rows: dict[str, Any] = {key: (7, seal(SECRET), [], 50, 100) for key in keys}
        self.asked: list[list[str]] = []
        self.answers = threading.Event()
        self.answers.set()
        self.fails: Exception | None = None

    def load(self, keys: list[str]) -> dict[str, Any]:
        """Return the rows as they are when they are asked for."""
        found = {key: self.rows[key] for key in keys if key in self.rows}
        self.asked.append(sorted(keys))
        assert self.answers.wait(PATIENCE_S)
        if self.fails:
            raise self.fails
        return found


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Two keys."""
    table = Table("one", "two")
    monkeypatch.setattr(callers, "FRESH_S", FRESH_S)
    monkeypatch.setattr(callers, "_load", table.load)
    return table


def played(story: Callable[[Callers], Awaitable[None]]) -> None:
    """Play a story on one event loop."""

    async def play() -> None:
        await story(Callers())

    asyncio.run(play())


def aged(known: Callers, by_s: float) -> None:
    """Let what is known be older by some seconds."""
    for caller in known._known.values():
        caller.loaded_at -= by_s


def test_calls_that_come_together_ask_once(table: Table) -> None:
    async def story(known: Callers) -> None:
        for _ in range(2):
            found = await asyncio.gather(*(known.find(key) for key in ("one", "two", "nobody") * 20))
            assert [caller is not None for caller in found] == [True, True, False] * 20
            aged(known, FRESH_S)

    played(story)
    assert table.asked == [["nobody", "one", "two"], ["one", "two"]], "the second time who is nobody is still known"


def test_a_key_in_constant_use_is_read_before_its_time_is_over_and_nobody_waits(table: Table) -> None:
    async def story(known: Callers) -> None:
        first = await known.find("one")
        assert first is not None
        first.tokens = 3.5
        aged(known, FRESH_S * 0.6)
        table.answers.clear()
        table.rows["one"] = (7, seal(SECRET), [], 9, 9)
        for _ in range(5):
            assert await known.find("one") is first
        table.answers.set()
        while (fresh := await known.find("one")) is first:
            await asyncio.sleep(0.01)
        assert fresh is not None and fresh.rate_per_s == 9 and fresh.tokens == 3.5, "what it has used up stays used up"

    played(story)
    assert table.asked == [["one"], ["one"]]


def test_an_answer_that_was_on_its_way_for_too_long_counts_for_no_later_call(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "FRESH_S", 0.3)

    async def story(known: Callers) -> None:
        table.answers.clear()
        early = asyncio.create_task(known.find("one"))
        while not table.asked:
            await asyncio.sleep(0.01)
        del table.rows["one"]  # revoked, while the row as it was is still on its way
        await asyncio.sleep(0.31)
        late = asyncio.create_task(known.find("one"))
        await asyncio.sleep(0)
        table.answers.set()
        assert isinstance(await early, Caller) and await late is None

    played(story)


def test_a_key_that_cannot_be_read_harms_no_other(table: Table) -> None:
    table.rows["two"] = (8, b"not sealed by us", [], 50, 100)

    async def story(known: Callers) -> None:
        one, two = await asyncio.gather(known.find("one"), known.find("two"), return_exceptions=True)
        assert isinstance(one, Caller) and isinstance(two, Exception)

    played(story)


def test_who_gives_up_waiting_takes_nothing_from_the_others(table: Table) -> None:
    async def story(known: Callers) -> None:
        hasty, patient = (asyncio.create_task(known.find("one")) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        assert isinstance(await patient, Caller)

    played(story)


def test_without_a_database_callers_hear_of_it_and_find_it_again(table: Table) -> None:
    async def story(known: Callers) -> None:
        table.fails = Problem("busy")
        for found in await asyncio.gather(known.find("one"), known.find("two"), return_exceptions=True):
            assert isinstance(found, Problem) and found.code == "busy"
        table.fails = None
        assert isinstance(await known.find("one"), Caller)
        table.fails = Problem("busy")
        aged(known, FRESH_S * 0.6)
        assert isinstance(await known.find("one"), Caller), "it is good for a while yet"
        await asyncio.sleep(0.1)
        aged(known, FRESH_S)
        with pytest.raises(Problem):
            await known.find("one")

    played(story)
