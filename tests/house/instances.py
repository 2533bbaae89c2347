"""Instances of the stand-in network as separate programs, started and ended like a person would."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from entrepot_launch.folder import ROOT
from tests.ports import free_port

STANDIN = ROOT / "tests" / "house" / "standin.py"


class Instance:
    """One launcher with its network. Leaving the block stops it, by force if it must be."""

    def __init__(
        self,
        data: Path,
        *words: str,
        port: int | None = None,
        environment: dict[str, str] | None = None,
        is_heard: bool = True,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.lines: list[str] = []
        self._reader: threading.Thread | None = None
        reader, writer = os.pipe()
        surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "ENTREPOT_"))}
        self.process = subprocess.Popen(
            [sys.executable, str(STANDIN), "launch", "--port", str(self.port), "--data", str(data), *words],
            env=surroundings | {"PYTHONPATH": str(ROOT / "src")} | (environment or {}),
            stdout=writer,
            stderr=subprocess.STDOUT,
        )
        os.close(writer)
        if is_heard:
            self._reader = threading.Thread(target=self._read, args=(reader,), daemon=True)
            self._reader.start()
        else:
            os.close(reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def ready(self, *, timeout_s: float = 300) -> Self:
        """Waits for the line `ready`."""
        self.until(lambda: any(line.startswith("ready ") for line in self.lines), timeout_s=timeout_s)
        return self

    def until(self, happened, *, timeout_s: float = 120) -> None:
        """Waits for something; fails with all the launcher said if it ends or takes too long."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._finish_reading()
                raise AssertionError("not reached; the launcher said:\n" + "\n".join(self.lines))
            time.sleep(0.02)

    def stop(self, signal_number: signal.Signals = signal.SIGTERM) -> int:
        """Asks for the end and returns the exit code."""
        self.process.send_signal(signal_number)
        return self.ended()

    def ended(self, *, timeout_s: float = 120) -> int:
        """Waits for the end and returns the exit code."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._finish_reading()
        return code

    def get(self, path: str) -> str:
        """What the public port answers; anything but 200 is an error."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            if answer.status != 200:
                raise ConnectionError(f"{answer.status} {body}")
            return body
        finally:
            connection.close()

    def answers(self, path: str = "/api/v1/health") -> bool:
        """Whether it answers at all."""
        try:
            self.get(path)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def visit(self, name: str) -> None:
        """Writes a row and returns when it is acknowledged."""
        assert name in self.get(f"/visit/{name}").splitlines()

    def visits(self) -> list[str]:
        """All rows."""
        return self.get("/visits").splitlines()

    def program(self, name: str) -> int:
        """The process number of one program of this instance, 0 when it is not running."""
        found = [pid for pid in processes_of(self.data) if _variable(pid, "ENTREPOT_PROCESS") == name]
        return min(found, default=0)

    def postmaster(self) -> int:
        """The process number of its database server."""
        return int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def said(self, pattern: str) -> bool:
        """Whether a line matches."""
        return any(re.search(pattern, line) for line in list(self.lines))

    def _finish_reading(self) -> None:
        if self._reader is not None:
            self._reader.join(60)

    def _read(self, reader: int) -> None:
        with open(reader, encoding="utf-8") as lines:
            for line in lines:
                self.lines.append(line.rstrip())


def processes_of(data: Path) -> list[int]:
    """Every process that belongs to the instance of this folder: its programs and its database server."""
    from entrepot_launch import processes
    from entrepot_launch.plan import INSTANCE_VARIABLE

    programs = processes.marked(INSTANCE_VARIABLE, value=str(data.resolve()))
    return programs + processes.working_in(data / "postgres")


def gone(data: Path, *, timeout_s: float = 60) -> bool:
    """Whether all processes of an instance end by themselves in time."""
    deadline = time.monotonic() + timeout_s
    while processes_of(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _variable(pid: int, name: str) -> str | None:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    except OSError:
        return None
    return next((entry.partition("=")[2] for entry in environment if entry.startswith(f"{name}=")), None)
