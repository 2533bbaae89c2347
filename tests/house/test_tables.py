"""The tables of features and promises name places and tests that exist."""

import ast
import json
import re
from pathlib import Path

import django.urls
import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
ROW = re.compile(
    r"^\| (?P<row>[SDMI]\d{2,3}|N\d{1,2}) \| (?P<term>[^|]+) \| `(?P<where>[^`]+)` \| (?P<tests>`[^`|]+`(?:, `[^`|]+`)*) \|$"
)
PROMISE = re.compile(r"^\| (?P<number>\d+) \| (?P<promise>[^|]+) \| (?P<proof>[^|]+) \| (?P<planted>[^|]+) \|$")


def _rows(name: str, pattern: re.Pattern[str]) -> list[dict[str, str]]:
    lines = (REFERENCE / name).read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ") and not line.startswith(("| row", "| ---", "| #"))]
    found = [pattern.match(line) for line in table]
    unread = [line for line, match in zip(table, found, strict=True) if match is None]
    assert not unread, f"rows that are not understood: {unread}"
    return [match.groupdict() for match in found if match is not None]


def _names_a_test(text: str) -> bool:
    path, _, name = text.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    functions = [node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    return name in functions if name else any(function.startswith("test_") for function in functions)


def _is_a_place(where: str) -> bool:
    if where.startswith("bin/"):
        return (ROOT / where).is_file()
    method, _, path = where.partition(" ")
    if method == "mall":
        return path in _places_of_the_mall()
    if path:
        contract = json.loads((REFERENCE / "openapi.json").read_text())
        return method.lower() in contract["paths"].get(path, {})
    try:
        django.urls.resolve(where)
    except django.urls.Resolver404:
        return False
    return True


def _places_of_the_mall() -> set[str]:
    """Addresses of our mall, read from its source: its models belong to other settings and cannot be loaded here."""
    doors = ROOT / "src" / "entrepot_mall" / "doors"
    found = set()
    for prefix, door in (("/office/", "office"), ("/api/shop/v1/", "api"), ("/", "front")):
        for node in ast.walk(ast.parse((doors / door / "urls.py").read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "path":
                found.add(prefix + ast.literal_eval(node.args[0]))
    return found


def test_every_feature_has_its_place_and_its_test(database: object) -> None:
    rows = _rows("features.md", ROW)
    assert len(rows) >= 50
    numbers = [row["row"] for row in rows]
    assert len(numbers) == len(set(numbers)), "a row stands twice"
    assert [row["row"] for row in rows if not _is_a_place(row["where"])] == []
    tests = [(row["row"], test) for row in rows for test in re.findall(r"`([^`]+)`", row["tests"])]
    assert [row for row, test in tests if not _names_a_test(test)] == []


def test_every_promise_names_tests_that_exist() -> None:
    rows = _rows("promises.md", PROMISE)
    assert len(rows) >= 18
    for row in rows:
        for cell in (row["proof"], row["planted"]):
            named = re.findall(r"`([^`]+)`", cell)
            assert named, f"promise {row['number']} names no test"
            assert [test for test in named if not _names_a_test(test)] == []


@pytest.mark.parametrize("wrong", ["tests/rules/test_money.py::test_nothing", "tests/nowhere.py::test_x"])
def test_a_test_that_is_not_there_is_seen(wrong: str) -> None:
    assert not _names_a_test(wrong)


def test_a_place_that_is_not_there_is_seen(database: object) -> None:
    assert not _is_a_place("/platform/nowhere/")
    assert not _is_a_place("GET /api/v1/nowhere")
    assert _is_a_place("mall /office/goods/") and not _is_a_place("mall /office/nowhere/")
