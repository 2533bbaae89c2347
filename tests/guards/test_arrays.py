"""Columns written as array literals arrive as they were, whatever people type."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.trade.arrays import literal

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
NASTY = [
    "",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{",
    "}",
    ",",
    "{1,2}",
    "'; drop table x; --",
    " a ",
    "\n\t",
    "中文🎉",
    "%s",
]


def back(connection: psycopg.Connection[Any], values: list[Any], type_: str) -> list[Any]:
    """The values after they have been to the database."""
    row = connection.execute(f"select %s::{type_}[]", [literal(values)]).fetchone()  # type: ignore[arg-type]
    assert row is not None
    found: list[Any] = row[0]
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts | st.none(), max_size=8))
def test_texts(server: psycopg.Connection[Any], values: list[str | None]) -> None:
    assert back(server, values, "text") == values


def test_nasty_texts(server: psycopg.Connection[Any]) -> None:
    assert back(server, NASTY, "text") == NASTY


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
        ("bytea", [b"", b"\x00\xff\\\"'", None]),
        ("boolean", [True, False, None]),
        (
            "timestamptz",
            [
                datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
                datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=8))),
                None,
            ],
        ),
    ],
)
def test_other_values(server: psycopg.Connection[Any], type_: str, values: list[Any]) -> None:
    assert back(server, values, type_) == values
