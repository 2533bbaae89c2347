"""One call to a mall: the name resolved once, every address judged, the very address connected to, the answer bounded."""

import asyncio
import base64
import hmac
import ipaddress
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from entrepot.callbacks.rules import Network, is_admitted

CONNECT_S = 3.0
TOTAL_S = 10.0
ANSWER_AT_MOST = 65_536
AGENT = b"Entrepot-Callbacks/1"


class NotAdmittedError(Exception):
    """The name leads to an address that may not be called."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: the status when there was one, the beginning of the answer, what went wrong, milliseconds."""

    status: int | None
    answer: bytes
    fault: str
    took_ms: int
    retry_after_s: int = 0


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged; the name is not asked again in between."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection to a name or address. Raises NotAdmittedError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} leads nowhere") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            # A scope (fe80::1%eth0) is no part of the address; what has one is link-local anyway.
            if not is_admitted(ipaddress.ip_address(address.partition("%")[0]), allowed=self._allowed):
                raise NotAdmittedError(f"{host} leads to {address}, which may not be called")
        if not addresses:
            raise httpcore.ConnectError(f"the name {host} leads nowhere")
        return await self._plain.connect_tcp(
            addresses[0], port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no callback goes to a socket."""
        raise NotAdmittedError("a callback goes to no socket")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Caller:
    """Calls malls over kept connections; use it in one event loop and close it."""

    def __init__(self, *, allowed: Sequence[Network] = ()) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=2_000,
            max_keepalive_connections=400,
            keepalive_expiry=30.0,
            network_backend=_Backend(allowed),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.aclose()

    async def post(self, url: str, *, body: bytes, headers: list[tuple[bytes, bytes]]) -> Outcome:
        """Post a body and return how it went, within ten seconds whatever the other side does.

        Redirects are not followed, and of an answer no more than 64 kB is read.
        """
        began = time.perf_counter()
        status: int | None = None
        answer, fault, retry_after_s = b"", "", 0
        try:
            async with asyncio.timeout(TOTAL_S):
                extensions = {"timeout": {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": TOTAL_S}}
                async with self._pool.stream(
                    "POST", _target(url), headers=headers, content=body, extensions=extensions
                ) as response:
                    status = response.status
                    retry_after_s = _retry_after(response.headers)
                    async for part in response.aiter_stream():
                        answer += part
                        if len(answer) > ANSWER_AT_MOST:
                            break
        except NotAdmittedError as error:
            fault = str(error)
        except TimeoutError:
            # Who has answered with a status has answered; the rest of the body is of no interest.
            fault = "" if status is not None else f"no answer within {TOTAL_S:.0f} s"
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            fault = f"{type(error).__name__}: {error}"[:200]
        except (httpcore.UnsupportedProtocol, httpx.InvalidURL, OSError, ValueError) as error:
            fault = f"the address cannot be called: {error}"[:200]
        return Outcome(status, answer, fault, round((time.perf_counter() - began) * 1000), retry_after_s)


def _target(url: str) -> httpcore.URL:
    """Return an address in the parts that are connected to; letters of other scripts become what a resolver knows."""
    parts = httpx.URL(url)
    return httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)


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
    """Return the whole seconds a Retry-After asks for, 0 for none; dates are not used by those who call in seconds."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) < 8:
            return int(value)
    return 0
