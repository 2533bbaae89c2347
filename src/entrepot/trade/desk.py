"""The desk: a list of asks in, a list of answers out, everything between in one transaction."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction

from entrepot.base import scope
from entrepot.base.refusals import Refusal
from entrepot.base.stages import STAGES
from entrepot.trade.apply import write
from entrepot.trade.decide import decide
from entrepot.trade.snapshot import load
from entrepot.trade.terms import Answer, Fault, refuse

_TRIES = 5
NOT_ALL = Fault("", Refusal.ATOMIC_BATCH_REFUSED)
# A batch has waited long enough for a lock; those of its asks that need none shall not wait for each other's.
_HASTE_MS = 200


class Busy(Exception):
    """The rows stayed locked by others for 5 s, or kept changing under us: nothing was written, ask again."""


def run(asks: Sequence[Any]) -> list[Answer]:
    """Load, decide and write a list of asks in one transaction and return an answer to each, in order.

    Asks do not stand or fall together: a refused one changes nothing and leaves the others be. When one cannot be
    judged or written at all, the others are done all the same, and then its error is raised; see `run_each`. Raises
    Busy when locks could not be had.
    """
    answers: list[Answer] = []
    for outcome in run_each(asks):
        if isinstance(outcome, Exception):
            raise outcome
        answers.append(outcome)
    return answers


def run_each(asks: Sequence[Any]) -> list[Answer | Exception]:
    """Do what `run` does and return the error of an ask in its place, so that it harms nobody who shares its batch.

    A batch that fails is run again one by one, each ask in a transaction of its own, unless the database is away.
    """
    try:
        return [*_attempts(asks)]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one ask's, and is handed to who asked
        if len(asks) == 1:
            return [error]
    return [_alone(ask) for ask in asks]


def _alone(ask: Any) -> Answer | Exception:
    try:
        return _attempts([ask], lock_wait_ms=_HASTE_MS)[0]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        return error


def run_together(asks: Sequence[Any]) -> list[Answer]:
    """Run asks all or none: one refusal writes nothing, and the others are answered `batch_refused`.

    What was done before the batch stays done, and is answered again.
    """
    return _attempts(asks, is_all_or_none=True)


def run_within(asks: Sequence[Any]) -> list[Answer]:
    """Run asks inside the caller's open transaction, which decides whether they stand."""
    if not connection.in_atomic_block:
        raise RuntimeError("run_within needs the caller's open transaction")
    with scope.desk():
        return _once(asks, is_all_or_none=False, is_kept=True)


def preview(asks: Sequence[Any]) -> list[Answer]:
    """Return what `run` would answer, from the same code over a copy that is thrown away; nothing is locked."""
    with scope.desk(), transaction.atomic():
        answers = _once(asks, is_all_or_none=False, is_kept=False)
        transaction.set_rollback(True)  # reading opens accounts and levels that are missing
        return answers


def _attempts(asks: Sequence[Any], *, is_all_or_none: bool = False, lock_wait_ms: int = 0) -> list[Answer]:
    for attempt in range(_TRIES):
        try:
            # The reads come with the desk's role: a transaction of its own needs no statement before them.
            with transaction.atomic(durable=True):
                if lock_wait_ms:
                    _wait_at_most(lock_wait_ms)
                answers = _once(asks, is_all_or_none=is_all_or_none, is_kept=True)
                written = time.perf_counter()
            STAGES.add("commit", time.perf_counter() - written, count=len(asks))
            return answers
        except IntegrityError as error:
            if attempt == _TRIES - 1 or not _is_retryable(error):
                raise
        except OperationalError as error:
            if not _is_retryable(error):
                raise
            if attempt == _TRIES - 1 or isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise Busy from error
    raise AssertionError("unreachable")


def _wait_at_most(lock_wait_ms: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{lock_wait_ms}ms"])


def _is_retryable(error: DatabaseError) -> bool:
    """Return whether another try can help: a lost race over a number, a deadlock, a lock that came too late."""
    return isinstance(
        error.__cause__ or error,
        psycopg.errors.UniqueViolation
        | psycopg.errors.DeadlockDetected
        | psycopg.errors.SerializationFailure
        | psycopg.errors.LockNotAvailable,
    )


def _was_done_before(answer: Answer) -> bool:
    """Return whether an answer tells of what earlier transactions wrote, and not of a twin in the same batch."""
    return answer.is_replay and (answer.order is None or not (answer.order.is_new or answer.order.is_touched))


def _once(asks: Sequence[Any], *, is_all_or_none: bool, is_kept: bool) -> list[Answer]:
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        started = time.perf_counter()
        books = load(asks, raw=raw, is_locking=is_kept)
        loaded = time.perf_counter()
        answers = decide(asks, books=books)
        decided = time.perf_counter()
        STAGES.add("load", loaded - started, count=len(asks))
        STAGES.add("decide", decided - loaded, count=len(asks))
        if is_all_or_none and any(not answer.is_accepted for answer in answers):
            return [
                answer if not answer.is_accepted or _was_done_before(answer) else refuse(NOT_ALL) for answer in answers
            ]
        if is_kept:
            write(books, raw=raw)
            STAGES.add("write", time.perf_counter() - decided, count=len(asks))
    return answers
