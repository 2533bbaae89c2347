"""Processes of this machine: tying children to their parent, finding leftovers, ending them."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from entrepot_launch.faults import LaunchError

PR_SET_PDEATHSIG = 1
UNKILLABLE_S = 30
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends the child this signal when the process that called us dies, however it dies."""
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died between fork and the line above
            os._exit(1)

    return tie


def working_in(folder: Path) -> list[int]:
    """Processes whose working folder is this one: for a cluster, its postmaster and every backend."""
    try:
        wanted = folder.stat()
    except FileNotFoundError:
        return []
    found = []
    for pid in _all():
        try:
            here = Path(f"/proc/{pid}/cwd").stat()
        except OSError:  # gone meanwhile, or another user's
            continue
        if (here.st_dev, here.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.append(pid)
    return found


def marked(name: str, *, value: str) -> list[int]:
    """Processes that were started with this variable in their environment; children inherit it, so all are found."""
    entry = f"{name}={value}".encode()
    found = []
    for pid in _all():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if pid != os.getpid() and entry in environment.split(b"\0"):
            found.append(pid)
    return found


def end_all(find: Callable[[], Iterable[int]], *, first: signal.Signals, grace_s: float) -> int:
    """Ends what `find` returns: the gentle signal first, SIGKILL after the grace. Returns how many were found."""
    found = list(find())
    for pid in found:
        send(pid, signal_number=first)
    deadline = time.monotonic() + grace_s
    while left := list(find()):
        if time.monotonic() > deadline + UNKILLABLE_S:
            raise LaunchError(f"process {left[0]} cannot be ended, not even by SIGKILL")
        if time.monotonic() > deadline:
            for pid in left:
                send(pid, signal_number=signal.SIGKILL)
        time.sleep(0.02)
    return len(found)


def send(pid: int, *, signal_number: signal.Signals) -> None:
    """Sends a signal to a process that may already be gone."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return


def send_group(pgid: int, *, signal_number: signal.Signals) -> bool:
    """Sends a signal to a process group; False when nobody is left in it."""
    try:
        os.killpg(pgid, signal_number)
    except ProcessLookupError:
        return False
    return True


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and not _is_zombie(int(name))]


def _is_zombie(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat[stat.rindex(")") + 2] == "Z"
