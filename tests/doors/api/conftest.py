"""Fixtures of the API's tests: a served API over the tests' own database, and malls with keys."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot_launch import roles
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served, serving
from tests.world import World

FAST = {"rate_limit_per_s": 100_000, "rate_burst": 100_000}
MakeMall = Callable[..., Mall]


@pytest.fixture(scope="session")
def served(database: roles.Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API of this test process, over its database, as the serving role."""
    log = tmp_path_factory.mktemp("api") / "api.log"
    environment = {"DATABASE_URL": database.app_url, "ENTREPOT_PROCESS": "api"}
    os.environ.pop("ENTREPOT_PAGES_SOCKET", None)
    with serving(environment, log=Path(log)) as api:
        yield api


@pytest.fixture
def make_mall(world: World, served: Served) -> Iterator[MakeMall]:
    """Makes malls of fresh distributors; keyword arguments go to `World.distributor`, `rate` to the tier."""
    made: list[Mall] = []

    def make(*, rate: dict[str, int] | None = None, port: int = 0, host: str = "127.0.0.1", **party: Any) -> Mall:
        made.append(new_mall(world, port=port or served.port, host=host, rate=rate or FAST, **party))
        return made[-1]

    yield make
    for mall in made:
        mall.close()


@pytest.fixture
def mall(make_mall: MakeMall) -> Mall:
    """A mall with 100,000.00 yuan."""
    return make_mall(funds_fen=10_000_000)


def new_mall(world: World, *, port: int, rate: dict[str, int], host: str = "127.0.0.1", **party: Any) -> Mall:
    """A fresh distributor with a key, on a tier of its own."""
    from entrepot.base import scope
    from entrepot.parties.actions.keys import issue_key
    from entrepot.parties.models import Tier
    from tests.world import STAFF

    tier = party.pop("tier", None) or world.tier(fee_rate_bps=party.pop("fee_rate_bps", 500))
    with scope.platform():
        Tier.objects.filter(pk=tier.pk).update(**rate)
    distributor = world.distributor(tier=tier, **party)
    key = issue_key(distributor.pk, actor=STAFF)
    return Mall(port=port, host=host, key=key.key, secret=key.secret, party=distributor)
