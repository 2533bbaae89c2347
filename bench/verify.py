"""How long it takes to prove the books against reading their rows once: `bin/bench verify --data DIR`.

The data folder is of an instance whose programs are stopped; its database is started for the measurement. The reading is a
sequential scan of every table that the proof looks into, each row taken whole.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from entrepot_launch import command
from entrepot_launch.folder import ROOT, DataFolder

RATIO_AT_MOST = 20


def main(arguments: Sequence[str]) -> int:
    """Measure and print JSON; 1 when something differs or it takes too long."""
    parser = argparse.ArgumentParser(prog="bin/bench verify", description=__doc__)
    parser.add_argument("--data", required=True, help="data folder of an instance that is stopped")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if not chosen.inside:
        words = [sys.executable, "-m", "bench.verify", "--inside", *arguments]
        return command.run(words, folder=DataFolder(Path(chosen.data).resolve()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    import django

    django.setup()
    from entrepot.reports.verify import verify

    rounds = []
    differences = 0
    for _round in range(chosen.rounds):
        load = os.getloadavg()[0]
        rows, reading_s = read_once()
        began = time.perf_counter()
        found = verify()
        took_s = time.perf_counter() - began
        differences = len(found["differences"])
        one = {"reading_s": round(reading_s, 2), "took_s": round(took_s, 2), "rows": rows, "load": round(load, 1)}
        rounds.append(one | {"lines_per_s": round(found["checked"] / took_s), "ratio": round(took_s / reading_s, 2)})
    ratio = statistics.median(one["ratio"] for one in rounds)
    told = {"command": " ".join(["bin/bench verify", *(word for word in sys.argv[1:] if word != "--inside")])}
    facts = {"ratio": ratio, "bar": RATIO_AT_MOST, "differences": differences, "rounds": rounds}
    print(json.dumps(told | facts, indent=1))
    return int(ratio > RATIO_AT_MOST or differences > 0)


def read_once() -> tuple[int, float]:
    """Return how many rows there are and how long it takes to read each of them once."""
    from django.db import connection

    from entrepot.base import scope

    proof = (ROOT / "src" / "entrepot" / "reports" / "verify.sql").read_text()
    tables = sorted(
        set(re.findall(r"\b(?:from|join) ([a-z]+_[a-z]+)\b", proof)) & set(connection.introspection.table_names())
    )
    count = 0
    with scope.one_moment(), connection.cursor() as cursor:
        cursor.execute("set local enable_indexscan = off")
        cursor.execute("set local enable_indexonlyscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute("set local max_parallel_workers_per_gather = 0")
        began = time.perf_counter()
        for table in tables:
            cursor.execute(f"select count(t.*) from {table} t")
            count += cursor.fetchone()[0]
        return count, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
