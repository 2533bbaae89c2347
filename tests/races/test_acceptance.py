"""Accept, deadline, refusal, re-route, refund and parcel meet on one line at one instant: one of them decides."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from entrepot.trade import terms
from entrepot.trade.acceptances import Accept, CannotSupply, LapseAcceptance, Reroute, Substitute
from tests import audit
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, sees, take_locks_off
from tests.races.test_states import End
from tests.world import STAFF, World, codes, rows

ORDERS = 5
PIECES = 3


def at_the_deadline(world: World, crew: Crew, *, seed: int) -> list[str]:
    """Everything there is meets where the time of a line ends."""
    chance = random.Random(seed)
    mall, supplier = world.distributor(funds_fen=10**6), world.supplier()
    world.ask_first(supplier, minutes=60)
    article, stand_in = world.article(supplier=supplier, stock=50), world.article(stock=50)
    by = [Substitute(stand_in.code)]
    orders = [world.place(mall, (article, PIECES), mode="direct") for _ in range(ORDERS)]
    end = End()

    def at_start() -> None:
        for order in orders:
            world.let_time_pass(order, in_s=0.05)
        ((moment,),) = rows(
            "select min(accept_by) from orders_acceptance where order_id = any(%s)", [o.id for o in orders]
        )
        end.comes(moment)

    jobs: list[Callable[[], terms.Answer]] = []
    for order in orders:
        deeds: list[Callable[[], terms.Answer]] = [
            partial(world.run, Accept(order.id, supplier.pk, STAFF, [1])),
            partial(world.run, LapseAcceptance(order.id, 1, chance.choice(["refund", "reroute", "ask"]), by)),
            partial(world.run, CannotSupply(order.id, supplier.pk, [1], "refund", "断货", STAFF)),
            partial(world.run, Reroute(order.id, 1, stand_in.code, STAFF, "")),
            partial(world.refund, order, pieces={1: 1}),
            partial(world.ship, order, supplier_id=supplier.pk),
        ]
        jobs += [partial(end.meet, chance.uniform(-0.006, 0.006), deed) for deed in deeds]
    answers = crew.race(jobs, at_start=at_start)
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id, stand_in.sku_id])
    for place, order in enumerate(orders):
        wrong += _contradictions(world, order, codes(answers[place * 6 : place * 6 + 6]), supplier_id=supplier.pk)
    return wrong


def _contradictions(world: World, order: Any, got: list[str], *, supplier_id: int) -> list[str]:
    """Return what cannot be true together of one order after the race."""
    accepted, lapsed, refused, rerouted, _refunded, shipped = (code == "ok" for code in got)
    ((now_with, shipped_qty, refunded_qty),) = rows(
        "select supplier_id, shipped_qty, refunded_qty from orders_line where order_id = %s", order.id
    )
    ((word,),) = rows("select state from orders_acceptance where order_id = %s", order.id)
    ((former,),) = rows("select count(*) from orders_formerline where order_id = %s", order.id)
    wrong = []
    if accepted and lapsed:
        wrong.append("accepted and overdue")
    if lapsed and refused:
        wrong.append("overdue and refused in time")
    if shipped and (not accepted or rerouted or refused):
        wrong.append("shipped though not his to ship")
    if shipped_qty and refunded_qty == PIECES:
        wrong.append("shipped and refunded")
    if former > 1 or (former == 1) != (now_with != supplier_id):
        wrong.append(f"{former} times with others, now with {now_with}")
    if (word == "closed") != (refunded_qty == PIECES):
        wrong.append(f"{word} with {refunded_qty} pieces refunded")
    return [f"order {order.id}: {one}: {got}, {word}, {world.state(order)}" for one in wrong]


def refusals(world: World, crew: Crew, *, seed: int) -> list[str]:
    """One line is refused, lapsed and re-routed many times over: it is given back or handed on once."""
    del seed
    mall, supplier = world.distributor(funds_fen=10**6), world.supplier()
    world.ask_first(supplier, minutes=60)
    article, stand_in = world.article(supplier=supplier, stock=50), world.article(stock=4)
    orders = [world.place(mall, (article, 2), mode="direct") for _ in range(4)]
    by = {1: [Substitute(stand_in.code)]}
    jobs: list[Callable[[], terms.Answer]] = []
    for order in orders:
        jobs += [
            partial(world.run, CannotSupply(order.id, supplier.pk, [1], "reroute", "断货", STAFF, by)) for _ in range(3)
        ]
        jobs += [partial(world.run, Reroute(order.id, 1, stand_in.code, STAFF, "")) for _ in range(2)]
    crew.race(jobs)
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id, stand_in.sku_id])
    if world.stock(article) != (50, 0) or world.stock(stand_in) != (4, 4):
        wrong.append(f"pieces: {world.stock(article)}, {world.stock(stand_in)}")
    if world.states(mall) != {"confirmed": 2, "refunded": 2}:
        wrong.append(f"orders: {world.states(mall)}")
    return wrong


# Each race with what its rows say when two decided about one line.
RACES: dict[str, tuple[Callable[..., list[str]], str]] = {
    "deadline": (at_the_deadline, r"overdue|not his to ship|shipped|others|pieces refunded|reserved|version"),
    "refusals": (refusals, r"pieces: |orders: |reserved|refunded|version"),
}


@pytest.mark.parametrize("race", RACES)
def test_one_of_them_decides(world: World, crew: Crew, lingering: int, race: str) -> None:
    for turn in range(ROUNDS):
        assert RACES[race][0](world, crew, seed=lingering + turn) == []


@pytest.mark.parametrize("race", RACES)
def test_two_of_them_decide_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch, race: str
) -> None:
    take_locks_off(monkeypatch)
    run, symptom = RACES[race]
    assert any(
        sees(partial(run, world, crew, seed=lingering + turn), symptom=symptom) for turn in range(CONTROL_ROUNDS)
    ), "no race seen"
