"""An instance of its own for a measurement: data folder, port, the demo world and many more SKUs beside it."""

import json
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.signed import Caller

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 600


class Instance:
    """Started on entering, stopped and removed on leaving; a data folder that is given is kept."""

    def __init__(self, *, skus: int, distributors: int, data: Path | None = None, options: Sequence[str] = ()) -> None:
        self.data = data or Path(tempfile.mkdtemp(prefix="entrepot-bench-"))
        self._is_kept = data is not None
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self._wanted = (skus, distributors)
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.skus: list[str] = []
        self.callers: list[Caller] = []

    def __enter__(self) -> "Instance":
        try:
            self._start()
            self._make_world()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        command = [str(ROOT / "bin" / "up"), "--port", str(self.port), "--data", str(self.data), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines: list[str] = []
        is_ready = threading.Event()
        threading.Thread(target=self._listen, args=(lines, is_ready), daemon=True).start()
        is_ready.wait(START_TIMEOUT_S)
        if not any(line.startswith("ready ") for line in lines):
            raise RuntimeError("bin/up was not ready:\n" + "".join(lines))

    def _listen(self, lines: list[str], is_ready: threading.Event) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            lines.append(line)
            if line.startswith("ready "):
                is_ready.set()
        is_ready.set()

    def _make_world(self) -> None:
        skus, distributors = self._wanted
        world = json.loads(self.command("bench-world", "--skus", skus, "--distributors", distributors, "--json"))
        self.skus = list(world["skus"])
        self.callers = [Caller.of(row) for row in world["distributors"]]

    def command(self, *arguments: Any) -> str:
        """Run `bin/entrepot` on the instance and return what it printed."""
        words = [ROOT / "bin" / "entrepot", *arguments, "--data", self.data]
        said = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        if said.returncode:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: {said.stdout}{said.stderr}")
        return said.stdout

    def settings(self) -> dict[str, str]:
        """The instance's environment file."""
        lines = (self.data / "entrepot.env").read_text().splitlines()
        pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
        return {name: "".join(shlex.split(value)) for name, value in pairs}

    def rest(self) -> None:
        """Stop the programs and keep the data."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _stop(self) -> None:
        self.rest()
        if not self._is_kept:
            shutil.rmtree(self.data, ignore_errors=True)


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
