"""The instance itself: tables, role, and the accounts and keys of a demo world."""

import argparse
import json
import sys
import unicodedata
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from entrepot.base import scope
from entrepot.base.start_check import problems
from entrepot.doors.kit import demo
from entrepot.events import restores
from entrepot.parties.models import ApiKey
from entrepot.parties.queries import secret_of


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring the tables up to date."""
    with connection.cursor() as cursor:
        # A migration that cannot get its lock gives up, rather than letting everybody queue behind it.
        cursor.execute("set lock_timeout = '10s'")
    call_command("migrate", interactive=False, verbosity=1)
    return 0


def check_start(_arguments: argparse.Namespace) -> int:
    """Print why this role must not serve; exit code 1 when it must not."""
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print("this role may serve")
    return int(bool(found))


def restored(arguments: argparse.Namespace) -> int:
    """Write down that the database was restored, and say what follows."""
    restores.restored(reason=arguments.reason)
    print("written down: malls are answered cursor_expired once, and walk their products and events anew")
    return 0


def accounts(_arguments: argparse.Namespace) -> int:
    """Print the demo accounts, a line each: back office, who, user name, password."""
    if not settings.DEMO:
        print("this is no demo world", file=sys.stderr)
        return 1
    rows = [(f"/{row['kind']}/", row["party"], row["username"], row["password"]) for row in demo.accounts()]
    widths = [max((_width(row[place]) for row in rows), default=0) for place in range(4)]
    for row in rows:
        print("  " + "  ".join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0


def keys(arguments: argparse.Namespace) -> int:
    """Print the distributors' keys and secrets of a demo world."""
    if not settings.DEMO:
        print("keys are shown in demo worlds only", file=sys.stderr)
        return 1
    with scope.desk(read_only=True):
        live = ApiKey.objects.filter(is_live=True).select_related("distributor__tier").order_by("distributor_id", "id")
        found: dict[int, dict[str, Any]] = {}
        for key in live:
            owner = key.distributor
            found.setdefault(
                owner.pk,
                {
                    "number": owner.number,
                    "name": owner.name,
                    "tier": owner.tier.name,
                    "fee_rate_bps": owner.tier.fee_rate_bps,
                    "key": key.key,
                    "secret": secret_of(key),
                },
            )
    if arguments.json:
        print(json.dumps(list(found.values()), ensure_ascii=False, indent=1))
    else:
        for row in found.values():
            print(f"{row['number']}  {row['name']}  {row['tier']}  {row['key']}  {row['secret']}")
    return 0


def _width(text: str) -> int:
    """Return the columns a text takes in a terminal, where Chinese letters are two wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
