"""Standard Webhooks signatures, written once more so that the kit shares no code with what it judges."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

WINDOW_S = 300


def key_of(secret: str) -> bytes:
    """Return the bytes of a `whsec_…` secret. Raises ValueError for what is none."""
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def sign(name: str, *, timestamp: int, payload: bytes, secret: str) -> str:
    """Return `v1,<base64>` over `{name}.{timestamp}.{payload}`."""
    digest = hmac.new(key_of(secret), f"{name}.{timestamp}.".encode() + payload, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_line(method: str, *, target: str, body: bytes) -> bytes:
    """Return what a call signs: its request line, a newline, its body."""
    return f"{method} {target}\n".encode() + body


def is_genuine(
    header: str, *, name: str, timestamp: str, payload: bytes, secret: str, now: float | None = None
) -> bool:
    """Return whether one of the signatures of a header is right and its time within five minutes."""
    if not timestamp.isascii() or not timestamp.isdigit():
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > WINDOW_S:
        return False
    expected = sign(name, timestamp=int(timestamp), payload=payload, secret=secret)
    return any(hmac.compare_digest(expected, given) for given in header.split())


def callback_headers(name: str, *, body: bytes, secret: str, timestamp: int | None = None) -> dict[str, str]:
    """Return the headers of a callback."""
    at = int(time.time()) if timestamp is None else timestamp
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(name, timestamp=at, payload=body, secret=secret),
        "content-type": "application/json",
    }


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by their names in small letters."""
    return {name.lower(): value for name, value in headers.items()}
