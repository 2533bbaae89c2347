"""A run and its result: the table, the JSON, and the certificate."""

import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from entrepot_conformance import KIT, VERSION, signing
from entrepot_conformance.checks import CHECKS, Check, reset
from entrepot_conformance.kit import Failed, Kit, Unchecked

MARKS = {"passed": "✓", "failed": "✗", "unchecked": "–"}


@dataclass(frozen=True, slots=True)
class Result:
    """How one check went: `passed`, `failed` or `unchecked`, and why."""

    id: str
    outcome: str
    why: str = ""


def run(kit: Kit, *, only: Iterable[str] = (), told: Callable[[Check, Result], None] | None = None) -> list[Result]:
    """Try every check, or those named, in their order; `told` hears of each as it is done."""
    wanted = set(only)
    results = []
    for check in CHECKS:
        if wanted and check.id not in wanted:
            continue
        result = _tried(kit, check)
        reset(kit)
        results.append(result)
        if told is not None:
            told(check, result)
    return results


def _tried(kit: Kit, check: Check) -> Result:
    try:
        check.judge(kit)
    except Unchecked as reason:
        return Result(check.id, "unchecked", str(reason))
    except Failed as reason:
        return Result(check.id, "failed", str(reason))
    return Result(check.id, "passed")


def certificate(results: list[Result], *, key: str, secret: str, callback: str) -> dict[str, Any]:
    """Return the result as a document, signed with the secret the mall was tried with."""
    content: dict[str, Any] = {
        "kit": KIT,
        "version": VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "key": key,
        "callback": callback,
        "passed": bool(results) and all(one.outcome != "failed" for one in results),
        "complete": bool(results) and all(one.outcome == "passed" for one in results),
        "checks": [asdict(one) for one in results],
    }
    return content | {"signature": _signature(content, secret=secret)}


def is_unaltered(content: dict[str, Any], *, secret: str) -> bool:
    """Return whether a certificate is as it was made under this secret."""
    plain = {name: value for name, value in content.items() if name != "signature"}
    return hmac.compare_digest(str(content.get("signature")), _signature(plain, secret=secret))


def _signature(content: dict[str, Any], *, secret: str) -> str:
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.new(signing.key_of(secret), plain, hashlib.sha256).hexdigest()


def line(check: Check, result: Result, *, language: str) -> str:
    """Return one line of the table."""
    words = check.words[language == "en"]
    why = f"  {result.why}" if result.why else ""
    return f"{MARKS[result.outcome]} {check.id:<28} {words}{why}"


def summary(results: list[Result]) -> str:
    """Return the last line of the table."""
    counts = {name: sum(one.outcome == name for one in results) for name in MARKS}
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['unchecked']} unchecked"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
