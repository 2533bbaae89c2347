"""Clients that public generators make of the contract, with a hook that signs, play the story of the trade.

openapi-python-client for Python, openapi-typescript with openapi-fetch for TypeScript, whose compiler also proves the
story against the contract's types. What they are made of is the committed contract, at the time of the test.
"""

import base64
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from entrepot.trade import terms
from tests.clients.tools import HERE, node, papers, run, workshop
from tests.doors.api.breaking import CONTRACT
from tests.doors.api.conftest import MakeMall
from tests.world import STAFF, World

Play = Callable[[str, dict[str, str]], dict[str, Any]]
FUNDS = 100_000
# Own goods at 10.00, a tier of 5 %: 10.50 a piece, from two pieces on, one hundred on the shelf.
BOUGHT = {
    "stock": 100,
    "preview": 2100,
    "state": "held",
    "total": 2100,
    "stock_held": 98,
    "held": 2100,
    "paid": "confirmed",
    "balance": FUNDS - 2100,
    "held_then": 0,
    "replayed": [200, "true", True],
    "cancelled": "cancelled",
    "stock_cancelled": 98,
    "outlook": [True, "at_once", 2100],
    "refund": ["done", 2100],
    "refunded": ["refunded", 2100],
    "stock_refunded": 98,
    "dear": [409, "price_changed", "after_action", "/lines/0/expected_price"],
    "many": [409, "insufficient_stock", "after_action", "/lines/0/qty"],
    "picture": ["image/webp", True],
    "ledger": [["refund", 2100, "S-3"], ["draw", -2100, "S-3"]],
    "more": True,
}
RECEIVED = {
    "state": "shipped",
    "parcel": ["sf", [[1, 2]]],
    "received": "received",
    "balance": FUNDS - 2100,
    "stock": 98,
}


def by_python(folder: Path) -> Play:
    """Generate for Python; every operation of the contract must have come out as one that can be imported."""
    (folder / "generator.yml").write_text("post_hooks: []\n")  # its formatting of what nobody reads takes seconds
    run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", CONTRACT),
        *("--output-path", "made", "--meta", "none", "--config", "generator.yml"),
        cwd=folder,
    )
    made = {path.stem: ".".join(path.with_suffix("").parts[-4:]) for path in folder.glob("made/api/*/[a-z]*.py")}
    contract = json.loads(CONTRACT.read_text())
    assert made.keys() == {one["operationId"] for methods in contract["paths"].values() for one in methods.values()}
    run(sys.executable, "-c", "\n".join(f"import {name}" for name in made.values()), cwd=folder)
    (folder / "story.py").write_text((HERE / "story.py").read_text())
    return lambda act, known: json.loads(run(sys.executable, "story.py", act, cwd=folder, environment=known))


def by_typescript(folder: Path) -> Play:
    """Generate for TypeScript and compile in strict mode."""
    workshop(folder, "story.ts", "tsconfig.json")
    packages = folder / "node_modules"
    run(node(), packages / "openapi-typescript/bin/cli.js", CONTRACT, "-o", "made.ts", cwd=folder)
    run(node(), packages / "typescript/bin/tsc", "-p", ".", cwd=folder)
    return lambda act, known: json.loads(run(node(), "built/story.js", act, cwd=folder, environment=known))


@pytest.mark.parametrize("generate", [by_python, by_typescript])
def test_a_generated_client_plays_the_story(
    generate: Callable[[Path], Play], world: World, make_mall: MakeMall, tmp_path: Path
) -> None:
    play = generate(tmp_path)
    mall = make_mall(funds_fen=FUNDS, fee_rate_bps=500)
    own = world.supplier(is_own=True)
    article = world.article(supplier=own, stock=100, supply_price_fen=1000, cost_fen=500, min_quantity=2)
    known = papers(mall, ENTREPOT_SKU=article.code, ENTREPOT_PICTURE=picture())
    assert play("buy", known) == BOUGHT
    order = mall.get("/orders/by-out-no/S-1").json
    assert world.run(terms.Ship(int(order["id"]), own.pk, "sf", "SF1234567890", STAFF)).is_accepted
    assert play("receive", known) == RECEIVED


def picture() -> str:
    """A small picture, as base64."""
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "seagreen").save(kept, "PNG")
    return base64.b64encode(kept.getvalue()).decode()
