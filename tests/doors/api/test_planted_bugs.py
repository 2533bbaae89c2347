"""Every guard of the door taken out in turn: a test turns red, and green again when the guard is back."""

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from entrepot_launch import roles
from entrepot_sdk import Entrepot
from tests.callbacks.conftest import eventually
from tests.crash import test_lost_replies
from tests.crash.lines import Line, calls
from tests.crash.load import Load, check_promises
from tests.doors.api import (
    test_addresses,
    test_idempotency,
    test_limits,
    test_privacy,
    test_signing,
    test_walls,
)
from tests.doors.api.conftest import FAST, new_mall
from tests.doors.api.mall import Mall
from tests.doors.api.planted import BUGS
from tests.doors.api.serving import Served, serving
from tests.doors.api.storm import weather
from tests.mirrors import fresh
from tests.mutants.planting import turns_red
from tests.world import World


@pytest.fixture(scope="module")
def spoiled(database: roles.Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An API into which bugs can be planted."""
    log = tmp_path_factory.mktemp("planted") / "api.log"
    with serving({"DATABASE_URL": database.app_url}, log=Path(log), app="tests.doors.api.planted_front:app") as api:
        yield api


@dataclass
class Bench:
    """What a check may need, all of it about the API with the bug."""

    world: World
    api: Served
    access: roles.Access
    contract: dict[str, Any]

    def make(self, *, rate: dict[str, int] | None = None, **party: Any) -> Mall:
        """A mall of the spoiled API."""
        return new_mall(self.world, port=self.api.port, rate=rate or FAST, **party)

    def mall(self) -> Mall:
        """A mall with money."""
        return self.make(funds_fen=10**7)

    def neighbours(self) -> test_walls.Neighbours:
        """Two malls, one of which has something."""
        return test_walls.neighbours.__wrapped__(self.make, self.world)  # type: ignore[attr-defined,no-any-return]


def bytes_changed(bench: Bench) -> None:
    test_signing.test_a_request_with_any_byte_changed_is_refused(bench.mall(), bench.world, bench.api)


def spellings(bench: Bench) -> None:
    test_signing.test_the_letters_of_a_signature_have_one_spelling(bench.mall())


def windows(bench: Bench) -> None:
    test_signing.test_a_clock_outside_the_window_hears_the_servers(bench.mall(), -86_400)


def nonces(bench: Bench) -> None:
    test_signing.test_a_nonce_is_taken_once_per_key(bench.mall(), bench.make)


def revoked_keys(bench: Bench) -> None:
    test_signing.test_a_revoked_key_is_refused_within_two_seconds_of_constant_use(bench.mall())


def allow_lists(bench: Bench) -> None:
    test_addresses.test_a_call_from_elsewhere_is_refused_and_told_its_address(bench.make)


def rates(bench: Bench) -> None:
    test_limits.test_too_many_calls_are_told_when_to_come_again(bench.make, bench.world)


def others_objects(bench: Bench) -> None:
    test_walls.test_somebody_elses_object_is_answered_like_a_missing_one(
        bench.contract, bench.neighbours(), bench.world
    )


def extra_fields(bench: Bench) -> None:
    test_walls.test_no_extra_field_is_taken_anywhere(bench.contract, bench.mall(), bench.world)


def other_content(bench: Bench) -> None:
    test_idempotency.test_other_content_is_refused_and_its_fields_are_named(bench.mall(), bench.world, "pieces")


def lost_replies(bench: Bench) -> None:
    with Line(here=("127.0.0.1", 0), there=("127.0.0.1", bench.api.port), split=calls) as line:
        test_lost_replies.test_the_retry_heals_it(bench.make, bench.world, line, "direct")


def canaries(bench: Bench) -> None:
    test_privacy.test_no_answer_log_line_or_column_tells_of_the_buyer(
        bench.mall(), bench.make, bench.world, bench.api, bench.access
    )


STORMS = 12


def promises(bench: Bench) -> None:
    malls = [bench.mall() for _ in range(2)]
    articles = [bench.world.article(stock=10**5, supply_price_fen=100) for _ in range(2)]
    with Load([mall.twin() for mall in malls], skus=[article.code for article in articles], seed=7) as load:
        deadline = time.monotonic() + 90
        while load.acknowledged() < 40 and time.monotonic() < deadline and not load.tally.strange:
            time.sleep(0.02)
    check_promises(load.tally, malls)


def mirrors(bench: Bench) -> None:
    """Promise 15: snapshot and feed together are the catalogue. A storm in which nothing is lost is followed by another."""
    for seed in range(1, STORMS + 1):
        with TemporaryDirectory() as folder:
            weather(bench.world, bench.mall(), url=bench.api.url, folder=Path(folder), seconds=5, seed=seed)


def freshness(bench: Bench) -> None:
    """Promise 16, of the feed; the honest run is with the mirrors, in a server whose watermark no neighbour holds back."""
    goods = [bench.world.article(stock=1).goods_id for _ in range(fresh.AT_MOST)]
    mall = bench.mall()
    with Entrepot(bench.api.url, key=mall.key, secret=mall.secret) as client, fresh.Follower(client) as follower:
        at = fresh.change_one_by_one(goods)
        eventually(lambda: at.keys() <= follower.seen.keys())
    assert fresh.p95_s(at, follower.seen) <= fresh.P95_S


FOUND_BY: dict[str, Callable[[Bench], None]] = {
    "query_unsigned": bytes_changed,
    "signature_by_value": spellings,
    "endless_window": windows,
    "forgetful_of_nonces": nonces,
    "keys_for_ever": revoked_keys,
    "open_to_all_addresses": allow_lists,
    "no_rates": rates,
    "verbs_of_anybody": others_objects,
    "reads_of_anybody": others_objects,
    "extra_fields_ignored": extra_fields,
    "content_not_compared": other_content,
    "every_attempt_an_order": lost_replies,
    "values_told": canaries,
    "values_logged": canaries,
    "answered_without_commit": promises,
    "feed_without_watermark": mirrors,
    "feed_by_time": mirrors,
    "feed_seldom_looked_at": freshness,
}


def plant(api: Served, name: str) -> None:
    """Plant a bug, or with `none` take it out."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
    connection.request("GET", f"/planted/{name}")
    assert connection.getresponse().status == 204, name
    connection.close()


def test_every_bug_has_its_check() -> None:
    assert FOUND_BY.keys() == BUGS.keys()


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_planted_bug_is_found(spoiled: Served, world: World, committed: roles.Access, name: str) -> None:
    from entrepot.doors.api.app import contract

    bench = Bench(world, spoiled, committed, contract())
    plant(spoiled, name)
    try:
        assert turns_red(FOUND_BY[name], bench)
    finally:
        plant(spoiled, "none")


@pytest.mark.parametrize(
    "check",
    sorted({check.__name__ for check in FOUND_BY.values()} - {"extra_fields", "canaries", "mirrors", "freshness"}),
)
def test_without_a_bug_the_check_is_green(spoiled: Served, world: World, committed: roles.Access, check: str) -> None:
    from entrepot.doors.api.app import contract

    plant(spoiled, "none")
    globals()[check](Bench(world, spoiled, committed, contract()))
