"""SIGKILL hits a whole instance under load, program by program: nothing acknowledged is lost, the books agree.

ENTREPOT_CRASH_KILLS sets how many kills there are, ENTREPOT_CRASH_SEED repeats a run.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from entrepot_launch.folder import DataFolder
from tests import audit
from tests.conftest import LiveInstance, start_instance, stop_instance
from tests.crash.load import Load, check_promises
from tests.doors.api.conftest import FAST, new_mall
from tests.doors.api.mall import Mall, Request
from tests.sim.killing import Parts
from tests.world import World

SEED = int(os.environ.get("ENTREPOT_CRASH_SEED") or random.SystemRandom().randrange(10**9))
MALLS, FUNDS_FEN = 3, 10**9
RECOVERY_S = 240


class Target:
    """An instance whose parts can be killed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.parts = Parts(data)
        self.live: LiveInstance = start_instance(data, "--no-demo")

    def kill(self, part: str, *, chance: random.Random) -> None:
        """SIGKILL to a part."""
        if part == "supervisor":
            self.live.process.kill()
            self.live.process.wait()
            self.live = start_instance(self.data, "--no-demo", port=self.live.port)
            return
        self.parts.kill(part, chance=chance)

    def until_well(self) -> float:
        """Wait until the API and its database answer; returns the seconds it took."""
        began = time.monotonic()
        trial = Mall(port=self.live.port, key="", secret="")
        while True:
            try:
                if trial.send(Request("GET", "/api/v1/health", b"")).status == 200:
                    return time.monotonic() - began
            except OSError:
                pass
            assert time.monotonic() - began < RECOVERY_S, "it does not come back\n" + "".join(self.live.lines[-20:])
            time.sleep(0.05)


@contextmanager
def django_in(data: Path) -> Iterator[None]:
    """Let this process's Django work in an instance's database."""
    from django.db import connections

    from entrepot.config.settings import _database

    connections.close_all()
    chosen = connections.settings["default"]
    there = _database(DataFolder(data).read_settings()["DATABASE_URL"])
    before = {name: chosen[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    chosen.update({name: there[name] for name in before})
    try:
        yield
    finally:
        connections.close_all()
        chosen.update(before)


@pytest.fixture
def target(tmp_path: Path, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Target]:
    """A fresh instance that shares the secrets of this process, so that what we seal it can open."""
    folder = DataFolder(tmp_path / "data")
    folder.path.mkdir()
    folder.write_settings({name: os.environ[name] for name in ("ENTREPOT_SECRET_KEY", "ENTREPOT_FIELD_KEY")})
    started = Target(folder.path)
    try:
        with django_db_blocker.unblock():
            yield started
    finally:
        stop_instance(started.live)


PARTS = ["api", "database", "api's worker", "backend", "worker", "pages", "supervisor"]
KILLS = int(os.environ.get("ENTREPOT_CRASH_KILLS", str(len(PARTS))))


def test_nothing_acknowledged_is_lost(target: Target) -> None:
    chance = random.Random(SEED)
    print(f"ENTREPOT_CRASH_SEED={SEED}")
    with django_in(target.data):
        world = World()
        port = target.live.port
        malls = [new_mall(world, port=port, rate=FAST, funds_fen=FUNDS_FEN) for _ in range(MALLS)]
        articles = [world.article(stock=10**6, supply_price_fen=100 + place) for place in range(3)]
    gaps: list[str] = []
    with Load([mall.twin() for mall in malls * 2], skus=[article.code for article in articles], seed=SEED) as load:
        for number in range(KILLS):
            part = PARTS[number] if number < len(PARTS) else chance.choice(PARTS)
            before = load.acknowledged()
            _until(load, lambda before=before: load.acknowledged() > before + 20)  # type: ignore[misc]
            time.sleep(chance.random() * 0.3)
            target.kill(part, chance=chance)
            gaps.append(f"{part} {target.until_well():.1f} s")
        before = load.acknowledged()
        _until(load, lambda: load.acknowledged() > before + 20)
    tally = load.tally
    print(f"{len(tally.kept)} orders, {tally.repeated} repeated, {tally.replayed} of them done before; {gaps}")
    assert tally.repeated >= KILLS / 2, "the kills were felt"
    check_promises(tally, malls)
    by_key = {mall.key: mall for mall in malls}
    some = random.Random(SEED).sample(sorted(tally.kept), min(50, len(tally.kept)))
    for key, number in some:
        again = by_key[key].post("/orders", tally.kept[key, number].content)
        assert (again.status, again.json["id"]) == (200, tally.kept[key, number].order_id)
    _books_agree(target, malls, articles, orders=len(tally.kept))


def _until(load: Load, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RECOVERY_S
    while not happened():
        assert time.monotonic() < deadline, f"the malls get no further: {load.last}"
        time.sleep(0.02)


def _books_agree(target: Target, malls: list[Mall], articles: list[Any], *, orders: int) -> None:
    with django_in(target.data):
        from tests.world import rows

        parties, skus = [mall.party.pk for mall in malls], [article.sku_id for article in articles]
        assert audit.faults(distributors=parties, skus=skus) == []
        assert rows("select count(*) from orders_order where distributor_id = any(%s)", parties) == [(orders,)]
    said = target.live.command("verify", "--json", is_checked=False)
    assert said.returncode == 0, said.stdout + said.stderr
    verdict = json.loads(said.stdout)
    assert verdict["differences"] == []
    assert verdict["checked"] >= orders
