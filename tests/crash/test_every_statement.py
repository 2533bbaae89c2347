"""The line between the API and its database breaks at every statement of every write: no effect or the whole effect."""

import io
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from tests import audit
from tests.crash.conftest import Wired
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import CONSIGNEE, Mall, Reply, order
from tests.world import STAFF, Article, World, rows

STATEMENTS_AT_MOST = 150
STRIDE = int(os.environ.get("ENTREPOT_CRASH_STRIDE", "3"))  # 1 breaks every statement of every write
TRIES_AT_MOST = 20
UNBROKEN_AT_LEAST = 3
ROUNDS_AT_MOST = 6


@dataclass
class Scene:
    """A mall whose API can lose its database, and goods to trade."""

    mall: Mall
    world: World
    article: Article

    def held(self) -> str:
        """The id of a fresh order on hold."""
        return str(self.mall.post("/orders", order(self.article.code)).json["id"])

    def shipped(self) -> str:
        """The id of a fresh order on its way."""
        from entrepot.trade import terms

        order_id = str(self.mall.post("/orders", order(self.article.code, mode="direct")).json["id"])
        ship = terms.Ship(int(order_id), self.article.supplier_id, "sf", f"SF{order_id}", STAFF)
        assert self.world.run(ship).is_accepted
        return order_id

    def bought(self) -> dict[str, Any]:
        """A fresh order of two pieces, paid and not sent."""
        return dict(self.mall.post("/orders", order(self.article.code, qty=2, mode="direct")).json)

    def aftersale(self) -> dict[str, Any]:
        """A wish to have one of two pieces back, which is granted at once."""
        wish = {"type": "refund", "reason": "other", "lines": [{"line": 1, "qty": 1}]}
        return wish | {"out_refund_no": self.world.name("R"), "out_order_no": self.bought()["out_order_no"]}

    def picture(self) -> bytes:
        """A picture no other is like."""
        buffer = io.BytesIO()
        colour = tuple(secrets.token_bytes(3))
        Image.new("RGB", (8, 8), (colour[0], colour[1], colour[2])).save(buffer, "PNG")
        return buffer.getvalue() + secrets.token_bytes(8)

    def batch(self, *, is_atomic: bool) -> dict[str, Any]:
        """A fresh batch of three."""
        orders = [order(self.article.code, mode="direct") for _ in range(3)]
        return {"out_batch_no": self.world.name("B"), "orders": orders, "atomic": is_atomic}


# What is sent; the same each time it is called. And what must be true of an answer that says it was done.
WRITES: dict[str, tuple[Callable[[Scene], tuple[str, Any]], Callable[[Any], bool]]] = {
    "hold": (lambda scene: ("/orders", order(scene.article.code, qty=2)), lambda body: body["state"] == "held"),
    "direct": (
        lambda scene: ("/orders", order(scene.article.code, qty=2, mode="direct")),
        lambda body: (body["state"], body["drawn"]) == ("confirmed", 2100),
    ),
    "confirm": (lambda scene: (f"/orders/{scene.held()}/confirm", {}), lambda body: body["state"] == "confirmed"),
    "cancel": (lambda scene: (f"/orders/{scene.held()}/cancel", {}), lambda body: body["state"] == "cancelled"),
    "receipt": (lambda scene: (f"/orders/{scene.shipped()}/receipt", {}), lambda body: body["state"] == "received"),
    "after-sale": (
        lambda scene: ("/aftersales", scene.aftersale()),
        lambda body: (body["state"], body["refunded"]) == ("done", 1050),
    ),
    "top-up": (
        lambda scene: ("/recharges", {"out_recharge_no": scene.world.name("C"), "amount": 5}),
        lambda body: body["state"] == "pending",
    ),
    "upload": (lambda scene: ("/uploads", scene.picture()), lambda body: body["media_type"] == "image/webp"),
    "address": (
        lambda scene: (f"/orders/{scene.bought()['id']}/address", {"consignee": CONSIGNEE | {"name": "黄蓉"}}),
        lambda body: body["version"] == 2,
    ),
    "batch": (
        lambda scene: ("/orders/batch", scene.batch(is_atomic=False)),
        lambda body: all(row["status"] in (200, 201) for row in body["results"]),
    ),
    "atomic batch": (
        lambda scene: ("/orders/batch", scene.batch(is_atomic=True)),
        lambda body: all(row["status"] in (200, 201) for row in body["results"]),
    ),
}


# What each write leaves one row of, besides orders, and the pieces it leaves drawn.
ROWS = {
    "after-sale": "select count(*) from aftersale_request where distributor_id = %s",
    "top-up": "select count(*) from recharge_topup where distributor_id = %s",
    "upload": "select count(*) from parties_upload where distributor_id = %s",
    "address": "select count(*) from events_event where type = 'order.address_changed' and distributor_id = %s",
}
AFTER = {"after-sale": 1, "address": 2}


@pytest.mark.parametrize("is_before", [True, False], ids=["before it arrives", "before its answer does"])
@pytest.mark.parametrize("write", WRITES)
def test_a_break_at_any_statement_is_healed_by_sending_again(
    wired: Wired, make_mall: MakeMall, world: World, write: str, is_before: bool
) -> None:
    scene = Scene(make_mall(funds_fen=10**7, port=wired.api.port), world, world.article(stock=10_000))
    prepare, is_done = WRITES[write]
    stride = 1 if write == "direct" else STRIDE
    sent = unheard = 0
    broken: list[bytes] = []
    for _ in range(ROUNDS_AT_MOST):
        at = unbroken = 0
        # Keys are looked up anew every two seconds, so the same statement is not always the n-th: go on a little.
        while unbroken < UNBROKEN_AT_LEAST:
            at, sent = at + 1, sent + 1
            path, content = prepare(scene)
            planned = wired.line.break_at(1 + (at - 1) * stride, is_before=is_before)
            first = scene.mall.post(path, content)
            wired.line.hold()
            unbroken = 0 if planned.has_happened else unbroken + 1
            broken += [planned.what] if planned.has_happened else []
            final = first if first.status < 300 else _sent_until_done(scene.mall, path, content)
            assert is_done(final.json), (sent, final)
            unheard += first.status >= 300 and "idempotent-replayed" in final.headers
            assert scene.mall.post(path, content).status == 200
            assert at < STATEMENTS_AT_MOST, "it never came through unbroken"
        assert len(broken) * stride >= 15, "it asks the database more than that"
        # For the same reason the very statement that commits can be missed in one round.
        if unheard or stride > 1 or is_before or "batch" in write:
            break
    else:
        pytest.fail(f"once at least it was done and only the answer was lost: {broken}")
    assert audit.faults(distributors=[scene.mall.party.pk], skus=[scene.article.sku_id]) == []
    _is_once(scene, write=write, times=sent)


def _sent_until_done(mall: Mall, path: str, content: Any) -> Reply:
    for _ in range(TRIES_AT_MOST):
        reply = mall.post(path, content)
        if reply.status < 300:
            return reply
        assert (reply.status, reply.code, reply.retry) == (503, "busy", "same"), reply
    raise AssertionError("sending again did not heal it")


def _is_once(scene: Scene, *, write: str, times: int) -> None:
    """Each write had its effect exactly once."""
    party = scene.mall.party
    if write in ROWS:
        assert rows(ROWS[write], party.pk) == [(times,)]
    if write in ("top-up", "upload"):
        assert scene.world.money(party) == (10**7, 0)
        return
    orders = scene.world.states(party)
    each = 3 if "batch" in write else 1
    assert sum(orders.values()) == times * each
    on_hand, reserved = scene.world.stock(scene.article)
    balance, held = scene.world.money(scene.mall.party)
    pieces = {"hold": 2, "direct": 2, "confirm": 1, "cancel": 0, "receipt": 0, **AFTER}.get(write, 3) * times
    assert reserved == pieces
    assert on_hand == 10_000 - (times if write == "receipt" else 0)
    drawn = {"hold": 0, "direct": 2, "confirm": 1, "cancel": 0, "receipt": 1, **AFTER}.get(write, 3) * times * 1050
    assert (balance, held) == (10**7 - drawn, 2 * times * 1050 if write == "hold" else 0)
