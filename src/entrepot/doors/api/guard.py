"""Before any handler: who calls, from where, how often, and whether the bytes are the ones he signed."""

import asyncio
import base64
import hmac
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from entrepot.base import scope
from entrepot.base.stages import STAGES
from entrepot.doors.api.callers import Caller, Callers, plain_address
from entrepot.doors.api.deprecations import Leaving
from entrepot.doors.api.nonces import Nonces
from entrepot.doors.api.problems import Problem, encode_problem
from entrepot.doors.api.texts import language_of

log = structlog.get_logger()
WINDOW_S = 300
BODY_LIMIT = 1_048_576
UPLOAD_LIMIT = 8_388_608
UPLOADS = "/api/v1/uploads"
BODY_TIMEOUT_S = 30  # who sends no faster holds a place that others need
OPEN_PATHS = frozenset({"/api/v1/health", "/api/v1/status", "/api/v1/openapi.json", "/api/v1/docs"})
_KEY = re.compile(r"ek_[a-z]+_[A-Za-z0-9]{1,40}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")
_NO_KEY = ("请求没有带 Entrepot-Key：签名方法见 /guide/", "There is no Entrepot-Key: how to sign stands in /guide/en/")
_NO_SECONDS = ("Entrepot-Timestamp 须为 Unix 秒（不是毫秒）", "Entrepot-Timestamp is Unix seconds, not milliseconds")
_SIGNATURE_FORM = (
    "Entrepot-Signature 须为 v1, 加上 HMAC-SHA256 的 base64",
    "Entrepot-Signature is v1, and the base64 of HMAC-SHA256",
)
_NONCE_FORM = ("Entrepot-Nonce 须为 16–64 位的 A–Z a–z 0–9 _ -", "Entrepot-Nonce is 16–64 of A–Z a–z 0–9 _ -")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")


Hot = Callable[[dict[str, Any]], Awaitable[tuple[int, bytes, dict[str, str]]]]


class Guard:
    """ASGI wrapper that reads the body, checks key, time, signature, nonce, address and rate, in this order.

    It puts `caller`, `body`, `language` and `request_id` into the scope for the handlers. An operation named in `hot`
    is answered right here, by the function its handler calls too: routing would cost as much again.
    """

    def __init__(
        self, app: Any, *, hot: dict[tuple[str, str], Hot] | None = None, leaving: Leaving | None = None
    ) -> None:
        self._app = app
        self._leaving = leaving or Leaving([], base="")
        self._hot = hot or {}
        self._callers = Callers()
        self._nonces = Nonces()

    async def __call__(self, asgi: dict[str, Any], receive: Any, send: Any) -> None:
        if asgi["type"] != "http":
            await self._app(asgi, receive, send)
            return
        headers = dict(asgi["headers"])
        asgi["language"] = language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
        asgi["request_id"] = request_id = f"req_{secrets.token_hex(8)}"
        extra = [(b"entrepot-request-id", request_id.encode())]
        extra += self._leaving.headers_of(asgi["method"], asgi["path"])
        started = time.perf_counter()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                asgi["body"] = body = await _body(receive, at_most=await self._limit(asgi, headers))
            if asgi["path"] not in OPEN_PATHS and not asgi["path"].startswith(("/api/docs", "/api/guide")):
                asgi["caller"] = caller = await self._check(asgi, headers=headers, body=body, extra=extra)
                scope.enter_world(is_sandbox=caller.is_sandbox)
            STAGES.add("signature", time.perf_counter() - started)
            hot = self._hot.get((asgi["method"], asgi["path"]))
            done = await hot(asgi) if hot is not None else None
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller hears of it as a problem
            problem = _problem_of(error, asgi)
            await answer(send, problem, language=language, request_id=request_id, headers=extra)
            return
        if done is not None:
            await _send(send, *done, extra=extra)
            return

        async def send_with(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        is_read = False

        async def receive_body() -> Any:
            nonlocal is_read
            if is_read:
                return await receive()  # a stream waits here to hear that its reader has gone
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(asgi, receive_body, send_with)

    async def _limit(self, asgi: dict[str, Any], headers: dict[bytes, bytes]) -> int:
        """Return how many bytes a body may have: pictures may be large, once a known key asks for it."""
        if asgi["path"] != UPLOADS or asgi["method"] != "POST":
            return BODY_LIMIT
        key = headers.get(b"entrepot-key", b"").decode("latin-1")
        is_known = _KEY.match(key) and await self._callers.find(key) is not None
        return UPLOAD_LIMIT if is_known else BODY_LIMIT

    async def _check(
        self, asgi: dict[str, Any], *, headers: dict[bytes, bytes], body: bytes, extra: list[Any]
    ) -> Caller:
        key = headers.get(b"entrepot-key", b"").decode("latin-1")
        caller = await self._callers.find(key) if _KEY.match(key) else None
        if caller is None:
            raise Problem("unknown_key", detail=None if key else _NO_KEY)
        timestamp = headers.get(b"entrepot-timestamp", b"").decode("latin-1")
        nonce = headers.get(b"entrepot-nonce", b"").decode("latin-1")
        now = int(time.time())
        if not _TIMESTAMP.match(timestamp) or abs(now - int(timestamp)) > WINDOW_S:
            told = _NO_SECONDS if not _TIMESTAMP.match(timestamp) or int(timestamp) > now * 100 else None
            raise Problem("timestamp_out_of_window", detail=told, extra={"server_time": now})
        signed = signed_bytes(asgi, nonce=nonce, timestamp=timestamp, body=body)
        if not _NONCE.match(nonce):
            raise Problem("bad_signature", detail=_NONCE_FORM, extra={"signed": signed.decode("utf-8", "replace")})
        if not _is_signed(headers.get(b"entrepot-signature", b""), signed, caller.secret):
            form = None if b"v1," in headers.get(b"entrepot-signature", b"") else _SIGNATURE_FORM
            raise Problem("bad_signature", detail=form, extra={"signed": signed.decode("utf-8", "replace")})
        if not self._nonces.is_new(key, nonce):
            raise Problem("nonce_reused")
        address = plain_address(asgi["client"][0]) if asgi.get("client") else ""
        if not caller.admits(address):
            raise Problem("ip_not_allowed", extra={"address": address})
        is_within, left, wait_s = caller.take_token(time.monotonic())
        policy = f'"key";q={caller.burst};w={max(1, caller.burst // caller.rate_per_s)}'
        extra.append((b"ratelimit-policy", policy.encode()))
        extra.append((b"ratelimit", f'"key";r={left};t={max(1, round(wait_s))}'.encode()))
        if not is_within:
            raise Problem("rate_limited", headers={"retry-after": str(max(1, round(wait_s)))})
        return caller


def signed_bytes(asgi: dict[str, Any], *, nonce: str, timestamp: str, body: bytes) -> bytes:
    """Return the exact bytes a caller signs: nonce, timestamp, request line as sent, newline, body."""
    path: bytes = asgi.get("raw_path") or asgi["path"].encode()
    path = path.partition(b"?")[0]
    query: bytes = asgi.get("query_string", b"")
    line = asgi["method"].encode() + b" " + path + (b"?" + query if query else b"")
    return b".".join((nonce.encode(), timestamp.encode(), line + b"\n" + body))


def _is_signed(header: bytes, signed: bytes, secret: bytes) -> bool:
    """Return whether one of the signatures is ours. Letters are compared, not bytes: base64 has spellings to spare."""
    expected = base64.b64encode(hmac.digest(secret, signed, "sha256"))
    is_good = False
    for part in header.split(b" "):
        version, _, given = part.partition(b",")
        if version == b"v1":
            is_good |= hmac.compare_digest(given, expected)
    return is_good


async def _body(receive: Any, *, at_most: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > at_most:
            raise Problem("payload_too_large")
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("bad_json", detail=("请求体中断", "The body broke off"))
        size += len(message.get("body", b""))
        if size > at_most:
            raise Problem("payload_too_large")
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _problem_of(error: Exception, asgi: dict[str, Any]) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, TimeoutError) and "body" not in asgi:
        return Problem("bad_json", detail=("请求体未在 30 秒内发完", "The body did not arrive within 30 s"))
    log.error("unexpected", path=asgi["path"], request_id=asgi["request_id"], exc_info=error)
    return Problem("internal_error")


async def _send(send: Any, status: int, body: bytes, headers: dict[str, str], *, extra: list[Any]) -> None:
    own = [(name.encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", str(len(body)).encode())
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", b"application/json"), length, *own, *extra],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def answer(
    send: Any, problem: Problem, *, language: str, request_id: str, headers: list[tuple[bytes, bytes]]
) -> None:
    """Send a problem as the whole answer."""
    body = encode_problem(problem, language=language, request_id=request_id)
    own = [(name.encode(), value.encode()) for name, value in problem.headers.items()]
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                *own,
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
