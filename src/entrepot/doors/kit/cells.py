"""Plain lists: rows of cells for one template, where a page needs no layout of its own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from entrepot.doors.kit.lists import Page


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in one place of a list: a text, under it a smaller one, perhaps a link, perhaps as a badge."""

    text: Any
    small: Any = ""
    url: str = ""
    tone: str = ""
    is_badge: bool = False
    is_number: bool = False


@dataclass(frozen=True, kw_only=True)
class Link:
    """A button above a list, or a link at the end of a row."""

    label: Any
    url: str
    is_primary: bool = False


@dataclass(kw_only=True)
class Row:
    """One row: its cells, the first of which names it, and what can be done with it."""

    cells: list[Cell]
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """What an empty list says, and what it says when a search has emptied it."""

    title: Any
    text: Any = ""
    icon: str = "inbox"
    narrowed: Any = ""


def number(text: Any, *, small: Any = "", tone: str = "", url: str = "") -> Cell:
    """Return a figure, at the right of its column."""
    return Cell(text=text, small=small, tone=tone, url=url, is_number=True)


def badge(text: Any, *, tone: str = "", small: Any = "") -> Cell:
    """Return a state as a coloured badge: ok, warn, bad, info or none."""
    return Cell(text=text, tone=tone, small=small, is_badge=True)


class _Shown:
    """A row as the template walks over it: each cell with the heading of its column."""

    def __init__(self, row: Row, *, heads: Sequence[tuple[Any, bool]]) -> None:
        self.links = row.links
        self._pairs = [(head, cell) for (head, _is_number), cell in zip(heads, row.cells, strict=True)]

    def __iter__(self) -> Iterator[tuple[Any, Cell]]:
        return iter(self._pairs)


def plain_list(
    request: HttpRequest,
    *,
    title: Any,
    heads: Sequence[tuple[Any, bool]],
    rows: Iterable[Row],
    nothing: Nothing,
    page: Page | None = None,
    is_narrowed: bool = False,
    **more: Any,
) -> HttpResponse:
    """Return a list page of plain cells. `heads` are headings, each with whether its column holds figures.

    More of what the template knows: `lead`, `form`, `tabs`, `buttons` (links), `notes` (text and tone), `has_export`.
    """
    shown = [_Shown(row, heads=heads) for row in rows]
    context = {
        "title": title,
        "heads": heads,
        "rows": shown,
        "has_links": any(row.links for row in shown),
        "nothing": nothing,
        "page": page,
        "is_narrowed": is_narrowed,
        "path": request.path,
    }
    return render(request, "kit/plain_list.html", context | more)
