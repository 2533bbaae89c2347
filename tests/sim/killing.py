"""Kill parts of a running instance while it is simulated, and wait until it is well again."""

import os
import random
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Self

from entrepot_launch import processes
from entrepot_launch.plan import INSTANCE_VARIABLE
from tests.sim.simulation import Nobody

RECOVERY_S = 240.0
PARTS = ("api", "api's worker", "database", "backend", "worker", "pages")


class Parts:
    """The processes of the instance whose data lie in a folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def members(self, name: str) -> list[int]:
        """The processes of one program, parents first."""
        pids = processes.marked(INSTANCE_VARIABLE, value=str(self.data.resolve()))
        return sorted(pid for pid in pids if f"ENTREPOT_PROCESS={name}".encode() in _environment(pid))

    def postmaster(self) -> list[int]:
        """The database server's process."""
        return [int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])]

    def backends(self) -> list[int]:
        """The database's processes that serve the API."""
        found = []
        for pid in processes.working_in(self.data / "postgres"):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            found += [pid] if words.startswith(b"postgres: entrepot_app") else []
        return found

    def kill(self, part: str, *, chance: random.Random) -> None:
        """SIGKILL to a part, once it is there."""
        victims: dict[str, Callable[[], list[int]]] = {
            "database": self.postmaster,
            "backend": self.backends,
            "api": lambda: self.members("api")[:1],
            "api's worker": lambda: self.members("api")[-1:],
        }
        ends = time.monotonic() + RECOVERY_S
        while not (found := victims.get(part, lambda: self.members(part)[:1])()):
            assert time.monotonic() < ends, f"{part} is not started again"
            time.sleep(0.05)
        os.kill(chance.choice(found), signal.SIGKILL)


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile
        return []


class Killer(Nobody):
    """Kills a part every so often, from a thread of its own, until the block is left."""

    def __init__(self, data: Path, *, port: int, every_s: float, seed: str) -> None:
        super().__init__()
        self._parts = Parts(data)
        self._health = f"http://127.0.0.1:{port}/api/v1/health"
        self.every_s = every_s
        self._chance = random.Random(f"{seed}:kills")
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._spans: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._work, name="killer", daemon=True)
        self.fault: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self.fault is not None:
            raise self.fault

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A while in which nothing is killed, and all is well at its start."""
        with self._turn:
            yield

    def has_killed(self, *, since: float, until: float = inf) -> bool:
        """Whether something was killed, or not yet well again, in a span of the monotonic clock."""
        return any(began <= until and ended >= since for began, ended in list(self._spans))

    def _work(self) -> None:
        try:
            while not self._over.wait(self.every_s * self._chance.uniform(0.5, 1.5)):
                with self._turn:
                    self._kill(self._chance.choice(PARTS))
        except BaseException as fault:  # noqa: BLE001 - handed to who waits for the end
            self.fault = fault

    def _kill(self, part: str) -> None:
        self._spans.append((time.monotonic(), inf))
        self._parts.kill(part, chance=self._chance)
        self.kills[part] = self.kills.get(part, 0) + 1
        time.sleep(0.2)
        self._until_well()
        self._spans[-1] = (self._spans[-1][0], time.monotonic() + 0.5)

    def _until_well(self) -> None:
        ends = time.monotonic() + RECOVERY_S
        while time.monotonic() < ends:
            try:
                with urllib.request.urlopen(self._health, timeout=30) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the instance does not come back")
