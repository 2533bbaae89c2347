"""Compares docs/GLOSSARY.md with the code, both ways. Run it as a program, or ask `faults`."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (?P<chinese>[^|]+) \| (?P<english>[^|]+) \| `(?P<name>[^`]+)` \| `(?P<file>[^`]+)` \| [^|]+ \|$")
CHINESE_FIRST = re.compile(r"^(?P<chinese>[㐀-鿿]+): ")


@dataclass(frozen=True)
class Word:
    """One row of the glossary."""

    chinese: str
    english: str
    name: str
    file: str


def faults(root: Path) -> list[str]:
    """Words that point to nothing, tables without a word, words that mean two things."""
    words = list(read(root / "docs" / "GLOSSARY.md"))
    found = [] if words else ["docs/GLOSSARY.md: no row was understood"]
    for word in words:
        path = root / "src" / word.file
        if not path.exists():
            found.append(f"{word.chinese}: {word.file} is not there")
        elif word.name.rpartition(".")[2] not in defined_in(path):
            found.append(f"{word.chinese}: {word.file} does not define {word.name}")
    for what in ("chinese", "english"):
        for text, times in Counter(getattr(word, what) for word in words).items():
            if times > 1:
                found.append(f"{text}: {times} rows; one word for one thing")
    return sorted(found + list(_tables_without_word(root, words=words)))


def read(path: Path) -> Iterator[Word]:
    """The rows of the glossary; a line that looks like a row and cannot be read is an error."""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.startswith("| ") or line.startswith(("| ---", "| 中文 ")):
            continue
        row = ROW.match(line)
        if row is None:
            raise ValueError(f"{path}:{number}: not a row: {line}")
        yield Word(**row.groupdict())


def defined_in(path: Path) -> set[str]:
    """Classes, functions, constants and fields a file defines, at the top or inside classes."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def _tables_without_word(root: Path, *, words: list[Word]) -> Iterator[str]:
    known = {(word.name, word.file): word.chinese for word in words}
    for path in sorted((root / "src").glob("*/*/models.py")):
        file = path.relative_to(root / "src").as_posix()
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef):
                continue
            document = CHINESE_FIRST.match(ast.get_docstring(node) or "")
            chinese = known.get((node.name, file))
            if document and chinese is None:
                yield f"{document['chinese']}: {node.name} of {file} has no row in the glossary"
            elif document and chinese != document["chinese"]:
                yield f"{node.name} of {file}: its docstring says {document['chinese']}, the glossary {chinese}"


if __name__ == "__main__":
    all_faults = faults(ROOT)
    print("\n".join(all_faults))
    sys.exit(bool(all_faults))
