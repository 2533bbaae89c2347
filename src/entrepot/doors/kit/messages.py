"""The Chinese catalogue without GNU gettext: extract, add, check, compile. `python -m entrepot.doors.kit.messages --help`."""

import argparse
import ast
import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

_SOURCE = Path(__file__).resolve().parents[2]
_PLACE = Path("locale") / "zh_Hans" / "LC_MESSAGES" / "django.po"
_HEADER = {
    "Project-Id-Version": "entrepot",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
# For each function: where in its arguments the context, the singular and the plural stand.
_CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


@dataclass(frozen=True)
class Message:
    """One text to translate."""

    text: str
    context: str | None = None
    plural: str | None = None


def extract(source: Path = _SOURCE) -> dict[Message, list[str]]:
    """Return every message of the templates and modules below a folder, with the files it stands in."""
    found: dict[Message, list[str]] = {}
    for path in sorted(source.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            calls = _python_calls(path.read_text(encoding="utf-8"))
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            calls = _template_calls(path.read_text(encoding="utf-8"))
        else:
            continue
        for message in calls:
            places = found.setdefault(message, [])
            if (place := path.relative_to(source).as_posix()) not in places:
                places.append(place)
    return found


def _python_calls(text: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and (message := _message(node)) is not None:
            yield message


def _template_calls(text: str) -> Iterator[Message]:
    """Django turns a template into calls among blanked-out text; only the calls are Python."""
    flat = templatize(text)
    for found in re.finditer(r"\b(" + "|".join(_CALLS) + r")\(", flat):
        end = _closing(flat, start=found.end())
        call = ast.parse(flat[found.start() : end].replace("\n", "\\n"), mode="eval").body
        if isinstance(call, ast.Call) and (message := _message(call)) is not None:
            yield message


def _closing(text: str, *, start: int) -> int:
    """Return the place after the bracket that closes a call; brackets inside quotes do not count."""
    quote, place = "", start
    while place < len(text):
        letter = text[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == ")":
            return place + 1
        place += 1
    raise ValueError("a call without an end")


def _message(call: ast.Call) -> Message | None:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in _CALLS:
        return None

    def text(place: int | None) -> str | None:
        if place is None or place >= len(call.args):
            return None
        argument = call.args[place]
        return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None

    context, singular, plural = (text(place) for place in _CALLS[name])
    return Message(singular, context, plural) if singular else None


@contextmanager
def _catalogue(source: Path) -> Iterator[polib.POFile]:
    """Open the catalogue for a change, one writer at a time, and write it back sorted, so that changes stay small."""
    file = source / _PLACE
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        book = polib.pofile(str(file)) if file.exists() else polib.POFile()
        book.wrapwidth = 10_000
        book.metadata = dict(_HEADER)
        yield book
        book.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
        book.save(str(file))
        file.with_suffix(".mo").write_bytes(book.to_binary())
    finally:
        os.close(lock)


def update(source: Path = _SOURCE, *, prune: bool = False) -> list[str]:
    """Add new messages to the catalogue without a translation, refresh where each is used; return what lacks one."""
    found = extract(source)
    with _catalogue(source) as book:
        known = {(entry.msgid, entry.msgctxt): entry for entry in book}
        for message, places in found.items():
            entry = known.get((message.text, message.context))
            if entry is None:
                entry = polib.POEntry(msgid=message.text, msgctxt=message.context)
                known[message.text, message.context] = entry
                book.append(entry)
            if message.plural and not entry.msgid_plural:
                entry.msgid_plural, entry.msgstr_plural, entry.msgstr = message.plural, {0: entry.msgstr}, ""
            entry.occurrences = [(place, "") for place in places]
        if prune:
            wanted = {(message.text, message.context) for message in found}
            for entry in [entry for entry in book if (entry.msgid, entry.msgctxt) not in wanted]:
                book.remove(entry)
        return [entry.msgid for entry in book if not _translation(entry)]


def add(pairs: dict[str, str], *, source: Path = _SOURCE) -> None:
    """Put translations into the catalogue; a key `context|text` names a message with a context."""
    with _catalogue(source) as book:
        known = {(entry.msgid, entry.msgctxt): entry for entry in book}
        for key, translation in pairs.items():
            context, bar, text = key.partition("|")
            entry = known.get((text, context)) if bar else None
            entry = entry or known.get((key, None))
            if entry is None:
                entry = polib.POEntry(msgid=key)
                book.append(entry)
            if entry.msgid_plural:
                entry.msgstr_plural = {0: translation}
            else:
                entry.msgstr = translation


def check(source: Path = _SOURCE) -> list[str]:
    """Return every fault: no translation, other placeholders than the original, a stale compiled file, unused texts."""
    file = source / _PLACE
    if not file.exists():
        return ["there is no catalogue"]
    book = polib.pofile(str(file))
    book.wrapwidth = 10_000
    known = {(entry.msgid, entry.msgctxt): entry for entry in book}
    faults = []
    found = extract(source)
    for message, places in found.items():
        entry = known.get((message.text, message.context))
        if entry is None or not _translation(entry):
            faults.append(f"no translation: {message.text!r} ({places[0]})")
        elif not _holes(_translation(entry)) <= _holes(message.text) | _holes(message.plural or ""):
            faults.append(f"other placeholders: {message.text!r} ({places[0]})")
        elif _holes(message.text) - _holes(_translation(entry)):
            faults.append(f"lost placeholders: {message.text!r} ({places[0]})")
    wanted = {(message.text, message.context) for message in found}
    faults += [f"used nowhere: {text!r}" for text, context in known if (text, context) not in wanted]
    compiled = file.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != book.to_binary():
        faults.append("the compiled catalogue is stale: run `compile`")
    return faults


def _translation(entry: polib.POEntry) -> str:
    return entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr


def _holes(text: str) -> set[str]:
    return {name or braced for name, braced in _PLACEHOLDER.findall(text)}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; `check` ends with 1 when the catalogue is not complete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=_SOURCE, help="package whose catalogue it is (the platform)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="fail when a text has no Chinese translation or the catalogue is stale")
    commands.add_parser("compile", help="write the compiled catalogue")
    updater = commands.add_parser("update", help="add new texts; print those without a translation as JSON")
    updater.add_argument("--prune", action="store_true", help="also remove texts that are used nowhere")
    adder = commands.add_parser("add", help="add translations: a JSON object {text: translation}, from a file or -")
    adder.add_argument("file")
    chosen = parser.parse_args(arguments)
    if not settings.configured:
        settings.configure()
    if chosen.command == "check":
        faults = check(chosen.source)
        print("\n".join(faults) or "complete")
        return 1 if faults else 0
    if chosen.command == "update":
        missing = update(chosen.source, prune=chosen.prune)
        print(json.dumps(dict.fromkeys(missing, ""), ensure_ascii=False, indent=1))
    elif chosen.command == "add":
        text = sys.stdin.read() if chosen.file == "-" else Path(chosen.file).read_text(encoding="utf-8")
        add(json.loads(text), source=chosen.source)
    else:
        with _catalogue(chosen.source):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
