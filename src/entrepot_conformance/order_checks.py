"""Checks of how a mall orders: what it does after each kind of answer to POST /orders."""

import time
from collections.abc import Callable
from typing import Any

from entrepot_conformance.kit import Failed, Kit
from entrepot_conformance.platform import problem
from entrepot_conformance.wire import Reply

HASTY_TRIES = 3
RETRY_AFTER_S = 2


class Once:
    """Answers the first `times` attempts of an order instead of the platform, and counts them all."""

    def __init__(self, reply: Callable[[dict[str, Any]], Reply], *, times: int = 1) -> None:
        self._reply, self._times = reply, times
        self.contents: list[dict[str, Any]] = []
        self.at: list[float] = []

    def __call__(self, wanted: dict[str, Any]) -> Reply | None:
        """Return the answer, None once it has been given often enough."""
        self.contents.append(wanted)
        self.at.append(time.monotonic())
        return self._reply(wanted) if len(self.contents) <= self._times else None

    @property
    def numbers(self) -> set[str]:
        """The numbers the attempts went by."""
        return {str(one.get("out_order_no")) for one in self.contents}


def busy(kit: Kit) -> None:
    """After 503 the same order is sent again under the same number, with the same content."""
    met = Once(lambda _wanted: problem(503, "busy", retry="same", headers={"Retry-After": "1"}))
    number = kit.buy(on_order=met)
    _comes_again(kit, met)
    if met.numbers != {number}:
        raise Failed(f"after 503 the order was sent under another number: {sorted(met.numbers)}")
    if met.contents[0] != met.contents[1]:
        raise Failed("after 503 the order was sent with other content")
    _is_placed(kit, number)


def lost_answer(kit: Kit) -> None:
    """An order whose answer was lost is asked for by the same number: it exists once, and the mall knows it."""
    began = time.monotonic()

    def place_and_hang_up(wanted: dict[str, Any]) -> Reply:
        kit.platform.place(wanted)
        return Reply(is_lost=True)

    met = Once(place_and_hang_up)
    number = kit.buy(on_order=met)
    kit.until(
        lambda: len(met.contents) >= 2 or _has_looked(kit, number, since=began),
        what="after an answer was lost the mall neither sent the order again nor asked for it",
    )
    if met.numbers != {number}:
        raise Failed(f"after an answer was lost the order was sent under another number: {sorted(met.numbers)}")
    _is_placed(kit, number)


def _has_looked(kit: Kit, number: str, *, since: float) -> bool:
    with kit.platform.lock:
        return any(
            one.path.endswith(f"/orders/by-out-no/{number}") and one.at > since for one in kit.platform.fake.seen
        )


def retry_after(kit: Kit) -> None:
    """After 429 the mall waits as long as Retry-After says."""
    met = Once(lambda _wanted: problem(429, "rate_limited", retry="same", headers={"Retry-After": str(RETRY_AFTER_S)}))
    number = kit.buy(on_order=met)
    _comes_again(kit, met)
    waited_s = met.at[1] - met.at[0]
    if waited_s < RETRY_AFTER_S - 0.1:
        raise Failed(f"Retry-After asked for {RETRY_AFTER_S} s and the mall came back after {waited_s:.1f} s")
    _is_placed(kit, number)


def price_changed(kit: Kit) -> None:
    """After price_changed the mall orders at the new price under the same number, or gives the order up."""
    kit.sync()
    kit.platform.put("4", skus={"SKU-4": (4000, 50)}, version=2)
    kit.sync()
    told: list[dict[str, Any]] = []

    def moved(wanted: dict[str, Any]) -> Reply | None:
        told.append(wanted)
        line = wanted["lines"][0]
        if line.get("expected_price") == 4100:
            return None
        kit.platform.put("4", skus={"SKU-4": (4100, 50)}, version=3)
        facts = {"sku": "SKU-4", "old": line.get("expected_price"), "new": 4100}
        pointer = "/lines/0/expected_price"
        return problem(409, "price_changed", retry="after_action", pointer=pointer, facts=facts)

    number = kit.buy(sku="SKU-4", on_order=moved)
    kit.until(lambda: _is_over(kit, number), what="after price_changed the order neither went through nor was given up")
    if len({str(one["out_order_no"]) for one in told}) != 1:
        raise Failed("after price_changed the order was sent under another number")
    prices = [one["lines"][0].get("expected_price") for one in told]
    if prices.count(prices[0]) > 1 and prices[0] is not None:
        raise Failed(f"after price_changed the order was sent at the old price again: {prices}")


def _is_over(kit: Kit, number: str) -> bool:
    found = kit.order(number)
    return bool(found.get("order_id")) or found.get("state") in ("refused", "failed", "cancelled")


def insufficient_balance(kit: Kit) -> None:
    """After insufficient_balance the mall waits for `balance.credited` and sends the same number again."""
    is_poor = [True]

    def poor(_wanted: dict[str, Any]) -> Reply | None:
        facts = {"needed": 1000, "available": 0}
        return problem(409, "insufficient_balance", retry="after_action", facts=facts) if is_poor else None

    number = kit.buy(on_order=poor)
    kit.until(lambda: bool(kit.platform.attempts(number)), what="the order was never sent")
    time.sleep(0.5)
    if len(kit.platform.attempts(number)) > HASTY_TRIES:
        raise Failed("insufficient_balance is `after_action`: to send again before a top-up helps nobody")
    is_poor.clear()
    credited = {"object": "balance", "id": "42", "version": 2, "amount": 100_000, "balance": 100_000, "held": 0}
    credited |= {"credit_limit": 0, "text": "1,000.00"}
    kit.heard(kit.platform.note("balance.credited", data=credited))
    kit.until(
        lambda: number in kit.platform.fake.orders,
        what="after balance.credited the order was not sent again under its number",
    )


def never(kit: Kit) -> None:
    """A refusal with `retry: never` is the last word."""
    met = Once(lambda _wanted: problem(409, "product_delisted", pointer="/lines/0/sku"), times=1000)
    number = kit.buy(on_order=met)
    kit.until(lambda: bool(met.contents), what="the order was never sent")
    time.sleep(0.6)
    if len(met.contents) > 1:
        raise Failed(f"product_delisted says `never`, and the order was sent {len(met.contents)} times")
    if kit.order(number).get("order_id"):
        raise Failed("the mall shows a refused order as placed")


def _comes_again(kit: Kit, met: Once) -> None:
    kit.until(lambda: len(met.contents) >= 2, what="the order was not sent again although the answer said `same`")


def _is_placed(kit: Kit, number: str) -> None:
    kit.until(lambda: bool(kit.order(number).get("order_id")), what=f"the mall does not know that {number} was placed")
    if number not in kit.platform.fake.orders:
        raise Failed(f"the mall says {number} was placed, and it was not")


ORDER_CHECKS: tuple[tuple[str, tuple[str, str], Callable[[Kit], None]], ...] = (
    ("orders.busy", ("503 后同号重发", "keeps the number after 503"), busy),
    ("orders.lost_answer", ("回答丢失后同号查询或重发", "heals a lost answer by the number"), lost_answer),
    ("orders.retry_after", ("限流时按 Retry-After 等待", "waits for Retry-After"), retry_after),
    ("orders.price_changed", ("处理协议价变动", "handles price_changed"), price_changed),
    ("orders.insufficient_balance", ("充值后同号重发", "sends again after a top-up"), insufficient_balance),
    ("orders.never", ("不可重试的不再发", "takes `never` for the last word"), never),
)
