"""A mall that speaks to the API in its own words: http.client and the independent Standard Webhooks library."""

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

CONSIGNEE = {
    "name": "郭靖",
    "phone": "13612349896",
    "province": "广东省",
    "city": "深圳市",
    "district": "南山区",
    "address": "科技园 1 号",
}
NOTHING = object()


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code, empty for a success."""
        return str(self.json["code"]) if self.status >= 400 else ""

    @property
    def retry(self) -> str:
        """What the problem says of sending it again, empty for a success."""
        return str(self.json["retry"]) if self.status >= 400 else ""


@dataclass
class Request:
    """One signed request as it goes over the wire; tests bend its parts before it is sent."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def on_the_wire(self, *, is_closing: bool = False) -> bytes:
        """The bytes of the request."""
        own = {"Host": "mall.test", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{n}: {v}" for n, v in (own | self.headers).items())]
        lines += ["Connection: close"] if is_closing else []
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


class Mall:
    """One distributor's mall with its key."""

    def __init__(
        self, *, port: int, key: str, secret: str, party: Any = None, host: str = "127.0.0.1", source: str = ""
    ) -> None:
        self.host, self.port, self.key, self.secret, self.party = host, port, key, secret, party
        self._connection = http.client.HTTPConnection(
            host, port, timeout=120, source_address=(source, 0) if source else None
        )

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def twin(self, *, port: int = 0, host: str = "", source: str = "") -> "Mall":
        """The same mall on a connection of its own: for another thread, to another server, from another address."""
        return Mall(
            port=port or self.port,
            key=self.key,
            secret=self.secret,
            party=self.party,
            host=host or self.host,
            source=source,
        )

    def signed(
        self,
        method: str,
        path: str,
        content: Any = NOTHING,
        *,
        nonce: str = "",
        timestamp: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> Request:
        """A request as a mall would sign it; `content` is JSON, or bytes that go out as they are."""
        body = content if isinstance(content, bytes) else b"" if content is NOTHING else as_json(content)
        target = path if path.startswith("/api") else f"/api/v1{path}"
        nonce = nonce or secrets.token_urlsafe(18)
        timestamp = int(time.time()) if timestamp is None else timestamp
        signature = signature_of(self.secret, nonce, timestamp, f"{method} {target}\n".encode("latin-1") + body)
        own = {
            "Entrepot-Key": self.key,
            "Entrepot-Timestamp": str(timestamp),
            "Entrepot-Nonce": nonce,
            "Entrepot-Signature": signature,
            "Content-Type": "application/json",
        }
        return Request(method, target, body, own | (headers or {}))

    def send(self, request: Request) -> Reply:
        """Send a request over the mall's kept connection; one that the server has closed is opened anew."""
        is_kept = self._connection.sock is not None
        try:
            return self._exchange(request)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not is_kept:
                raise
            return self._exchange(request)

    def _exchange(self, request: Request) -> Reply:
        try:
            self._connection.request(request.method, request.target, body=request.body, headers=request.headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Reply(response.status, {n.lower(): v for n, v in response.getheaders()}, body)

    def call(self, method: str, path: str, content: Any = NOTHING, **more: Any) -> Reply:
        """Sign and send."""
        return self.send(self.signed(method, path, content, **more))

    def get(self, path: str, **more: Any) -> Reply:
        """GET."""
        return self.call("GET", path, **more)

    def put(self, path: str, content: Any = NOTHING, **more: Any) -> Reply:
        """PUT."""
        return self.call("PUT", path, content, **more)

    def post(self, path: str, content: Any = NOTHING, **more: Any) -> Reply:
        """POST."""
        return self.call("POST", path, content, **more)


def as_json(content: Any) -> bytes:
    """JSON as most languages write it."""
    return json.dumps(content, ensure_ascii=False).encode()


def signature_of(secret: str, nonce: str, timestamp: int, payload: bytes) -> str:
    """The signature: by the independent library where it can, by hand for a payload that is no text."""
    try:
        return Webhook(secret).sign(nonce, datetime.fromtimestamp(timestamp, tz=UTC), payload.decode())
    except UnicodeDecodeError:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{nonce}.{timestamp}.".encode() + payload
        return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def order(sku: str, *, qty: int = 1, number: str = "", **more: Any) -> dict[str, Any]:
    """An order of one line, under a number of its own."""
    lines = [{"sku": sku, "qty": qty}]
    return {"out_order_no": number or f"N-{secrets.token_hex(8)}", "lines": lines, "consignee": dict(CONSIGNEE)} | more


def raw_exchange(port: int, wire: bytes, *, host: str = "127.0.0.1", timeout_s: float = 60) -> bytes:
    """Send bytes as they are on a connection of their own; everything that came back until the server closed it."""
    with socket.create_connection((host, port), timeout=timeout_s) as plug:
        answer = b""
        # It may have heard enough before all is sent, and close; what it said is in the buffer all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            plug.sendall(wire)
        with suppress(ConnectionResetError):
            while chunk := plug.recv(65_536):
                answer += chunk
        return answer


def status_of(answer: bytes) -> int:
    """The status of a raw answer, 0 when there was none."""
    first = answer.split(b"\r\n", 1)[0].split(b" ")
    return int(first[1]) if len(first) > 1 and first[1].isdigit() else 0
