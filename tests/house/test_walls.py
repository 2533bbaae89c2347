"""The walls stand: the tree keeps every contract, and each kind of breach is seen."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tidy, words

ROOT = tidy.ROOT

# Where a line is planted, the line, and the contract that must see it.
BREACHES = [
    ("entrepot/base/money.py", "import entrepot.events", "stair"),
    ("entrepot/stock/rules.py", "from entrepot.orders import models", "stair"),
    ("entrepot/parties/queries.py", "import entrepot.catalog.models", "stair"),
    ("entrepot/trade/desk.py", "import entrepot.doors.api", "stair"),
    ("entrepot/recharge/models.py", "import entrepot.reports", "stair"),
    ("entrepot/ledger/models.py", "import entrepot.orders", "stair"),
    ("entrepot/newroom/__init__.py", '"""A room nobody gave a step of the stair."""', "stair"),
    ("entrepot/doors/supplier/__init__.py", "import entrepot.doors.platform", "doors"),
    ("entrepot/doors/kit/__init__.py", "import entrepot.doors.api", "doors"),
    ("entrepot/doors/telephone/__init__.py", '"""A door nobody knows."""', "doors"),
    ("entrepot/parties/models.py", "from entrepot.parties import queries", "furniture"),
    ("entrepot/catalog/rules.py", "from entrepot.catalog import models", "furniture"),
    ("entrepot/trade/verbs/ship.py", "from entrepot.trade import snapshot", "desk"),
    ("entrepot/trade/books.py", "from entrepot.trade import terms", "desk"),
    ("entrepot/pricing/rules.py", "from django.utils import timezone", "pure"),
    ("entrepot/pricing/rules.py", "import time", "pure"),
    ("entrepot/stock/rules.py", "import random", "pure"),
    ("entrepot/trade/terms.py", "import psycopg", "pure"),
    ("entrepot/trade/verbs/cancel.py", "from os import environ", "pure"),
    ("entrepot/trade/decide.py", "from entrepot.base import clock", "pure"),
    ("entrepot/trade/decide.py", "from decimal import Decimal", "pure"),
    ("entrepot/doors/platform/__init__.py", "from entrepot.orders.models import Order", "one-writer"),
    ("entrepot/doors/worker/__init__.py", "import entrepot.ledger.models", "one-writer"),
    ("entrepot/trade/desk.py", "from entrepot.stock.models import Level", "one-writer"),
    ("entrepot_sdk/client.py", "import entrepot.base.money", "sdk-alone"),
    ("entrepot_sdk/signing.py", "import django", "sdk-alone"),
    ("entrepot/doors/cli/__init__.py", "import entrepot_sdk", "platform-alone"),
    ("entrepot/base/clock.py", "import entrepot_launch.roles", "platform-alone"),
    ("entrepot/doors/api/__init__.py", "import entrepot_mall", "platform-alone"),
    ("entrepot_sdk/callbacks.py", "import entrepot_mall", "sdk-alone"),
    ("entrepot_launch/up.py", "import entrepot.config.settings", "launcher-alone"),
    ("entrepot_launch/mall.py", "import entrepot_mall", "launcher-alone"),
    ("entrepot_mall/orders/passing.py", "import entrepot.trade.desk", "mall-alone"),
    ("entrepot_mall/doors/kit/__init__.py", "from entrepot.doors import kit", "mall-alone"),
    ("entrepot_mall/shop/queries.py", "import entrepot_mall.orders", "mall-stair"),
    ("entrepot_mall/wallet/__init__.py", '"""A room nobody gave a step of the stair."""', "mall-stair"),
    ("entrepot_mall/supply/rules.py", "from django.utils import timezone", "mall-pure"),
    ("entrepot_launch/faults.py", "from entrepot_launch import links, up", "no-cycles"),
    ("entrepot/trade/verbs/ship.py", "from entrepot.trade.verbs import refund_before_shipping", "no-cycles"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree once more, to plant faults in."""
    root = tmp_path_factory.mktemp("walls")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.mo", "static"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.fixture
def planted(copy: Path) -> Iterator[dict[Path, str | None]]:
    """Files to give back as they were."""
    former: dict[Path, str | None] = {}
    yield former
    for path, text in former.items():
        if text is None:
            shutil.rmtree(path.parent)
        else:
            path.write_text(text)


def lint(root: Path, *, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    words_ = ["--no-cache", *(["--contract", contract] if contract else [])]
    return subprocess.run(
        [sys.executable, "-c", code, *words_],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tree_keeps_every_contract() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("file", "line", "contract"), BREACHES)
def test_a_breach_is_seen(copy: Path, planted: dict[Path, str | None], file: str, line: str, contract: str) -> None:
    before = lint(copy, contract=contract)
    assert before.returncode == 0, "the contract must be kept without the fault:\n" + before.stdout + before.stderr
    path = copy / "src" / file
    planted[path] = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((planted[path] or "") + f"\n{line}\n")
    after = lint(copy, contract=contract)
    assert after.returncode == 1, after.stdout + after.stderr
    assert "BROKEN" in after.stdout


def test_the_tree_is_tidy() -> None:
    assert tidy.faults(ROOT) == []


LONG = "\n".join(["def long() -> None:", '    """Too long."""', *["    print()"] * 60])
UNTIDY = [
    ("src/entrepot/base/utils.py", '"""What?"""', "the name says nothing"),
    ("src/entrepot/common/rules.py", '"""What?"""', "the name says nothing"),
    ("src/entrepot/base/bare.py", "x = 1", "no module docstring"),
    ("src/entrepot/base/wordy.py", '"""One.\n\nTwo.\n"""', "more than one line"),
    ("src/entrepot/base/long.py", f'"""Long."""\n{LONG}', "long: 62 lines"),
    ("src/entrepot/base/endless.py", '"""Endless."""' + "\nx = 1" * 400, "401 lines"),
    ("src/entrepot/stock/rules.py", '"""R."""\n\n\ndef f(a: int, b: int) -> int:\n    """F."""', "by name"),
    ("src/entrepot/stock/actions/x.py", '"""R."""\n\n\ndef f(a: int) -> int:\n    return a', "needs a docstring"),
    ("src/entrepot/stock/rules.py", '"""R."""\nRATE = 0.05', "0.05 is a float"),
    ("src/entrepot/stock/rules.py", '"""R."""\nfrom decimal import Decimal\nX = Decimal(1)', "Decimal"),
    ("src/entrepot/trade/verbs/x.py", '"""R."""\nX = 1 / 2', "/ makes a float"),
    ("src/entrepot/trade/decide.py", '"""R."""\nimport datetime\nX = datetime.datetime.now()', "asks a clock"),
    ("src/entrepot/lost/rules.py", '"""R."""', "no __init__.py"),
    ("tests/lost/test_x.py", '"""R."""', "no __init__.py"),
    ("src/entrepot/base/later.py", '"""R."""\n# TO' + "DO: later", "unfinished"),
    ("docs/talk.md", "see iss" + "ue #3", "outside the project"),
    ("bin/there", "cd /wo" + "rk/main", "outside the project"),
]


@pytest.mark.parametrize(("file", "text", "fault"), UNTIDY)
def test_an_untidy_file_is_seen(tmp_path: Path, file: str, text: str, fault: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text + "\n")
    assert any(fault in found for found in tidy.faults(tmp_path)), tidy.faults(tmp_path)


def test_the_words_are_those_of_the_code() -> None:
    assert words.faults(ROOT) == []


def test_a_wrong_word_is_seen(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "src" / "entrepot" / "stock").mkdir(parents=True)
    models = tmp_path / "src" / "entrepot" / "stock" / "models.py"
    models.write_text('class Level:\n    """库存: pieces."""\n\n\nclass Move:\n    """库存流水: one change."""\n')
    row = "| {} | level | `{}` | `{}` | pieces |\n"
    right, glossary = row.format("库存", "Level", "entrepot/stock/models.py"), tmp_path / "docs" / "GLOSSARY.md"
    for table, fault in (
        (right, "Move of entrepot/stock/models.py has no row"),
        (right + row.format("流水", "Move", "entrepot/stock/models.py"), "says 库存流水, the glossary 流水"),
        (right + right, "2 rows"),
        (row.format("库存", "Stock", "entrepot/stock/models.py"), "does not define Stock"),
        (row.format("库存", "Level", "entrepot/stock/levels.py"), "is not there"),
        ("", "no row was understood"),
    ):
        glossary.write_text(table)
        assert any(fault in found for found in words.faults(tmp_path)), (fault, words.faults(tmp_path))
