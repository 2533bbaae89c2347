"""Passing requests for pages on to the server of the pages, over its socket."""

from collections.abc import AsyncIterator
from typing import Any

import httpx

_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_TIMEOUT = httpx.Timeout(60).as_dict()
_AWAY = (
    "<!doctype html><html lang=zh-Hans><meta charset=utf-8><title>503</title>"
    "<h1>后台正在启动或重启</h1><p>请稍候几秒后刷新页面。接口 /api/ 不受影响。</p></html>"
).encode()


class Pages:
    """ASGI application that hands a request to the pages and streams back what they answer.

    The caller's own `x-forwarded-…` headers are dropped: the pages believe only what is set here.
    """

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def __call__(self, asgi: dict[str, Any], receive: Any, send: Any) -> None:
        if self._transport is None:
            limits = httpx.Limits(max_connections=64)
            self._transport = httpx.AsyncHTTPTransport(uds=self._socket, limits=limits)
        # The bare transport: a client would keep the cookies of one person and send them with the next one's request.
        request = httpx.Request(
            asgi["method"],
            "http://pages" + _target(asgi),
            headers=_headers(asgi),
            content=_body(receive, asgi),
            extensions={"timeout": _TIMEOUT},
        )
        try:
            response = await self._transport.handle_async_request(request)
        except (httpx.TransportError, OSError):
            await _say(send, 503, _AWAY)
            return
        try:
            headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() not in _HOP]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()


def _target(asgi: dict[str, Any]) -> str:
    path: bytes = asgi.get("raw_path") or asgi["path"].encode()
    query: bytes = asgi.get("query_string", b"")
    return path.partition(b"?")[0].decode("latin-1") + ("?" + query.decode("latin-1") if query else "")


def _headers(asgi: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    kept = [
        (name, value)
        for name, value in asgi["headers"]
        if name not in _HOP and not name.startswith(b"x-forwarded-") and name != b"forwarded"
    ]
    address = asgi["client"][0] if asgi.get("client") else ""
    return [*kept, (b"x-forwarded-for", address.encode()), (b"x-forwarded-proto", asgi.get("scheme", "http").encode())]


def _body(receive: Any, asgi: dict[str, Any]) -> AsyncIterator[bytes] | None:
    has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in asgi["headers"])
    return _stream(receive) if has_body else None


async def _stream(receive: Any) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _say(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"retry-after", b"2")]})
    await send({"type": "http.response.body", "body": body})
