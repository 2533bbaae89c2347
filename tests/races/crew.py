"""Threads with a database connection each, that start at one moment; and the ways to bend a race."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import IntegrityError, connection

from entrepot.trade import desk
from entrepot.trade.sql import SQL

T = TypeVar("T")
START_TIMEOUT_S = 120
# What the tables and the desk itself say when two have done what one may do.
_GUARDS = re.compile(
    r"level_never_oversold|prepaid_within_credit_limit|account_(held|waiting)_not_negative|order_refund_within_draw"
    r"|line_never_ships_and_refunds_more|refund_number_once|parcel_once_per_shipper|transfer_once_per_cause"
    r"|move_once_per_cause|order_holds_all_or_nothing|formerline|orders_acceptance_pkey|supplyorder_pieces_check"
    r"|line_(refunded|shipped)_qty_check|allotment_taken_check|(order|batch)_number_once"
)
_STOPPED = re.compile(
    r"fewer reserved than open|was not locked|judged enough and is not|was open and its refund is refused"
)
_LEISURE = r"select \1 + length(pg_sleep(0.001)::text)"
_LOCK = re.compile(r"\s+for (no key )?update( of \w+)?\b")


class Crew:
    """A crew of threads for one test. Every thread keeps one connection until the test ends."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size)

    def race(self, jobs: Sequence[Callable[[], T]], *, at_start: Callable[[], None] | None = None) -> list[T]:
        """Do all jobs, as many at once as there are threads, beginning together; return the results in order.

        `at_start` is done once all are there to begin, however long that took. A job that raises makes the race raise:
        no exception may reach a caller.
        """
        results: list[Any] = [None] * len(jobs)
        hands = min(self.size, len(jobs))
        start = threading.Barrier(hands, action=at_start)

        def hand(first: int) -> None:
            connection.ensure_connection()
            _be_patient()
            start.wait(START_TIMEOUT_S)
            for place in range(first, len(jobs), hands):
                results[place] = jobs[place]()

        for done in [self._pool.submit(hand, first) for first in range(hands)]:
            done.result()
        return results

    def close(self) -> None:
        """Close the connections and end the threads."""
        together = threading.Barrier(self.size)

        def leave() -> None:
            together.wait(START_TIMEOUT_S)
            connection.close()

        for done in [self._pool.submit(leave) for _ in range(self.size)]:
            done.result()
        self._pool.shutdown()


def _be_patient() -> None:
    """A crowd on a slow machine waits longer for a row than a caller is let wait: what a race proves is another thing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config(name, '240s', false) from pg_settings"
            " where name in ('lock_timeout', 'statement_timeout', 'transaction_timeout')"
        )


@contextmanager
def crew_of(size: int) -> Iterator[Crew]:
    """A crew for a block."""
    crew = Crew(size)
    try:
        yield crew
    finally:
        crew.close()


def linger(monkeypatch: pytest.MonkeyPatch, *, seed: int, up_to_s: float = 0.004) -> None:
    """Let the desk pause by chance between reading and writing, so that others come in between if anything lets them."""
    chance = random.Random(seed)
    decide = desk.decide

    def slowly(asks: Sequence[Any], *, books: Any) -> list[Any]:
        time.sleep(chance.random() * up_to_s)
        return decide(asks, books=books)

    monkeypatch.setattr(desk, "decide", slowly)


def is_locking(statement: str) -> bool:
    """Whether a statement locks the rows it reads."""
    return _LOCK.search(statement) is not None


def take_locks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the desk read what it would lock without locking it."""
    locking = {name: _LOCK.sub("", statement) for name, statement in SQL.items() if is_locking(statement)}
    assert len(locking) >= 4, (
        f"orders, allotments, accounts and levels are locked, but only {sorted(locking)} were found"
    )
    for name, statement in locking.items():
        monkeypatch.setitem(SQL, name, statement)


def sees(race: Callable[[], list[str]], *, symptom: str) -> bool:
    """Whether a race without its guard shows what it is about: a contradiction that `symptom` describes, or a constraint
    or assertion that had to stop two at once. Whatever else goes wrong is no race, and is raised."""
    try:
        wrong = race()
    except IntegrityError as stopped:
        name = getattr(getattr(stopped.__cause__, "diag", None), "constraint_name", None) or ""
        if not _GUARDS.search(name):
            raise
        print(f"stopped by {name}")
        return True
    except AssertionError as stopped:
        if not _STOPPED.search(str(stopped)):
            raise
        print(f"stopped: {stopped}")
        return True
    seen = [text for text in wrong if re.search(symptom, text)]
    assert seen or not wrong, f"wrong, but not by the race: {wrong}"
    return bool(seen)


def shuffle_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every process take its locks in an order of its own instead of by id, and one after the other at leisure.

    A statement that locks a handful of rows is so short that two of them hardly ever meet in its midst.
    """
    for name, statement in SQL.items():
        if is_locking(statement):
            mixed = re.sub(
                r"order by (\w+\.)?id(?= for update)", r"order by md5(\1id::text || pg_backend_pid())", statement
            )
            assert mixed != statement, f"{name} locks without an order"
            monkeypatch.setitem(SQL, name, re.sub(r"^select ((\w+\.)?id)\b", _LEISURE, mixed))


def count_retries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the database errors the desk meets, by class name, whether it tries again or not."""
    met: Counter[str] = Counter()
    is_retryable = desk._is_retryable

    def counting(error: Exception) -> bool:
        met[type(error.__cause__ or error).__name__] += 1
        return is_retryable(error)

    monkeypatch.setattr(desk, "_is_retryable", counting)
    return met


def deadlocks(met: Counter[str]) -> int:
    """How many of the errors counted were deadlocks."""
    return met[psycopg.errors.DeadlockDetected.__name__]
