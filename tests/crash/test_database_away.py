"""The database goes away: a clean answer at once, and back to normal without help."""

import time

from tests import audit
from tests.crash.conftest import Wired
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, Request, order
from tests.world import World

AT_ONCE_S = 20.0  # half a minute is what a statement and a sender of a body are given
UNSIGNED = Request("GET", "/api/v1/health", b"")


def is_busy(reply: Reply) -> bool:
    """Whether an answer is the one for a moment without the database."""
    return (
        (reply.status, reply.code, reply.retry) == (503, "busy", "same")
        and int(reply.headers["retry-after"]) >= 1
        and reply.headers["content-type"] == "application/problem+json"
    )


PATHS = ("/me", "/orders", "/balance", "/products")
READERS = 4


def until_well(mall: Mall, *, refusals: int) -> None:
    """Ask until everything is answered again; no more refusals come before that, each of which mends something."""
    well = refused = 0
    while well < 4:
        statuses = [mall.get(path).status for path in PATHS]
        assert set(statuses) <= {200, 503}
        refused += statuses.count(503)
        assert refused <= refusals, "it did not come back by itself"
        well = 0 if 503 in statuses else well + 1


def refused_at_once(mall: Mall) -> None:
    """Nobody waits for a refusal: each comes long before a question to the database is given up."""
    for path in ("/me", "/orders", "/balance", "/categories"):
        began = time.monotonic()
        assert is_busy(mall.get(path)), path
        assert time.monotonic() - began < AT_ONCE_S


def test_away_and_back(wired: Wired, make_mall: MakeMall, world: World) -> None:
    mall = make_mall(funds_fen=10**6, port=wired.api.port)
    article = world.article(stock=100)
    wanted = order(article.code, mode="direct")
    for away in range(3):
        assert mall.post("/orders", order(article.code)).status == 201
        wired.line.cut()
        refused_at_once(mall)
        assert is_busy(mall.post("/orders", wanted | {"out_order_no": f"A-{away}"}))
        assert is_busy(mall.send(UNSIGNED)), "health says so too"
        assert mall.send(Request("GET", "/api/v1/status", b"")).status == 200, "the service itself is there"
        time.sleep(2.1)  # what is known of the key has grown old
        assert is_busy(mall.get("/me"))
        wired.line.mend()
        # The desk and each reader may find once more that what they had is gone.
        until_well(mall, refusals=READERS + 1)
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
    until_well(mall, refusals=READERS + 1)
