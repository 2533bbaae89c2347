"""Every type of event is really told, in its shape, with a version that rises, and in no more than 20 kB."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from entrepot.callbacks.examples import example_of
from entrepot.callbacks.queue import body_of
from entrepot.callbacks.rules import TYPES
from entrepot.callbacks.shapes import FOLDED, SHAPES, FeedHint, OrderShippedFact, SelectionFact
from entrepot.catalog import actions as catalog
from entrepot.catalog.actions.selection import NAMED_AT_MOST
from entrepot.trade.verbs.ship import LINES_TOLD_AT_MOST
from entrepot_launch import roles
from tests.callbacks.every_type import DEEDS, Scene
from tests.callbacks.telling import all_told, heard
from tests.doors.api.test_event_types import UNTOLD
from tests.world import STAFF, World, taken

BYTES_AT_MOST = 20_000
NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, UTC)
Events = list[tuple[str, dict[str, Any]]]


@dataclass
class Told:
    """What was told by the deed for each type, and what each of the two malls heard, in order."""

    deeds: dict[str, Events] = field(default_factory=dict)
    malls: dict[int, Events] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(database: roles.Access, django_db_blocker: Any) -> Iterator[Told]:
    """By type whose deed it was: what the two malls heard of it."""
    with django_db_blocker.unblock():
        scene = Scene(database.admin_url)
        found = Told(malls={party.pk: heard(party.pk) for party in (scene.mall, scene.poor)})
        for name, deed in DEEDS.items():
            deed(scene)
            all_told()
            found.deeds[name] = []
            for party_id, before in found.malls.items():
                found.malls[party_id] = heard(party_id)
                found.deeds[name] += found.malls[party_id][len(before) :]
        yield found


def faults(name: str, data: dict[str, Any]) -> list[str]:
    """What is wrong with the content of an event of a type."""
    shape = FeedHint if name in FOLDED and data.get("object") == "feed" else SHAPES[name]
    try:
        msgspec.convert(data, shape)
    except msgspec.ValidationError as fault:
        return [str(fault)]
    known = {one.encode_name for one in msgspec.structs.fields(shape)}
    return [f"{key} is in no shape" for key in data.keys() - known]


def test_there_is_a_deed_for_each_type_that_is_told() -> None:
    assert set(DEEDS) == set(TYPES) - set(UNTOLD)
    assert set(SHAPES) == set(TYPES)


@pytest.mark.parametrize("name", DEEDS)
def test_a_type_is_told_by_its_deed_in_its_shape(told: Told, name: str) -> None:
    contents = [data for kind, data in told.deeds[name] if kind == name]
    assert contents, f"nothing told {name}, but {[kind for kind, _ in told.deeds[name]]}"
    for data in contents:
        assert faults(name, data) == [], data
        assert data["id"] and "example" not in data
        assert len(body_of("9" * 18, 2**53, name, at=NOW, data=data)) <= BYTES_AT_MOST


def test_every_event_beside_the_deed_has_its_shape_too(told: Told) -> None:
    wrong = [(kind, faults(kind, data), data) for events in told.deeds.values() for kind, data in events]
    assert [one for one in wrong if one[1]] == []
    assert {kind for events in told.deeds.values() for kind, _ in events} == set(DEEDS)


def test_the_version_rises_per_object(told: Told) -> None:
    for events in told.malls.values():
        highest: dict[tuple[str, str], int] = {}
        for _, data in events:
            key = (data["object"], data["id"])
            assert data["version"] > highest.get(key, -1), f"{data} is not newer than {highest.get(key)}"
            highest[key] = data["version"]
    assert sum(len(events) for events in told.malls.values()) > 60, "many objects were told of more than once"


def test_every_way_a_price_changes_is_told(told: Told) -> None:
    found = [data for kind, data in told.deeds["price.changed"] if kind == "price.changed"]
    ways = {(data["object"], data["field"], data["state"]) for data in found}
    assert ways == {
        ("price", "supply_price", "announced"),
        ("price", "suggested_price", "announced"),
        ("price", "suggested_price", "cancelled"),
        ("price", "supply_price", "applied"),
        ("tier_price", "fee_rate", "announced"),
        ("tier_price", "fee_rate", "applied"),
        ("product_price", "fee_rate", "applied"),
        ("tier_price", "tier", "applied"),
    }


@pytest.mark.parametrize("name", TYPES)
def test_an_example_has_the_shape_and_all_that_must_be_there(name: str) -> None:
    example = example_of(name)
    assert faults(name, example) == []
    assert example["object"] and example["id"] and example["version"]


# --- 20 kB ---


def largest(name: str) -> dict[str, Any]:
    """What an event of a type holds at most: every field there is, texts of 200 letters of three bytes, long numbers."""
    shape = SHAPES[name]
    found: dict[str, Any] = {}
    for one in msgspec.structs.fields(shape):
        found[one.encode_name] = example_of(name).get(one.encode_name)
        kind = str(one.type)
        if "list" in kind:
            found[one.encode_name] = ["9" * 18] * NAMED_AT_MOST if one.name == "products" else []
        elif "Literal" not in kind and "str" in kind:
            found[one.encode_name] = "集" * 200
        elif "int" in kind:
            found[one.encode_name] = 2**53
    if shape is OrderShippedFact:
        found["lines"] = [{"line": 32_767, "qty": 10**9}] * LINES_TOLD_AT_MOST
    return found


@pytest.mark.parametrize("name", TYPES)
def test_the_largest_of_a_type_is_within_20_kb(name: str) -> None:
    if SHAPES[name] is SelectionFact:
        assert len(largest(name)["products"]) == NAMED_AT_MOST
    assert len(body_of("9" * 18, 2**53, name, at=NOW, data=largest(name))) <= BYTES_AT_MOST


def test_a_parcel_of_very_many_lines_is_told_in_short_and_says_so(world: World, committed: roles.Access) -> None:
    party = world.distributor(funds_fen=10**9)
    article = world.article(stock=10_000)
    for lines, is_shortened in ((LINES_TOLD_AT_MOST, False), (LINES_TOLD_AT_MOST + 200, True)):
        taken(world.ship(world.place(party, *[(article, 1)] * lines, mode="direct")))
        all_told()
        (kind, data) = heard(party.pk)[-1]
        assert (kind, data.get("is_shortened", False)) == ("order.shipped", is_shortened)
        assert len(data["lines"]) == LINES_TOLD_AT_MOST and faults(kind, data) == []
        assert len(body_of("9" * 18, 2**53, kind, at=NOW, data=data)) <= BYTES_AT_MOST


def test_a_selection_of_very_many_is_told_in_short_and_says_so(world: World, committed: roles.Access) -> None:
    party, articles = world.distributor(), [world.article() for _ in range(NAMED_AT_MOST + 1)]
    catalog.pick(party.pk, goods_ids=[article.goods_id for article in articles], actor=STAFF)
    all_told()
    ((kind, data),) = heard(party.pk)
    assert (kind, data["count"], len(data["products"]), data["hint"]) == (
        *("selection.added", NAMED_AT_MOST + 1, NAMED_AT_MOST),
        "changes",
    )
    assert len(body_of("9" * 18, 2**53, kind, at=NOW, data=data)) <= BYTES_AT_MOST
