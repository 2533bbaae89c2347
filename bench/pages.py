"""How long the platform's pages take on a large world, and how much they ask of it: `bin/bench pages --data DIR`.

It renders the pages inside one process, as the pages' server does, on the database of an instance that `bin/entrepot fill`
has made large; an embedded database is started for it. The time is the server's: no network, no browser.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from entrepot_launch import command
from entrepot_launch.folder import DataFolder

RUNS = 20
WARM_UPS = 2
LIMIT_MS, LIMIT_QUERIES, SEARCH_LIMIT_MS = 300, 10, 100
MARKS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET TRANSACTION")


def main(arguments: list[str]) -> int:
    """Measure on an instance's database, which is started for it when nobody runs it."""
    parser = argparse.ArgumentParser(prog="bin/bench pages", description=__doc__)
    parser.add_argument("--data", required=True, help="data folder of an instance made large by bin/entrepot fill")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each page is asked for")
    parser.add_argument("--explain", action="store_true", help="print the slowest statement of each page too")
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
    browser = signed_in()
    pages = {name: measured(browser, address, runs=chosen.runs) for name, address in addresses(facts).items()}
    slow = [
        name
        for name, found in pages.items()
        if found["p95_ms"] > (SEARCH_LIMIT_MS if name.startswith("search") else LIMIT_MS)
        or found["queries"] > LIMIT_QUERIES
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
                "pages": pages,
                "over the limit": slow,
            },
            ensure_ascii=False,
            indent=1,
        )
    )
    return 0


def counted() -> dict[str, Any]:
    """Return how large the world is, and an order, a distributor and words to search by."""
    from django.db import connection

    from entrepot.base import scope

    tables = ("orders_order", "orders_line", "ledger_transfer", "events_event", "catalog_sku", "parties_distributor")
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        rows = {}
        for table in tables:
            cursor.execute(f"select count(*) from {table}")
            rows[table] = cursor.fetchone()[0]
        cursor.execute(
            "select o.id, o.out_order_no, o.distributor_id, l.supplier_id, l.goods_no, l.goods_name from orders_order o"
            " join orders_line l on l.order_id = o.id where o.state = 'completed' order by o.id desc offset 100 limit 1"
        )
        found = cursor.fetchone()
        names = ("order", "number", "distributor", "supplier", "goods_no", "goods_name")
        cursor.execute("select tracking_no from orders_shipment order by id desc offset 50 limit 1")
        tracking = cursor.fetchone()[0]
    return {"rows": rows, "tracking": tracking, **dict(zip(names, found, strict=True))}


def addresses(facts: dict[str, Any]) -> dict[str, str]:
    """Return the pages and the worst filters of their lists."""

    def orders(**query: Any) -> str:
        return f"/platform/orders/?{urlencode(query)}"

    word = facts["goods_name"][:2]
    return {
        "dashboard": "/platform/",
        "order": f"/platform/orders/{facts['order']}/",
        "orders": orders(),
        "orders completed": orders(tab="completed"),
        "orders closed": orders(tab="closed"),
        "orders by amount": orders(sort="-total"),
        "orders of a distributor": orders(distributor=facts["distributor"]),
        "orders of a supplier": orders(supplier=facts["supplier"]),
        "orders of a supplier to ship": orders(supplier=facts["supplier"], tab="to_ship"),
        "orders by goods number": orders(goods=facts["goods_no"]),
        "orders by a word of the goods": orders(goods=word),
        "orders by two words of the goods": orders(goods=facts["goods_name"].split()[0]),
        "orders by a word nobody has": orders(goods="龘靐"),
        "orders by the mall's number": orders(no=facts["number"]),
        "orders by the beginning of a number": orders(no=facts["number"][:4]),
        "orders by tracking number": orders(tracking=facts["tracking"]),
        "orders by a phone nobody has": orders(phone="13900000000"),
        "orders of a month": orders(placed_from="2026-06-01", placed_to="2026-06-30"),
        "orders of a month of a distributor": orders(
            placed_from="2026-06-01", placed_to="2026-06-30", distributor=facts["distributor"], tab="completed"
        ),
        "goods": "/platform/goods/",
        "search two letters": f"/platform/goods/?{urlencode({'text': word})}",
        "search a word and a number": f"/platform/goods/?{urlencode({'text': facts['goods_name']})}",
        "search nothing": f"/platform/goods/?{urlencode({'text': '龘靐'})}",
        "stock": "/platform/stock/",
        "stock search": f"/platform/stock/?{urlencode({'text': word})}",
        "log": "/platform/log/",
    }


def signed_in() -> Any:
    """Return a browser of somebody of the platform who may do everything; he has no password and cannot come in."""
    from django.test import Client

    from entrepot.base import scope
    from entrepot.parties.models import User

    with scope.desk():
        user, is_new = User.objects.get_or_create(
            username="bench-pages", defaults={"kind": "platform", "is_superuser": True, "display_name": "bench"}
        )
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
    browser = Client(raise_request_exception=True)
    browser.force_login(user, backend="entrepot.doors.kit.backend.EntranceBackend")
    return browser


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
    size = status = 0
    for turn in range(WARM_UPS + runs):
        asked.clear()
        began = time.perf_counter()
        with connection.execute_wrapper(watch):
            answer = browser.get(address)
        took_ms = (time.perf_counter() - began) * 1000
        size, status = len(answer.content), answer.status_code
        if turn >= WARM_UPS:
            times.append(took_ms)
    assert status == 200, (address, status)
    slowest = max(asked)
    return {
        "address": address,
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[max(0, round(len(times) * 0.95) - 1)], 1),
        "queries": sum(not sql.upper().startswith(MARKS) for _took, sql in asked),
        "bytes": size,
        "slowest": {"ms": round(slowest[0] * 1000, 1), "statement": slowest[1][:1500]},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
