"""The mall's own number is the key, for ever: the contract's table, row by row, over HTTP."""

import copy
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from entrepot_launch import roles
from tests import audit
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, order
from tests.doors.api.serving import Served, serving
from tests.world import World


def at_once(jobs: list[Callable[[], Reply]]) -> list[Reply]:
    """All at one moment, each in a thread of its own."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Reply]) -> Reply:
        start.wait(120)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def posting(mall: Mall, path: str, content: Any) -> Callable[[], Reply]:
    """The job of sending something from a connection of its own."""
    twin = mall.twin()
    return lambda: twin.post(path, content)


def pointers(reply: Reply) -> list[str]:
    """Where the faults of a refusal are."""
    return [error["pointer"] for error in reply.json["errors"]]


# --- same number, same content ---


@pytest.mark.parametrize("mode", ["hold", "direct"])
def test_done_before_is_answered_with_the_original(mall: Mall, world: World, mode: str) -> None:
    article = world.article(stock=100)
    wanted = order(article.code, qty=2, mode=mode)
    first = mall.post("/orders", wanted)
    assert (first.status, "idempotent-replayed" in first.headers) == (201, False)
    for _ in range(3):
        again = mall.post("/orders", wanted)
        assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", first.json)
    assert world.stock(article) == (100, 2)
    assert len(mall.get("/orders").json["items"]) == 1
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def test_the_original_is_told_as_it_stands_now(mall: Mall, world: World) -> None:
    wanted = order(world.article(stock=9).code)
    placed = mall.post("/orders", wanted).json
    mall.post(f"/orders/{placed['id']}/confirm")
    again = mall.post("/orders", wanted)
    assert (again.status, again.json["id"], again.json["state"]) == (200, placed["id"], "confirmed")


def test_the_same_content_may_be_written_otherwise(mall: Mall, world: World) -> None:
    code = world.article(stock=9).code
    wanted = order(code, number="W-1", remark="first", mode="hold")
    assert mall.post("/orders", wanted).status == 201
    same = {name: wanted[name] for name in reversed(list(wanted))} | {"hold_minutes": None}
    del same["mode"]  # hold is what it is without being said
    same["consignee"] = dict(reversed(wanted["consignee"].items())) | {"street": None}
    same["remark"] = "another remark"
    same["lines"][0] |= {"expected_price": 1, "promotion": None}
    again = mall.post("/orders", same)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")


def test_another_malls_same_number_is_another_order(mall: Mall, make_mall: MakeMall, world: World) -> None:
    other = make_mall(funds_fen=10**6)
    wanted = order(world.article(stock=9).code)
    one, two = mall.post("/orders", wanted), other.post("/orders", wanted)
    assert (one.status, two.status) == (201, 201)
    assert one.json["id"] != two.json["id"]


# --- same number, other content ---

CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "mode": (lambda wanted: wanted.update(mode="direct"), ["/mode"]),
    "minutes": (lambda wanted: wanted.update(hold_minutes=7), ["/hold_minutes"]),
    "pieces": (lambda wanted: wanted["lines"][0].update(qty=2), ["/lines/0/qty"]),
    "SKU": (lambda wanted: wanted["lines"][1].update(sku="another"), ["/lines/1/sku"]),
    "promotion": (lambda wanted: wanted["lines"][1].update(promotion="coupon"), ["/lines/1/promotion"]),
    "a line less": (lambda wanted: wanted["lines"].pop(), ["/lines"]),
    "a line more": (lambda wanted: wanted["lines"].append({"sku": "x", "qty": 1}), ["/lines"]),
    "lines turned round": (
        lambda wanted: wanted["lines"].reverse(),
        ["/lines/0/sku", "/lines/0/qty", "/lines/1/sku", "/lines/1/qty"],
    ),
    **{
        field: (lambda wanted, field=field: wanted["consignee"].update({field: "13999999999"}), [f"/consignee/{field}"])
        for field in ("name", "phone", "province", "city", "district", "address", "street")
    },
    "division": (lambda wanted: wanted["consignee"].update(division_code="330106"), ["/consignee/division_code"]),
    "two fields": (
        lambda wanted: (wanted.update(mode="direct"), wanted["consignee"].update(name="黄蓉")),
        ["/mode", "/consignee/name"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_content_is_refused_and_its_fields_are_named(mall: Mall, world: World, change: str) -> None:
    first, second = world.article(stock=9), world.article(stock=9)
    wanted = order(first.code) | {"lines": [{"sku": first.code, "qty": 1}, {"sku": second.code, "qty": 3}]}
    placed = mall.post("/orders", wanted).json
    bend, expected = CHANGES[change]
    bent = copy.deepcopy(wanted)
    bend(bent)
    for path in ("/orders", "/orders/preview"):
        refusal = mall.post(path, bent)
        assert (refusal.status, refusal.code, refusal.retry) == (
            422,
            "number_reused_with_other_content",
            "never",
        )
        assert pointers(refusal) == expected
        assert {error["code"] for error in refusal.json["errors"]} == {"number_reused_with_other_content"}
    assert mall.get(f"/orders/{placed['id']}").json == placed
    assert mall.post("/orders", wanted).json == placed


# --- two at once ---


def test_fifty_at_once_are_one_order(mall: Mall, world: World) -> None:
    article = world.article(stock=100)
    wanted = order(article.code, mode="direct")
    replies = at_once([posting(mall, "/orders", wanted) for _ in range(50)])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 49}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert world.stock(article) == (100, 1)
    assert world.money(mall.party) == (10_000_000 - 1050, 0)


@pytest.fixture
def second_api(database: roles.Access, tmp_path: Any) -> Any:
    """Another process of the API over the same database, as behind a proxy."""
    with serving({"DATABASE_URL": database.app_url}, log=tmp_path / "second.log") as api:
        yield api


def test_two_at_once_at_two_servers_are_one_order(mall: Mall, world: World, second_api: Served) -> None:
    article = world.article(stock=1000)
    for _ in range(10):
        wanted = order(article.code, mode="direct")
        malls = [mall.twin(port=port) for port in (mall.port, second_api.port) for _ in range(4)]
        replies = at_once([posting(twin, "/orders", wanted) for twin in malls])
        assert Counter(reply.status for reply in replies) == {201: 1, 200: 7}
        assert len({reply.json["id"] for reply in replies}) == 1
    assert world.stock(article) == (1000, 10)


def test_one_that_cannot_be_judged_in_five_seconds_is_told_so(
    mall: Mall, world: World, committed: roles.Access
) -> None:
    article = world.article(stock=9)
    wanted = order(article.code)
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute("select from ledger_account where distributor_id = %s for update", [mall.party.pk])
        refusal = mall.post("/orders", wanted)
        assert (refusal.status, refusal.code, refusal.retry) == (409, "request_in_progress", "same")
    assert mall.post("/orders", wanted).status == 201


# --- refused before ---


def test_short_of_money_then_topped_up(make_mall: MakeMall, world: World) -> None:
    mall, article = make_mall(funds_fen=1049), world.article(stock=9)
    wanted = order(article.code)
    refusal = mall.post("/orders", wanted)
    assert (refusal.status, refusal.code, refusal.retry) == (409, "insufficient_balance", "after_action")
    assert refusal.json["errors"][0]["facts"] == {"needed": 1050, "available": 1049}
    assert mall.get(f"/orders/by-out-no/{wanted['out_order_no']}").status == 404, "nothing was stored"
    world.credit(mall.party, 1)
    assert mall.post("/orders", wanted).status == 201


def test_short_of_stock_then_restocked(mall: Mall, world: World) -> None:
    article = world.article(stock=1)
    wanted = order(article.code, qty=3)
    refusal = mall.post("/orders", wanted)
    assert (refusal.code, refusal.retry, pointers(refusal)) == (
        "insufficient_stock",
        "after_action",
        ["/lines/0/qty"],
    )
    assert refusal.json["errors"][0]["facts"] == {"sku": article.code, "available": 1, "wanted": 3}
    world.restock(article, 2)
    assert mall.post("/orders", wanted).status == 201


def test_refused_then_sent_with_other_content(mall: Mall, world: World) -> None:
    article = world.article(stock=5)
    wanted = order(article.code, qty=9)
    assert mall.post("/orders", wanted).code == "insufficient_stock"
    wanted["lines"][0]["qty"] = 5
    assert mall.post("/orders", wanted).status == 201, "a number that had no effect is free"
    invalid = order(article.code, qty=0, number="V-1")
    assert mall.post("/orders", invalid).status == 422
    world.restock(article, 1)
    assert mall.post("/orders", order(article.code, number="V-1")).status == 201


def test_every_refusal_names_its_line_and_figures(make_mall: MakeMall, world: World) -> None:
    mall, tier = make_mall(funds_fen=10**7), world.tier()
    good = world.article(stock=9)
    delisted = world.article(stock=9, state="off_sale")
    hidden = world.article(stock=9, visible_tiers=[tier.pk])
    pairs = world.article(stock=9, min_quantity=2)
    picky = world.article(stock=9, allowed_promotions=["coupon"])
    lines = [
        ({"sku": "no such"}, "/lines/0/sku", "validation_failed", {"sku": "no such", "why": "unknown_sku"}),
        ({"sku": delisted.code}, "/lines/0/sku", "product_delisted", {"sku": delisted.code}),
        ({"sku": hidden.code}, "/lines/0/sku", "not_authorised_for_tier", {"sku": hidden.code}),
        (
            {"sku": pairs.code},
            "/lines/0/qty",
            "below_min_quantity",
            {"sku": pairs.code, "min_quantity": 2, "qty": 1},
        ),
        (
            {"sku": picky.code, "promotion": "flash"},
            "/lines/0/promotion",
            "promotion_not_allowed",
            {"sku": picky.code, "promotion": "flash", "allowed": ["coupon"]},
        ),
        (
            {"sku": good.code, "expected_price": 1000},
            "/lines/0/expected_price",
            "price_changed",
            {"sku": good.code, "old": 1000, "new": 1050},
        ),
    ]
    for line, pointer, code, facts in lines:
        wanted = order("x") | {"lines": [{"qty": 1} | line, {"sku": good.code, "qty": 1}]}
        for path in ("/orders", "/orders/preview"):
            refusal = mall.post(path, wanted)
            error = refusal.json["errors"][0]
            assert (refusal.code, error["pointer"], error["code"], error["facts"]) == (code, pointer, code, facts)
            assert error["detail"] == refusal.json["detail"] != ""
        english = mall.post("/orders", wanted, headers={"Accept-Language": "en-GB"})
        assert english.json["detail"].isascii()
    together = order("x") | {"lines": [{"qty": 1} | line for line, *_ in lines]}
    refusal = mall.post("/orders", together)
    assert refusal.code == "validation_failed", "the gravest gives the code"
    assert {error["pointer"].split("/")[2] for error in refusal.json["errors"]} == {"0", "1", "2", "3", "4", "5"}


# --- outcome unknown ---


def test_an_unknown_outcome_can_be_asked_for(mall: Mall, world: World) -> None:
    wanted = order(world.article(stock=9).code)
    assert mall.get(f"/orders/by-out-no/{wanted['out_order_no']}").status == 404
    placed = mall.post("/orders", wanted).json
    assert mall.get(f"/orders/by-out-no/{wanted['out_order_no']}").json == placed
    assert mall.get(f"/orders/{placed['id']}").json == placed


# --- confirm, cancel, receipt ---


def same_but_replayed(mall: Mall, path: str, *, state: str) -> None:
    """The verb's answer and its repetitions."""
    first = mall.post(path, {"reason": "x"})
    assert (first.status, first.json["state"], "idempotent-replayed" in first.headers) == (200, state, False)
    for body in ({"reason": "x"}, {"reason": "another"}, {}, b""):
        again = mall.post(path, body)
        assert (again.status, again.json, again.headers["idempotent-replayed"]) == (200, first.json, "true")


def test_already_there_is_the_same_answer(mall: Mall, world: World) -> None:
    article = world.article(stock=9)
    gone = mall.post("/orders", order(article.code)).json["id"]
    same_but_replayed(mall, f"/orders/{gone}/cancel", state="cancelled")
    kept = mall.post("/orders", order(article.code, qty=2)).json["id"]
    same_but_replayed(mall, f"/orders/{kept}/confirm", state="confirmed")
    assert world.money(mall.party) == (10_000_000 - 2100, 0), "drawn once"
    from entrepot.trade import terms

    assert world.run(terms.Ship(int(kept), article.supplier_id, "sf", "SF1", "platform/0/1/proof")).is_accepted
    same_but_replayed(mall, f"/orders/{kept}/receipt", state="received")
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def test_a_verb_the_state_forbids_tells_the_state(mall: Mall, world: World) -> None:
    code = world.article(stock=9).code
    held = mall.post("/orders", order(code)).json["id"]
    drawn = mall.post("/orders", order(code, mode="direct")).json["id"]
    gone = mall.post("/orders", order(code)).json["id"]
    mall.post(f"/orders/{gone}/cancel")
    for order_id, verb, state in (
        (held, "receipt", "held"),
        (drawn, "cancel", "confirmed"),
        (drawn, "receipt", "confirmed"),
        (gone, "confirm", "cancelled"),
        (gone, "receipt", "cancelled"),
    ):
        refusal = mall.post(f"/orders/{order_id}/{verb}")
        assert (refusal.status, refusal.code, refusal.json["state"]) == (409, "state_conflict", state)
        why = {"why": "drawn"} if (order_id, verb) == (drawn, "cancel") else {}
        assert refusal.json["errors"][0]["facts"] == {"state": state} | why


def test_confirm_and_cancel_at_once_are_one_of_them(mall: Mall, world: World) -> None:
    article = world.article(stock=1000)
    for _ in range(10):
        order_id = mall.post("/orders", order(article.code)).json["id"]
        verbs = ["confirm", "cancel"] * 4
        replies = at_once([posting(mall, f"/orders/{order_id}/{verb}", {}) for verb in verbs])
        won = {verb for verb, reply in zip(verbs, replies, strict=True) if reply.status == 200}
        assert len(won) == 1
        assert {reply.code for reply in replies if reply.status != 200} == {"state_conflict"}
    assert audit.faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []
