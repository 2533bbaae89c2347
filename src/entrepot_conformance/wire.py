"""HTTP both ways with Python's own means: a small threaded server, and one call."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from entrepot_conformance.signing import lowered

BODY_AT_MOST = 1_048_576


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; `target` is path and query as sent, `query` its first values."""

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(slots=True)
class Reply:
    """An answer; one that is `lost` is never sent, and the connection is closed instead."""

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    is_lost: bool = False

    def bytes(self) -> bytes:
        """Return the body: text as it is, anything else as JSON."""
        if self.content is None:
            return b""
        return self.content.encode() if isinstance(self.content, str) else json.dumps(self.content).encode()


Answering = Callable[[Request], Reply]


class Server:
    """Answers requests in threads until it is closed; port 0 takes a free one."""

    def __init__(self, answering: Answering, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._http = ThreadingHTTPServer((host, port), _handler_of(answering))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True, name="conformance")
        self._thread.start()
        self.port = int(self._http.server_address[1])
        self.url = f"http://{host if host != '0.0.0.0' else '127.0.0.1'}:{self.port}"  # noqa: S104 - said by the caller

    def close(self) -> None:
        """Stop answering."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler_of(answering: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def answer(self) -> None:
            """Read a request, have it answered, send the answer or none."""
            length = int(self.headers.get("content-length") or 0)
            if length > BODY_AT_MOST:
                self.send_error(413)
                return
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(length)
            reply = answering(
                Request(self.command, self.path, parts.path, query, lowered(dict(self.headers.items())), body)
            )
            if reply.is_lost:
                self.close_connection = True
                return
            content = reply.bytes()
            self.send_response(reply.status)
            for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names are the library's

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the table at the end says all."""

    return Handler


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, 0 when nothing did."""

    status: int
    body: bytes
    took_s: float = 0.0
    fault: str = ""
    retry_after_s: float = 0.0

    @property
    def json(self) -> Any:
        """The body, parsed; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_success(self) -> bool:
        """Whether it was any 2xx."""
        return 200 <= self.status < 300


def call(
    method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout_s: float = 10.0
) -> Answer:
    """Make one call on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    plug = kind(parts.hostname or "", parts.port or (443 if secure else 80), timeout=timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    began = time.monotonic()
    try:
        plug.request(method, target, body=body or None, headers=dict(headers or {}))
        response = plug.getresponse()
        asked = response.headers.get("retry-after", "")
        return Answer(
            response.status,
            response.read(BODY_AT_MOST),
            time.monotonic() - began,
            retry_after_s=float(asked) if asked.isdigit() else 0.0,
        )
    except (OSError, http.client.HTTPException) as failure:
        return Answer(0, b"", time.monotonic() - began, str(failure) or type(failure).__name__)
    finally:
        plug.close()
