"""Standard Webhooks 1.0 signatures (HMAC-SHA256) for requests to Entrepot and for its callbacks."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping

SECRET_PREFIX = "whsec_"  # noqa: S105
WINDOW_S = 300


def decode_secret(secret: str) -> bytes:
    """The raw key bytes of a `whsec_…` secret; ValueError when it is not one."""
    encoded = secret.removeprefix(SECRET_PREFIX)
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error as failure:
        raise ValueError("the secret is not 'whsec_' followed by base64") from failure
    if not raw:
        raise ValueError("the secret is empty")
    return raw


def sign(content_id: str, *, timestamp: int, payload: bytes, secret: bytes) -> str:
    """`v1,<base64>` over `{content_id}.{timestamp}.{payload}`, the Standard Webhooks content."""
    content = f"{content_id}.{timestamp}.".encode() + payload
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def request_payload(method: str, *, target: bytes, body: bytes) -> bytes:
    """The signed payload of a request: its request line, a newline, its body; `target` is path and query as sent."""
    return method.upper().encode() + b" " + target + b"\n" + body


def new_nonce() -> str:
    """32 characters of chance; the API takes each nonce once per key."""
    return secrets.token_hex(16)


def request_headers(
    method: str, *, target: bytes, body: bytes, key: str, secret: bytes, nonce: str, timestamp: int
) -> dict[str, str]:
    """The four `Entrepot-*` headers of one attempt of one request."""
    payload = request_payload(method, target=target, body=body)
    return {
        "Entrepot-Key": key,
        "Entrepot-Timestamp": str(timestamp),
        "Entrepot-Nonce": nonce,
        "Entrepot-Signature": sign(nonce, timestamp=timestamp, payload=payload, secret=secret),
    }


class SignatureError(Exception):
    """A callback whose headers are missing, too old, too new or signed with another secret."""


def _timestamp_of(value: str, *, now: float) -> int:
    # Only plain ASCII digits: int() would also take signs, spaces, underscores and other scripts' digits.
    if not (value.isascii() and value.isdigit()):
        raise SignatureError("webhook-timestamp is not a number of seconds")
    timestamp = int(value)
    if abs(now - timestamp) > WINDOW_S:
        raise SignatureError(f"webhook-timestamp is more than {WINDOW_S} s away from this clock")
    return timestamp


def check_callback(
    headers: Mapping[str, str], *, body: bytes, secrets_live: list[str], now: float | None = None
) -> str:
    """Return the `webhook-id` of a genuine callback; SignatureError otherwise.

    `secrets_live` are the secrets in use (two while one is being rotated); `now` is unix seconds.
    """
    if not secrets_live:
        raise ValueError("no secret to check with")
    lowered = {name.lower(): value for name, value in headers.items()}
    missing = [n for n in ("webhook-id", "webhook-timestamp", "webhook-signature") if not lowered.get(n)]
    if missing:
        raise SignatureError("missing header " + ", ".join(missing))
    timestamp = _timestamp_of(lowered["webhook-timestamp"], now=time.time() if now is None else now)
    given = [part.encode() for part in lowered["webhook-signature"].split(" ") if part]
    genuine = False
    for secret in secrets_live:
        expected = sign(lowered["webhook-id"], timestamp=timestamp, payload=body, secret=decode_secret(secret)).encode()
        for candidate in given:
            # No early exit: the time taken says nothing about which secret or signature matched.
            genuine |= hmac.compare_digest(expected, candidate)
    if not genuine:
        raise SignatureError("no signature matches")
    return lowered["webhook-id"]
