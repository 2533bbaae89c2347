"""What the programs of an instance hold of the memory and have used of the processors."""

import os
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("api", "pages", "worker")
_TICKS = os.sysconf("SC_CLK_TCK")


def resident_mb(data: Path, *, field: str = "VmRSS") -> dict[str, int]:
    """Return the resident megabytes of each program of the instance in a data folder, of its largest process.

    `field` is `VmRSS` for what it holds now or `VmHWM` for the most it ever held.
    """
    found = dict.fromkeys(PROGRAMS, 0)
    for name, folder in _processes(data):
        for line in (folder / "status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                found[name] = max(found[name], int(line.split()[1]) // 1024)
    return found


def processor_s(data: Path) -> dict[str, float]:
    """Return the seconds of processor each program has used so far."""
    found = dict.fromkeys(PROGRAMS, 0.0)
    for name, folder in _processes(data):
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        found[name] += (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def _processes(data: Path) -> Iterator[tuple[str, Path]]:
    mark = f"ENTREPOT_DATA={data.resolve()}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            settings = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile, or is another's
        names = [line.partition(b"=")[2].decode() for line in settings if line.startswith(b"ENTREPOT_PROCESS=")]
        if mark in settings and names and names[0] in PROGRAMS:
            yield names[0], folder
