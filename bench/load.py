"""A lean load generator: request bytes signed beforehand, sent over kept-alive sockets, answers read only so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

HEADER_END = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(kw_only=True)
class Run:
    """One timed run: seconds it took, milliseconds of each answer, answers by status, bodies if asked for."""

    seconds: float
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)

    def per_second(self, *, statuses: Iterable[str] = ("200", "201"), weight: int = 1) -> float:
        """Answers of these statuses per second, each counted `weight` times."""
        return weight * sum(self.statuses[status] for status in statuses) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the answers did not exceed."""
        ordered = sorted(self.latencies_ms)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


class Client(asyncio.Protocol):
    """One connection: sends the next request when the last was answered."""

    def __init__(self, requests: Iterator[bytes], run: Run, *, keeps_bodies: bool) -> None:
        self._requests = requests
        self._run = run
        self._until = 0.0
        self._keeps_bodies = keeps_bodies
        self._buffer = b""
        self._wanted = -1
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write without being registered as asyncio.WriteTransport.
        self._transport = cast("asyncio.WriteTransport", transport)

    def start(self, *, until: float) -> None:
        """Send requests until there are none or the time is over."""
        self._until = until
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        now = time.perf_counter()
        request = next(self._requests, None) if now < self._until else None
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent_at = now
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._wanted < 0:
            head = self._buffer.find(HEADER_END)
            if head < 0:
                return
            self._wanted = head + 4 + length_of(self._buffer[:head])
        if len(self._buffer) < self._wanted:
            return
        run = self._run
        run.latencies_ms.append((time.perf_counter() - self._sent_at) * 1000)
        run.statuses[self._buffer[9:12].decode()] += 1
        if self._keeps_bodies:
            run.bodies.append(self._buffer[self._buffer.find(HEADER_END) + 4 :])
        self._buffer = b""
        self._wanted = -1
        self._send()

    def connection_lost(self, failure: Exception | None) -> None:
        if not self.done.done():
            self._run.statuses["lost"] += 1
            self.done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def length_of(head: bytes) -> int:
    """Return how long the body behind these headers is."""
    lowered = head.lower()
    place = lowered.find(LENGTH)
    if place < 0:
        raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
    return int(lowered[place + len(LENGTH) :].split(b"\r\n", 1)[0])


def run(
    requests: Sequence[bytes] | Iterator[bytes],
    *,
    port: int,
    clients: int,
    seconds: float,
    keeps_bodies: bool = False,
) -> Run:
    """Send requests from so many connections until they are used up or the time is over."""
    return uvloop.run(_run(iter(requests), port=port, clients=clients, seconds=seconds, keeps_bodies=keeps_bodies))


async def _run(requests: Iterator[bytes], *, port: int, clients: int, seconds: float, keeps_bodies: bool) -> Run:
    loop = asyncio.get_running_loop()
    outcome = Run(seconds=0.0)
    connected: list[Client] = []
    for _ in range(clients):
        # Opening the connections is not part of the time.
        _, client = await loop.create_connection(
            lambda: Client(requests, outcome, keeps_bodies=keeps_bodies), "127.0.0.1", port
        )
        connected.append(client)
    began = time.perf_counter()
    for client in connected:
        client.start(until=began + seconds)
    await asyncio.wait_for(asyncio.gather(*(client.done for client in connected)), seconds + 60)
    outcome.seconds = time.perf_counter() - began
    for client in connected:
        client.close()
    return outcome
