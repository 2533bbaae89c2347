"""Rates: how often a key may call, told with every answer; and five hundred submits at once."""

import asyncio
import time
from collections import Counter

import pytest

from tests import audit
from tests.doors.api.conftest import FAST, MakeMall
from tests.doors.api.mall import Mall, Reply, Request, order
from tests.world import World

SLOW = {"rate_limit_per_s": 5, "rate_burst": 10}


def left(reply: Reply) -> int:
    """The calls left, as the header says."""
    name, remaining, _ = reply.headers["ratelimit"].split(";")
    assert name == '"key"'
    return int(remaining.removeprefix("r="))


def test_every_answer_tells_what_is_left(make_mall: MakeMall) -> None:
    mall = make_mall(rate=SLOW)
    for place in range(5):
        reply = mall.get("/me") if place % 2 else mall.get("/orders/1")
        assert reply.headers["ratelimit-policy"] == '"key";q=10;w=2'
        assert 10 - place - 1 <= left(reply) <= 10


def test_too_many_calls_are_told_when_to_come_again(make_mall: MakeMall, world: World) -> None:
    mall, other = make_mall(rate=SLOW, funds_fen=10**6), make_mall(rate=SLOW)
    article = world.article(stock=999)
    # All at once: one by one they might come no faster than they are granted.
    requests = [mall.signed("POST", "/orders", order(article.code)) for _ in range(100)]
    began = time.monotonic()
    answers = asyncio.run(all_at_once(requests, port=mall.port))
    granted = 10 + 5 * (time.monotonic() - began)
    taken = Counter(answer.status for answer in answers)
    assert set(taken) == {201, 429}
    assert 10 <= taken[201] <= granted, "the burst is granted, and what comes to it meanwhile"
    for reply in (answer for answer in answers if answer.status == 429):
        assert (reply.code, reply.retry) == ("rate_limited", "same")
        assert (left(reply), int(reply.headers["retry-after"])) == (0, 1)
    assert world.stock(article) == (999, taken[201]), "what was refused was not done"
    assert other.get("/me").status == 200, "another key has its own"
    time.sleep(1)
    assert mall.post("/orders", order(article.code)).status == 201
    time.sleep(2.1)
    assert left(mall.get("/me")) == 9, "it never holds more than the burst"


def test_what_is_not_signed_well_costs_nothing(make_mall: MakeMall) -> None:
    mall = make_mall(rate=SLOW)
    for _ in range(30):
        request = mall.signed("GET", "/me")
        request.headers["Entrepot-Signature"] = "v1,AAAA"
        reply = mall.send(request)
        assert reply.code == "bad_signature"
        assert "ratelimit" not in reply.headers, "a stranger learns nothing of the key"
    assert left(mall.get("/me")) == 9


def test_unsigned_operations_are_not_counted(make_mall: MakeMall) -> None:
    mall = make_mall(rate=SLOW)
    for _ in range(30):
        assert mall.send(Request("GET", "/api/v1/status", b"")).status == 200
    assert left(mall.get("/me")) == 9


@pytest.mark.parametrize("rate", [{"rate_limit_per_s": 0, "rate_burst": 0}, {"rate_limit_per_s": 0, "rate_burst": 3}])
def test_a_tier_without_a_rate_still_answers(make_mall: MakeMall, rate: dict[str, int]) -> None:
    mall = make_mall(rate=rate)
    assert {mall.get("/me").status for _ in range(6)} <= {200, 429}


def test_a_new_limit_holds_within_two_seconds(make_mall: MakeMall) -> None:
    from entrepot.base import scope
    from entrepot.parties.models import Tier

    mall = make_mall(rate=SLOW)
    assert left(mall.get("/me")) <= 9
    with scope.platform():
        Tier.objects.filter(pk=mall.party.tier_id).update(**FAST)
    time.sleep(2.05)
    mall.get("/me")
    assert mall.get("/me").headers["ratelimit-policy"].startswith('"key";q=100000')


# --- five hundred at once ---


async def all_at_once(requests: list[Request], *, port: int) -> list[Reply]:
    """Open a connection for each request, and then send them all."""
    start, open_now = asyncio.Event(), asyncio.Semaphore(0)

    async def one(request: Request) -> Reply:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        open_now.release()
        await start.wait()
        writer.write(request.on_the_wire(is_closing=True))
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read()
        writer.close()
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return Reply(int(first.split(" ", 2)[1]), headers, body)

    tasks = [asyncio.create_task(one(request)) for request in requests]
    for _ in requests:
        await open_now.acquire()
    start.set()
    return await asyncio.gather(*tasks)


def test_five_hundred_submits_at_once(make_mall: MakeMall, world: World) -> None:
    mall = make_mall(funds_fen=60 * 1050)
    article = world.article(stock=100)
    requests = [mall.signed("POST", "/orders", order(article.code, mode="direct")) for _ in range(500)]
    answers = asyncio.run(all_at_once(requests, port=mall.port))
    assert Counter(answer.status for answer in answers) == {201: 60, 409: 440}
    refusals = [answer.json for answer in answers if answer.status == 409]
    assert {refusal["code"] for refusal in refusals} == {"insufficient_balance"}
    assert all(refusal["errors"][0]["facts"]["needed"] == 1050 for refusal in refusals)
    assert world.stock(article) == (100, 60)
    assert mall.post("/prices-stocks/query", {"skus": [article.code]}).json["items"][0]["stock"] == 40
    assert world.money(mall.party) == (0, 0)
    assert mall.get("/balance").json["available"] == 0
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def test_five_hundred_submits_for_a_hundred_pieces(make_mall: MakeMall, world: World) -> None:
    malls: list[Mall] = [make_mall(funds_fen=10**7) for _ in range(5)]
    article = world.article(stock=100)
    requests = [malls[place % 5].signed("POST", "/orders", order(article.code)) for place in range(500)]
    answers = asyncio.run(all_at_once(requests, port=malls[0].port))
    assert Counter(answer.status for answer in answers) == {201: 100, 409: 400}
    assert {answer.code for answer in answers if answer.status == 409} == {"insufficient_stock"}
    assert world.stock(article) == (100, 100)
    assert audit.faults(distributors=[mall.party.pk for mall in malls], skus=[article.sku_id]) == []
