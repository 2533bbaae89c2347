"""Bugs to plant in a running API, one at a time; `planted_front` serves it."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from entrepot.doors.api import batch_calls, callers, guard, order_calls, placing
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.problems import Problem

_patch = pytest.MonkeyPatch()


def query_unsigned() -> None:
    """The query is left out of what is signed."""
    honest = guard.signed_bytes

    def signed(scope: dict[str, Any], **more: Any) -> bytes:
        return honest(scope | {"query_string": b""}, **more)

    _patch.setattr(guard, "signed_bytes", signed)


def signature_by_value() -> None:
    """Signatures are compared after decoding, so that one has several spellings."""

    def is_signed(header: bytes, signed: bytes, secret: bytes) -> bool:
        expected = guard.hmac.digest(secret, signed, "sha256")
        parts = (part.partition(b",") for part in header.split(b" "))
        return any(guard.base64.b64decode(given + b"==") == expected for version, _, given in parts if version == b"v1")

    _patch.setattr(guard, "_is_signed", is_signed)


def endless_window() -> None:
    """Any timestamp will do."""
    _patch.setattr(guard, "WINDOW_S", 10**12)


def forgetful_of_nonces() -> None:
    """A nonce may come again."""
    _patch.setattr(guard.Nonces, "is_new", lambda *_: True)


def keys_for_ever() -> None:
    """What was once known of a key is believed for a minute."""
    _patch.setattr(callers, "FRESH_S", 60.0)


def open_to_all_addresses() -> None:
    """Allow-lists are not looked at."""
    _patch.setattr(Caller, "admits", lambda *_: True)


def no_rates() -> None:
    """Everybody may call as often as he likes."""
    _patch.setattr(Caller, "take_token", lambda self, now: (True, self.burst, 0.0))


def verbs_of_anybody() -> None:
    """The desk is not told who asks to confirm, cancel or receive."""
    for name in ("Capture", "Cancel", "Receive"):
        honest = getattr(order_calls, name)
        _patch.setattr(
            order_calls,
            name,
            lambda order_id, actor, _party, *more, honest=honest: honest(order_id, actor, None, *more),
        )


def reads_of_anybody() -> None:
    """Orders are read as the platform reads them."""
    from entrepot.base import scope
    from entrepot.doors.api.threads import in_thread

    async def as_platform(caller: Caller, work: Callable[..., Any], *arguments: Any) -> Any:
        del caller

        def scoped() -> Any:
            with scope.platform(read_only=True):
                return work(*arguments)

        return await in_thread(scoped)

    _patch.setattr(order_calls, "as_distributor", as_platform)


def extra_fields_ignored() -> None:
    """Fields nobody knows are dropped without a word."""
    import json

    from entrepot.doors.api import reading

    honest = reading.read

    def lenient(body: bytes, wanted: type) -> Any:
        while True:
            try:
                return honest(body, wanted)
            except Problem as problem:
                if problem.code != "unknown_field":
                    raise
                content = holder = json.loads(body)
                *path, name = problem.errors[0].pointer.split("/")[1:]
                for part in path:
                    holder = holder[int(part) if isinstance(holder, list) else part]
                del holder[name.replace("~1", "/").replace("~0", "~")]
                body = json.dumps(content).encode()

    for module in (order_calls, batch_calls):
        _patch.setattr(module, "read", lenient)


def content_not_compared() -> None:
    """The same number is the same order, whatever it says."""
    _patch.setattr(placing, "content_of", lambda *_: [])


def every_attempt_an_order() -> None:
    """The mall's number does not hold: a retry is placed again."""
    honest = order_calls.to_place

    def numbered(wanted: Any, *, caller: Caller) -> Any:
        ask = honest(wanted, caller=caller)
        ask.out_order_no = f"{ask.out_order_no}.{secrets.token_hex(4)}"
        return ask

    _patch.setattr(order_calls, "to_place", numbered)


def values_told() -> None:
    """A refusal repeats the value that was refused."""
    from entrepot.doors.api import reading

    honest = reading.read

    def telling(body: bytes, wanted: type) -> Any:
        try:
            return honest(body, wanted)
        except Problem as problem:
            problem.detail = (body.decode("utf-8", "replace"), "")
            raise

    _patch.setattr(order_calls, "read", telling)


def values_logged() -> None:
    """The log shows an error with all that it was about."""
    from entrepot.base import logs

    _patch.setattr(logs, "_words", str)


def answered_without_commit() -> None:
    """A batch in five is answered and never written."""
    import itertools

    from entrepot.trade import desk

    honest, batches = desk.write, itertools.count(1)

    def write(books: Any, *, raw: Any) -> None:
        if next(batches) % 5:
            honest(books, raw=raw)

    _patch.setattr(desk, "write", write)


def feed_without_watermark() -> None:
    """The feed serves what is committed, though older transactions still run."""
    from entrepot.reports import changes

    _patch.setattr(changes, "_WATERMARK", "select pg_snapshot_xmax(pg_current_snapshot())::text")


def feed_by_time() -> None:
    """The feed goes by the time at which goods were changed."""
    from entrepot.reports import changes

    by_time = "(extract(epoch from changed_at) * 1000000)::bigint::text::xid8"
    _patch.setattr(changes, "_WATERMARK", "select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text")
    _patch.setattr(changes, "_GOODS", changes._GOODS.replace("changed_xid", by_time))


def feed_seldom_looked_at() -> None:
    """Who waits on the feed is told every four seconds."""
    from entrepot.doors.api import feed_calls, watching

    _patch.setattr(watching, "LOOK_S", 4.0)
    _patch.setattr(feed_calls, "LOOK_S", 4.0)


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        *(
            query_unsigned,
            signature_by_value,
            endless_window,
            forgetful_of_nonces,
            keys_for_ever,
            open_to_all_addresses,
        ),
        *(no_rates, verbs_of_anybody, reads_of_anybody, extra_fields_ignored, content_not_compared),
        *(every_attempt_an_order, values_told, values_logged, answered_without_commit),
        *(feed_without_watermark, feed_by_time, feed_seldom_looked_at),
    )
}


def plant(name: str) -> None:
    """Plant a bug, or with `none` only take out the last one."""
    _patch.undo()
    if name != "none":
        BUGS[name]()
