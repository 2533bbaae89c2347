"""The public front with a switch: `GET /planted/NAME` plants a bug, `/planted/none` takes it out."""

from typing import Any

from entrepot.config import asgi
from tests.doors.api.planted import plant


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one connection."""
    if scope["type"] != "http" or not scope["path"].startswith("/planted/"):
        await asgi.app(scope, receive, send)
        return
    plant(scope["path"].removeprefix("/planted/"))
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
