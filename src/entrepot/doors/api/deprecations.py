"""How an operation takes its leave: announced in the contract and on every answer for twelve months, then gone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an operation is deprecated, from which day (UTC) it may be gone, and which operation goes on for it."""

    since: date
    sunset: date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset < a_year_after(self.since):
            raise ValueError(f"deprecated on {self.since}, it stays for twelve months at least: not {self.sunset}")

    def headers(self) -> Headers:
        """Return `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""
        since, sunset = (datetime.combine(day, time(), UTC) for day in (self.since, self.sunset))
        return [
            (b"deprecation", f"@{int(since.timestamp())}".encode()),
            (b"sunset", format_datetime(sunset, usegmt=True).encode()),
        ]

    def members(self) -> dict[str, Any]:
        """Return what the contract says of it beside the operation's own members."""
        return {
            "deprecated": True,
            "x-deprecated-since": self.since.isoformat(),
            "x-sunset": self.sunset.isoformat(),
            "x-replaced-by": self.instead,
        }

    @property
    def words(self) -> str:
        """Return the sentence that goes behind the operation's description."""
        return f" Deprecated since {self.since}, gone from {self.sunset}: use `{self.instead}`."


class Leaving:
    """Finds what to say on the answers of deprecated operations; costs nothing while there is none."""

    def __init__(self, handlers: Iterable[Any], *, base: str) -> None:
        known = [
            (path.count("{"), method, re.compile(re.sub(r"\{\w+:\w+\}", "[^/]+", base + path)), said)
            for handler in handlers
            for said in [handler.opt["operation"].deprecation]
            for path in handler.paths
            for method in handler.http_methods
        ]
        # An address that is meant literally goes before one with a place for an id, as in the router.
        known.sort(key=lambda one: one[0])
        self._known = known if any(said is not None for *_, said in known) else []

    def headers_of(self, method: str, path: str) -> Headers:
        """Return the headers that an answer to this call carries besides its own."""
        for _, name, pattern, said in self._known:
            if name == method and pattern.fullmatch(path):
                return said.headers() if said is not None else []
        return []


def a_year_after(day: date) -> date:
    """Return the same day of the next year; the first of March where there is none."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)
