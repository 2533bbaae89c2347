"""A mall's receiver: checks the signature, answers the challenge, and misbehaves as told."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.ports import free_port

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One call to the receiver."""

    protocol_version = "HTTP/1.1"
    body: bytes
    server: "Server"

    def do_POST(self) -> None:
        """Keep the call, then answer as told."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        receiver = self.server.receiver
        receiver.calls.append(Received(self.path, dict(self.headers.items()), self.body, time.monotonic()))
        event = json.loads(self.body)
        if event["type"] == "webhook.verify" and receiver.answers_challenge:
            self.reply(200, event["data"]["challenge"].encode())
            return
        receiver.behaviour(self)

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer and be done."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves one receiver; a caller that hangs up early is no error."""

    daemon_threads = True
    request_queue_size = 256
    receiver: "Receiver"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@dataclass
class Received:
    """One call as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """The body, parsed."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_genuine(self, secret: str) -> bool:
        """Whether the independent library takes the signature."""
        Webhook(secret).verify(self.body, {name.lower(): value for name, value in self.headers.items()})
        return True


@dataclass
class Receiver:
    """A mall's receiver on a port of this machine."""

    behaviour: Behaviour = lambda handler: handler.reply(200)
    answers_challenge: bool = True
    calls: list[Received] = field(default_factory=list)
    at_port: int = 0

    def __post_init__(self) -> None:
        # A port of its own, so that nobody answers there once it has gone.
        self._server = Server(("127.0.0.1", self.at_port or free_port()), Handler)
        self._server.receiver = self
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self) -> list[dict[str, Any]]:
        """What was told, without challenges."""
        return [call.event for call in self.calls if call.event["type"] != "webhook.verify"]

    def tests(self) -> list[Received]:
        """The calls with a `webhook.test`."""
        return [call for call in self.calls if call.event["type"] == "webhook.test"]

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def dripping(is_over: threading.Event) -> Behaviour:
    """Answer a status and then a byte now and then, until it is over."""

    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not is_over.wait(0.5):
            handler.wfile.write(b"x")
            handler.wfile.flush()
        handler.close_connection = True

    return drip


def silent(is_over: threading.Event) -> Behaviour:
    """Do not answer until it is over, and then hang up."""

    def wait(handler: Handler) -> None:
        is_over.wait()
        handler.close_connection = True

    return wait


def endless(handler: Handler) -> None:
    """Answer a body without end."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**12))
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


class Canary:
    """Counts who connects to a port that nobody may reach."""

    def __init__(self) -> None:
        self.hits = 0
        self._listening = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def close(self) -> None:
        """Stop counting."""
        self._listening.close()
