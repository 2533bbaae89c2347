"""Statements that travel together: prepared once for each connection, sent in one journey, answered in binary."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

# One plan for whatever values come: planning took longer than reading. Such a plan knows nothing of how much will come and
# would look into one table for each row of another, for a thousand rows a thousand times; so what is read so is found by
# keys that are given and then joined as a whole.
STEADILY = (
    "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),"
    " set_config('enable_nestloop', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
Statement = tuple[str, Mapping[str, str | None]]


def journey(*wanted: Statement) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each statement, inside the caller's transaction.

    Values are texts, and the statement casts them: a number would travel as one type or another by its size, and the
    statement be prepared for each.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        with raw.pipeline():
            cursors = [
                psycopg.Cursor(raw).execute(statement, values, prepare=True, binary=True)
                for statement, values in wanted
            ]
        return [cursor.fetchall() for cursor in cursors]


def literal(ids: Sequence[int]) -> str:
    """Return ids as the text of an array, as a statement of a journey wants them."""
    return "{" + ",".join(map(str, ids)) + "}"
