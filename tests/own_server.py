"""A plugin: every test process but the first starts a database server of its own.

What has happened is told up to the oldest transaction that a server still has open, whichever of its databases that
one is in. With one server for all, a slow test would hold back what the tests of another process wait for.
"""

import os
from contextlib import ExitStack

import pytest

from entrepot_launch import postgres, testing

_running = ExitStack()


def pytest_addoption() -> None:
    """Start it now: this hook comes before Django's settings are read, and they name the server."""
    if testing.ADMIN_VARIABLE in os.environ and os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
        access = _running.enter_context(postgres.temporary())
        os.environ.update(access.environment() | {testing.ADMIN_VARIABLE: access.admin_url})


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop it and take it away."""
    _running.close()
