"""Starts programs, starts them again when they die, and stops them all; one thread, driven by signals."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

from entrepot_launch import processes
from entrepot_launch.postgres import Server

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
CALM_S = 60.0  # a program that lived this long starts again without a pause
GRACE_S = 15.0


class StopAskedError(Exception):
    """SIGINT or SIGTERM came while we were waiting for something."""


class Signals:
    """Turns signals into something to wait for. Use as a context; the former handlers come back at its end."""

    def __init__(self) -> None:
        self.stops_asked = 0
        self._former: dict[signal.Signals, object] = {}
        self._readable, self._writable = -1, -1

    def __enter__(self) -> Self:
        self._readable, self._writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started under nohup: the terminal may close without us
            self._former[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(-1)
        os.close(self._readable)
        os.close(self._writable)

    def wait(self, seconds: float) -> None:
        """Sleeps until a signal comes or the time is over."""
        ready, _, _ = select.select([self._readable], [], [], seconds)
        if ready:
            os.read(self._readable, 4096)

    def pause(self, seconds: float) -> None:
        """The same, for use while starting: a wish to stop ends the start."""
        self.wait(seconds)
        if self.stops_asked:
            raise StopAskedError

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number != signal.SIGCHLD:
            self.stops_asked += 1


@dataclass
class Program:
    """One program to keep running. Its whole process group is its own and ends with it."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    folder: Path
    before_start: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    began_at: float = 0.0
    pause_s: float = field(default=0.0)
    next_start_at: float = 0.0

    def start(self) -> None:
        """Starts it in a group of its own; the kernel asks it to stop if we die."""
        self.before_start()
        self.starts += 1
        self.began_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - the launcher has one thread
            )

    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self.process is not None and self.process.poll() is None

    def end_group(self, *, signal_number: signal.Signals) -> bool:
        """Signals what is left of the group; False when nobody is."""
        return self.process is not None and processes.send_group(self.process.pid, signal_number=signal_number)

    def plan_restart(self) -> float:
        """After a death: ends the rest of the group and says how many seconds to wait before the next start."""
        self.end_group(signal_number=signal.SIGKILL)
        lived_s = time.monotonic() - self.began_at
        self.pause_s = 0.0 if lived_s > CALM_S else min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self.pause_s * 2))
        self.next_start_at = time.monotonic() + self.pause_s
        return self.pause_s


class Supervisor:
    """Keeps a list of programs, and the database server below them, running until asked to stop."""

    def __init__(self, *, signals: Signals, say: Callable[[str], None], server: Server | None = None) -> None:
        self.programs: list[Program] = []
        self._signals = signals
        self._say = say
        self._server = server
        self._server_pause_s = 0.0
        self._waiting: set[str] = set()

    def start(self, programs: Sequence[Program]) -> None:
        """Starts them in the order given."""
        for program in programs:
            self.programs.append(program)
            program.start()

    def run(self, *, each_minute: Callable[[], None] = lambda: None) -> None:
        """Returns when a stop was asked for."""
        next_chore_at = time.monotonic() + 60
        while not self._signals.stops_asked:
            try:
                self.tend()
            except StopAskedError:
                return
            if time.monotonic() >= next_chore_at:
                each_minute()
                next_chore_at = time.monotonic() + 60
            self._signals.wait(self._next_wait_s())

    def tend(self) -> None:
        """Looks once after everything: the database first, since all others lean on it."""
        self._tend_server()
        for program in self.programs:
            if program.is_running():
                continue
            if program.name not in self._waiting:
                code = None if program.process is None else program.process.returncode
                pause_s = program.plan_restart()
                self._waiting.add(program.name)
                self._say(f"{program.name} ended ({_reason(code)}), starting it again in {pause_s:.1f} s")
            if time.monotonic() >= program.next_start_at:
                program.start()
                self._waiting.discard(program.name)

    def stop(self) -> None:
        """Stops all programs together: gently, after the grace or a second wish by force."""
        for program in self.programs:
            program.end_group(signal_number=signal.SIGTERM)
        asked = self._signals.stops_asked
        deadline = time.monotonic() + GRACE_S
        while any(program.is_running() for program in self.programs):
            if time.monotonic() > deadline or self._signals.stops_asked > asked:
                break
            self._signals.wait(0.2)
        for program in self.programs:
            program.end_group(signal_number=signal.SIGKILL)
            if program.process is not None:
                program.process.wait()
        self.programs.clear()

    def _tend_server(self) -> None:
        server = self._server
        if server is None or server.process is None or server.process.poll() is None:
            return
        self._say(f"PostgreSQL ended ({_reason(server.process.returncode)}), starting it again")
        while True:
            self._signals.pause(self._server_pause_s)
            self._server_pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self._server_pause_s * 2))
            server.start()
            if server.is_ready_within(timeout_s=600, pause=self._signals.pause):
                self._server_pause_s = 0.0
                self._say("PostgreSQL is back")
                return
            self._say("PostgreSQL did not come back, trying again; see logs/postgres.log")

    def _next_wait_s(self) -> float:
        soonest = min((p.next_start_at for p in self.programs if p.name in self._waiting), default=0.0)
        return min(5.0, max(0.05, soonest - time.monotonic())) if soonest else 5.0


def _reason(code: int | None) -> str:
    if code is None:
        return "never started"
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
