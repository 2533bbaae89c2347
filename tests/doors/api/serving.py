"""The API served by granian as in production, for tests that speak HTTP to it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from entrepot_launch import processes
from tests.conftest import ROOT
from tests.ports import free_port

START_TIMEOUT_S = 300


@dataclass
class Served:
    """A running API and where it writes its log."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL for the server and its worker, as the kernel's out-of-memory killer would."""
        processes.send_group(self.process.pid, signal_number=9)
        self.process.wait()

    def stop(self) -> None:
        """End it and wait until it has gone."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


FRONT = "entrepot.config.asgi:app"


def serve(
    environment: dict[str, str], *, log: Path, port: int = 0, host: str = "127.0.0.1", app: str = FRONT
) -> Served:
    """Start the public front on a port and wait until it answers."""
    port = port or free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--loop", "uvloop", "--no-ws"]
    command += ["--no-access-log", "--host", host, "--port", str(port), app]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(port, log, process)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_up(served):
        if process.poll() is not None or time.monotonic() > deadline:
            served.kill()
            raise AssertionError(f"the API did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    return served


def is_up(served: Served) -> bool:
    """Whether it answers at all, even if only that the database is away."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    try:
        connection.request("GET", "/api/v1/status")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def serving(environment: dict[str, str], *, log: Path, host: str = "127.0.0.1", app: str = FRONT) -> Iterator[Served]:
    """An API for the length of a block."""
    served = serve(environment, log=log, host=host, app=app)
    try:
        yield served
    finally:
        served.stop()
