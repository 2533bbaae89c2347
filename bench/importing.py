"""How long an import of goods takes against reading its file alone: `bin/bench import`.

An instance of its own is made and its programs are stopped; then this process takes the file in and works through it as the
worker does: judged, written, on record, with progress kept. In the same run the file is read alone, cell by cell as text.
The processor's time is told beside the clock's, of this process and its server process of the database, for machines on which
others work.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from bench import pages
from bench.instance import Instance
from entrepot_launch import command
from entrepot_launch.folder import DataFolder

ROWS, ROUNDS = 10_000, 3
RATIO_AT_MOST, ROWS_PER_S_AT_LEAST = 4.0, 5_000
CATEGORY = "bench 食品"
HEADINGS = ("货号*", "商品名称*", "分类*", "卖点", "规格", "规格编码", "供货价*", "建议零售价", "重量（克）", "起订量")
WORDS = ("赣南脐橙", "洛川苹果", "五常大米", "新疆坚果", "武夷岩茶", "秦岭蜂蜜", "内蒙古牛肉", "舟山带鱼")


def main(arguments: Sequence[str]) -> int:
    """Measure on an instance of its own, or on the database of a data folder whose programs do not run."""
    parser = argparse.ArgumentParser(prog="bin/bench import", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="of each file, one of a hundred wrong")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--data", help="data folder of an instance that is stopped; goods of the bench stay in it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        return inside(chosen)
    words = [sys.executable, "-m", "bench.importing", "--inside", *arguments]
    if chosen.data:
        return command.run(words, folder=DataFolder(Path(chosen.data).resolve()))
    with Instance(skus=1, distributors=1) as instance:
        instance.rest()
        return command.run(words, folder=DataFolder(instance.data))


def inside(chosen: argparse.Namespace) -> int:
    """Measure with the instance's settings in the environment; print JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    import django

    django.setup()
    rounds = [measured(chosen.rows, place=place) for place in range(chosen.rounds)]
    ratio = statistics.median(one["took_s"] / one["reading_s"] for one in rounds)
    rate = statistics.median(one["rows_per_s"] for one in rounds)
    found = {
        "command": " ".join(["bin/bench import", *(word for word in sys.argv[1:] if word != "--inside")]),
        "rows": chosen.rows,
        "ratio": round(ratio, 2),
        "rows_per_s": round(rate),
        "ratio_of_processor_time": round(
            statistics.median(one["processor_s"] / one["processor_reading_s"] for one in rounds), 2
        ),
        "bar": {"ratio": RATIO_AT_MOST, "rows_per_s": ROWS_PER_S_AT_LEAST},
        "rounds": rounds,
    }
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return int(ratio > RATIO_AT_MOST or rate < ROWS_PER_S_AT_LEAST)


def measured(rows: int, *, place: int) -> dict[str, Any]:
    """Import one file, after reading it alone."""
    from entrepot.base import scope
    from entrepot.catalog import jobs
    from entrepot.catalog.intake import files
    from entrepot.catalog.models import GoodsImport

    load = os.getloadavg()[0]
    job = started(rows, mark=f"B{int(time.time()):x}{place}")
    path = files.sheet_path(job["id"])
    reading, reading_used = zip(*(timed_reading(path) for _turn in range(3)), strict=True)
    began, used, used_here = time.perf_counter(), pages.processor_s(), time.process_time()
    never = threading.Event()
    while True:
        jobs.run_imports(never)
        with scope.platform(read_only=True):
            row = GoodsImport.objects.get(pk=job["id"])
        if row.state not in ("waiting", "running"):
            break
    took = time.perf_counter() - began + job["took_s"]
    used = pages.processor_s() - used + job["used_s"]
    wrong = rows // 100
    assert (row.state, row.goods_made, row.rows_refused) == ("done", rows - wrong, wrong), row.refused[:3]
    return {
        "reading_s": round(statistics.median(reading), 3),
        "taking_in_s": round(job["took_s"], 3),
        "took_s": round(took, 3),
        "processor_reading_s": round(min(reading_used), 3),
        "processor_s": round(used, 3),
        "of_it_in_the_database_s": round(used - job["used_s"] - (time.process_time() - used_here), 3),
        "rows_per_s": round(rows / took),
        "refused": row.rows_refused,
        "load": round(load, 1),
    }


def timed_reading(path: Path) -> tuple[float, float]:
    """Return how long it takes to have every cell of the file as text, by the clock and by the processor."""
    from python_calamine import CalamineWorkbook

    began, used = time.perf_counter(), time.process_time()
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    cells = sum(len([str(cell) for cell in row]) for row in rows)
    took = time.perf_counter() - began, time.process_time() - used
    assert cells >= len(HEADINGS) * len(rows)
    return took


def started(rows: int, *, mark: str) -> dict[str, Any]:
    """Hand a file in as a supplier does; return the id of the import and how long that took."""
    from entrepot.base import scope
    from entrepot.base.actors import staff
    from entrepot.catalog import actions
    from entrepot.catalog.models import Category, SupplierBounds
    from entrepot.parties.models import PartyState, Supplier

    with scope.platform():
        Category.objects.get_or_create(name=CATEGORY, parent=None)
        supplier = Supplier.objects.create(number=f"S{mark}", name=f"bench {mark}", state=PartyState.ACTIVE)
        SupplierBounds.objects.create(supplier=supplier, has_all_categories=True, has_all_brands=True)
    actor = staff("supplier", party_id=supplier.pk, user_id=1, name="bench")
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as stream:
        sheet(Path(stream.name), rows=rows, mark=mark)
        began, used = time.perf_counter(), pages.processor_s()
        job = actions.start_import(supplier.pk, sheet=stream, file_name=f"{mark}.xlsx", actor=actor)
    return {"id": job.pk, "took_s": time.perf_counter() - began, "used_s": pages.processor_s() - used}


def sheet(path: Path, *, rows: int, mark: str) -> None:
    """Write a sheet of goods, one of a hundred without a price."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        for place in range(rows):
            number = f"{mark}-{place:06d}"
            price = "" if place % 100 == 50 else f"{10 + place % 90}.{place % 10}0"
            name = f"{WORDS[place % len(WORDS)]} {place}号 家庭装"
            cells = (number, name, CATEGORY, "产地直发", "标准装", f"{number}-A", price, "199", 500 + place % 500, 1)
            page.write_row(place + 1, 0, cells)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
