"""bin/check: style, types, walls, tidiness and words, two at a time, and what each found."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from entrepot_launch.folder import ROOT

USAGE = """usage: bin/check [--fix] [NAME ...]

Runs the checks: {names}; or only those named.
--fix lets ruff repair and format what it can before the checks.
Exit code 0 when nothing is found, 1 otherwise."""

# Types are found by loading the settings, and nothing is ever done with these values.
PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://nobody:nothing@/none",
    "DATABASE_OWNER_URL": "postgresql://nobody:nothing@/none",
    "ENTREPOT_SECRET_KEY": "only for reading the source",
    "ENTREPOT_FIELD_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}
SOURCES = ("src", "tests", "bench")


@dataclass(frozen=True)
class Outcome:
    """What one check found."""

    name: str
    code: int
    said: str
    took_s: float


def checks() -> dict[str, list[str]]:
    """The checks, longest first so that two at a time end together."""
    python = [sys.executable, "-m"]
    sources = [name for name in SOURCES if (ROOT / name).is_dir()]
    return {
        "types": [*python, "mypy", "--show-traceback"],
        "mall types": [*python, "mypy", "--show-traceback", "--config-file", "src/entrepot_mall/mypy.ini"],
        "walls": [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        "tidy": [*python, "tests.house.tidy"],
        "words": [*python, "tests.house.words"],
        "style": [*python, "ruff", "check", "--quiet", *sources],
        "format": [*python, "ruff", "format", "--check", "--quiet", *sources],
    }


def main(arguments: list[str]) -> int:
    """Runs the checks and prints what they found; the exit code is 1 if one of them found anything."""
    known = checks()
    wanted = [word for word in arguments if word != "--fix"] or list(known)
    if not set(wanted) <= set(known):
        print(USAGE.format(names=", ".join(known)))
        return 0 if {"-h", "--help"} & set(arguments) else 2
    environment = PLACEHOLDERS | os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "COLUMNS": "120"}
    if "--fix" in arguments:
        for words in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
            subprocess.run([sys.executable, "-m", "ruff", *words, *known["format"][6:]], cwd=ROOT, check=False)
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(lambda name: _run(name, command=known[name], environment=environment), wanted))
    for outcome in outcomes:
        verdict = "ok" if outcome.code == 0 else "FAULTS"
        print(f"check: {outcome.name:<10} {verdict:<6} {outcome.took_s:4.1f} s")
        if outcome.code:
            print(outcome.said)
    print(
        f"check: {sum(outcome.code != 0 for outcome in outcomes)} of {len(outcomes)} found faults, "
        f"{time.monotonic() - began:.1f} s",
        flush=True,
    )
    return int(any(outcome.code for outcome in outcomes))


def _run(name: str, *, command: list[str], environment: Mapping[str, str]) -> Outcome:
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return Outcome(name, done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
