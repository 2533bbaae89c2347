"""What would break a mall's client between two contracts. `python -m tests.doors.api.breaking REVISION` compares."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from entrepot.doors.api.deprecations import a_year_after
from tests.conftest import ROOT

CONTRACT = ROOT / "docs" / "reference" / "openapi.json"
RELEASED = sorted((ROOT / "docs" / "reference").glob("openapi-*.json"))
Schema = dict[str, Any]
# Whoever sends must still be allowed to: an upper bound may only rise, a lower one only fall.
UPPER, LOWER = ("maximum", "maxLength", "maxItems"), ("minimum", "minLength", "minItems")


def differences(old: Schema, new: Schema, *, released: Iterable[Schema] = (), today: date | None = None) -> list[str]:
    """Every breaking difference between two OpenAPI documents, in words; what only grows is none.

    An operation may be gone once one of the `released` contracts has announced it for twelve months and the day is over.
    """
    gone = set().union(*(_over(contract, today or datetime.now(UTC).date()) for contract in released))
    return sorted(_paths(_Pair(old, new), gone=gone))


def _over(contract: Schema, today: date) -> set[tuple[str, str]]:
    """The operations, by path and method, whose announced time is over."""
    found = set()
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            if operation.get("deprecated") and "x-sunset" in operation:
                since = date.fromisoformat(operation["x-deprecated-since"])
                sunset = date.fromisoformat(operation["x-sunset"])
                if a_year_after(since) <= sunset <= today:
                    found.add((path, method))
    return found


class _Pair:
    """Two documents, each resolving its own references."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def resolved(self, old: Schema, new: Schema) -> tuple[Schema, Schema]:
        """Both schemas with the references at their top followed."""
        return _resolved(self.old, old), _resolved(self.new, new)


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _paths(pair: _Pair, *, gone: set[tuple[str, str]]) -> Iterator[str]:
    for name in pair.old.get("webhooks", {}).keys() - pair.new.get("webhooks", {}).keys():
        yield f"callback {name}: removed"
    for path, methods in pair.old["paths"].items():
        for method, before in methods.items():
            where = f"{method.upper()} {path}"
            after = pair.new["paths"].get(path, {}).get(method)
            if after is None:
                if (path, method) not in gone:
                    yield f"{where}: removed"
                continue
            yield from _leave(where, before, after)
            yield from _parameters(where, before, after, pair=pair)
            yield from _request(where, before, after, pair=pair)
            yield from _answers(where, before, after, pair=pair)
            if before["security"] != after["security"]:
                yield f"{where}: signed otherwise"


def _leave(where: str, before: Schema, after: Schema) -> Iterator[str]:
    """What was announced may be taken back or put off, not hurried."""
    if after.get("deprecated"):
        since, sunset = after.get("x-deprecated-since", ""), after.get("x-sunset", "")
        if not since or not sunset or date.fromisoformat(sunset) < a_year_after(date.fromisoformat(since)):
            yield f"{where}: deprecated for less than twelve months"
        elif before.get("deprecated") and sunset < before.get("x-sunset", ""):
            yield f"{where}: goes earlier than announced"


def _parameters(where: str, before: Schema, after: Schema, *, pair: _Pair) -> Iterator[str]:
    old, new = ({(given["in"], given["name"]): given for given in side["parameters"]} for side in (before, after))
    for key, parameter in old.items():
        name = f"{where}: parameter {key[1]}"
        if key not in new:
            yield f"{name}: removed"
            continue
        if new[key]["required"] and not parameter["required"]:
            yield f"{name}: now required"
        yield from _narrowed(name, parameter["schema"], new[key]["schema"], pair=pair)
    for key in new.keys() - old.keys():
        if new[key]["required"]:
            yield f"{where}: parameter {key[1]}: new and required"


def _request(where: str, before: Schema, after: Schema, *, pair: _Pair) -> Iterator[str]:
    old, new = before.get("requestBody"), after.get("requestBody")
    if old is None:
        if new is not None and new["required"]:
            yield f"{where}: body now required"
        return
    if new is None:
        yield f"{where}: body removed"
        return
    if new["required"] and not old["required"]:
        yield f"{where}: body now required"
    yield from _media(f"{where}: body", old, new)
    for before_kind, after_kind in _json(old, new):
        yield from _narrowed(f"{where}: body", before_kind, after_kind, pair=pair)


def _answers(where: str, before: Schema, after: Schema, *, pair: _Pair) -> Iterator[str]:
    for status, answer in before["responses"].items():
        if not status.startswith("2"):
            continue
        if status not in after["responses"]:
            yield f"{where}: answer {status}: removed"
            continue
        place = f"{where}: answer {status}"
        yield from _media(place, answer, after["responses"][status])
        for before_kind, after_kind in _json(answer, after["responses"][status]):
            yield from _lessened(place, before_kind, after_kind, pair=pair)


def _media(where: str, old: Schema, new: Schema) -> Iterator[str]:
    for kind in old["content"]:
        if kind not in new["content"]:
            yield f"{where}: no longer {kind}"


def _json(old: Schema, new: Schema) -> Iterator[tuple[Schema, Schema]]:
    """The schemas of what both speak of as JSON."""
    kind = "application/json"
    if kind in old["content"] and kind in new["content"]:
        yield old["content"][kind]["schema"], new["content"][kind]["schema"]


def _narrowed(where: str, old: Schema, new: Schema, *, pair: _Pair) -> Iterator[str]:
    """What was allowed to be sent and is no longer."""
    old, new = pair.resolved(old, new)
    kinds, kinds_now = _kinds(old, pair.old), _kinds(new, pair.new)
    if kinds - kinds_now:
        yield f"{where}: no longer {', '.join(sorted(kinds - kinds_now))}"
        return
    old, new = _only(old, pair.old), _only(new, pair.new)
    for bound in (*UPPER, *LOWER):
        limit, limit_now = old.get(bound), new.get(bound)
        sign = -1 if bound in LOWER else 1
        if limit_now is not None and (limit is None or sign * limit_now < sign * limit):
            yield f"{where}: {bound} was {limit}, is {limit_now}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{where}: pattern was {old.get('pattern')}, is {new['pattern']}"
    if "enum" in new and set(old.get("enum", ["anything"])) - set(new["enum"]):
        yield f"{where}: values removed"
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name not in after:
            yield f"{where}/{name}: removed"
        else:
            yield from _narrowed(f"{where}/{name}", before[name], after[name], pair=pair)
    for name in set(new.get("required", [])) - set(old.get("required", [])):
        yield f"{where}/{name}: {'now' if name in before else 'new and'} required"
    if "items" in old and "items" in new:
        yield from _narrowed(f"{where}/*", old["items"], new["items"], pair=pair)


def _lessened(where: str, old: Schema, new: Schema, *, pair: _Pair) -> Iterator[str]:
    """What was promised to be in an answer and is no longer."""
    old, new = pair.resolved(old, new)
    kinds, kinds_now = _kinds(old, pair.old), _kinds(new, pair.new)
    if kinds_now - kinds:
        yield f"{where}: was {', '.join(sorted(kinds))}, may be {', '.join(sorted(kinds_now - kinds))}"
        return
    old, new = _only(old, pair.old), _only(new, pair.new)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name not in after:
            yield f"{where}/{name}: removed"
            continue
        if name in old.get("required", []) and name not in new.get("required", []):
            yield f"{where}/{name}: may be missing"
        yield from _lessened(f"{where}/{name}", before[name], after[name], pair=pair)
    if "items" in old and "items" in new:
        yield from _lessened(f"{where}/*", old["items"], new["items"], pair=pair)


def _kinds(schema: Schema, document: Schema) -> set[str]:
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return set().union(*(_kinds(option, document) for option in schema["anyOf"]))
    if "enum" in schema:
        return {"string"}
    return {schema.get("type", "anything")}


def _only(schema: Schema, document: Schema) -> Schema:
    """The schema itself, or what it is when it is not null."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    return _resolved(document, options[0]) if len(options) == 1 else schema


def committed(revision: str) -> Schema | None:
    """The contract as some revision has it, None when there is no such revision or it had none."""
    said = subprocess.run(
        ["git", "show", f"{revision}:{CONTRACT.relative_to(ROOT)}"], cwd=ROOT, capture_output=True, check=False
    )
    return json.loads(said.stdout) if said.returncode == 0 else None


def latest_release() -> str:
    """The newest tag `v…` before this revision, empty when nothing was released yet."""
    said = subprocess.run(
        ["git", "describe", "--tags", "--match", "v*", "--abbrev=0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip()


if __name__ == "__main__":
    base = committed(sys.argv[1])
    if base is None:
        sys.exit(f"{sys.argv[1]} has no contract")
    kept = [json.loads(file.read_text()) for file in RELEASED]
    found = differences(base, json.loads(CONTRACT.read_text()), released=kept)
    print("\n".join(found) or "nothing breaks")
    sys.exit(bool(found))
