"""The list of callbacks: what the contract names is what the code tells, or has its reason; keys and digests."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.callbacks.rules import RESERVED, TYPES
from entrepot.parties.actions.keys import issue_key
from entrepot.parties.jobs import watch_keys
from entrepot.parties.models import ApiKey
from entrepot.parties.rules import LIVE_KEYS_AT_MOST, warning_due
from entrepot.reports.daily_digest import tell_digest, tell_digests
from tests.conftest import ROOT
from tests.doors.api.mall import Mall
from tests.world import World, rows, sorted_to_the_end

NEVER = threading.Event()
SOURCE = ROOT / "src" / "entrepot"
# Places that name types and tell nothing of their own: words for people, lists of what may be told, examples.
ONLY_WORDS = (
    "doors/",
    "callbacks/shapes.py",
    "callbacks/examples.py",
    "callbacks/rules.py",
    "orders/models.py",
    "migrations/",
)
UNTOLD = {
    "order.rejected": "an order that cannot be taken is refused in the answer and leaves nothing to tell of",
    "order.split": "an order stays one: what several shippers send are parcels of it",
    "order.merged": "orders stay as they were placed",
}
"""Types malls may subscribe to that nothing tells yet, and why."""


def told() -> set[str]:
    """The types that some code of the house writes down."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith(("doors/platform", "doors/kit", "doors/api", "doors/cli", "doors/distributor")) and (
            not any(part in name for part in ONLY_WORDS)
        ):
            found |= set(re.findall(r"[\"']([a-z]+\.[a-z_]+)[\"']", path.read_text()))
    return found & set(TYPES)


def test_the_contract_names_every_type_and_no_other() -> None:
    from entrepot.doors.api.app import contract

    named = contract()["webhooks"]
    assert set(named) == set(TYPES)
    for name, methods in named.items():
        example = methods["post"]["requestBody"]["content"]["application/json"]["example"]
        assert example["type"] == name and example["data"]["object"], name
    assert len(set(TYPES)) == len(TYPES)


def test_every_type_is_told_by_some_code_or_says_why_not() -> None:
    assert set(TYPES) - told() == set(UNTOLD) == set(RESERVED)


# --- key.expiring ---


def key_of(mall: Mall) -> ApiKey:
    """The mall's key."""
    with scope.platform():
        return ApiKey.objects.get(key=mall.key)


def ends_in(mall: Mall, span: timedelta) -> None:
    """Let the mall's key end so far from now."""
    with scope.platform():
        ApiKey.objects.filter(key=mall.key).update(ends_at=database_now() + span)


def heard(mall: Mall, name: str) -> list[dict[str, object]]:
    """What the mall was told of a type, as it pulls it."""
    sorted_to_the_end()
    return [event["data"] for event in mall.get("/events?limit=500").json["items"] if event["type"] == name]


def test_which_warning_is_due() -> None:
    day = timedelta(days=1)
    assert [warning_due(days * day, told=None) for days in (15, 14, 8, 7, 2, 1, 0, -1)] == [
        *(None, 14, 14, 7, 7, 1, None, None)
    ]
    assert [warning_due(3 * day, told=told) for told in (14, 7, 1)] == [7, None, None]


def test_a_mall_is_warned_three_times_and_then_the_key_ends(mall: Mall) -> None:
    watch_keys(NEVER)
    assert heard(mall, "key.expiring") == []
    for days in (14, 7, 1):
        ends_in(mall, timedelta(days=days, seconds=-5))
        watch_keys(NEVER)
        watch_keys(NEVER)
    warned = heard(mall, "key.expiring")
    assert [data["days"] for data in warned] == [14, 7, 1]
    assert warned[0]["key"] == mall.key and "whsec" not in str(warned)
    second = issue_key(mall.party.pk, actor=SYSTEM, ends_at=database_now() + timedelta(days=90))
    rotated = Mall(port=mall.port, key=second.key, secret=second.secret, party=mall.party)
    assert (mall.get("/me").status, rotated.get("/me").status) == (200, 200), "both live while one is being rotated"
    ends_in(mall, timedelta(seconds=-1))
    fresh = mall.twin()
    watch_keys(NEVER)
    assert key_of(mall).is_live is False
    assert rows("select verb from events_operation where object_kind = 'key' and object_id = %s", str(key_of(mall).pk))[
        -1
    ] == ("key.ended",)
    threading.Event().wait(2.2)
    assert (fresh.get("/me").code, rotated.get("/me").status) == ("unknown_key", 200)
    with scope.platform():
        live = ApiKey.objects.filter(distributor_id=mall.party.pk, is_live=True).count()
    assert live < LIVE_KEYS_AT_MOST, "there is room for the next one"
    with pytest.raises(Mistake):
        issue_key(mall.party.pk, actor=SYSTEM, ends_at=database_now())


# --- digest.daily ---


def test_once_a_day_a_mall_hears_what_get_digest_says(mall: Mall, world: World) -> None:
    world.article(stock=7)
    now = mall.get("/digest").json
    assert tell_digest(mall.party.pk, day="2026-01-05", version=1)
    assert not tell_digest(mall.party.pk, day="2026-01-05", version=1), "once a day, whoever asks"
    world.article(stock=8)
    assert tell_digest(mall.party.pk, day="2026-01-06", version=2)
    first, second = heard(mall, "digest.daily")
    assert {name: first[name] for name in ("skus", "digest")} == now
    assert {name: second[name] for name in ("skus", "digest")} == mall.get("/digest").json != now
    with scope.desk(), connection.cursor() as cursor:
        # Everybody else has heard today's.
        cursor.execute(
            "insert into events_event (at, type, object_kind, object_id, version, distributor_id, data, actor, reason)"
            " select now(), 'digest.daily', 'digest', d.id, 1, d.id, jsonb_build_object('object', 'digest', 'day',"
            " ((clock_timestamp() at time zone 'Asia/Shanghai') - interval '3 hours')::date::text), 'system', ''"
            " from parties_distributor d where d.id <> %s",
            [mall.party.pk],
        )
    before = len(heard(mall, "digest.daily"))
    assert (tell_digests(NEVER), tell_digests(NEVER)) == (1, 0)
    assert len(heard(mall, "digest.daily")) == before + 1
