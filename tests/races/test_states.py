"""Confirm, cancel, lapse, ship and refund meet on one order: each happens once, never two that exclude each other."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pytest

from entrepot.trade import terms
from tests import audit
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, sees, take_locks_off
from tests.world import STAFF, World, codes, rows

ORDERS = 6  # raced at once, in pairs of threads
# What confirm is answered, what the lapse is answered, and the state the order is in afterwards.
CONFIRMED_OR_LAPSED = {
    ("ok", "state_conflict", "confirmed"),
    ("state_conflict", "ok", "expired"),
    ("state_conflict", "again", "expired"),  # who comes too late to confirm lets it lapse himself
    ("state_conflict", "state_conflict", "expired"),  # the same, after a lapse that came too early
}


@dataclass
class End:
    """The moment at which something ends, known once all are there to meet at it."""

    at: float = 0.0

    def comes(self, moment: datetime) -> None:
        """It is this moment of the database's clock, which is this machine's."""
        self.at = time.monotonic() + moment.timestamp() - time.time()

    def meet(self, off_s: float, job: Callable[[], terms.Answer]) -> terms.Answer:
        """Do something so long after it, or before it."""
        time.sleep(max(0.0, self.at + off_s - time.monotonic()))
        return job()


def confirm_against_expiry(world: World, crew: Crew, *, seed: int) -> list[str]:
    """Confirm and lapse meet at the very instant a hold ends."""
    chance = random.Random(seed)
    mall = world.distributor(funds_fen=100_000)
    article = world.article(stock=100)
    orders = [world.place(mall, (article, 1)) for _ in range(ORDERS)]
    end = End()

    def at_start() -> None:
        world.let_lapse(*orders, in_s=0.03)
        ((moment,),) = rows("select max(held_until) from orders_order where distributor_id = %s", mall.pk)
        end.comes(moment)

    jobs: list[Callable[[], terms.Answer]] = []
    for order in orders:
        jobs.append(partial(end.meet, chance.uniform(-0.006, 0.002), partial(world.capture, order)))
        jobs.append(partial(end.meet, chance.uniform(-0.002, 0.006), partial(world.expire, order)))
    answers = crew.race(jobs, at_start=at_start)
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    for order, captured, expired in zip(orders, answers[::2], answers[1::2], strict=True):
        got = (*codes([captured, expired]), world.state(order))
        if got not in CONFIRMED_OR_LAPSED:
            wrong.append(f"order {order.id}: {got}")
    return wrong


def cancel_against_confirm(world: World, crew: Crew) -> list[str]:
    """Cancel and confirm meet: whoever is first is answered, the other hears of the conflict."""
    mall = world.distributor(funds_fen=100_000)
    article = world.article(stock=100)
    orders = [world.place(mall, (article, 1)) for _ in range(ORDERS)]
    answers = crew.race(
        [job for order in orders for job in (partial(world.cancel, order), partial(world.capture, order))]
    )
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    for order, cancelled, captured in zip(orders, answers[::2], answers[1::2], strict=True):
        got = codes([cancelled, captured])
        state = world.state(order)
        if (got, state) not in ((["ok", "state_conflict"], "cancelled"), (["state_conflict", "ok"], "confirmed")):
            wrong.append(f"order {order.id} is {state}: {got}")
    return wrong


def refunds(world: World, crew: Crew) -> list[str]:
    """Refunds of one order: one number 5 times, piece by piece, and of all that is left. Never more than was drawn."""
    mall = world.distributor(funds_fen=100_000, fee_rate_bps=333)
    article = world.article(stock=10, supply_price_fen=999)
    order = world.place(mall, (article, 10), mode="direct")
    once = world.name("R")
    jobs: list[Callable[[], terms.Answer]] = [
        partial(world.refund, order, pieces={1: 1}, number=once) for _ in range(5)
    ]
    jobs += [partial(world.refund, order, pieces={1: 1}) for _ in range(8)]
    jobs += [partial(world.refund, order) for _ in range(2)]
    answers = crew.race(jobs)
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    if world.money(mall) != (100_000, 0) or world.stock(article) != (10, 0) or world.state(order) != "refunded":
        wrong.append(f"refunds: {world.money(mall)}, {world.stock(article)}, {world.state(order)}, {codes(answers)}")
    if codes(answers[:5]).count("ok") > 1:
        wrong.append(f"refunds: one number, {codes(answers[:5])}")
    return wrong


def ship_against_refund(world: World, crew: Crew) -> list[str]:
    """Ten pieces; parcels of one piece and refunds of one piece compete for them."""
    mall = world.distributor(funds_fen=100_000)
    article = world.article(stock=10)
    order = world.place(mall, (article, 10), mode="direct")
    jobs: list[Callable[[], terms.Answer]] = []
    for _ in range(crew.size // 2):
        jobs += [partial(world.ship, order, pieces={1: 1}), partial(world.refund, order, pieces={1: 1})]
    got = codes(crew.race(jobs))
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    if got.count("ok") != 10 or world.state(order) != "shipped":
        wrong.append(f"10 pieces: {got}, {world.state(order)}")
    return wrong


def ends_of_life(world: World, crew: Crew) -> list[str]:
    """Receipt and completion, many times each: the supplier is owed once."""
    mall = world.distributor(funds_fen=100_000)
    article = world.article(stock=10, supply_price_fen=1000, supplier_price_fen=800)
    order = world.place(mall, (article, 2), mode="direct")
    world.ship(order)
    jobs = [partial(world.receive, order) for _ in range(5)] + [partial(world.complete, order) for _ in range(11)]
    got = codes(crew.race(jobs))
    got += codes([world.complete(order)])
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    if got[:5].count("ok") != 1 or got[5:].count("ok") != 1:
        wrong.append(f"ends: {got}")
    return wrong


# Each race with what its rows say when two of them happened.
RACES: dict[str, tuple[Callable[..., list[str]], str]] = {
    "cancel against confirm": (cancel_against_confirm, r"order \d+ is|holds|reserved|drawn"),
    "refunds": (refunds, r"refunds: |refunded|reserved|balance"),
    "ship against refund": (ship_against_refund, r"10 pieces: |shipped|reserved|on hand"),
    "receipt and completion": (ends_of_life, r"ends: |version|earned|clearing"),
}


def test_a_hold_is_confirmed_or_lapses(world: World, crew: Crew, lingering: int) -> None:
    for turn in range(ROUNDS):
        assert confirm_against_expiry(world, crew, seed=lingering + turn) == []


def test_a_hold_is_confirmed_and_lapses_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    assert any(
        sees(partial(confirm_against_expiry, world, crew, seed=lingering + turn), symptom=r"order \d+|holds|reserved")
        for turn in range(CONTROL_ROUNDS)
    ), "no race seen"


@pytest.mark.parametrize("race", RACES)
def test_one_of_them_happens(world: World, crew: Crew, lingering: int, race: str) -> None:
    for _ in range(ROUNDS):
        assert RACES[race][0](world, crew) == []


@pytest.mark.parametrize("race", RACES)
def test_two_of_them_happen_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch, race: str
) -> None:
    take_locks_off(monkeypatch)
    run, symptom = RACES[race]
    assert any(sees(partial(run, world, crew), symptom=symptom) for _ in range(CONTROL_ROUNDS)), "no race seen"


def release_against_capture(world: World, crew: Crew, *, seed: int) -> list[str]:
    """Top-ups, confirmations and the worker's release meet under the `check` policy; nobody who paid is dropped."""
    chance = random.Random(seed)
    mall = world.distributor(funds_policy="check", fee_rate_bps=0)
    article = world.article(stock=100, supply_price_fen=1000)
    orders = [world.place(mall, (article, 1)) for _ in range(10)]
    jobs: list[Callable[[], terms.Answer]] = [partial(world.capture, order) for order in orders]
    jobs += [partial(world.credit, mall, 2_000) for _ in range(3)]
    jobs += [partial(world.run, terms.Release(mall.pk)) for _ in range(3)]
    chance.shuffle(jobs)
    crew.race(jobs)
    world.run(terms.Release(mall.pk))
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    if world.states(mall) != {"confirmed": 6, "awaiting_funds": 4} or world.money(mall) != (0, 0):
        wrong.append(f"money for 6: {world.states(mall)}, {world.money(mall)}")
    world.run(terms.Credit(mall.pk, 4_000, world.name("credit"), STAFF))
    if world.states(mall) != {"confirmed": 10}:
        wrong.append(f"money for all: {world.states(mall)}")
    return wrong


def test_waiting_orders_go_on(world: World, crew: Crew, lingering: int) -> None:
    for turn in range(ROUNDS):
        assert release_against_capture(world, crew, seed=lingering + turn) == []


def test_waiting_orders_go_wrong_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    assert any(
        sees(
            partial(release_against_capture, world, crew, seed=lingering + turn),
            symptom=r"money for|waits|balance|drawn",
        )
        for turn in range(CONTROL_ROUNDS)
    ), "no race seen"
