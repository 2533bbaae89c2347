"""Columns of a batch as PostgreSQL array literals: written here because the driver's own way costs five times more."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any


def literal(values: Sequence[Any]) -> str:
    """Return the array literal of one column; all values are None, int, str, bytes or aware datetimes."""
    return "{" + ",".join([_WRITERS[type(value)](value) for value in values]) + "}"


def _text(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


_WRITERS: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _text,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    datetime: lambda value: f'"{value.isoformat()}"',
    type(None): lambda value: "NULL",
    bool: lambda value: "t" if value else "f",
}
