"""A mall started as a client would start it, beside a running platform."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot_sdk import Entrepot
from tests.conftest import ROOT, _plain_environment
from tests.mall.parties import Person, Supply
from tests.ports import free_port

START_TIMEOUT_S = 400


class LiveMall:
    """A mall, its platform, and a look into its database."""

    def __init__(self, data: Path, *, platform: Any) -> None:
        self.data, self.platform = data, platform
        self.supply = Supply(platform.url)
        self.key, self.secret = self.supply.admit(funds="500.00")
        # The goods of the story: cost 5, supply price 10, at least 2.
        self.sku = self.supply.own_goods("M", price="10.00", cost="5.00", stock=100, minimum=2)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self, *words: str) -> None:
        """Start `bin/mall` and wait for its line `ready …`."""
        command = [ROOT / "bin" / "mall", "--port", str(self.port), "--data", self.data, *words]
        secret = {"ENTREPOT_MALL_SECRET": self.secret}
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_plain_environment() | secret,
            start_new_session=True,
        )
        spoken = threading.Event()
        threading.Thread(target=self._listen, args=(spoken,), daemon=True, name="output of bin/mall").start()
        spoken.wait(START_TIMEOUT_S)
        if not any(line.startswith("ready ") for line in self.lines):
            self.stop()
            pytest.fail("bin/mall was not ready:\n" + "".join(self.lines))

    def _listen(self, spoken: threading.Event) -> None:
        assert self.process is not None and self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("ready "):
                spoken.set()
        spoken.set()

    def stop(self) -> int:
        """Stop it and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def client(self) -> Entrepot:
        """The distributor's own connection, to look at what the platform knows."""
        return Entrepot(self.platform.url, key=self.key, secret=self.secret)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """What a statement finds in the mall's database."""
        found = [
            line
            for line in (self.data / "entrepot.env").read_text().splitlines()
            if line.startswith("DATABASE_OWNER_URL=")
        ]
        address = found[0].partition("=")[2].strip("'")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the mall, as somebody at its machine would."""
        return subprocess.run(
            [ROOT / "bin" / "mall", *words, "--data", self.data],
            env=_plain_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def account(self) -> dict[str, str]:
        """The account of the shop's owner."""
        account: dict[str, str] = json.loads((self.data / "first-account.json").read_text())[0]
        return account


@pytest.fixture(scope="session")
def mall(live_instance: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveMall]:
    """A mall in a trial: goods listed, test cashier open, callback connected."""
    live = LiveMall(tmp_path_factory.mktemp("mall"), platform=live_instance)
    try:
        live.start("--platform", live_instance.url, "--key", live.key, "--demo")
        yield live
    finally:
        if live.process is not None:
            live.stop()
        with live.client() as client:
            client.set_webhook("")


@pytest.fixture(scope="session")
def owner(mall: LiveMall) -> Person:
    """The shop's owner, in the back office."""
    person = Person(mall.url)
    account = mall.account()
    person.send("/office/sign-in/", username=account["username"], password=account["password"])
    assert person.at == "/office/"
    return person
