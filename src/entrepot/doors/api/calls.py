"""What every handler does alike: find the caller, read the query, answer JSON, turn pages."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from entrepot.base import scope
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.problems import Problem, Wrong, invalid, not_found
from entrepot.doors.api.threads import in_thread

Result = TypeVar("Result")
Call = Request[Any, Any, Any]
encoded = msgspec.json.Encoder().encode
MAX_ID = 2**63 - 1
_NUMBER = re.compile(r"[A-Za-z0-9._:\-]{1,64}")


def caller_of(request: Call) -> Caller:
    """Return who signed the request."""
    found: Caller = request.scope["caller"]  # type: ignore[typeddict-item]
    return found


def body_of(request: Call) -> bytes:
    """Return the bytes that were signed."""
    found: bytes = request.scope["body"]  # type: ignore[typeddict-item]
    return found


def reply(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Return a bare object as JSON."""
    return Response(encoded(content), status_code=status, media_type="application/json", headers=headers)


async def as_distributor(caller: Caller, work: Callable[..., Result], *arguments: Any) -> Result:
    """Await a read in the caller's own scope, in a transaction that cannot write."""

    def scoped() -> Result:
        with scope.distributor(caller.distributor_id, read_only=True):
            return work(*arguments)

    return await in_thread(scoped)


class Query:
    """The query string of a list, read strictly: what is not known or given twice is refused."""

    def __init__(self, request: Call, *known: str) -> None:
        given = list(request.query_params.multi_items())
        self._values = dict(given)
        faults = [
            Wrong(f"/{name[:80]}", "unknown_field", ("没有此参数", "There is no such parameter"))
            for name in self._values
            if name not in known
        ]
        if len(given) > len(self._values) and not faults:
            twice = sorted(name for name, times in Counter(name for name, _ in given).items() if times > 1)
            faults = [Wrong(f"/{name}", "validation_failed", ("参数重复", "Given more than once")) for name in twice]
        if faults:
            raise invalid(*faults)

    def limit(self, *, default: int = 50, most: int = 500) -> int:
        """Return the page size asked for."""
        return self.whole("limit", default=default, least=1, most=most) or default

    def number(self, name: str) -> int | None:
        """Return an id asked for, None when it is not."""
        return self.whole(name, default=None, least=0, most=MAX_ID)

    def cursor(self, items: str, *, life: str = "") -> int | None:
        """Return the id behind a page's cursor; a cursor of another list, or of before a restore, is refused."""
        text = self._values.get("cursor")
        if text is None:
            return None
        try:
            kind, _, number = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).partition(b":")
        except (binascii.Error, ValueError):
            kind, number = b"", b""
        if kind.partition(b"@")[0] == items.encode() and kind != named(items, life=life).encode():
            words = (
                "游标来自数据恢复之前：请不带游标从头读取",
                "The cursor is of before a restore: read on without one",
            )
            raise Problem("cursor_expired", detail=words)
        if kind != named(items, life=life).encode() or not number.isdigit() or len(number) > 19 or int(number) > MAX_ID:
            raise invalid(Wrong("/cursor", "validation_failed", ("不是本列表的游标", "Not a cursor of this list")))
        return int(number)

    def choice(self, name: str, options: tuple[str, ...]) -> str | None:
        """Return one of the options, None when not given."""
        value = self._values.get(name)
        if value is not None and value not in options:
            listed = ", ".join(options)
            raise invalid(Wrong(f"/{name}", "validation_failed", (f"可选值：{listed}", f"One of {listed}")))
        return value

    def moment(self, name: str) -> datetime | None:
        """Return a point in time with its zone, None when not given."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        # The ends of the calendar cannot be told in every time zone.
        if found is None or found.tzinfo is None or not 1900 <= found.year <= 9000:
            words = ("须为带时区的 RFC 3339 时间，加号写作 %2B", "RFC 3339 with a time zone; write its plus as %2B")
            raise invalid(Wrong(f"/{name}", "validation_failed", words))
        return found.astimezone(UTC)  # the database knows no zone beyond 16 hours

    def text(self, name: str) -> str | None:
        """Return a value as it was given, None when not given."""
        return self._values.get(name)

    def own_number(self, name: str) -> str | None:
        """Return a number of the mall's own, None when not given."""
        value = self._values.get(name)
        if value is not None and _NUMBER.fullmatch(value) is None:
            raise invalid(Wrong(f"/{name}", "validation_failed", ("不是合法的单号", "Not a number of yours")))
        return value

    def choices(self, name: str, options: tuple[str, ...]) -> tuple[str, ...]:
        """Return the options listed with commas, none when not given."""
        value = self._values.get(name)
        if value is None:
            return ()
        wanted = tuple(value.split(","))
        if not set(wanted) <= set(options):
            listed = ", ".join(options)
            raise invalid(Wrong(f"/{name}", "validation_failed", (f"可选值：{listed}", f"Some of {listed}")))
        return wanted

    def whole(self, name: str, *, default: int | None, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        value = self._values.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 19 or not least <= int(value) <= most:
            words = (f"须为 {least} 至 {most} 的整数", f"A whole number from {least} to {most}")
            raise invalid(Wrong(f"/{name}", "validation_failed", words))
        return int(value)


def cursor_after(value: int, *, items: str, life: str = "") -> str:
    """Return the opaque cursor of an id in a list; `life` is that of the database since its last restore."""
    return base64.urlsafe_b64encode(f"{named(items, life=life)}:{value}".encode()).decode().rstrip("=")


def named(items: str, *, life: str) -> str:
    """Return how a cursor names its list."""
    return f"{items}@{life}" if life else items


def object_id(text: str) -> int:
    """Return the id of a path; what cannot be one is not found."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise not_found()
    return int(text)


def own_number(text: str) -> str:
    """Return the mall's own number of a path; what cannot be one is not found."""
    if _NUMBER.fullmatch(text) is None:
        raise not_found()
    return text
