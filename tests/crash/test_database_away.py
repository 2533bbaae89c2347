"""The database goes away: a clean answer at once, and back to normal without help."""

import time

from tests import audit
from tests.crash.conftest import Wired
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, Request, order
from tests.world import World

UNSIGNED = Request("GET", "/api/v1/health", b"")


def is_busy(reply: Reply) -> bool:
    """Whether an answer is the one for a moment without the database."""
    return (
        (reply.status, reply.code, reply.retry) == (503, "busy", "same")
        and int(reply.headers["retry-after"]) >= 1
        and reply.headers["content-type"] == "application/problem+json"
    )


def until_well(mall: Mall, *, within_s: float) -> float:
    """Wait until everything is answered again; returns how long it took."""
    began = time.monotonic()
    while not all(mall.get(path).status == 200 for path in ("/me", "/orders", "/balance", "/products") * 4):
        assert time.monotonic() - began < within_s, "it did not come back by itself"
        time.sleep(0.05)
    return time.monotonic() - began


def test_away_and_back(wired: Wired, make_mall: MakeMall, world: World) -> None:
    mall = make_mall(funds_fen=10**6, port=wired.api.port)
    article = world.article(stock=100)
    wanted = order(article.code, mode="direct")
    for away in range(3):
        assert mall.post("/orders", order(article.code)).status == 201
        wired.line.cut()
        began = time.monotonic()
        for path in ("/me", "/orders", "/balance", "/categories"):
            assert is_busy(mall.get(path)), path
        assert is_busy(mall.post("/orders", wanted | {"out_order_no": f"A-{away}"}))
        assert is_busy(mall.send(UNSIGNED)), "health says so too"
        assert mall.send(Request("GET", "/api/v1/status", b"")).status == 200, "the service itself is there"
        assert time.monotonic() - began < 5, "nobody waits for a refusal"
        time.sleep(2.1)  # what is known of the key has grown old
        assert is_busy(mall.get("/me"))
        wired.line.mend()
        until_well(mall, within_s=10)
        assert mall.post("/orders", wanted | {"out_order_no": f"A-{away}"}).status == 201
    assert world.stock(article)[1] == 6
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def test_a_broken_line_is_one_refusal_at_most_for_each_connection(
    wired: Wired, make_mall: MakeMall, world: World
) -> None:
    """Four readers and the desk have a connection each; after all are broken, so many refusals are all there are."""
    mall = make_mall(funds_fen=10**6, port=wired.api.port)
    code = world.article(stock=100).code
    for _ in range(20):
        assert mall.get("/balance").status == 200
    wired.line.break_all()
    statuses = [mall.post("/orders", order(code)).status for _ in range(10)]
    assert statuses.count(503) <= 5
    assert set(statuses) == {201, 503} or set(statuses) == {201}
    until_well(mall, within_s=2)
