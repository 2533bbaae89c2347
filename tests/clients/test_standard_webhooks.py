"""The libraries of Standard Webhooks, PyPI's and npm's, sign our requests and verify our callbacks as they are."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.callbacks.conftest import PATIENCE_S, eventually
from tests.callbacks.receiver import Receiver
from tests.clients.tools import node, papers, workshop
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import order
from tests.world import World


def test_the_library_of_pypi(world: World, make_mall: MakeMall, dispatcher: None) -> None:
    mall, article = make_mall(funds_fen=10_000), world.article(stock=5)
    receiver = Receiver()
    try:
        secret = mall.put("/webhook", {"url": receiver.url}).json["secret"]
        eventually(lambda: mall.get("/webhook").json["state"] == "active")
        placed = mall.post("/orders", order(article.code, qty=2))
        assert placed.status == 201, "every request of this mall is signed by the library"
        eventually(lambda: any(call.event["type"] == "order.held" for call in receiver.calls))
        (held,) = (call for call in receiver.calls if call.event["type"] == "order.held")
        headers = {name.lower(): value for name, value in held.headers.items()}
        assert Webhook(secret).verify(held.body, headers)["data"]["out_order_no"] == placed.json["out_order_no"]
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(held.body.replace(b"order.held", b"order.sold"), headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(mall.secret).verify(held.body, headers)
    finally:
        receiver.close()


def test_the_library_of_npm(world: World, make_mall: MakeMall, dispatcher: None, tmp_path: Path) -> None:
    mall, article = make_mall(funds_fen=10_000), world.article(stock=5)
    with running(workshop(tmp_path, "mall.mjs"), papers(mall, ENTREPOT_SKU=article.code)) as said:
        heard = [said.get(timeout=PATIENCE_S)]
        while not {"order.held", "url"} <= {word for line in heard for word in (line.get("told"), *line)}:
            heard.append(said.get(timeout=PATIENCE_S))
        (began,) = (line for line in heard if "url" in line)
        placed = mall.get("/orders/by-out-no/NPM-1").json
        assert (began["echo"], began["order"], began["id"]) == (200, 201, placed["id"])
        (held,) = (line for line in heard if line.get("told") == "order.held")
        assert held["out_order_no"] == "NPM-1"
        assert not [line for line in heard if "forged" in line]
        # And it tells a callback that is not ours from one that is.
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(forged(began["url"], secret=mall.secret), timeout=60)
        assert refused.value.code == 401
        while "forged" not in said.get(timeout=PATIENCE_S):
            pass  # callbacks that are ours come in between


def forged(url: str, *, secret: str) -> urllib.request.Request:
    """A callback signed under a secret that is not the address's."""
    import time
    from datetime import UTC, datetime

    body, at = b'{"type":"order.shipped","data":{}}', int(time.time())
    signature = Webhook(secret).sign("evt_1", datetime.fromtimestamp(at, tz=UTC), body.decode())
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(at), "webhook-signature": signature}
    return urllib.request.Request(url, data=body, headers=headers)


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator["Queue[dict[str, Any]]"]:
    """The mall in Node for the length of a block: the lines it prints, parsed."""
    process = subprocess.Popen(
        [node(), "mall.mjs"], cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )
    said: Queue[dict[str, Any]] = Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.put(json.loads(line))

    Thread(target=listen, daemon=True).start()
    try:
        yield said
    finally:
        process.kill()
        process.wait()
