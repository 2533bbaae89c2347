"""Orders over HTTP against the database's own rate: spread, hot, batch, latency, sell-out. `bin/bench orders --help`."""

import argparse
import itertools
import json
import os
import random
import statistics
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.sim.backstage import DeskProcess

from bench import load, signed
from bench.instance import ROOT, Instance
from bench.programs import resident_mb
from bench.yardstick import Yardstick

CLIENTS = 64
BATCH_CLIENTS = 8
BATCH_SIZE = 200
SELL_OUT_PIECES = 200
SKUS, DISTRIBUTORS = 1000, 10
PARTS = ("spread", "hot", "batch", "latency", "sell-out")
# Requests are signed before the clock runs; so many per second are prepared, more than can be answered.
PREPARED_PER_SECOND = 8000
BATCHES_PER_SECOND = 80


class Bench:
    """One instance, one yardstick, and the parts that are measured on them."""

    def __init__(self, instance: Instance, *, seconds: float, rounds: int, seed: int) -> None:
        self.instance = instance
        self.seconds = seconds
        self.rounds = rounds
        self.chance = random.Random(seed)
        settings = instance.settings()
        self.yardstick = Yardstick(
            owner_url=settings["DATABASE_OWNER_URL"],
            app_url=settings["DATABASE_URL"],
            numbers=[caller.number for caller in instance.callers],
            skus=instance.skus,
        )

    def _orders(self, count: int, *, is_hot: bool) -> list[bytes]:
        chosen = self.instance.skus[:1] if is_hot else self.instance.skus
        skus = (self.chance.choice(chosen) for _ in range(count))
        return list(signed.orders(self.instance.callers, skus=skus, host=self.instance.host))

    def _batches(self, count: int) -> list[bytes]:
        skus = ([self.chance.choice(self.instance.skus) for _ in range(BATCH_SIZE)] for _ in range(count))
        return list(signed.batches(self.instance.callers, skus=skus, host=self.instance.host))

    def warm_up(self) -> None:
        """A second of everything before anything counts."""
        load.run(self._orders(4000, is_hot=False), port=self.instance.port, clients=CLIENTS, seconds=1.5)
        self.yardstick.run(clients=CLIENTS, seconds=1, is_hot=False)

    def orders(self, *, is_hot: bool) -> dict[str, Any]:
        """Product and yardstick in turn, on many SKUs or on one."""

        def product() -> load.Run:
            requests = self._orders(round(PREPARED_PER_SECOND * self.seconds), is_hot=is_hot)
            return load.run(requests, port=self.instance.port, clients=CLIENTS, seconds=self.seconds)

        return self._against(product, clients=CLIENTS, is_hot=is_hot, weight=1)

    def batch(self) -> dict[str, Any]:
        """Batches of 200 against the same yardstick."""

        def product() -> load.Run:
            requests = self._batches(round(BATCHES_PER_SECOND * self.seconds))
            run = load.run(
                requests, port=self.instance.port, clients=BATCH_CLIENTS, seconds=self.seconds, keeps_bodies=True
            )
            rows = [row["status"] for body in run.bodies for row in json.loads(body)["results"]]
            if any(status != 201 for status in rows):
                raise RuntimeError(f"orders of a batch were refused: {sorted(set(rows))}")
            return run

        return self._against(product, clients=BATCH_CLIENTS, is_hot=False, weight=BATCH_SIZE)

    def _against(self, product: Callable[[], load.Run], *, clients: int, is_hot: bool, weight: int) -> dict[str, Any]:
        rounds, ours, theirs = [], [], []
        for _ in range(self.rounds):
            before = os.getloadavg()[0]
            run = product()
            rate = run.per_second(weight=weight)
            yard = self.yardstick.run(clients=CLIENTS, seconds=self.seconds, is_hot=is_hot)
            ours.append(rate)
            theirs.append(yard)
            shown = {"orders_per_s": round(rate), "pgbench_per_s": round(yard), "load": round(before, 1)}
            rounds.append(_shown(run) | shown)
        return {
            "clients": clients,
            "orders_per_s": round(statistics.median(ours)),
            "pgbench_per_s": round(statistics.median(theirs)),
            "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
            **_medians(rounds),
            "rounds": rounds,
        }

    def latency(self) -> dict[str, Any]:
        """One client alone, then 64."""
        found = {}
        for name, clients in (("alone", 1), ("at_64", CLIENTS)):
            rounds = []
            for _ in range(self.rounds):
                per_second = 1500 if clients == 1 else PREPARED_PER_SECOND
                requests = self._orders(round(per_second * self.seconds), is_hot=False)
                run = load.run(requests, port=self.instance.port, clients=clients, seconds=self.seconds)
                rounds.append(_shown(run))
            found[name] = _medians(rounds) | {"rounds": rounds}
        return found

    def profile(self) -> dict[str, Any]:
        """Microseconds of the process that serves per order and stage, beside what an order takes by the clock.

        Stages that run in threads overlap, so that their sum may pass the clock.
        """
        before = self._stages()
        requests = self._orders(round(PREPARED_PER_SECOND * self.seconds), is_hot=False)
        run = load.run(requests, port=self.instance.port, clients=CLIENTS, seconds=self.seconds)
        placed = run.statuses["201"]
        after = self._stages()
        spent = {name: stage["seconds"] - before.get(name, {"seconds": 0})["seconds"] for name, stage in after.items()}
        per_order = {name: round(seconds / placed * 1e6, 1) for name, seconds in spent.items()}
        return _shown(run) | {"clock_us": round(run.seconds / placed * 1e6, 1), "stages_us": per_order}

    def _stages(self) -> dict[str, dict[str, float]]:
        with urllib.request.urlopen(f"http://{self.instance.host}/api/v1/status", timeout=10) as answer:
            status: dict[str, Any] = json.load(answer)
        if "stages" not in status:
            raise RuntimeError("the instance does not tell where its time goes")
        stages: dict[str, dict[str, float]] = status["stages"]
        return stages

    def sell_out(self) -> dict[str, Any]:
        """64 clients buy one SKU until it is gone: exactly its pieces, every refusal clean."""
        rounds = []
        with DeskProcess([ROOT / "bin" / "entrepot", "desk", "--data", self.instance.data]) as desk:
            for place in range(self.rounds):
                sku = self.instance.skus[-1 - place]
                level = desk.books([sku]).facts["levels"][0]
                surplus = SELL_OUT_PIECES - (level["on_hand"] - level["reserved"])
                if surplus and (answer := desk.restock(sku, surplus, f"bench-sell-out-{sku}")).code:
                    raise RuntimeError(f"restock: {answer.code}")
                requests = list(
                    signed.orders(self.instance.callers, skus=itertools.repeat(sku, 1500), host=self.instance.host)
                )
                run = load.run(
                    requests, port=self.instance.port, clients=CLIENTS, seconds=self.seconds, keeps_bodies=True
                )
                codes = sorted({code for body in run.bodies if (code := json.loads(body).get("code"))})
                left = desk.books([sku]).facts["levels"][0]
                rounds.append(
                    _shown(run, expected=("201", "409"))
                    | {"sold": run.statuses["201"], "refusals": codes, "left": left["on_hand"] - left["reserved"]}
                )
        is_exact = all(
            r["sold"] == SELL_OUT_PIECES and r["left"] == 0 and r["refusals"] == ["insufficient_stock"] for r in rounds
        )
        return {"pieces": SELL_OUT_PIECES, "exact": is_exact, **_medians(rounds), "rounds": rounds}


def _medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: round(statistics.median(r[key] for r in rounds), 2) for key in ("p50_ms", "p95_ms", "p99_ms")}


def _shown(run: load.Run, *, expected: tuple[str, ...] = ("200", "201")) -> dict[str, Any]:
    """A run's figures; raises when answers came that this measurement must not meet."""
    strange = {status: count for status, count in run.statuses.items() if status not in expected}
    if strange:
        raise RuntimeError(f"answers that spoil the measurement: {strange}")
    return {
        "seconds": round(run.seconds, 2),
        "p50_ms": run.percentile_ms(0.50),
        "p95_ms": run.percentile_ms(0.95),
        "p99_ms": run.percentile_ms(0.99),
        "statuses": dict(run.statuses),
    }


def main() -> int:
    """Measure the parts asked for and print them as JSON; 1 when the yardstick does less than the product."""
    parser = argparse.ArgumentParser(prog="bin/bench orders", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="where the time of an order goes, and nothing else")
    options = parser.parse_args()
    found: dict[str, Any] = {
        "command": " ".join(["bin/bench", "orders", *sys.argv[1:]]),
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg(),
    }
    with Instance(skus=SKUS, distributors=DISTRIBUTORS) as instance:
        bench = Bench(instance, seconds=options.seconds, rounds=options.rounds, seed=options.seed)
        bench.warm_up()
        memory = {"before": resident_mb(instance.data)}
        found["rows_per_order"] = bench.yardstick.rows_per_order()
        measures: dict[str, Callable[[], dict[str, Any]]] = {
            "spread": lambda: bench.orders(is_hot=False),
            "hot": lambda: bench.orders(is_hot=True),
            "batch": bench.batch,
            "latency": bench.latency,
            "sell-out": bench.sell_out,
        }
        if options.profile:
            found["profile"] = bench.profile()
        for part in () if options.profile else options.only:
            found[part] = measures[part]()
        memory |= {"after": resident_mb(instance.data), "most": resident_mb(instance.data, field="VmHWM")}
        found["memory_mb"] = memory
    found["load_after"] = os.getloadavg()
    print(json.dumps(found, ensure_ascii=False, indent=2))
    rows = found["rows_per_order"]
    return 0 if rows["product"] == rows["yardstick"] else 1


if __name__ == "__main__":
    sys.exit(main())
