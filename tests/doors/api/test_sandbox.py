"""A sandbox over HTTP: a developer meets every outcome by asking for it, and nobody else meets anything of it."""

import threading
import time

import pytest

from entrepot.base.worlds import SANDBOX_FROM, sandbox_of
from entrepot.callbacks.sorting import sort_out
from entrepot.sandbox import actions, rules
from entrepot.sandbox.jobs import approve_top_ups
from entrepot.sandbox.queries import standing_of
from tests.callbacks.conftest import eventually
from tests.doors.api.mall import Mall, order
from tests.doors.api.sandboxes import sandbox_mall
from tests.doors.api.serving import Served
from tests.world import STAFF, World


@pytest.fixture
def trial(world: World, served: Served) -> Mall:
    """A mall with a test key."""
    return sandbox_mall(world, port=served.port)


def sku(mall: Mall, end: str) -> str:
    """A SKU of the mall's sandbox."""
    return f"{rules.number_of(mall.party.number)}-{end}"


REFUSED = {script.suffix: script for script in rules.SCRIPTS if script.code and not script.once}


@pytest.mark.parametrize("end", REFUSED)
def test_a_number_or_a_sku_asks_for_its_refusal(trial: Mall, end: str) -> None:
    script = REFUSED[end]
    by_number = trial.post("/orders", order(sku(trial, "APPLE"), number=f"A{end}"))
    by_sku = trial.post("/orders", order(sku(trial, f"X{end}")))
    assert by_number.code == by_sku.code == script.code
    assert by_number.retry == by_sku.retry != ""
    assert trial.get(f"/orders/by-out-no/A{end}").status == 404, "a refused order leaves nothing"
    if script.until_credited:
        assert trial.post("/orders", order(sku(trial, "APPLE"), number=f"A{end}")).code == script.code
        actions.top_up(trial.party.pk, actor=STAFF)
        assert trial.post("/orders", order(sku(trial, "APPLE"), number=f"A{end}")).status == 201


@pytest.mark.parametrize("end", ["-TWIN", "-RATE", "-BUSY", "-LOST"])
def test_what_happens_once_is_healed_by_the_same_number(trial: Mall, end: str) -> None:
    wanted = order(sku(trial, "APPLE"), number=f"A{end}")
    first = trial.post("/orders", wanted)
    assert first.code == next(one.code for one in rules.SCRIPTS if one.suffix == end)
    assert first.retry == "same" and int(first.headers["retry-after"]) >= 1
    second = trial.post("/orders", wanted)
    assert (second.status, second.headers.get("idempotent-replayed")) == (
        (200, "true") if end == "-LOST" else (201, None)
    )
    assert trial.post("/orders", wanted).json["id"] == second.json["id"]
    assert trial.get("/balance").json["held"] == second.json["total"], "drawn once"


def test_the_orders_of_a_batch_ask_one_by_one(trial: Mall) -> None:
    orders = [order(sku(trial, "APPLE"), number=f"A{end}") for end in ("-1", "-OOS", "-BUSY", "-2")]
    wanted = {"out_batch_no": "B-1", "orders": orders}
    first = trial.post("/orders/batch", wanted)
    assert [(row["status"], row.get("problem", {}).get("code")) for row in first.json["results"]] == [
        (201, None), (409, "insufficient_stock"), (503, "busy"), (201, None)
    ]  # fmt: skip
    again = trial.post("/orders/batch", wanted)
    assert [row["status"] for row in again.json["results"]] == [200, 409, 201, 200]
    whole = {"out_batch_no": "B-2", "atomic": True, "orders": [order(sku(trial, "APPLE"), number="W-1"), orders[1]]}
    refused = trial.post("/orders/batch", whole)
    assert [row["problem"]["code"] for row in refused.json["results"]] == ["batch_refused", "insufficient_stock"]
    assert trial.get("/orders/by-out-no/W-1").status == 404, "all or none"
    lost = {"out_batch_no": "B-3", "orders": [order(sku(trial, "APPLE"), number="L-1"), order(sku(trial, "X-LOST"))]}
    assert trial.post("/orders/batch", lost).code == "busy"
    assert [row["status"] for row in trial.post("/orders/batch", lost).json["results"]] == [200, 200]


def test_a_preview_is_refused_as_the_order_would_be(trial: Mall) -> None:
    for end, script in REFUSED.items():
        wanted = order(sku(trial, "APPLE"), number=f"P{end}")
        assert trial.post("/orders/preview", wanted).code == script.code
    wanted = order(sku(trial, "APPLE"), number="Q-FUNDS")
    assert trial.post("/orders", wanted).code == "insufficient_balance"
    actions.top_up(trial.party.pk, actor=STAFF)
    assert trial.post("/orders/preview", wanted).status == 200, "the top-up has come in"
    for end in ("-BUSY", "-LOST", "-PRICE"):
        wanted = order(sku(trial, "APPLE"), number=f"P{end}")
        assert trial.post("/orders/preview", wanted).status == 200, "what happens once happens to the order"


def test_the_price_moves_for_real(trial: Mall) -> None:
    code = sku(trial, "X-PRICE")
    (shown,) = trial.post("/prices-stocks/query", {"skus": [code]}).json["items"]
    wanted = order(code, number="P-1")
    wanted["lines"][0]["expected_price"] = shown["agreed_price"]
    refused = trial.post("/orders", wanted)
    assert refused.code == "price_changed"
    facts = refused.json["errors"][0]["facts"]
    assert facts["old"] == shown["agreed_price"] and facts["new"] == 2205
    wanted["lines"][0]["expected_price"] = facts["new"]
    placed = trial.post("/orders", wanted)
    assert placed.status == 201 and placed.json["lines"][0]["agreed_price"] == 2205
    assert trial.post("/prices-stocks/query", {"skus": [code]}).json["items"][0]["agreed_price"] == 2205


def test_a_slow_answer_is_bounded_and_makes_nobody_else_wait(trial: Mall, mall: Mall, world: World) -> None:
    article = world.article(stock=10_000)
    answers: list[tuple[int, float]] = []

    def ask(number: int) -> None:
        began = time.monotonic()
        twin = trial.twin()
        answers.append(
            (
                twin.post("/orders", order(sku(trial, "APPLE"), number=f"S{number}-SLOW")).status,
                time.monotonic() - began,
            )
        )
        twin.close()

    crowd = [threading.Thread(target=ask, args=(number,)) for number in range(rules.SLOW_AT_ONCE + 2)]
    for one in crowd:
        one.start()
    # Who is one too many is told so while the others are held up.
    eventually(lambda: len(answers) == 2)
    done = 0
    while len(answers) == 2:
        assert mall.post("/orders", order(article.code)).status == 201
        done += 1
        if done == 1:
            assert trial.get("/me").status == 200, "the sandbox itself goes on as well"
    for one in crowd:
        one.join()
    assert done > 3, "nobody else waited for them"
    assert sorted(status for status, _ in answers) == [201] * rules.SLOW_AT_ONCE + [429, 429]
    assert all(took >= rules.SLOW_S for status, took in answers if status == 201)


def test_the_worlds_do_not_meet_over_http(trial: Mall, mall: Mall, world: World) -> None:
    article = world.article(stock=10)
    live = mall.post("/orders", order(article.code)).json["id"]
    fake = trial.post("/orders", order(sku(trial, "APPLE"))).json["id"]
    assert int(fake) >= SANDBOX_FROM > int(live)
    assert mall.get(f"/orders/{fake}").status == trial.get(f"/orders/{live}").status == 404
    assert mall.post(f"/orders/{fake}/cancel").status == trial.post(f"/orders/{live}/cancel").status == 404
    shown = {one["goods_no"] for one in trial.get("/products?limit=500").json["items"]}
    assert len(shown) == len(rules.GOODS) - 1 and all(one.startswith("T") for one in shown)
    (hidden,) = trial.post("/prices-stocks/query", {"skus": [article.code]}).json["items"]
    (unseen,) = mall.post("/prices-stocks/query", {"skus": [sku(trial, "APPLE")]}).json["items"]
    assert hidden["state"] == unseen["state"] == "not_available"
    assert trial.get(f"/products/{article.goods_id}").status == 404
    assert trial.post("/orders", order(article.code)).code == "validation_failed"
    assert mall.post("/orders", order(sku(trial, "APPLE"))).code == "validation_failed"


def test_a_live_number_asks_for_nothing(mall: Mall, world: World) -> None:
    article = world.article(stock=10)
    for end in ("-OOS", "-BUSY", "-LOST"):
        assert mall.post("/orders", order(article.code, number=f"L{end}")).status == 201


def test_a_sandbox_keeps_its_own_address_for_callbacks(trial: Mall) -> None:
    sort_out()
    url = "https://trial.example/hook"
    assert trial.put("/webhook", {"url": url}).json["url"] == url
    assert trial.get("/webhook").json["secret"].startswith("whsec_")
    assert trial.post("/webhook/test").status < 300
    actions.call_with(trial.party.pk, event_type="order.shipped", actor=STAFF)

    def told() -> list[str]:
        sort_out()
        return [one["type"] for one in trial.get("/events").json["items"]]

    eventually(lambda: {"webhook.test", "order.shipped"} <= set(told()))
    found = standing_of(trial.party.pk)
    assert found is not None and found.id == sandbox_of(trial.party.pk)


def test_a_top_up_asked_for_comes_in_by_itself(trial: Mall) -> None:
    before = trial.get("/balance").json["balance"]
    asked = trial.post("/recharges", {"out_recharge_no": "R-1", "amount": 12_300})
    assert asked.status < 300
    assert approve_top_ups(threading.Event()) >= 1
    assert trial.get("/balance").json["balance"] == before + 12_300
