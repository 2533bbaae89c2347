"""Orders a second in a world that `bin/entrepot fill` has made large, against an empty one: `bin/bench growth --data DIR`.

Both instances run at once and are asked in turn, so that both meet the same machine. The large one should have been up for a
while: what its worker does once about the orders of a year is no part of what is measured.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import load, signed
from bench.instance import Instance
from bench.orders import CLIENTS, DISTRIBUTORS, PREPARED_PER_SECOND, SKUS

RATIO_AT_LEAST = 0.9


def main(arguments: Sequence[str]) -> int:
    """Measure and print JSON; 1 when the large world is too much slower."""
    parser = argparse.ArgumentParser(prog="bin/bench growth", description=__doc__)
    parser.add_argument("--data", required=True, help="data folder of a large instance that is stopped; it is kept")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--settle", type=float, default=60.0, help="seconds that the instances run before they are asked"
    )
    chosen = parser.parse_args(arguments)
    chance, rounds = random.Random(1), []
    with (
        Instance(skus=SKUS, distributors=DISTRIBUTORS, data=Path(chosen.data).resolve()) as large,
        Instance(skus=SKUS, distributors=DISTRIBUTORS) as empty,
    ):
        time.sleep(chosen.settle)
        for instance in (large, empty):
            asked(instance, chance=chance, seconds=1.5)
        turns = [("large_per_s", large), ("empty_per_s", empty)]
        for _round in range(chosen.rounds):
            one: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
            for name, instance in turns:
                one[name] = round(asked(instance, chance=chance, seconds=chosen.seconds))
            turns.reverse()  # neither is always the first to be asked
            rounds.append(one | {"ratio": round(one["large_per_s"] / one["empty_per_s"], 3)})
    ratio = statistics.median(one["ratio"] for one in rounds)
    told = {"command": " ".join(["bin/bench growth", *sys.argv[1:]]), "clients": CLIENTS}
    print(json.dumps(told | {"ratio": ratio, "bar": RATIO_AT_LEAST, "rounds": rounds}, indent=1))
    return int(ratio < RATIO_AT_LEAST)


def asked(instance: Instance, *, chance: random.Random, seconds: float) -> float:
    """Return how many orders of one piece on many SKUs an instance takes a second."""
    skus = (chance.choice(instance.skus) for _ in range(round(PREPARED_PER_SECOND * seconds)))
    requests = list(signed.orders(instance.callers, skus=skus, host=instance.host))
    run = load.run(requests, port=instance.port, clients=CLIENTS, seconds=seconds)
    if strange := {status: count for status, count in run.statuses.items() if status not in ("200", "201")}:
        raise RuntimeError(f"answers that spoil the measurement: {strange}")
    return run.per_second()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
