"""Recompute every balance, stock level, line and order from the rows behind it, and name what does not agree."""

import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.ledger import seals

AT_MOST = 1000
"""So many differences of one check are named; a thousand of one kind say what ten thousand would."""


def verify(*, with_sandboxes: bool = False) -> dict[str, Any]:
    """Return `checked`, how many rows were compared, and `differences`, each with table, id, field, expected, found.

    It reads one moment of the database, so it may run while the network trades. Sandboxes are no part of the live books
    and are left out unless they are asked for; seals cover every transfer there is.
    """
    checked = 0
    differences: list[dict[str, Any]] = []
    with scope.one_moment():
        with scope.in_sandbox() if with_sandboxes else nullcontext(), scope.platform():
            for table, fields, statement in CHECKS:
                rows, found = _compare(statement)
                checked += rows
                differences += [one for row in found for one in _named(row, table=table, fields=fields)]
        for fault in seals.check():
            differences.append(
                {
                    "table": fault.table,
                    "id": str(fault.id),
                    "field": f"seal {fault.seal_id}",
                    "expected": "as sealed",
                    "found": fault.what,
                }
            )
        checked += _sealed_rows()
    return {"checked": checked, "differences": differences}


def _load() -> list[tuple[str, list[str], str]]:
    """Return the checks: table, fields and statement of each."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    checks = []
    for part in re.split(r"^-- check: ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        table, *fields = heading.split()
        checks.append((table, fields, body.strip().rstrip(";")))
    return checks


CHECKS = _load()


def _compare(statement: str) -> tuple[int, list[tuple[Any, ...]]]:
    """Return how many rows a check looked at, and those whose arrays differ."""
    question = (
        "select count(*), coalesce(to_jsonb((array_agg(jsonb_build_array(row_id, expected, found))"  # noqa: S608 - our own file
        f" filter (where expected is distinct from found))[1:{AT_MOST}]), '[]')"
        f" from ({statement}) as checked(row_id, expected, found)"
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        rows, found = cursor.fetchone()
    return rows, json.loads(found)


def _named(row: tuple[Any, ...], *, table: str, fields: list[str]) -> list[dict[str, Any]]:
    row_id, expected, found = row
    return [
        {"table": table, "id": str(row_id), "field": field, "expected": should, "found": is_}
        for field, should, is_ in zip(fields, expected, found, strict=True)
        if should != is_
    ]


def _sealed_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(sum(rows), 0) from ledger_seal")
        return int(cursor.fetchone()[0])
