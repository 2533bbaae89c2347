"""What every handler does alike: find the caller, read the query, answer JSON, turn pages."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from entrepot.base import scope
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.problems import ErrorItem, invalid, not_found
from entrepot.doors.api.threads import in_thread

Result = TypeVar("Result")
Call = Request[Any, Any, Any]
_encode = msgspec.json.Encoder().encode
MAX_ID = 2**63 - 1


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
    return Response(_encode(content), status_code=status, media_type="application/json", headers=headers)


async def as_distributor(caller: Caller, work: Callable[..., Result], *arguments: Any) -> Result:
    """Await a read in the caller's own scope, in a transaction that cannot write."""

    def scoped() -> Result:
        with scope.distributor(caller.distributor_id, read_only=True):
            return work(*arguments)

    return await in_thread(scoped)


class Query:
    """The query string of a list, read strictly: what is not known is refused."""

    def __init__(self, request: Call, *known: str) -> None:
        self._values = dict(request.query_params.items())
        unknown = [name for name in self._values if name not in known]
        if unknown:
            raise invalid(*(ErrorItem(f"/{name}", "unknown_field", f"Unknown parameter {name}") for name in unknown))

    def limit(self, *, default: int = 50, most: int = 500) -> int:
        """Return the page size asked for."""
        return self._whole("limit", default=default, least=1, most=most) or default

    def number(self, name: str) -> int | None:
        """Return an id asked for, None when it is not."""
        return self._whole(name, default=None, least=0, most=MAX_ID)

    def cursor(self) -> int | None:
        """Return the id behind a page's cursor."""
        text = self._values.get("cursor")
        if text is None:
            return None
        try:
            value = int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (binascii.Error, ValueError):
            raise invalid(ErrorItem("/cursor", "validation_failed", "Not a cursor of this list")) from None
        if not 0 <= value <= MAX_ID:
            raise invalid(ErrorItem("/cursor", "validation_failed", "Not a cursor of this list"))
        return value

    def choice(self, name: str, options: tuple[str, ...]) -> str | None:
        """Return one of the options, None when not given."""
        value = self._values.get(name)
        if value is not None and value not in options:
            raise invalid(ErrorItem(f"/{name}", "validation_failed", f"One of {', '.join(options)}"))
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
        if found is None or found.tzinfo is None:
            raise invalid(ErrorItem(f"/{name}", "validation_failed", "RFC 3339 with a time zone"))
        return found

    def _whole(self, name: str, *, default: int | None, least: int, most: int) -> int | None:
        value = self._values.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 19 or not least <= int(value) <= most:
            raise invalid(ErrorItem(f"/{name}", "validation_failed", f"A whole number from {least} to {most}"))
        return int(value)


def cursor_after(value: int) -> str:
    """Return the opaque cursor of an id."""
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def object_id(text: str) -> int:
    """Return the id of a path; what cannot be one is not found."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise not_found()
    return int(text)
