"""bin/fuzz: the tests that generate requests from the contract, with as many cases as are asked for."""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from entrepot_launch import run_tests

CASES = 200_000
TESTS = ["tests/doors/api/test_generated.py", "tests/doors/api/test_generated_bent.py"]


def main(arguments: list[str]) -> int:
    """Run the generated requests against an API and a database of their own; returns pytest's exit code."""
    words = "Generated, signed requests over every operation: good ones, bent ones and chains of them."
    parser = argparse.ArgumentParser(prog="bin/fuzz", description=words)
    parser.add_argument("--cases", type=int, default=CASES, help=f"how many requests in all, {CASES:,} by default")
    parser.add_argument("--seed", type=int, help="repeats a run")
    asked = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**9) if asked.seed is None else asked.seed
    os.environ["ENTREPOT_GENERATED_CASES"] = str(max(1, asked.cases))
    os.environ["ENTREPOT_GENERATED_SEED"] = str(seed)
    print(f"fuzz: {asked.cases:,} cases, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="entrepot-fuzz-") as folder:
        log = Path(folder) / "cases"
        os.environ["ENTREPOT_GENERATED_LOG"] = str(log)
        limit = f"--timeout={max(300, asked.cases // 20)}"  # of one test, which sends its share of all
        found = run_tests.main(["--no-check", "-q", "-n", "2", "--dist", "loadfile", limit, *TESTS])
        sent = sum(int(line.split(" ", 1)[0]) for line in log.read_text().splitlines()) if log.exists() else 0
    print(f"fuzz: {sent:,} requests sent and checked, seed {seed}, {'nothing found' if not found else 'see above'}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
