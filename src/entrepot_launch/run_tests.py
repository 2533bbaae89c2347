"""bin/test: a database server for the tests, then the checks, then pytest with the arguments given."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from entrepot_launch import postgres, processes, testing
from entrepot_launch.faults import LaunchError

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = ["-q", "-n", "2", "--dist", "loadfile"]
USAGE = """usage: bin/test [--no-check] [pytest arguments]

Sets up the environment, Chromium and Chinese fonts, starts a PostgreSQL of its own, runs bin/check and then pytest.
Without arguments pytest runs everything, two files at a time. --no-check goes straight to pytest.
Exit codes: pytest's own; 1 when bin/check finds something; 5 when no database could be started."""


def main(arguments: list[str]) -> int:
    """Runs the whole; the server is stopped and removed however it ends."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    wants_check = arguments[:1] != ["--no-check"]
    pytest_arguments = (arguments if wants_check else arguments[1:]) or EVERYTHING
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    if wants_check and (found := _run([str(ROOT / "bin" / "check")], environment=dict(os.environ))):
        return found
    try:
        with postgres.temporary() as access, tempfile.TemporaryDirectory(prefix="entrepot-test-data-") as data:
            environment = os.environ | access.environment() | _settings(data)
            environment[testing.ADMIN_VARIABLE] = access.admin_url
            return _run([sys.executable, "-m", "pytest", *pytest_arguments], environment=environment)
    except LaunchError as fault:
        print(f"test: {fault}", file=sys.stderr)
        return fault.exit_code


def _settings(data: str) -> dict[str, str]:
    return {
        "ENTREPOT_DATA": data,
        "ENTREPOT_SECRET_KEY": secrets.token_urlsafe(48),
        "ENTREPOT_ALLOW_PRIVATE_CALLBACKS": "1",  # the malls of the tests are on this machine
        "ENTREPOT_FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ENTREPOT_DEMO": "0",
    }


def _run(command: list[str], *, environment: dict[str, str]) -> int:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - this program has one thread
    )
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the terminal sent it to pytest too, which ends by itself and reports
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
