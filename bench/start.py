"""How long `bin/up` takes from nothing to `ready`, and again on the same data: `bin/bench start`.

Cold is a fresh clone with a cache of packages that is empty, and a data folder that is not there; the packages come over
the network. Warm is the same clone and folder once more.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.instance import ROOT, START_TIMEOUT_S, free_port

COLD_AT_MOST_S, WARM_AT_MOST_S = 180, 10


def main(arguments: Sequence[str]) -> int:
    """Measure and print JSON; 1 when a start takes too long."""
    parser = argparse.ArgumentParser(prog="bin/bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of the warm start")
    chosen = parser.parse_args(arguments)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="entrepot-start-") as folder:
        home = Path(folder)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(home / "clone")], check=True)
        cold_s = started(home)
        warm_s = [started(home) for _ in range(chosen.rounds)]
    told = {
        "command": " ".join(["bin/bench start", *sys.argv[1:]]),
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        "cold_s": round(cold_s, 1),
        "cold_at_most_s": COLD_AT_MOST_S,
        "warm_s": round(statistics.median(warm_s), 1),
        "warm_at_most_s": WARM_AT_MOST_S,
        "warm_rounds_s": [round(one, 1) for one in warm_s],
    }
    print(json.dumps(told, indent=1))
    return int(cold_s > COLD_AT_MOST_S or told["warm_s"] > WARM_AT_MOST_S)


def started(home: Path) -> float:
    """Start the clone in a folder, return the seconds until it says `ready`, and stop it again; raises when it does not."""
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "ENTREPOT_", "DJANGO_", "PYTHON"))
    }
    caches = {"UV_CACHE_DIR": str(home / "uv"), "PIP_CACHE_DIR": str(home / "pip")}
    command = [str(home / "clone" / "bin" / "up"), "--port", str(free_port()), "--data", str(home / "data")]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=surroundings | caches, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if line.startswith("ready "):
                    return time.perf_counter() - began
                if time.perf_counter() - began > START_TIMEOUT_S:
                    break
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    raise RuntimeError("bin/up was not ready:\n" + "".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
