"""Connections to malls are kept from call to call, and one that was closed meanwhile costs no call."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

import pytest

from entrepot.callbacks import sending
from entrepot.callbacks.dispatch import judged
from entrepot.callbacks.queue import Due
from entrepot.callbacks.sending import Caller, Outcome
from tests.callbacks.conftest import LOOPBACK

Answer = Callable[[int], bytes]


def posted(answer: Answer, *, calls: int = 3, hangs_up: bool = False) -> tuple[list[Outcome], int]:
    """Call a server so often, one call after the other; return the outcomes and how many connections it took."""

    async def run() -> tuple[list[Outcome], int]:
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            place = 0
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    await reader.readexactly(2)
                    place += 1
                    writer.write(answer(place))
                    await writer.drain()
                    if hangs_up:
                        break
            except asyncio.IncompleteReadError:
                pass
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        caller = Caller(allowed=LOOPBACK)
        outcomes = []
        for _ in range(calls):
            outcomes.append(await caller.post(url, body=b"{}", headers=[]))
            await asyncio.sleep(0.02)
        await caller.close()
        server.close()
        return outcomes, connections

    return asyncio.run(run())


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
HINTED = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"
OLD = b"HTTP/1.0 200 OK\r\n\r\nok"


@pytest.mark.parametrize(("answer", "connections"), [(PLAIN, 1), (CHUNKED, 1), (HINTED, 1)])
def test_a_connection_carries_one_call_after_the_other(answer: bytes, connections: int) -> None:
    outcomes, used = posted(lambda _: answer)
    assert [(one.status, one.answer, one.fault) for one in outcomes] == [(200, b"ok", None)] * 3
    assert used == connections


@pytest.mark.parametrize("answer", [PLAIN, CLOSING, OLD])
def test_who_hangs_up_after_each_answer_is_connected_to_again(answer: bytes) -> None:
    outcomes, used = posted(lambda _: answer, hangs_up=True)
    assert [(one.status, one.answer, one.fault) for one in outcomes] == [(200, b"ok", None)] * 3
    assert used == 3


def test_a_kept_connection_that_dies_unanswered_is_no_failure_of_the_mall() -> None:
    """The second call on each connection is met with nothing at all, as when a server has just let go of it."""
    outcomes, used = posted(lambda place: PLAIN if place == 1 else b"", calls=1)
    assert outcomes[0].status == 200 and used == 1
    outcomes, used = asyncio.run(_dropped())
    assert [one.status for one in outcomes] == [200, 200, 200] and used == 3


async def _dropped() -> tuple[list[Outcome], int]:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PLAIN)
        await reader.readuntil(b"\r\n\r\n")  # it reads the next call, and goes
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    caller = Caller(allowed=LOOPBACK)
    outcomes = [await caller.post(url, body=b"{}", headers=[]) for _ in range(3)]
    await caller.close()
    server.close()
    return outcomes, connections


@pytest.mark.parametrize(
    ("answer", "status", "fault"),
    [
        (b"", None, "hung_up"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", None, "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", 200, "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, None, "broken_answer"),
    ],
)
def test_what_is_no_answer_is_a_fault(answer: bytes, status: int | None, fault: str) -> None:
    ((outcome,), _) = posted(lambda _: answer, calls=1, hangs_up=True)
    assert outcome.status == status and outcome.fault is not None and outcome.fault.code == fault


def test_of_very_many_connections_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "KEPT_AT_MOST", 2)
    assert asyncio.run(_kept(5)) == 2


async def _kept(count: int) -> int:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.write(PLAIN)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    caller = Caller(allowed=LOOPBACK)
    calls: list[Awaitable[Outcome]] = [caller.post(url, body=b"{}", headers=[]) for _ in range(count)]
    outcomes = await asyncio.gather(*calls)
    assert [one.status for one in outcomes] == [200] * count
    kept = caller.kept
    await caller.close()
    server.close()
    return kept


def retried(value: str) -> int:
    """What is understood of a Retry-After, in seconds."""
    busy = f"HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    ((outcome,), _) = posted(lambda _: busy, calls=1)
    return outcome.retry_after_s


def test_a_retry_after_is_seconds_or_a_date() -> None:
    assert retried("120") == 120
    assert 500 <= retried(formatdate(time.time() + 600, usegmt=True)) <= 601
    past = formatdate(time.time() - 90, usegmt=True)
    assert [retried(value) for value in (past, "soon", "-5", "99999999", "Mon, 99 Nov 2026 99:00:00 GMT")] == [0] * 5


def test_a_busy_mall_is_called_no_sooner_than_it_asks() -> None:
    due = Due(1, 1, 1, "1", "order.held", 0, "http://mall.example/", "whsec_", b"{}")
    for status in (429, 503):
        tried = judged(due, Outcome(status, b"", "", 5, retry_after_s=400))
        assert (tried.state, tried.wait_s) == ("waiting", 400)
    assert judged(due, Outcome(503, b"", "", 5)).wait_s == 5
