"""Sync database work awaited from the door: a few threads, each with a connection of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from entrepot.doors.api.problems import Problem

Result = TypeVar("Result")
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="reader")
_writers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="writer")
_TRIES = 5


def guarded(work: Callable[..., Result], *arguments: Any) -> Result:
    """Run database work; when the connection is lost it is thrown away and the caller hears `busy`."""
    try:
        return work(*arguments)
    except (OperationalError, InterfaceError) as error:
        connection.close()
        raise busy() from error
    except DatabaseError:
        connection.close()
        raise


async def in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """Await sync work done in a reader thread, in the world of the request that asks for it."""
    within = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_readers, within.run, guarded, work, *arguments)


async def in_writer(work: Callable[..., Result], *arguments: Any) -> Result:
    """Await a write done in a thread that may wait for locks without keeping readers waiting.

    Raises Problem `request_in_progress` when the rows stayed locked by others for 5 s; a deadlock is tried again.
    """
    within = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_writers, within.run, guarded, _written, work, *arguments)


def _written(work: Callable[..., Result], *arguments: Any) -> Result:
    for attempt in range(_TRIES):
        try:
            return work(*arguments)
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise Problem("request_in_progress") from error
            if attempt == _TRIES - 1 or not isinstance(error.__cause__, psycopg.errors.DeadlockDetected):
                raise
    raise AssertionError("unreachable")


def busy() -> Problem:
    """Return the answer for a moment in which the database cannot be had."""
    return Problem("busy", headers={"retry-after": "1"})
