"""How fast a mall gets the catalogue, against `psql \\copy` of the same rows: `bin/bench catalogue`.

Export, pages of `/products` and pages of `/changes`, signed, over HTTP, one client, and pages by 16 clients of four malls.
Every round measures the yardstick too.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench import load, signed
from bench.instance import Instance
from bench.programs import resident_mb
from bench.signed import Caller
from bench.yardstick import find_pgbench
from entrepot_sdk import signing

GOALS = {
    "export_ratio": 0.3,
    "export_skus_per_s": 50_000,
    "changes_objects_per_s": 20_000,
    "products_pages_per_s": 1_000,
}
# What the export tells of goods and SKUs, as plain columns.
ROWS = (
    "select g.id, g.goods_no, g.name, g.category_id, g.brand_id, g.kind, g.images, g.detail_images, g.min_quantity, g.state,"
    " g.version, g.allowed_promotions, k.code, k.spec, k.supply_price_fen, k.suggested_price_fen, k.price_floor_fen,"
    " k.price_ceiling_fen, k.weight_g, l.on_hand - l.reserved"
    " from catalog_goods g join catalog_sku k on k.goods_id = g.id join stock_level l on l.sku_id = k.id"
    " where g.state = 'on_sale' order by g.id"
)


RUSH_PAGES, RUSH_CLIENTS, RUSH_MALLS, STARTS = 1_600, 16, 4, 100


class Mall:
    """One signed connection that is kept."""

    def __init__(self, caller: Caller, *, port: int) -> None:
        self._caller = caller
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def renew(self) -> None:
        """Begin a connection anew: the server closes one that is idle."""
        self._connection.close()

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Send a signed GET and return the answer, unread."""
        target = f"/api/v1{path}"
        signed = signing.request_headers(
            "GET",
            target=target.encode(),
            body=b"",
            key=self._caller.key,
            secret=self._caller.secret,
            nonce=signing.new_nonce(),
            timestamp=int(time.time()),
        )
        self._connection.request("GET", target, headers=signed | headers)
        answer = self._connection.getresponse()
        assert answer.status == 200, (path, answer.status, answer.read()[:500])
        return answer

    def json(self, path: str) -> Any:
        """Return the body of a signed GET."""
        return json.loads(self.get(path).read())


def main(arguments: list[str]) -> int:
    """Measure on an instance of its own, or on a running one whose data folder is named; print JSON."""
    parser = argparse.ArgumentParser(prog="bin/bench catalogue", description=__doc__)
    parser.add_argument("--skus", type=int, default=100_000, help="how many goods with one SKU each")
    parser.add_argument(
        "--changed", type=int, default=0, help="goods that come afterwards, by the feed; default: half as many"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=100, help="pages of /products by one client in a round")
    chosen = parser.parse_args(arguments)
    with Instance(skus=10, distributors=RUSH_MALLS) as instance:
        instance.command("fill", "--skus", chosen.skus, "--orders", 0, "--yes")
        mall = Mall(instance.callers[0], port=instance.port)
        before = mall.json("/products?limit=1")["changes_cursor"]
        instance.command("fill", "--skus", chosen.changed or chosen.skus // 2, "--orders", 0, "--yes")
        mall.renew()
        memory = {"before": resident_mb(instance.data)}
        rounds = []
        for number in range(chosen.rounds):
            rounds.append(measured(mall, instance, before=before, pages=chosen.pages))
            memory[f"after_{number + 1}"] = resident_mb(instance.data)
        memory["most"] = resident_mb(instance.data, field="VmHWM")
    medians = {name: round(statistics.median(row[name] for row in rounds), 3) for name in rounds[0]}
    print(
        json.dumps(
            {
                "command": " ".join(["bin/bench catalogue", *arguments]),
                "load": os.getloadavg(),
                "skus": chosen.skus + (chosen.changed or chosen.skus // 2),
                "medians": medians,
                "goals": GOALS,
                "memory_mb": memory,
                "rounds": rounds,
            },
            indent=1,
        )
    )
    return 0


def measured(mall: Mall, instance: Instance, *, before: str, pages: int) -> dict[str, float]:
    """Return one round: the yardstick and each part, one after the other, so that the machine's mood is shared."""
    copy_s, copied = timed(lambda: copied_rows(instance))
    mall.renew()
    plain_s, lines = timed(lambda: exported(mall))
    packed_s, packed = timed(lambda: exported(mall, **{"Accept-Encoding": "gzip"}))
    assert lines == packed and copied >= lines > 0, (copied, lines, packed)
    objects_s, objects = timed(lambda: changed(mall, before))
    pages_s, _ = timed(lambda: walked(mall, pages))
    rush = load.run(
        [
            signed.request(caller, "GET", target=f"/api/v1/products?limit=50{at}", host=instance.host)
            for caller, at in zip(cycle(instance.callers), starts(mall) * (RUSH_PAGES // STARTS), strict=False)
        ],
        port=instance.port,
        clients=RUSH_CLIENTS,
        seconds=120,
    )
    assert rush.statuses == {"200": RUSH_PAGES}, rush.statuses
    return {
        "copy_rows_per_s": round(copied / copy_s),
        "export_skus_per_s": round(lines / plain_s),
        "export_ratio": round((lines / plain_s) / (copied / copy_s), 3),
        "gzip_export_skus_per_s": round(packed / packed_s),
        "changes_objects_per_s": round(objects / objects_s),
        "changes_ratio": round((objects / objects_s) / (copied / copy_s), 3),
        "products_pages_per_s": round(rush.per_second(), 1),
        "products_pages_per_s_alone": round(pages / pages_s, 1),
    }


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Return how long work took, and what it counted."""
    began = time.perf_counter()
    count = work()
    return time.perf_counter() - began, count


def exported(mall: Mall, **headers: str) -> int:
    """Read the whole export as it comes and return how many products it told."""
    answer = mall.get("/products/export", **headers)
    unpack = zlib.decompressobj(31) if answer.headers.get("content-encoding") == "gzip" else None
    count, tail = 0, b""
    while block := answer.read(1 << 20):
        plain = unpack.decompress(block) if unpack else block
        count += plain.count(b"\n")
        tail = (tail + plain)[-200:]
    last = json.loads(tail.splitlines()[-1])
    assert last["complete"] and last["products"] == count - 2, last
    return count - 2


def changed(mall: Mall, cursor: str) -> int:
    """Read the feed from a cursor to its end, in pages of 1,000, and return how many objects it told."""
    count = 0
    while True:
        body = mall.get(f"/changes?cursor={cursor}&limit=1000").read()
        page = json.loads(body)
        count += len(page["items"])
        if not page["has_more"]:
            return count
        cursor = page["next_cursor"]


def walked(mall: Mall, pages: int) -> int:
    """Read so many pages of 50."""
    cursor = ""
    for _ in range(pages):
        page = json.loads(mall.get(f"/products?limit=50{cursor}").read())
        cursor = f"&cursor={page['next_cursor']}" if page["has_more"] else ""
    return pages


def starts(mall: Mall) -> list[str]:
    """Return where pages begin, far apart: no two that are asked for at once have anything in common."""
    found, cursor = [""], ""
    while len(found) < STARTS:
        page = mall.json(f"/products?limit=500{cursor}")
        cursor = f"&cursor={page['next_cursor']}" if page["has_more"] else ""
        found.append(cursor)
    return found


def copied_rows(instance: Instance) -> int:
    """Let `psql \\copy` write the same rows into nothing, as the owner who meets no row-level security."""
    settings = instance.settings()
    beside = find_pgbench().with_name("psql")
    psql = str(beside) if beside.exists() else shutil.which("psql")
    assert psql is not None, "there is no psql"
    said = subprocess.run(
        [
            psql,
            settings["DATABASE_URL"],
            "-At",
            "-c",
            "set role entrepot_desk",
            "-c",
            f"\\copy ({ROWS}) to '/dev/null'",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    # Told to be quiet it would not say how many rows it copied.
    return int(said.stdout.strip().rpartition("COPY ")[2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
