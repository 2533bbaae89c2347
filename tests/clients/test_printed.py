"""The clients printed in the reference work as they are printed, and are as short as promised."""

import re
from pathlib import Path

import pytest

from tests.clients.tools import node, papers, program, run
from tests.conftest import ROOT
from tests.doors.api.conftest import MakeMall
from tests.world import World

LONGEST = 30
FILES = {"php": "client.php", "js": "client.mjs"}


def printed(language: str) -> str:
    """The one block of a language in the reference."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "docs/reference/api.md").read_text(), re.M | re.S)
    return str(found)


@pytest.mark.parametrize("language", FILES)
def test_the_printed_client_orders_and_pays(language: str, world: World, make_mall: MakeMall, tmp_path: Path) -> None:
    source = printed(language)
    assert len(source.splitlines()) <= LONGEST
    file = tmp_path / FILES[language]
    file.write_text(source)
    command = program("php") if language == "php" else node()
    mall, article = make_mall(funds_fen=2_150), world.article(stock=5)
    environment = papers(mall, ENTREPOT_SKU=article.code)
    said = run(command, file, cwd=tmp_path, environment=environment)
    (order,) = mall.get("/orders").json["items"]
    assert said == f"{order['id']} held 2100\nconfirmed\n"
    assert (order["state"], order["lines"][0]["qty"]) == ("confirmed", 2)
    assert order["out_order_no"].startswith({"php": "PHP-", "js": "NODE-"}[language])
    assert mall.get("/balance").json["balance"] == 50
    # A second one is more than he has: told by its code, and nothing is confirmed after it.
    refused = run(command, file, cwd=tmp_path, environment=environment)
    assert refused.startswith("insufficient_balance ") and refused.count("\n") == 1
    assert len(mall.get("/orders").json["items"]) == 1
