"""What holds for the mall's source: it speaks to the platform by the SDK alone, its words and its contract are whole."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from entrepot_mall.doors.api.contract import contract

ROOT = Path(__file__).resolve().parents[2]
MALL = ROOT / "src" / "entrepot_mall"
WIRES = {"httpx", "requests", "socket", "urllib", "http", "aiohttp"}
# Ways to pay and other channels are services of the shop's own; they do not know the platform.
ADAPTERS = {"payments", "channels"}


def wired(source: str) -> set[str]:
    """The libraries that open connections among what a module imports; reading an address is not opening one."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.partition(".")[0] for name in names if name not in ("urllib.parse",)}
    return found & WIRES


def test_the_platform_is_spoken_to_by_the_sdk_alone() -> None:
    speaking = {path.relative_to(MALL).as_posix() for path in MALL.rglob("*.py") if wired(path.read_text())}
    assert {path for path in speaking if path.partition("/")[0] not in ADAPTERS} == set()
    for path in (MALL / name for name in ADAPTERS):
        for module in path.rglob("*.py"):
            assert "platform_url" not in module.read_text(), f"{module} knows where the platform is"
    assert wired("import urllib.request") == {"urllib"}, "a planted connection is seen"
    assert wired("from httpx import Client") == {"httpx"}


def test_the_words_are_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "entrepot.doors.kit.messages", "--source", str(MALL), "check"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_printed_contract_is_that_of_the_code() -> None:
    assert json.loads((ROOT / "docs" / "reference" / "shop-openapi.json").read_text()) == contract()
