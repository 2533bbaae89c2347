"""What the programs hold of the memory while a million orders are placed: `bin/bench memory`.

Orders of one piece come in signed batches of 200, from ten malls on a thousand SKUs, with everything the product writes. The
memory is read after each step, when the worker has had a moment to follow. Flat is: the median of the last three steps is not
over the median of the three after the first, in which caches fill, by more than a twentieth.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench import load, signed
from bench.instance import Instance
from bench.orders import BATCH_CLIENTS, BATCH_SIZE, DISTRIBUTORS, SKUS
from bench.programs import PROGRAMS, resident_mb

AT_MOST_MB = 200
GROWTH_AT_MOST = 1.05
SETTLE_S = 5
STEPS_AT_LEAST = 5
PIECE = 50  # batches that are signed at once: a signature holds for five minutes


def main(arguments: Sequence[str]) -> int:
    """Measure and print JSON; 1 when a program holds too much, or grows."""
    parser = argparse.ArgumentParser(prog="bin/bench memory", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    batches = chosen.orders // BATCH_SIZE // chosen.steps
    if batches < 1 or chosen.steps < STEPS_AT_LEAST:
        parser.error(f"--orders must be at least --steps times {BATCH_SIZE}, and --steps at least {STEPS_AT_LEAST}")
    chance = random.Random(chosen.seed)
    with Instance(skus=SKUS, distributors=DISTRIBUTORS) as instance:
        steps: list[dict[str, Any]] = [{"orders": 0} | resident_mb(instance.data)]
        for number in range(1, chosen.steps + 1):
            seconds = placed(instance, batches=batches, chance=chance)
            time.sleep(SETTLE_S)
            pace = round(batches * BATCH_SIZE / seconds)
            steps.append({"orders": number * batches * BATCH_SIZE, "orders_per_s": pace} | resident_mb(instance.data))
            print(json.dumps(steps[-1]), file=sys.stderr, flush=True)
        most = resident_mb(instance.data, field="VmHWM")
    grown = {
        name: [statistics.median(step[name] for step in part) for part in (steps[2:5], steps[-3:])] for name in PROGRAMS
    }
    faults = [f"{name} held {most[name]} MB, {AT_MOST_MB} are allowed" for name in PROGRAMS if most[name] > AT_MOST_MB]
    faults += [
        f"{name} grew from {first} to {last} MB"
        for name, (first, last) in grown.items()
        if last > first * GROWTH_AT_MOST
    ]
    command = " ".join(["bin/bench memory", *sys.argv[1:]])
    told = {
        "command": command,
        "load": os.getloadavg(),
        "most_mb": most,
        "grown_mb": grown,
        "faults": faults,
        "steps_mb": steps,
    }
    print(json.dumps(told, indent=1))
    return int(bool(faults))


def placed(instance: Instance, *, batches: int, chance: random.Random) -> float:
    """Place so many batches and return the seconds it took; raises when an order is refused."""
    seconds = 0.0
    for begin in range(0, batches, PIECE):
        count = min(PIECE, batches - begin)
        skus = ([chance.choice(instance.skus) for _ in range(BATCH_SIZE)] for _ in range(count))
        requests = list(signed.batches(instance.callers, skus=skus, host=instance.host))
        run = load.run(requests, port=instance.port, clients=BATCH_CLIENTS, seconds=240, keeps_bodies=True)
        rows = [row["status"] for body in run.bodies for row in json.loads(body)["results"]]
        if len(rows) != count * BATCH_SIZE or any(status != 201 for status in rows):
            raise RuntimeError(
                f"{len(rows)} orders of a batch were answered: {sorted(set(rows))}, {dict(run.statuses)}"
            )
        seconds += run.seconds
    return seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
