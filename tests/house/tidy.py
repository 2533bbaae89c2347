"""The tidy check: what ruff and the walls do not see. Run it as a program, or ask `faults`."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("src", "tests", "bench")
TEXT = (*CODE, "docs", "bin", ".ci", "README.md", "README.zh-CN.md", "CHANGELOG.md", "pyproject.toml")
TEXT_ENDINGS = {".py", ".md", ".html", ".css", ".js", ".sql", ".toml", ".po", ".json", ".txt", ".sh", ""}

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
# Files and functions that were longer once: the number may go down and never up; gone from here when within the limit.
LONGER: dict[str, int] = {}

SHAPELESS = {"services", "service", "utils", "util", "helpers", "helper", "common", "misc", "shared"}
ROOMS = ("recharge", "trade", "orders", "ledger", "stock", "pricing", "catalog", "parties", "events")
FURNITURE = {"rules", "queries", "actions"}
PURE = re.compile(r"src/entrepot/(\w+/rules(/\w+)?|trade/(terms|books|postings|decide)|trade/verbs/\w+|base/money)\.py")
CLOCKS = {"now", "today", "utcnow", "localtime", "time_ns", "monotonic"}

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
# The project speaks of itself alone: no place of the machine it was written on, no number of a talk about it.
FOREIGN = re.compile(r"(?<![\w.$}-])/" + r"(work|root|home)/[a-z]|\b[Ii]ssue" + r"s? #?\d|\bissues" + r" show\b")


def faults(root: Path) -> list[str]:
    """Every fault below a project folder, each with its place."""
    found: list[str] = []
    for path in code_files(root):
        found += _faults_of_code(path, place=path.relative_to(root).as_posix())
    for path in text_files(root):
        found += _faults_of_text(path, place=path.relative_to(root).as_posix())
    found += _missing_packages(root)
    return sorted(found)


def code_files(root: Path) -> Iterator[Path]:
    """Python files a person wrote; migrations are made by a program."""
    for top in CODE:
        for path in sorted((root / top).rglob("*.py")):
            if "__pycache__" not in path.parts and not (path.parent.name == "migrations" and path.name[0].isdigit()):
                yield path


def text_files(root: Path) -> Iterator[Path]:
    """Everything people read."""
    for top in TEXT:
        start = root / top
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.is_file() and path.suffix in TEXT_ENDINGS and "__pycache__" not in path.parts:
                yield path


def _faults_of_code(path: Path, *, place: str) -> Iterator[str]:
    source = path.read_text()
    tree = ast.parse(source, filename=str(path))
    yield from _too_long(place, length=len(source.splitlines()), limit=LONGEST_FILE)
    if set(Path(place).with_suffix("").parts) & SHAPELESS:
        yield f"{place}: the name says nothing; name the thing"
    document = ast.get_docstring(tree)
    if tree.body and document is None:
        yield f"{place}: no module docstring"
    elif document is not None and "\n" in document and place.startswith("src/"):
        yield f"{place}: the module docstring has more than one line"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield from _too_long(f"{place}:{node.name}", length=length, limit=LONGEST_FUNCTION)
    if _is_furniture(place):
        yield from _faults_of_furniture(tree, place=place)
    if PURE.fullmatch(place):
        yield from _faults_of_pure(tree, place=place)


def _too_long(place: str, *, length: int, limit: int) -> Iterator[str]:
    if length > LONGER.get(place, limit):
        yield f"{place}: {length} lines, at most {LONGER.get(place, limit)}"
    elif place in LONGER and length < LONGER[place]:
        yield f"{place}: down to {length} lines; lower or remove its entry in LONGER"


def _is_furniture(place: str) -> bool:
    parts = Path(place).with_suffix("").parts
    return (
        parts[:2] == ("src", "entrepot") and len(parts) > 3 and parts[2] in ROOMS and bool(set(parts[3:]) & FURNITURE)
    )


def _faults_of_furniture(tree: ast.Module, *, place: str) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if len(node.args.posonlyargs) + len(node.args.args) > 1:
            yield f"{place}:{node.lineno} {node.name}: arguments after the first are given by name (put a * there)"
        if ast.get_docstring(node) is None:
            yield f"{place}:{node.lineno} {node.name}: another room may call it, so it needs a docstring"


def _faults_of_pure(tree: ast.Module, *, place: str) -> Iterator[str]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{place}:{line}: {node.value} is a float; money and rates are whole numbers"
        if isinstance(node, ast.Name) and node.id in {"float", "Decimal", "Fraction"}:
            yield f"{place}:{line}: {node.id}; money and rates are whole numbers"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield f"{place}:{line}: / makes a float; use // or share_half_up"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield f"{place}:{line}: asks a clock; time is an argument"


def _faults_of_text(path: Path, *, place: str) -> Iterator[str]:
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, start=1):
        if UNFINISHED.search(line):
            yield f"{place}:{number}: unfinished: {line.strip()[:80]}"
        if FOREIGN.search(line) and not place.endswith("house/tidy.py"):
            yield f"{place}:{number}: speaks of something outside the project: {line.strip()[:80]}"


def _missing_packages(root: Path) -> Iterator[str]:
    for top in ("src", "tests"):
        folders = {path.parent for path in (root / top).rglob("*.py")} - {root / "src"}
        for folder in sorted(folders):
            if not (folder / "__init__.py").exists():
                yield f"{folder.relative_to(root)}: no __init__.py, so the walls do not see it"


if __name__ == "__main__":
    all_faults = faults(ROOT)
    print("\n".join(all_faults))
    sys.exit(bool(all_faults))
