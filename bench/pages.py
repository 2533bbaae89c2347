"""How long the pages of the three offices take on a large world, and how much they ask of it: `bin/bench pages --data DIR`.

It renders the pages inside one process, as the pages' server does, on the database of an instance that `bin/entrepot fill`
has made large; an embedded database is started for it. The time is the server's: no network, no browser.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import addresses
from entrepot_launch import command
from entrepot_launch.folder import DataFolder

RUNS = 20
WARM_UPS = 2
LIMIT_MS, LIMIT_QUERIES, SEARCH_LIMIT_MS = 300, 10, 100
TABLES = (
    *("orders_order", "orders_line", "ledger_transfer", "stock_move", "events_event", "catalog_sku"),
    *("parties_distributor", "parties_supplier", "settlement_billline"),
)
MARKS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET TRANSACTION")


def main(arguments: list[str]) -> int:
    """Measure on an instance's database, which is started for it when nobody runs it."""
    parser = argparse.ArgumentParser(prog="bin/bench pages", description=__doc__)
    parser.add_argument("--data", required=True, help="data folder of an instance made large by bin/entrepot fill")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each page is asked for")
    parser.add_argument("--explain", action="store_true", help="print the slowest statement of each page too")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--progress", action="store_true", help="tell each page as it is measured")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        return inside(chosen)
    words = [sys.executable, "-m", "bench.pages", "--inside", *arguments]
    return command.run(words, folder=DataFolder(Path(chosen.data).resolve()))


def inside(chosen: argparse.Namespace) -> int:
    """Measure with the instance's settings in the environment; print JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    facts = counted()
    pages: dict[str, dict[str, Any]] = {}
    before = after = resident_mb()
    for browser, asked in offices(facts):
        for name, address in asked.items():
            if not chosen.only or chosen.only in name:
                pages[name] = measured(browser, address, runs=chosen.runs)
                before = before if len(pages) > 10 else resident_mb()  # by then everything is imported
                after = resident_mb()
                if chosen.progress:
                    print(name, pages[name]["p95_ms"], pages[name]["queries"], file=sys.stderr, flush=True)
    slow = [
        name
        for name, found in pages.items()
        if found["p95_ms"] > (SEARCH_LIMIT_MS if name.startswith("search") else LIMIT_MS)
        or found["queries"] > LIMIT_QUERIES
        or found["status"] != 200
    ]
    for found in pages.values():
        if not chosen.explain:
            found.pop("slowest")
    print(
        json.dumps(
            {
                "command": " ".join(["bin/bench pages", *sys.argv[2:]]),
                "load": os.getloadavg(),
                "rows": facts["rows"],
                "limits": {"p95_ms": LIMIT_MS, "search_p95_ms": SEARCH_LIMIT_MS, "queries": LIMIT_QUERIES},
                "memory_mb": {"before": before, "after": after},
                "pages": pages,
                "over the limit": slow,
            },
            ensure_ascii=False,
            indent=1,
        )
    )
    return 0


def counted() -> dict[str, Any]:
    """Return how large the world is, and parties, an order and words to search by."""
    from django.db import connection

    from entrepot.base import scope
    from entrepot.orders.consignees import open_consignee

    facts: dict[str, Any] = {"rows": {}}
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        for table in TABLES:
            cursor.execute("select reltuples::bigint from pg_class where oid = %s::regclass", [table])
            facts["rows"][table] = cursor.fetchone()[0]
        for statement, names in addresses.FACTS.values():
            cursor.execute(statement)
            facts |= dict(zip(names, cursor.fetchone(), strict=True))
        cursor.execute("select sealed from orders_consignee where order_id = %s", [facts["order"]])
        facts["phone"] = open_consignee(cursor.fetchone()[0]).phone
    return facts


def offices(facts: dict[str, Any]) -> Iterator[tuple[Any, dict[str, str]]]:
    """Yield a browser of each back office with the pages it is to ask for."""
    parties = {"platform": None} | {kind: facts[kind] for kind in ("supplier", "distributor", "referrer")}
    for kind, party_id in parties.items():
        if kind == "referrer" and party_id is None:
            continue  # nobody has brought anybody into this world
        yield signed_in(kind, party_id=party_id), getattr(addresses, kind)(facts)


def signed_in(kind: str, *, party_id: int | None) -> Any:
    """Return a browser of somebody of a party who may do everything; he has no password and cannot come in."""
    from django.test import Client

    from entrepot.base import scope
    from entrepot.parties.models import User

    with scope.desk():
        user, is_new = User.objects.get_or_create(
            username=f"bench-{kind}-{party_id or 0}",
            defaults={"kind": kind, "is_superuser": True, "display_name": "bench"}
            | ({f"{kind}_id": party_id} if party_id else {}),
        )
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
    browser = Client(raise_request_exception=False)
    browser.force_login(user, backend="entrepot.doors.kit.backend.EntranceBackend")
    return browser


def processor_s() -> float:
    """Return the processor's time this process and its server process of the database have had.

    It says what a page costs where others keep the machine busy and the clock says how long it waited. The database is
    left out where it does not run on this machine.
    """
    from django.db import connection

    spent = time.process_time()
    if connection.connection is not None:
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
        if stat.exists() and "postgres" in (text := stat.read_text()).partition(")")[0]:
            user, system = text.rpartition(")")[2].split()[11:13]
            spent += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return spent


def resident_mb() -> int:
    """Return how much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024 // 1024


def measured(browser: Any, address: str, *, runs: int) -> dict[str, Any]:
    """Return how long a page takes in milliseconds, its statements, its size, and its slowest statement."""
    from django.db import connection

    asked: list[tuple[float, str]] = []

    def watch(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, values, many, context)
        finally:
            asked.append((time.perf_counter() - began, " ".join(str(sql).split())))

    times: list[float] = []
    used: list[float] = []
    size = status = 0
    for turn in range(WARM_UPS + runs):
        asked.clear()
        began, spent = time.perf_counter(), processor_s()
        with connection.execute_wrapper(watch):
            answer = browser.get(address)
        used.append((processor_s() - spent) * 1000)
        took_ms = (time.perf_counter() - began) * 1000
        size, status = len(answer.content), answer.status_code
        if turn >= WARM_UPS:
            times.append(took_ms)
    slowest = max(asked)
    return {
        "address": address,
        "status": status,
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[max(0, round(len(times) * 0.95) - 1)], 1),
        "processor_ms": round(statistics.mean(used[WARM_UPS:]), 1),
        "queries": sum(not sql.upper().startswith(MARKS) for _took, sql in asked),
        "bytes": size,
        "slowest": {"ms": round(slowest[0] * 1000, 1), "statement": slowest[1][:1500]},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
