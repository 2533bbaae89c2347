"""A line between two programs that can be broken at any message, in either direction."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

Address = Any  # a path, or host and port
Split = Callable[[bytes, bool], Iterator[tuple[bytes, bool]]]
CHUNK = 1 << 20


@dataclass
class Break:
    """Where the line breaks: at the n-th request from now on, before it arrives or before its answer does."""

    at: int
    is_before: bool
    seen: int = 0
    what: bytes = b""
    has_happened: bool = False


class Line:
    """Carries bytes from one listening socket to another, until it is told to break.

    `split` takes the bytes a client has sent so far, and whether they are the connection's first, and yields its
    requests: each with whether it counts.
    """

    def __init__(self, *, here: Address, there: Address, split: Split) -> None:
        self.there = there
        self.split = split
        self.here: Address = here
        self._break: Break | None = None
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener: socket.socket | None = None
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Take connections (again)."""
        listener = _socket_for(self.here)
        listener.bind(self.here)
        listener.listen(128)
        if not isinstance(self.here, str):
            self.here = listener.getsockname()[:2]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and take no new ones."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            if isinstance(self.here, str):
                from pathlib import Path

                Path(self.here).unlink()
        self.break_all()

    def break_all(self) -> None:
        """Break every connection there is; new ones are taken."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            _close(*pair)

    def break_at(self, request: int, *, is_before: bool) -> Break:
        """Break the line once, at the n-th request from now."""
        with self._lock:
            self._break = Break(request, is_before)
            return self._break

    def hold(self) -> None:
        """Do not break after all."""
        with self._lock:
            self._break = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = _socket_for(self.there)
            try:
                server.connect(self.there)
            except OSError:
                _close(client, server)
                continue
            with self._lock:
                self._pairs.add((client, server))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        deaf: set[socket.socket] = set()  # holds the client once nothing more may reach it
        back = threading.Thread(target=self._answer, args=(client, server, deaf), daemon=True)
        back.start()
        with suppress(OSError):
            self._ask(client, server, back, deaf)
        _close(client, server)
        with self._lock:
            self._pairs.discard((client, server))

    def _ask(
        self, client: socket.socket, server: socket.socket, back: threading.Thread, deaf: set[socket.socket]
    ) -> None:
        waiting, is_first = b"", True
        while chunk := client.recv(CHUNK):
            waiting += chunk
            going = b""
            for request, counts in self.split(waiting, is_first):
                is_first = False
                waiting = waiting[len(request) :]
                broken = self._break_by(request) if counts else None
                if broken is None:
                    going += request
                    continue
                deaf.add(client)
                server.sendall(going + (b"" if broken.is_before else request))
                if self.split is statements:
                    server.shutdown(socket.SHUT_WR)  # PostgreSQL does what it has read, then sees the end
                if self.split is statements or not broken.is_before:
                    back.join(60)
                broken.has_happened = True
                return
            server.sendall(going)

    def _answer(self, client: socket.socket, server: socket.socket, deaf: set[socket.socket]) -> None:
        while answer := _received(server):
            if client not in deaf:
                with suppress(OSError):
                    client.sendall(answer)
            elif self.split is not statements:
                return  # one answer to one request: nothing more will come
        if client not in deaf:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _break_by(self, request: bytes) -> Break | None:
        with self._lock:
            wanted = self._break
            if wanted is None or wanted.seen >= wanted.at:
                return None
            wanted.seen += 1
            wanted.what = request
            return wanted if wanted.seen == wanted.at else None


def calls(waiting: bytes, is_first: bool) -> Iterator[tuple[bytes, bool]]:
    """HTTP requests, each with its body."""
    del is_first
    while b"\r\n\r\n" in waiting:
        head = waiting[: waiting.index(b"\r\n\r\n") + 4]
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        end = len(head) + (int(found[1]) if found else 0)
        if len(waiting) < end:
            return
        yield waiting[:end], True
        waiting = waiting[end:]


def statements(waiting: bytes, is_first: bool) -> Iterator[tuple[bytes, bool]]:
    """The messages of PostgreSQL's protocol; what counts is what runs a statement: Query and Execute."""
    place = 0
    while True:
        head = 0 if is_first and place == 0 else 1  # the first message has no letter
        if len(waiting) < place + head + 4:
            return
        end = place + head + int.from_bytes(waiting[place + head : place + head + 4], "big")
        if len(waiting) < end:
            return
        yield waiting[place:end], head == 1 and waiting[place : place + 1] in (b"Q", b"E")
        place = end


def _received(plug: socket.socket) -> bytes:
    try:
        return plug.recv(CHUNK)
    except OSError:
        return b""


def _socket_for(address: Address) -> socket.socket:
    made = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    if not isinstance(address, str):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _close(*plugs: socket.socket) -> None:
    for plug in plugs:
        with suppress(OSError):
            plug.shutdown(socket.SHUT_RDWR)
        plug.close()
