"""Receive a callback: check that it is genuine, then read it as an event."""

from collections.abc import Mapping

import msgspec

from entrepot_sdk.shapes import Event
from entrepot_sdk.signing import SignatureError, check_callback

VERIFY_TYPE = "webhook.verify"


def read_callback(
    headers: Mapping[str, str], *, body: bytes, secrets_live: list[str], now: float | None = None
) -> Event:
    """The event of a genuine callback; SignatureError when it is forged, stale, or not an event.

    Pass the body exactly as received, before any JSON library touched it.
    """
    check_callback(headers, body=body, secrets_live=secrets_live, now=now)
    try:
        return msgspec.json.decode(body, type=Event)
    except msgspec.MsgspecError as failure:
        raise SignatureError("signed, but not an event") from failure


def challenge_answer(event: Event) -> bytes | None:
    """The body to answer a `webhook.verify` event with, None for every other event."""
    challenge = event.data.get("challenge")
    if event.type != VERIFY_TYPE or not isinstance(challenge, str):
        return None
    return challenge.encode()
