"""Ports of this machine that are one test's alone, also while nobody listens there."""

import random
import socket
from pathlib import Path

FIRST = 12_000
_kept: list[socket.socket] = []


def free_port() -> int:
    """A port for a program to listen at, to be stopped, and to come back to, for as long as this process runs.

    The kernel gives ports to calls that go out; one below those is never taken by a call while its program is away.
    And two processes that run tests look for ports at the same moment: a name of the kernel's says whose each is.
    """
    for port in random.SystemRandom().sample(range(FIRST, _first_of_calls()), 1_000):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0entrepot-test-port-{port}")
            with socket.socket() as trial:
                trial.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _kept.append(name)
        return port
    raise RuntimeError("no free port was found")


def _first_of_calls() -> int:
    """The first port of those the kernel gives to calls; where it gives nearly all, there is no better choice."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return first if first > FIRST + 2_000 else 60_000
