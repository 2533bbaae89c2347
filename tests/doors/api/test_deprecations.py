"""An operation that is to go says so on every answer and in the contract, for twelve months, and only then may it go."""

import asyncio
import copy
import json
from datetime import date
from typing import Any

import pytest
from litestar import Response, get
from litestar.params import FromPath

from entrepot.doors.api import app as door
from entrepot.doors.api import catalogue_calls, event_calls, shapes
from entrepot.doors.api.calls import Call, reply
from entrepot.doors.api.contract import openapi_document
from entrepot.doors.api.deprecations import Deprecation, Leaving
from entrepot.doors.api.operations import Operation
from tests.doors.api.breaking import differences

LEAVE = Deprecation(date(2026, 1, 1), date(2027, 1, 1), "get_me")
SAID = {"deprecation": "@1767225600", "sunset": "Fri, 01 Jan 2027 00:00:00 GMT"}
PATH = "/api/v1/brands/{order_id}"


@get("/brands/{order_id:str}", opt=Operation(None, shapes.Me, group="catalogue", deprecation=LEAVE).opt())
async def get_me_of_old(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """旧接口 | An operation that was better in its day."""
    return reply({"ok": order_id})


@get("/brands/{order_id:str}", opt=Operation(None, shapes.Me, group="catalogue", is_open=True).opt())
async def get_me_of_ever(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """新接口 | An operation that stays for a while."""
    return reply({"ok": order_id})


def asked(app: Any, path: str, method: str = "GET") -> tuple[int, dict[str, str]]:
    """Status and headers of an unsigned call."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asgi = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(app(asgi | {"client": ("127.0.0.1", 1), "http_version": "1.1", "scheme": "http"}, receive, send))
    return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


def test_every_answer_of_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = door.make_app([get_me_of_old, catalogue_calls.list_brands])
    status, headers = asked(app, "/api/v1/brands/5")
    assert (status, {name: headers.get(name) for name in SAID}) == (401, SAID), "refusals too"
    assert headers["entrepot-request-id"]
    monkeypatch.setattr("entrepot.doors.api.guard.OPEN_PATHS", frozenset({"/api/v1/brands/5"}))
    status, headers = asked(app, "/api/v1/brands/5")
    assert (status, {name: headers.get(name) for name in SAID}) == (200, SAID)
    for path, method in (("/api/v1/brands", "GET"), ("/api/v1/brands/5/6", "GET"), ("/api/v1/brands/5", "POST")):
        assert not asked(app, path, method)[1].keys() & SAID.keys(), (method, path)


def test_a_literal_address_is_not_taken_for_one_with_an_id() -> None:
    @get("/brands/all", opt=Operation(None, shapes.Me, group="catalogue").opt())
    async def get_all() -> None:
        """所有 | All of them."""

    leaving = Leaving([get_me_of_old, get_all], base="/api/v1")
    assert leaving.headers_of("GET", "/api/v1/brands/all") == []
    assert dict(leaving.headers_of("GET", "/api/v1/brands/any")) == {n.encode(): v.encode() for n, v in SAID.items()}


def test_nothing_leaves_today() -> None:
    assert [handler.fn.__name__ for handler in door.HANDLERS if handler.opt["operation"].deprecation] == []


def test_twelve_months_are_the_least() -> None:
    with pytest.raises(ValueError, match="twelve months"):
        Deprecation(date(2026, 1, 1), date(2026, 12, 31), "get_me")
    with pytest.raises(ValueError, match="twelve months"):
        Deprecation(date(2028, 2, 29), date(2029, 2, 28), "get_me")
    assert Deprecation(date(2028, 2, 29), date(2029, 3, 1), "get_me")


def documents(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The contract before the announcement, with it, and without the operation."""
    monkeypatch.setattr("entrepot.doors.api.examples.answer_example", lambda name: {"id": "1"})
    made = [
        openapi_document([one, event_calls.list_events])
        for one in (get_me_of_ever, get_me_of_old, catalogue_calls.list_brands)
    ]
    before, announced, after = (json.loads(json.dumps(one)) for one in made)
    before["paths"][PATH]["get"]["security"] = announced["paths"][PATH]["get"]["security"]
    return before, announced, after


def test_the_contract_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _, announced, _ = documents(monkeypatch)
    operation = announced["paths"][PATH]["get"]
    assert operation["deprecated"] is True
    assert (operation["x-deprecated-since"], operation["x-sunset"], operation["x-replaced-by"]) == (
        *("2026-01-01", "2027-01-01"),
        "get_me",
    )
    assert operation["description"].endswith("Deprecated since 2026-01-01, gone from 2027-01-01: use `get_me`.")
    assert all({"Deprecation", "Sunset"} <= answer["headers"].keys() for answer in operation["responses"].values())


def test_it_may_go_only_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before, announced, after = documents(monkeypatch)
    removed = [f"GET {PATH}: removed"]
    day = date(2027, 1, 1)
    assert differences(before, announced) == []
    assert differences(before, after, today=day) == removed, "never announced"
    assert differences(announced, after, today=day) == removed, "announced in nothing that was released"
    assert differences(announced, after, released=[before, announced], today=date(2026, 12, 31)) == removed, "too early"
    for old in (before, announced):
        assert differences(old, after, released=[before, announced], today=day) == [], "its time is over"
    hurried = copy.deepcopy(announced)
    hurried["paths"][PATH]["get"] |= {"x-deprecated-since": "2026-06-01"}
    assert differences(hurried, after, released=[hurried], today=day) == removed, "announced for seven months"
    assert differences(before, hurried) == [f"GET {PATH}: deprecated for less than twelve months"]
    later, sooner = copy.deepcopy(announced), copy.deepcopy(announced)
    later["paths"][PATH]["get"]["x-sunset"] = "2027-06-01"
    assert differences(announced, later) == [] and differences(announced, before) == []
    assert differences(later, sooner) == [f"GET {PATH}: goes earlier than announced"]
    del sooner["paths"][PATH]["get"]["x-sunset"]
    assert differences(before, sooner) == [f"GET {PATH}: deprecated for less than twelve months"]
