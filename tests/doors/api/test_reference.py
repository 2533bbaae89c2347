"""The examples of docs/reference/api.md do what they say: its vector, its JSON, its PHP and its Node."""

import base64
import json
import os
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from entrepot_sdk.callbacks import read_callback
from tests.clients.tools import node, program
from tests.conftest import ROOT
from tests.doors.api.mall import Mall, signature_of
from tests.doors.api.serving import Served
from tests.world import World

TEXT = (ROOT / "docs" / "reference" / "api.md").read_text()


def block(language: str) -> str:
    """The one example in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return found


def test_the_vector_is_right() -> None:
    secret, nonce, timestamp, payload, signature = re.search(  # type: ignore[union-attr]
        r"secret `(whsec_[^`]+)`, nonce\s+`([^`]+)`, timestamp `(\d+)`, payload `([^`]+)` give\s+`([^`]+)`", TEXT
    ).groups()
    assert base64.b64decode(secret.removeprefix("whsec_")) == b"entrepot-demo-secret-32-bytes-ok!"
    assert signature_of(secret, nonce, int(timestamp), payload.replace("⏎", "\n").encode()) == signature


def test_the_problem_is_one_of_ours(mall: Mall, world: World) -> None:
    from tests.doors.api.mall import order

    told = json.loads(block("json"))
    article = world.article(stock=1)
    refusal = mall.post("/orders", order(article.code, qty=3)).json
    assert (
        json.loads(json.dumps(refusal).replace(article.code, "TEA-250G")) | {"request_id": told["request_id"]} == told
    )


@pytest.mark.parametrize(
    ("language", "interpreter", "name"), [("php", "php", "mall.php"), ("js", "node", "mall.mjs")], ids=["PHP", "Node"]
)
def test_a_client_in_thirty_lines(
    mall: Mall, world: World, served: Served, tmp_path: Path, language: str, interpreter: str, name: str
) -> None:
    command = node() if interpreter == "node" else program(interpreter)
    source = block(language)
    assert len(source.splitlines()) <= 30
    (tmp_path / name).write_text(source)
    article = world.article(stock=9)
    environment = {"ENTREPOT_URL": served.url, "ENTREPOT_KEY": mall.key, "ENTREPOT_SECRET": mall.secret}

    def run(sku: str) -> str:
        said = subprocess.run(
            [command, tmp_path / name],
            env=os.environ | environment | {"ENTREPOT_SKU": sku},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return said.stdout + said.stderr

    (placed,) = [said for said in [run(article.code)] if said]
    assert re.fullmatch(r"\d+ held 2100\nconfirmed\n", placed), placed
    assert world.stock(article) == (9, 2)
    assert run("no such").startswith("validation_failed 没有 SKU no such")


@pytest.mark.parametrize("text", [TEXT, (ROOT / "docs" / "reference" / "api.zh.md").read_text()], ids=["en", "zh"])
def test_the_signed_callback_is_the_products_own_example(text: str) -> None:
    from entrepot.callbacks.examples import example_of
    from entrepot.callbacks.queue import body_of

    shown = re.search(r"    POST /entrepot\n((?:    .+\n)+)\n((?:    .+\n)+)", text)
    secret = re.search(r"secret `(whsec_[^`]+)`", text)
    assert shown is not None and secret is not None
    headers = dict(line.strip().split(": ") for line in shown[1].splitlines())
    body = "".join(line.strip() for line in shown[2].splitlines()).encode()
    told = json.loads(body)
    at = datetime.fromisoformat(told["timestamp"])
    assert headers["webhook-id"] == told["id"] and int(headers["webhook-timestamp"]) == at.timestamp()
    number = told["id"].removeprefix("evt_")
    assert body == body_of(number, told["seq"], told["type"], at=at, data=example_of(told["type"]))
    event = read_callback(headers, body=body, secrets_live=[secret[1]], now=at.timestamp())
    assert (event.type, event.data["tracking_no"]) == ("order.shipped", example_of("order.shipped")["tracking_no"])


def test_a_call_from_the_shell(mall: Mall, served: Served) -> None:
    assert program("curl") and program("openssl"), "what the script calls"
    environment = {"ENTREPOT_URL": served.url, "ENTREPOT_KEY": mall.key, "ENTREPOT_SECRET": mall.secret}

    def said(script: str) -> dict[str, object]:
        made = subprocess.run(
            ["sh", "-eu", "-c", script], env=os.environ | environment, capture_output=True, check=True
        )
        found: dict[str, object] = json.loads(made.stdout)
        return found

    script = block("sh")
    assert said(script)["body"] == '{"a":"水果"}'
    asked = re.sub(r"method=.*", "method=GET path='/api/v1/orders?limit=1' body=", script)
    assert said(asked)["items"] == []
