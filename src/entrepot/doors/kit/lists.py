"""Lists of every back office: keyset pages with the cursor in the address, and filters that live there too."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model, Q, QuerySet
from django.forms.boundfield import BoundField
from django.utils.dateparse import parse_date, parse_datetime

CURSORS = frozenset({"after", "before"})
"""The names in an address that say where in a list one stands; a new search or tab drops them."""
PAGE_SIZE = 20


@dataclass(kw_only=True)
class Page:
    """One page of a list. `total` is None when nobody counted; `sort` is the name in the address, `-` for downwards."""

    rows: list[Any] = field(default_factory=list)
    next_cursor: str = ""
    previous_cursor: str = ""
    total: int | None = None
    sort: str = ""

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_of(
    rows: QuerySet[Any],
    *,
    query: Mapping[str, str],
    order: Sequence[str] = ("-id",),
    sorts: Mapping[str, Sequence[str]] | None = None,
    size: int = PAGE_SIZE,
    total: int | None = None,
) -> Page:
    """Return the page of a queryset that the address asks for by `after` or `before`.

    `order` names columns that are never null, the last of them unique; a leading `-` means downwards. `sorts` maps a
    name of the address (`?sort=-amount`) to such an order, written upwards; `-name` turns every column round.
    A cursor that is not ours, or belongs to another order, gives the first page.
    """
    sort = query.get("sort", "")
    if sorts and sort.lstrip("-") in sorts:
        order = [_turned(name) for name in sorts[sort[1:]]] if sort.startswith("-") else list(sorts[sort])
    else:
        sort = ""
    model = rows.model

    def fetch(values: list[Any] | None, backwards: bool, limit: int) -> list[Any]:
        wanted = [_turned(name) for name in order] if backwards else list(order)
        found = rows.order_by(*wanted)
        if values is not None:
            typed = [_typed(model, name=name, value=value) for name, value in zip(wanted, values, strict=True)]
            found = found.filter(_beyond(wanted, values=typed))
        return list(found[:limit])

    page = page_of_rows(fetch, key=lambda row: [_value(row, name) for name in order], query=query, size=size)
    page.total, page.sort = total, sort
    return page


def page_of_rows(
    fetch: Callable[[list[Any] | None, bool, int], list[Any]],
    *,
    key: Callable[[Any], list[Any]],
    query: Mapping[str, str],
    size: int = PAGE_SIZE,
    total: int | None = None,
) -> Page:
    """Return a keyset page of anything, say of named SQL.

    `fetch(values, backwards, limit)` returns at most `limit` rows beyond the row with these key values (None: from the
    start) in the list's order, or in the opposite order when `backwards`; `key(row)` returns the values of a row.
    Values come back from the address as whole numbers and texts, moments and days as ISO texts.
    """
    backwards = "before" in query
    values = _decoded(query.get("before" if backwards else "after", ""))
    if values is None:
        backwards = False
    try:
        found = fetch(values, backwards, size + 1)
    except (ValueError, TypeError):
        # The cursor was made for another order or by hand: the first page is the honest answer.
        values, backwards = None, False
        found = fetch(None, False, size + 1)
    if backwards and not found:
        # Everything before the cursor has gone meanwhile, so what comes after it is the first page.
        values, backwards = None, False
        found = fetch(None, False, size + 1)
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    page = Page(rows=found, total=total)
    if found:
        page.next_cursor = _encoded(key(found[-1])) if has_more or backwards else ""
        page.previous_cursor = _encoded(key(found[0])) if (has_more if backwards else values is not None) else ""
    return page


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], *, values: Sequence[Any]) -> Q:
    """Return the rows after a key: for (a, b) that is `a >= x and (a > x or b > y)`.

    The first term stands alone, so that the database can start at that place of the index at once.
    """
    condition = Q()
    for name, value in reversed(list(zip(order, values, strict=True))):
        column, side = (name[1:], "lt") if name.startswith("-") else (name, "gt")
        past = Q((f"{column}__{side}", value))
        condition = Q((f"{column}__{side}e", value)) & (past | condition) if condition else past
    return condition


def _value(row: Any, name: str) -> Any:
    found = row
    for step in name.lstrip("-").split("__"):
        found = found[step] if isinstance(found, Mapping) else getattr(found, step)
    return found


def _typed(model: type[Model], *, name: str, value: Any) -> Any:
    """Return a cursor's value as its column's type; raises ValueError when it cannot be one."""
    column = name.lstrip("-")
    try:
        kind = model._meta.get_field(column)
    except FieldDoesNotExist:
        # An annotation: its type shows in the text.
        if isinstance(value, str):
            return parse_datetime(value) or parse_date(value) or value
        return value
    if not isinstance(kind, Field):
        raise TypeError(f"{column} is no column")
    try:
        return kind.to_python(value)
    except forms.ValidationError as wrong:
        raise ValueError(str(wrong)) from wrong


def _encoded(values: list[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime | date) else value for value in values]
    packed = json.dumps(plain, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decoded(cursor: str) -> list[Any] | None:
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    return values if isinstance(values, list) and all(type(value) in (int, str) for value in values) else None


class FilterForm(forms.Form):
    """A search form whose values live in the address: give it `request.GET`.

    Fields are never required. `value(name)` is None for what is empty or not valid, so that one wrong field does not
    stop the others; the form shows its error beside it.
    """

    def __init__(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for one in self.fields.values():
            one.required = False
        self.is_valid()

    def __getitem__(self, name: str) -> BoundField:
        """Return a field with its value. Unlike Django's it is not kept, so that the form is no circle.

        A select of thousands of parties would else lie about until the next full round of the garbage collector.
        """
        return self.fields[name].get_bound_field(self, name)

    def value(self, name: str) -> Any:
        """Return what was asked for in one field, or None."""
        found = self.cleaned_data.get(name)
        return None if found in ("", [], None) else found

    @property
    def used(self) -> int:
        """Return how many fields narrow the list."""
        return sum(1 for name in self.fields if self.value(name) is not None)
