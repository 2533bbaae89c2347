"""Fixtures of all tests: a database for each test process, a small world, a running instance."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from entrepot_launch import roles, testing
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 600
DAY_ENDS_S = 20


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no test in the last moments of a day: from its first line to its last it shall be one day, here and there."""
    del item
    left_s = min(_left_of_day_s(zone) for zone in ("UTC", "Asia/Shanghai"))
    if left_s < DAY_ENDS_S:
        time.sleep(left_s + 1)


def _left_of_day_s(zone: str) -> float:
    now = datetime.now(ZoneInfo(zone))
    return 86_400 - (now.hour * 3_600 + now.minute * 60 + now.second + now.microsecond / 1_000_000)


@pytest.fixture(scope="session")
def database() -> Iterator[roles.Access]:
    """A migrated database of this test process alone; Django works in it as the serving role."""
    with testing.server() as server:
        testing.template(server, migrate=migrate)
        access = testing.clone(server, worker=os.environ.get("PYTEST_XDIST_WORKER", "main"))
        before = point_django_at(access)
        yield access
        point_django_at(before)


@pytest.fixture(scope="session")
def django_db_setup(database: roles.Access) -> roles.Access:
    """Take the place of pytest-django's own set-up: databases here are copies of one migrated template."""
    return database


@pytest.fixture
def committed(database: roles.Access, django_db_blocker: Any) -> Iterator[roles.Access]:
    """The database for tests whose transactions are real: what they commit stays, so each makes parties of its own."""
    with django_db_blocker.unblock():
        yield database


@pytest.fixture
def fresh_database(database: roles.Access, django_db_blocker: Any) -> Iterator[roles.Access]:
    """An empty, migrated database for one test that looks at all rows, or changes what all others rely on."""
    with testing.server() as server:
        access = testing.clone(server, worker=f"fresh_{secrets.token_hex(4)}")
        before = point_django_at(access)
        try:
            with django_db_blocker.unblock():
                yield access
        finally:
            point_django_at(before)
            roles.drop_database(server.admin_url, name=roles.database_of(access.app_url))


@pytest.fixture
def world(committed: roles.Access) -> Any:
    """A small network that no other test knows."""
    from tests.world import World  # models may be imported once Django is set up, the rules' tests need neither

    return World()


def migrate(access: roles.Access) -> None:
    """Make the tables of an empty database, as the owner."""
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        env=os.environ | access.environment() | {"ENTREPOT_AS_OWNER": "1", "PYTHONPATH": str(ROOT / "src")},
        check=True,
    )


def point_django_at(access: roles.Access) -> roles.Access:
    """Let every new connection of this process go to another database of the server; return where they went before."""
    from django.db import connections

    connections.close_all()
    chosen = connections.settings["default"]
    before = access.on(chosen["NAME"])
    chosen["NAME"] = roles.database_of(access.app_url)
    return before


@dataclass
class LiveInstance:
    """A whole Entrepot, started as a person would: with `bin/up`."""

    port: int
    data: Path
    url: str
    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The demo distributors' keys: number, name, tier, fee_rate_bps, key, secret."""
        said = self.command("keys", "--json")
        found: list[dict[str, Any]] = json.loads(said.stdout)
        return found

    def command(self, *arguments: str, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `bin/entrepot` on the instance."""
        return subprocess.run(
            [ROOT / "bin" / "entrepot", *arguments, "--data", self.data],
            capture_output=True,
            text=True,
            check=is_checked,
            env=_plain_environment(),
            timeout=300,
        )


@pytest.fixture(scope="session")
def live_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveInstance]:
    """A running instance with the demo world, on a free port with a data folder of its own."""
    data = tmp_path_factory.mktemp("instance")
    # A mall on this machine is called at a private address.
    instance = start_instance(data, "--allow-private-callbacks")
    try:
        yield instance
    finally:
        stop_instance(instance)


def start_instance(data: Path, *arguments: str, port: int = 0) -> LiveInstance:
    """Start `bin/up` and wait for its line `ready …`; fails with what it said when it ends or takes too long."""
    port = port or free_port()
    process = subprocess.Popen(
        [ROOT / "bin" / "up", "--port", str(port), "--data", data, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_plain_environment(),
        start_new_session=True,
    )
    instance = LiveInstance(port, data, f"http://127.0.0.1:{port}", process, [])
    spoken = threading.Event()  # it is ready, or it has ended
    threading.Thread(target=_listen, args=(instance, spoken), daemon=True, name="output of bin/up").start()
    is_in_time = spoken.wait(START_TIMEOUT_S)
    if not any(line.startswith("ready ") for line in instance.lines):
        stop_instance(instance)
        said = "".join(instance.lines)
        pytest.fail(f"bin/up {'ended' if is_in_time else f'was not ready in {START_TIMEOUT_S} s'}:\n{said}")
    return instance


def _listen(instance: LiveInstance, spoken: threading.Event) -> None:
    assert instance.process.stdout is not None
    for line in instance.process.stdout:
        instance.lines.append(line)
        if line.startswith("ready "):
            spoken.set()
    spoken.set()


def stop_instance(instance: LiveInstance) -> None:
    """Ask an instance to stop and wait until its last process has gone."""
    if instance.process.poll() is None:
        instance.process.send_signal(signal.SIGTERM)
        try:
            instance.process.wait(120)
        except subprocess.TimeoutExpired:
            os.killpg(instance.process.pid, signal.SIGKILL)
            instance.process.wait()


def _plain_environment() -> dict[str, str]:
    """Our environment without what bin/test has set for the tests themselves: the instance makes its own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "ENTREPOT_", "DJANGO_")) or name in ("ENTREPOT_VENV",)
    }
