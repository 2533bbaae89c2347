"""One kept connection to a mall: the name resolved once, every address judged, the very address connected to."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import h11

from entrepot.base.addresses import Network, is_admitted
from entrepot.callbacks.rules import Fault

CONNECT_S = 3.0
_READ_AT_ONCE = 65_536


class FaultError(Exception):
    """A call that cannot be made; `fault` says why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.fault = Fault(code, facts)


class NotAdmittedError(FaultError):
    """The name leads to an address that may not be called."""


class UnreachableError(FaultError):
    """The name leads nowhere, or nobody is there."""


class HungUpError(Exception):
    """The other side closed the connection before it had answered at all."""


@dataclass(slots=True)
class Answer:
    """What has come of an answer so far; it may break off anywhere."""

    status: int | None = None
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class Line:
    """A connection that carries one call after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._state = h11.Connection(h11.CLIENT)
        self.idle_since = 0.0

    @property
    def is_usable(self) -> bool:
        """Return whether the connection can carry another call, as far as is known here."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def ask(self, request: h11.Request, *, body: bytes, answer: Answer, at_most: int) -> None:
        """Send a request and fill `answer` as it comes, reading little more of its body than `at_most` bytes.

        Raises HungUpError, OSError, h11.RemoteProtocolError.
        """
        state, is_heard = self._state, False
        sent = [state.send(request), state.send(h11.Data(body)), state.send(h11.EndOfMessage())]
        self._writer.write(b"".join(part for part in sent if part))
        await self._writer.drain()
        while True:
            event: Any = state.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(_READ_AT_ONCE)
                if not data and not is_heard:
                    raise HungUpError
                is_heard = True
                state.receive_data(data)
            elif type(event) is h11.Response:
                answer.status, answer.headers = event.status_code, list(event.headers)
            elif type(event) is h11.Data:
                answer.body += event.data
                if len(answer.body) > at_most:
                    return
            elif type(event) in (h11.EndOfMessage, h11.ConnectionClosed):
                return

    def rest(self, now: float) -> bool:
        """Make ready for the next call and return whether there can be one."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        self.idle_since = now
        return self.is_usable

    def close(self) -> None:
        """Hang up at once: what is left to be sent or read is of no interest."""
        self._writer.transport.abort()


async def connect(host: str, port: int, *, tls: ssl.SSLContext | None, allowed: Sequence[Network]) -> Line:
    """Return a line to a host within three seconds. Raises NotAdmittedError, UnreachableError."""
    try:
        async with asyncio.timeout(CONNECT_S):
            address = await _judged(host, port, allowed)
            reader, writer = await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=host if tls else None, family=_family(address)
            )
    except TimeoutError as error:
        raise UnreachableError("no_connection", seconds=round(CONNECT_S)) from error
    except OSError as error:  # TLS that fails is one as well
        raise UnreachableError("cannot_connect", error=str(error)[:200]) from error
    return Line(reader, writer)


async def _judged(host: str, port: int, allowed: Sequence[Network]) -> str:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError("unknown_host", host=host) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        # A scope (fe80::1%eth0) is no part of the address; what has one is link-local anyway.
        if not is_admitted(ipaddress.ip_address(address.partition("%")[0]), allowed=allowed):
            raise NotAdmittedError("not_admitted", host=host, address=address)
    if not addresses:
        raise UnreachableError("unknown_host", host=host)
    return addresses[0]


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
