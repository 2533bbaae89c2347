"""One call to a mall, within ten seconds whatever the other side does, over connections that are kept."""

import asyncio
import base64
import hmac
import math
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache

import h11
import httpx

from entrepot.base.addresses import Network
from entrepot.callbacks import connecting
from entrepot.callbacks.connecting import Answer, FaultError, HungUpError, Line
from entrepot.callbacks.rules import Fault

TOTAL_S = 10.0
ANSWER_AT_MOST = 65_536
KEPT_S = 30.0
KEPT_AT_MOST = 800
AGENT = b"Entrepot-Callbacks/1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: the status when there was one, the beginning of the answer, what went wrong, milliseconds.

    `headers` are those it was made with.
    """

    status: int | None
    answer: bytes
    fault: Fault | None
    took_ms: int
    retry_after_s: int = 0
    headers: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """An address in the parts that are connected to."""

    is_tls: bool
    host: str
    port: int
    path: bytes
    header: bytes


class Caller:
    """Calls malls over kept connections; use it in one event loop and close it."""

    def __init__(self, *, allowed: Sequence[Network] = ()) -> None:
        self._allowed = allowed
        self._kept: dict[tuple[bool, str, int], list[Line]] = {}
        self._kept_count = 0
        self._next_sweep = 0.0

    @property
    def kept(self) -> int:
        """Return how many connections are kept that carry no call now."""
        return self._kept_count

    async def close(self) -> None:
        """Give the connections back."""
        for lines in self._kept.values():
            for line in lines:
                line.close()
        self._kept.clear()
        self._kept_count = 0
        await asyncio.sleep(0)

    async def post(self, url: str, *, body: bytes, headers: list[tuple[bytes, bytes]]) -> Outcome:
        """Post a body and return how it went, within ten seconds whatever the other side does.

        Redirects are not followed, and of an answer no more than 64 kB is read.
        """
        began = time.perf_counter()
        answer = Answer()
        fault: Fault | None = None
        try:
            async with asyncio.timeout(TOTAL_S):
                await self._post(_target(url), body, headers, answer)
        except FaultError as error:
            fault = error.fault
        except TimeoutError:
            # Who has answered with a status has answered; the rest of the body is of no interest.
            fault = None if answer.status is not None else Fault("no_answer", {"seconds": round(TOTAL_S)})
        except HungUpError:
            fault = Fault("hung_up")
        except (h11.ProtocolError, ConnectionError) as error:
            fault = Fault("broken_answer", {"error": f"{type(error).__name__}: {error}"[:200]})
        except (httpx.InvalidURL, OSError, ValueError) as error:
            fault = Fault("cannot_call", {"error": str(error)[:200]})
        took_ms = round((time.perf_counter() - began) * 1000)
        return Outcome(answer.status, answer.body, fault, took_ms, _retry_after(answer.headers), headers)

    async def _post(self, target: _Target, body: bytes, headers: list[tuple[bytes, bytes]], answer: Answer) -> None:
        own = [(b"host", target.header), (b"content-length", b"%d" % len(body))]
        request = h11.Request(method=b"POST", target=target.path, headers=own + headers)
        kept = self._take(target)
        if kept is not None:
            try:
                await self._ask(kept, target, request, body, answer)
            except (HungUpError, ConnectionError):
                # A connection that was kept may have been closed just now: that says nothing about the mall.
                if answer.status is not None:
                    raise
            else:
                return
        tls = _tls() if target.is_tls else None
        line = await connecting.connect(target.host, target.port, tls=tls, allowed=self._allowed)
        await self._ask(line, target, request, body, answer)

    async def _ask(self, line: Line, target: _Target, request: h11.Request, body: bytes, answer: Answer) -> None:
        is_over = False
        try:
            await line.ask(request, body=body, answer=answer, at_most=ANSWER_AT_MOST)
            is_over = True
        finally:
            self._keep(line, target, is_over=is_over)

    def _take(self, target: _Target) -> Line | None:
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + KEPT_S
            self._sweep(now)
        lines = self._kept.get((target.is_tls, target.host, target.port), [])
        while lines:
            line = lines.pop()
            self._kept_count -= 1
            if line.is_usable and line.idle_since > now - KEPT_S:
                return line
            line.close()
        return None

    def _keep(self, line: Line, target: _Target, *, is_over: bool) -> None:
        if is_over and self._kept_count < KEPT_AT_MOST and line.rest(time.monotonic()):
            self._kept.setdefault((target.is_tls, target.host, target.port), []).append(line)
            self._kept_count += 1
        else:
            line.close()

    def _sweep(self, now: float) -> None:
        """Hang up on those who have not been called for a while."""
        for key, lines in list(self._kept.items()):
            fresh = [line for line in lines if line.is_usable and line.idle_since > now - KEPT_S]
            for line in lines:
                if line not in fresh:
                    line.close()
            self._kept_count -= len(lines) - len(fresh)
            if fresh:
                self._kept[key] = fresh
            else:
                del self._kept[key]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=2_000)
def _target(url: str) -> _Target:
    """Return an address in parts; letters of other scripts become what a resolver knows. Raises ValueError."""
    parts = httpx.URL(url)
    if parts.scheme not in _PORTS or not parts.raw_host:
        raise ValueError("it is neither http:// nor https:// with a name")
    port = parts.port or _PORTS[parts.scheme]
    return _Target(parts.scheme == "https", parts.raw_host.decode("ascii"), port, parts.raw_path, parts.netloc)


def signed_headers(message_id: str, *, body: bytes, secret: str, now_s: int) -> list[tuple[bytes, bytes]]:
    """Return the headers of a callback: the Standard Webhooks signature over id, time and body under the secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.digest(key, f"{message_id}.{now_s}.".encode() + body, "sha256")
    return [
        (b"content-type", b"application/json"),
        (b"user-agent", AGENT),
        (b"webhook-id", message_id.encode()),
        (b"webhook-timestamp", str(now_s).encode()),
        (b"webhook-signature", b"v1," + base64.b64encode(signature)),
    ]


def _retry_after(headers: list[tuple[bytes, bytes]]) -> int:
    """Return the whole seconds a Retry-After asks for, given as such or as a date; 0 for none and for what is neither."""
    for name, value in headers:
        if name.lower() != b"retry-after":
            continue
        if value.isdigit():
            return int(value) if len(value) < 8 else 0
        try:
            wanted = parsedate_to_datetime(value.decode("ascii"))
        except ValueError:
            return 0
        return max(0, math.ceil(wanted.timestamp() - time.time()))
    return 0
