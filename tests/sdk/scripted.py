"""A real HTTP server that checks every signature with the independent library, then answers as scripted."""

import base64
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

KEY = "ek_test_scripted"
SECRET = "whsec_" + base64.b64encode(b"a-secret-of-thirty-two-bytes-ok!").decode()


@dataclass(kw_only=True)
class Reply:
    """One scripted answer; `drop` closes the connection once the request was read, as a crash after commit would."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    raw: bytes | None = None


@dataclass(kw_only=True)
class Seen:
    """One request as it arrived, and whether the independent library found its signature genuine."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    genuine: bool


def genuine(headers: dict[str, str], *, payload: bytes) -> bool:
    """Whether the Standard Webhooks library accepts the request's signature."""
    mapped = {
        "webhook-id": headers.get("entrepot-nonce", ""),
        "webhook-timestamp": headers.get("entrepot-timestamp", ""),
        "webhook-signature": headers.get("entrepot-signature", ""),
    }
    try:
        Webhook(SECRET).verify(payload, mapped, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


class ScriptedPlatform:
    """Listens on a free port of the loopback; `script` is what it answers, `seen` what it was asked."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """The tests read `seen`; nothing is printed."""

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                payload = f"{self.command} {self.path}\n".encode() + body
                platform.seen.append(
                    Seen(
                        method=self.command,
                        target=self.path,
                        headers=headers,
                        body=body,
                        genuine=genuine(headers, payload=payload),
                    )
                )
                reply = platform.script.popleft()
                if reply.drop:
                    self.close_connection = True
                    return
                content = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = answer
            do_POST = answer

        return Handler


def order_body(**changes: Any) -> dict[str, Any]:
    """An order as the API answers it."""
    line = {"line": 1, "sku": "A-1", "qty": 2, "supply_price": 1000, "fee": 50, "agreed_price": 1050, "amount": 2100}
    body = {
        "id": "7",
        "out_order_no": "M-1",
        "state": "held",
        "mode": "hold",
        "currency": "CNY",
        "lines": [line | {"shipped_qty": 0, "refunded_qty": 0}],
        "goods_amount": 2100,
        "freight": 0,
        "total": 2100,
        "held_until": "2026-01-01T10:15:00Z",
        "version": 1,
        "created_at": "2026-01-01T10:00:00Z",
        "shipments": [],
        "refunds": [],
    }
    return body | changes


def problem_body(code: str, **changes: Any) -> dict[str, Any]:
    """A refusal as the API answers it."""
    body = {"type": f"/problems/{code}", "title": code, "code": code, "detail": "", "retry": "never", "errors": []}
    return body | {"request_id": "req-1"} | changes
