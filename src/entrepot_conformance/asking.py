"""The one question to the real platform: under which secret it signs callbacks."""

import secrets
import time
from urllib.parse import urlsplit

from entrepot_conformance import signing
from entrepot_conformance.wire import call

_TARGET = "/api/v1/webhook"


def asked_secret(platform: str, *, key: str, secret: str) -> str:
    """Return the secret of callbacks that a platform has for a key. Raises LookupError with what is wrong."""
    parts = urlsplit(platform if "://" in platform else f"https://{platform}")
    base = f"{parts.scheme}://{parts.netloc}"
    nonce, now = secrets.token_hex(16), int(time.time())
    payload = signing.signed_line("GET", target=_TARGET, body=b"")
    try:
        signature = signing.sign(nonce, timestamp=now, payload=payload, secret=secret)
    except ValueError:
        raise LookupError("--secret is no whsec_… secret") from None
    headers = {
        "Entrepot-Key": key,
        "Entrepot-Timestamp": str(now),
        "Entrepot-Nonce": nonce,
        "Entrepot-Signature": signature,
    }
    answer = call("GET", base + _TARGET, headers=headers)
    content = answer.json if isinstance(answer.json, dict) else {}
    if not answer.is_success:
        said = content.get("code") or answer.fault or f"status {answer.status}"
        raise LookupError(f"{base} does not tell the secret of callbacks: {said}")
    found = content.get("secret")
    if not isinstance(found, str) or not found:
        raise LookupError(f"{base} has no secret of callbacks yet: set a callback address there first")
    return found
