"""The callback address and the events over the API."""

import pytest

from entrepot.callbacks.sorting import sort_out
from entrepot_sdk import Entrepot
from tests.callbacks.conftest import eventually
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served
from tests.world import World

URL = "http://127.0.0.1:9/hook"


def test_an_address_inside_is_refused_by_its_field(mall: Mall) -> None:
    for url in ("http://169.254.169.254/latest", "http://10.0.0.1/x", "http://[fd00::1]/"):
        reply = mall.put("/webhook", {"url": url})
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/url"), url


def test_an_address_is_set_shown_and_taken_away(mall: Mall) -> None:
    empty = {
        "url": "",
        "state": "none",
        "events": [],
        "secret": "",
        "reason": "",
        "reason_code": "",
        "failing_since": None,
    }
    assert mall.get("/webhook").json == empty
    found = mall.put("/webhook", {"url": URL, "events": ["order.shipped"]})
    assert found.status == 200
    assert (found.json["url"], found.json["state"], found.json["events"]) == (URL, "pending", ["order.shipped"])
    assert found.json["secret"].startswith("whsec_") and len(found.json["secret"]) == 50
    assert mall.get("/webhook").json == found.json
    again = mall.put("/webhook", {"url": URL}).json
    assert again["secret"] == found.json["secret"] and again["events"] == ["order.shipped"]
    assert mall.put("/webhook", {"url": ""}).json["state"] == "none"


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"url": "ftp://mall.example/"}, "/url"),
        ({"url": "https://user:word@mall.example/"}, "/url"),
        ({"url": "https:///x"}, "/url"),
        ({"url": "https://mall.example/", "events": ["order.eaten"]}, "/events"),
        ({"url": "https://mall.example/", "events": ["X"]}, "/events/0"),
        ({}, "/url"),
        ({"url": URL, "secret": "mine"}, "/secret"),
    ],
)
def test_what_cannot_be_called_is_refused_by_name(mall: Mall, content: dict[str, object], pointer: str) -> None:
    reply = mall.put("/webhook", content)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer)
    assert mall.get("/webhook").json["url"] == ""


def test_events_are_pulled_page_by_page_and_sent_again(world: World, mall: Mall) -> None:
    sort_out()  # the queues begin with what happens after they were first looked at
    article = world.article(stock=10)
    for _ in range(3):
        world.cancel(world.place(mall.party, (article, 1)))
    assert mall.post("/webhook/test").json == {"accepted": True}

    def types() -> list[str]:
        sort_out()
        return [event["type"] for event in mall.get("/events").json["items"]]

    eventually(lambda: "webhook.test" in types())
    pulled, cursor = [], ""
    while True:
        page = mall.get(f"/events?limit=2{cursor}").json
        pulled += page["items"]
        cursor = f"&cursor={page['next_cursor']}"
        if not page["has_more"]:
            break
    assert [event["seq"] for event in pulled] == list(range(1, len(pulled) + 1))
    told = [event["type"] for event in pulled]
    assert (told.count("order.held"), told.count("order.cancelled")) == (3, 3)
    assert mall.get(f"/events?limit=2{cursor}").json == {
        "items": [], "next_cursor": cursor.removeprefix("&cursor="), "has_more": False
    }  # fmt: skip
    assert mall.post("/events/replay", {"first_seq": 2, "last_seq": 3}).json == {"count": 2}
    assert mall.post("/events/replay", {"first_seq": 2, "last_seq": 3}).json == {"count": 0}, "they are on their way"


def test_the_client_speaks_of_callbacks_too(world: World, mall: Mall, served: Served) -> None:
    with Entrepot(served.url, key=mall.key, secret=mall.secret) as client:
        assert client.set_webhook(URL, events=["order.held"]).state == "pending"
        assert (client.webhook().url, client.webhook().events) == (URL, ["order.held"])
        sort_out()
        client.test_webhook()

        def pulled() -> list[str]:
            sort_out()
            return [event.type for event in client.events_page(limit=100).items]

        eventually(lambda: "webhook.test" in pulled())
        last = client.events_page(limit=100).items[-1]
        assert client.replay_events(first_seq=last.seq, last_seq=last.seq) == 1
