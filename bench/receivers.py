"""Malls' receivers in a process of their own: each on a port, checking every signature, answering as it is told."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, cast

import uvloop

from entrepot_sdk import signing

HEADER_END = b"\r\n\r\n"
FAST, SILENT = "fast", "silent"
_CHALLENGE = b'"webhook.verify"'


@dataclass
class _State:
    """What the receivers have met; `calls` are mall, seq, type, time told, time come, sent again after these."""

    malls: int
    secrets: list[str] = field(default_factory=list)
    manners: list[str] = field(default_factory=list)
    calls: list[tuple[int, int, str, str, float]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    keeps: int = 0
    forged: int = 0


class _Call(asyncio.Protocol):
    """One connection of a caller to one mall."""

    def __init__(self, state: _State, mall: int) -> None:
        self._state, self._mall = state, mall
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(HEADER_END)) >= 0:
            headers = _headers(self._buffer[:end])
            whole = end + len(HEADER_END) + int(headers.get("content-length", "0"))
            if len(self._buffer) < whole:
                return
            body = self._buffer[end + len(HEADER_END) : whole]
            self._buffer = self._buffer[whole:]
            self._heard(headers, body)

    def _heard(self, headers: dict[str, str], body: bytes) -> None:
        event = json.loads(body)
        if _CHALLENGE in body and event["type"] == "webhook.verify":
            self._answer(b"200 OK", event["data"]["challenge"].encode())
            return
        state, mall = self._state, self._mall
        manner = state.manners[mall]
        if manner == SILENT:
            return
        try:
            signing.check_callback(headers, body=body, secrets_live=[state.secrets[mall]])
        except signing.SignatureError:
            state.forged += 1
            self._answer(b"400 Bad Request", b"")
            return
        state.calls.append((mall, event["seq"], event["type"], event["timestamp"], time.time()))
        if len(state.kept) < state.keeps:
            state.kept.append({"mall": mall, "headers": headers, "body": body.decode()})
        if manner == FAST:
            self._answer(b"200 OK", b"")
        else:
            asyncio.get_running_loop().call_later(float(manner), self._answer, b"200 OK", b"")

    def _answer(self, status: bytes, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value for name, value in pairs}


class Receivers:
    """So many malls; on entering they listen, on leaving they are gone."""

    def __init__(self, malls: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.receivers", str(malls)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports: list[int] = self._ask({})["ports"]

    def __enter__(self) -> "Receivers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def learn(self, secrets: list[str]) -> None:
        """Take the malls' secrets."""
        self._ask({"secrets": secrets})

    def behave(self, mall: int, manner: str) -> None:
        """Let a mall answer at once (`fast`), never (`silent`), or after so many seconds."""
        self._ask({"mall": mall, "manner": manner})

    def keep(self, count: int) -> None:
        """Keep the next so many calls as they came, for `kept`."""
        self._ask({"keep": count})

    def kept(self) -> list[dict[str, Any]]:
        """Return the calls that were kept: mall, headers, body."""
        found: list[dict[str, Any]] = self._ask({"give": "kept"})["kept"]
        return found

    def count(self) -> int:
        """Return how many calls have come since they were last taken."""
        return int(self._ask({"give": "count"})["count"])

    def take(self) -> list[tuple[int, int, str, str, float]]:
        """Return the calls since the last time: mall, seq, type, when it happened, when it came; none may be forged."""
        told = self._ask({"give": "calls"})
        assert told["forged"] == 0, f"{told['forged']} calls were not genuine"
        return [tuple(row) for row in told["calls"]]

    def _ask(self, asked: dict[str, Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


async def _serve(malls: int) -> None:
    loop = asyncio.get_running_loop()
    state = _State(malls, secrets=[""] * malls, manners=[FAST] * malls)
    ports = []
    for mall in range(malls):
        server = await loop.create_server(lambda mall=mall: _Call(state, mall), "127.0.0.1", 0, backlog=512)
        ports.append(server.sockets[0].getsockname()[1])
    over = asyncio.Event()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, daemon=True).start()
    while not over.is_set():
        asked = json.loads(await lines.get())
        print(json.dumps({"ports": ports} | _done(state, asked)), flush=True)


def _done(state: _State, asked: dict[str, Any]) -> dict[str, Any]:
    if "secrets" in asked:
        state.secrets = asked["secrets"]
    elif "manner" in asked:
        state.manners[asked["mall"]] = asked["manner"]
    elif "keep" in asked:
        state.keeps, state.kept = asked["keep"], []
    elif asked.get("give") == "kept":
        return {"kept": state.kept}
    elif asked.get("give") == "count":
        return {"count": len(state.calls)}
    elif asked.get("give") == "calls":
        calls, state.calls = state.calls, []
        return {"calls": calls, "forged": state.forged}
    return {}


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
