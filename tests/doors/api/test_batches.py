"""Batches: every row its own number and answer; `atomic` all or none; the batch's number has one content."""

import copy
import secrets
from typing import Any

import psycopg
import pytest

from entrepot_launch import roles
from tests import audit
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, order
from tests.doors.api.test_idempotency import at_once, pointers, posting
from tests.world import World


def batch(*orders: dict[str, Any], number: str = "", **more: Any) -> dict[str, Any]:
    """A batch under a number of its own."""
    return {"out_batch_no": number or f"B-{secrets.token_hex(6)}", "orders": list(orders)} | more


def statuses(reply: Any) -> list[int]:
    """What became of each row."""
    return [row["status"] for row in reply.json["results"]]


def test_every_row_has_its_own_answer(make_mall: MakeMall, world: World) -> None:
    mall, article = make_mall(funds_fen=5 * 1050), world.article(stock=4)
    before = order(article.code)
    placed = mall.post("/orders", before).json
    reused = copy.deepcopy(before) | {"out_order_no": "R-1"}
    mall.post("/orders", reused)
    reused["consignee"]["name"] = "黄蓉"
    wanted = batch(
        order(article.code), before, order("no such"), reused, order(article.code, qty=9), order(article.code)
    )
    reply = mall.post("/orders/batch", wanted)
    assert reply.status == 200
    assert statuses(reply) == [201, 200, 422, 422, 409, 201]
    results = reply.json["results"]
    assert [row["out_order_no"] for row in results] == [row["out_order_no"] for row in wanted["orders"]]
    assert results[1]["order"] == placed
    assert [row.get("problem", {}).get("code") for row in results] == [
        *(None, None, "validation_failed", "number_reused_with_other_content", "insufficient_stock", None)
    ]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/consignee/name"
    again = mall.post("/orders/batch", wanted)
    assert statuses(again) == [200, 200, 422, 422, 409, 200]
    assert [row.get("order", {}).get("id") for row in again.json["results"]] == [
        row.get("order", {}).get("id") for row in results
    ]
    assert mall.get(f"/orders/batch/{wanted['out_batch_no']}").json == again.json
    assert world.stock(article) == (4, 4)
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def test_atomic_is_all(mall: Mall, world: World) -> None:
    article = world.article(stock=4)
    wanted = batch(*(order(article.code) for _ in range(4)), atomic=True)
    reply = mall.post("/orders/batch", wanted)
    assert statuses(reply) == [201] * 4
    again = mall.post("/orders/batch", wanted)
    assert statuses(again) == [200] * 4
    assert world.stock(article) == (4, 4)


def test_atomic_is_none(mall: Mall, world: World) -> None:
    article = world.article(stock=4)
    known = order(article.code)
    placed = mall.post("/orders", known).json
    wanted = batch(order(article.code), known, order(article.code, qty=3), order(article.code, qty=3), atomic=True)
    reply = mall.post("/orders/batch", wanted)
    assert statuses(reply) == [409, 200, 409, 409]
    codes = [row.get("problem", {}).get("code") for row in reply.json["results"]]
    assert codes[0] == "batch_refused"
    assert set(codes[2:]) == {"batch_refused", "insufficient_stock"} or codes[2:] == ["insufficient_stock"] * 2
    assert reply.json["results"][1]["order"] == placed, "what was done before stays done, and is not called refused"
    assert world.stock(article) == (4, 1)
    world.restock(article, 5)
    assert statuses(mall.post("/orders/batch", wanted)) == [201, 200, 201, 201], (
        "restocked, the same batch goes through"
    )
    assert world.stock(article) == (9, 8)


def test_a_batch_number_has_one_content(mall: Mall, world: World) -> None:
    article = world.article(stock=99)
    wanted = batch(order(article.code), order(article.code))
    assert mall.post("/orders/batch", wanted).status == 200
    kept = mall.get(f"/orders/batch/{wanted['out_batch_no']}").json
    changes: list[tuple[Any, list[str]]] = [
        (lambda bent: bent.update(atomic=True), ["/atomic"]),
        (lambda bent: bent["orders"].pop(), ["/orders"]),
        (lambda bent: bent["orders"].append(order(article.code)), ["/orders"]),
        (lambda bent: bent["orders"][1].update(out_order_no="X-1"), ["/orders/1"]),
        (lambda bent: bent["orders"][0]["consignee"].update(name="黄蓉"), ["/orders/0"]),
        (lambda bent: bent["orders"].reverse(), ["/orders/0", "/orders/1"]),
    ]
    for bend, expected in changes:
        bent = copy.deepcopy(wanted)
        bend(bent)
        refusal = mall.post("/orders/batch", bent)
        assert (refusal.status, refusal.code) == (422, "number_reused_with_other_content")
        assert pointers(refusal) == expected
    assert world.stock(article) == (99, 2), "and nothing of it was done"
    assert mall.get(f"/orders/batch/{wanted['out_batch_no']}").json == kept
    wanted["orders"][0]["remark"] = "remarks and expected prices are no content"
    wanted["orders"][0]["lines"][0]["expected_price"] = 1
    assert statuses(mall.post("/orders/batch", wanted)) == [200, 200]


def test_two_contents_at_once_under_one_number_are_one_batch(mall: Mall, world: World) -> None:
    article = world.article(stock=1000)
    for _ in range(5):
        number = f"B-{secrets.token_hex(6)}"
        batches = [batch(order(article.code), order(article.code), number=number) for _ in range(6)]
        replies = at_once([posting(mall, "/orders/batch", wanted) for wanted in batches])
        assert sorted(reply.status for reply in replies) == [200] + [422] * 5
        won = batches[[reply.status for reply in replies].index(200)]
        kept = mall.get(f"/orders/batch/{number}").json["results"]
        assert [row["out_order_no"] for row in kept] == [row["out_order_no"] for row in won["orders"]]
    assert world.stock(article) == (1000, 10)


def test_the_same_batch_many_times_at_once(mall: Mall, world: World) -> None:
    article = world.article(stock=1000)
    for is_atomic in (False, True):
        wanted = batch(*(order(article.code) for _ in range(10)), atomic=is_atomic)
        replies = at_once([posting(mall, "/orders/batch", wanted) for _ in range(8)])
        assert [reply.status for reply in replies] == [200] * 8
        assert sum(statuses(reply).count(201) for reply in replies) == 10
        assert len({str([row["order"]["id"] for row in reply.json["results"]]) for reply in replies}) == 1
    assert world.stock(article) == (1000, 20)


def test_a_number_twice_in_a_batch_is_refused(mall: Mall, world: World) -> None:
    article = world.article(stock=9)
    one = order(article.code)
    refusal = mall.post("/orders/batch", batch(one, order(article.code), one, one))
    assert (refusal.status, pointers(refusal)) == (422, ["/orders/2/out_order_no", "/orders/3/out_order_no"])
    assert world.stock(article) == (9, 0)


def test_two_hundred_is_the_most(mall: Mall, world: World) -> None:
    article = world.article(stock=1000)
    full = batch(*(order(article.code) for _ in range(200)))
    assert statuses(mall.post("/orders/batch", full)) == [201] * 200
    refusal = mall.post("/orders/batch", batch(*(order(article.code) for _ in range(201))))
    assert (refusal.status, pointers(refusal)) == (422, ["/orders"])
    assert mall.post("/orders/batch", batch()).status == 422


@pytest.mark.parametrize("is_atomic", [False, True])
def test_a_batch_that_could_not_be_judged_leaves_its_number_free(
    mall: Mall, world: World, committed: roles.Access, is_atomic: bool
) -> None:
    article = world.article(stock=9)
    number = f"B-{secrets.token_hex(6)}"
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute("select from ledger_account where distributor_id = %s for update", [mall.party.pk])
        refusal = mall.post("/orders/batch", batch(order(article.code), number=number, atomic=is_atomic))
        assert (refusal.status, refusal.code) == (409, "request_in_progress")
    assert mall.get(f"/orders/batch/{number}").status == 404
    assert statuses(mall.post("/orders/batch", batch(order(article.code), number=number))) == [201]


def test_one_row_that_cannot_be_judged_leaves_the_others_be(mall: Mall, world: World, committed: roles.Access) -> None:
    free, locked = world.article(stock=9), world.article(stock=9)
    wanted = batch(order(free.code), order(locked.code), order(free.code))
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute("select from stock_level where sku_id = %s for update", [locked.sku_id])
        reply = mall.post("/orders/batch", wanted)
        assert statuses(reply) == [201, 409, 201]
        assert reply.json["results"][1]["problem"]["code"] == "request_in_progress"
    assert statuses(mall.post("/orders/batch", wanted)) == [200, 201, 200]


def test_a_batch_of_nobody_is_not_found(mall: Mall, make_mall: MakeMall, world: World) -> None:
    wanted = batch(order(world.article(stock=9).code))
    assert mall.get(f"/orders/batch/{wanted['out_batch_no']}").status == 404
    mall.post("/orders/batch", wanted)
    other = make_mall(funds_fen=10**6)
    assert other.get(f"/orders/batch/{wanted['out_batch_no']}").status == 404
    assert statuses(other.post("/orders/batch", wanted)) == [201], "numbers are each distributor's own"
