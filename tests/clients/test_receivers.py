"""The receivers printed in the guide work as they are printed, and are the same in both languages."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from entrepot.base import scope
from entrepot.callbacks.models import Message
from tests.callbacks.conftest import dispatching, eventually
from tests.clients.tools import node, program
from tests.conftest import ROOT
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import order
from tests.ports import free_port
from tests.world import World

LONGEST = 30
FILES = {"php": "receive.php", "js": "receive.mjs"}


def printed(language: str, *, file: str = "receive-callbacks.md") -> str:
    """The one block of a language in the guide."""
    text = (ROOT / "docs/how-to" / file).read_text()
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    return str(found)


@contextmanager
def receiving(language: str, folder: Path, *, port: int, secret: str) -> Iterator[Path]:
    """The printed receiver at a port for the length of a block: the file it keeps what it hears in."""
    source, kept = folder / FILES[language], folder / "kept.json"
    source.write_text(printed(language))
    command = [program("php"), "-S", f"127.0.0.1:{port}", str(source)] if language == "php" else [node(), str(source)]
    more = {"ENTREPOT_CALLBACK_SECRET": secret, "ENTREPOT_KEPT": str(kept), "PORT": str(port)}
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | more, stdout=said, stderr=said)
        try:
            eventually(lambda: is_open(port))
            yield kept
        finally:
            process.kill()
            process.wait()


def is_open(port: int) -> bool:
    """Whether somebody listens at a port."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def answered(url: str, body: bytes, headers: dict[str, str]) -> int:
    """How a call is answered."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize("language", FILES)
def test_the_printed_receiver_hears_and_refuses(
    language: str, world: World, make_mall: MakeMall, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from standardwebhooks.webhooks import Webhook

    from entrepot.callbacks.sorting import sort_out

    assert len(printed(language).splitlines()) <= LONGEST
    assert printed(language) == printed(language, file="receive-callbacks.zh.md")
    mall, article = make_mall(funds_fen=10_000), world.article(stock=5)
    port = free_port()
    url = f"http://127.0.0.1:{port}/entrepot"
    sort_out()
    secret = mall.put("/webhook", {"url": url}).json["secret"]
    with receiving(language, tmp_path, port=port, secret=secret) as kept, dispatching():
        eventually(lambda: mall.get("/webhook").json["state"] == "active")
        placed = mall.post("/orders", order(article.code, qty=2)).json
        assert mall.post(f"/orders/{placed['id']}/confirm").status == 200
        name = f"order order {placed['id']}"

        def heard() -> dict[str, object]:
            try:
                content = json.loads(kept.read_text())
            except (FileNotFoundError, ValueError):  # nothing is kept yet, or it is being written just now
                return {}
            found: dict[str, object] = content.get(name, {})
            return found

        eventually(lambda: heard().get("state") == "confirmed")
        with scope.platform():
            assert Message.objects.filter(distributor=mall.party, type="order.confirmed").exists()

        def told(version: int, *, key: str = secret, at: int = 0, altered: bytes = b"") -> int:
            event = {"id": "evt_9", "seq": 9, "type": "order.shipped", "data": {**heard(), "version": version, "n": 1}}
            body, when = json.dumps(event, ensure_ascii=False).encode(), int(time.time()) + at
            signature = Webhook(key).sign("evt_9", datetime.fromtimestamp(when, tz=UTC), body.decode())
            headers = {"webhook-id": "evt_9", "webhook-timestamp": str(when), "webhook-signature": f"v1,x {signature}"}
            return answered(url, body + altered, headers)

        before = heard()
        highest = int(str(before["version"]))
        assert told(highest - 1) == told(highest) == 204 and heard() == before, "older ones change nothing"
        assert told(highest + 1, key=mall.secret) == 401, "the secret of the key is another one"
        assert told(highest + 1, altered=b" ") == told(highest + 1, at=-400) == told(highest + 1, at=400) == 401
        assert answered(url, b"{}", {}) == 401 and heard() == before
        assert told(highest + 1) == 204 and heard()["version"] == highest + 1
