"""A seeded simulation against a running instance: python -m tests.sim --port N --data DIR --minutes M --seed S."""

import argparse
import json
import secrets
import sys
from dataclasses import asdict
from pathlib import Path

from tests.sim.deeds import Found
from tests.sim.live import ROOT, keys_of, simulate

ABOUT = """A seeded simulation against a running demo instance, judged by an independent auditor. It trades as the demo
distributors, ships, bills and answers as everybody else, completes and cancels what they left open, changes prices and
terms, and takes away money and stock that would make it too easy. With --kill-every parts of the instance are killed
under way. At its end the instance verifies its own books, and hledger and beancount read them."""


def main() -> int:
    """Run it; 0 when nothing was found, 1 when something was."""
    parser = argparse.ArgumentParser(prog="bin/sim", description=ABOUT)
    parser.add_argument("--port", type=int, default=8000, help="port of the running instance")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="its data folder")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", default="", help="default: a new one, printed")
    parser.add_argument(
        "--kill-every",
        type=float,
        default=None,
        metavar="S",
        help="seconds between two kills; 0 for none. Default: 20 in runs of 5 minutes or more, else none",
    )
    options = parser.parse_args()
    seed = options.seed or secrets.token_hex(4)
    usual_s = 20.0 if options.minutes >= 5 else 0.0
    try:
        tally = simulate(
            port=options.port,
            data=options.data,
            keys=keys_of(options.data),
            seed=seed,
            seconds=options.minutes * 60,
            say=lambda text: print(text, flush=True),
            kill_every_s=usual_s if options.kill_every is None else options.kill_every,
        )
    except Found as found:
        print(f"FOUND {found}\nagain with: bin/sim --seed {seed}", file=sys.stderr)
        return 1
    print(json.dumps({"seed": seed, "found": []} | asdict(tally), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
