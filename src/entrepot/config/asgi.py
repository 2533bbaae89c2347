"""Entry point of the public port: the API itself; every other path is passed on to the pages."""

import gc
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
django.setup()

from entrepot.config.passing import Pages  # noqa: E402
from entrepot.config.starting import refuse_unfit  # noqa: E402
from entrepot.doors.api.app import make_app  # noqa: E402

refuse_unfit()

_api = make_app()
_pages = Pages(os.environ.get("ENTREPOT_PAGES_SOCKET", ""))

# What is loaded stays loaded: walking it again and again for garbage took a third of the time of an order.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one connection."""
    if scope["type"] == "http" and not scope["path"].startswith("/api/"):
        await _pages(scope, receive, send)
        return
    await _api(scope, receive, send)
