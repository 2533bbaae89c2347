"""Many at once: a sell-out, and a mixed trade over few articles."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import pytest

from entrepot.parties.models import Distributor
from entrepot.trade import desk, terms
from entrepot.trade.books import OrderRow
from tests import audit
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, count_retries, crew_of, deadlocks, linger, shuffle_locks
from tests.world import STAFF, Article, World, codes

BUYERS = 500
WRITERS = 12
PATIENCE_S = 120.0
SECONDS = float(os.environ.get("ENTREPOT_RACE_SECONDS", "4"))


def test_500_buyers_100_pieces_money_for_60(world: World, crew: Crew, seed: int) -> None:
    mall = world.distributor(funds_fen=60 * 1_050)
    article = world.article(stock=100)
    jobs = [partial(world.run, world.place_ask(mall, (article, 1), mode="direct")) for _ in range(BUYERS)]
    assert Counter(codes(crew.race(jobs))) == {"ok": 60, "insufficient_balance": 440}
    assert world.money(mall) == (0, 0)
    assert world.stock(article) == (100, 60), "sold pieces stay reserved until they are shipped: 40 are left to sell"
    answers = desk.run([world.place_ask(mall, (article, 41)), world.place_ask(mall, (article, 40))])
    assert [[fault.refusal.code for fault in answer.faults] for answer in answers] == [
        ["insufficient_stock", "insufficient_balance"],
        ["insufficient_balance"],
    ]
    assert audit.faults(distributors=[mall.pk], skus=[article.sku_id]) == []


@dataclass
class Trade:
    """Writers that do whatever the desk can do, over the same few articles."""

    world: World
    malls: list[Distributor]
    articles: list[Article]
    seed: int
    until: float
    pools: list[tuple[Article, int]]
    wanted: set[str] = field(default_factory=set)
    orders: list[OrderRow] = field(default_factory=list)

    def write(self, writer: int) -> Counter[str]:
        """Go on until the time is over and what is wanted has been answered; return how often which answer was given."""
        chance = random.Random(self.seed * 100 + writer)
        met: Counter[str] = Counter()
        while time.monotonic() < self.until + (PATIENCE_S if self.wanted else 0):
            asks = [self._ask(chance) for _ in range(chance.choice([1, 1, 1, 3]))]
            for ask, answer in zip(asks, desk.run(asks), strict=True):
                said = f"{type(ask).__name__} {codes([answer])[0]}"
                met[said] += 1
                self.wanted.discard(said)
                if isinstance(ask, terms.Place) and answer.order and not answer.is_replay:
                    self.orders.append(answer.order)
        return met

    def _ask(self, chance: random.Random) -> terms.Ask:
        if not self.orders or chance.random() < 0.45:
            lines = [(chance.choice(self.articles), chance.randint(1, 2)) for _ in range(5)]
            return self.world.place_ask(chance.choice(self.malls), *lines, mode=chance.choice(["hold", "direct"]))
        order = chance.choice(self.orders)
        choices: list[Callable[[], terms.Ask]] = [
            lambda: terms.Capture(order.id, STAFF),
            lambda: terms.Cancel(order.id, STAFF),
            lambda: terms.Expire(order.id),
            lambda: terms.Ship(order.id, chance.choice(sorted(order.supply_orders)), "sf", self.world.name("P"), STAFF),
            lambda: terms.Receive(order.id, STAFF),
            lambda: terms.Complete(order.id, STAFF),
            lambda: terms.RefundBeforeShipping(
                order.id, self.world.name("R"), STAFF, "storm", chance.choice([{}, {1: 1}, {2: 1, 4: 1}])
            ),
            lambda: terms.Credit(order.distributor_id, 50_000, self.world.name("credit"), STAFF),
            lambda: terms.Release(order.distributor_id),
            lambda: terms.SetCreditLimit(order.distributor_id, chance.choice([0, 10_000, 50_000]), STAFF),
            lambda: self._restock(chance),
            lambda: self._allot(chance),
        ]
        return chance.choice(choices)()

    def _restock(self, chance: random.Random) -> terms.Restock:
        article = chance.choice(self.articles)
        pieces = chance.choice([-1, 3, 5])
        return terms.Restock(article.code, article.warehouse_id, pieces, self.world.name("stock"), STAFF)

    def _allot(self, chance: random.Random) -> terms.Allot:
        article, allotment_id = chance.choice(self.pools)
        pieces = chance.choice([-2, 1, 3])
        return terms.Allot(article.code, article.warehouse_id, allotment_id, pieces, self.world.name("allot"), STAFF)


def trade(world: World, *, seed: int, seconds: float, articles: int, wanted: Iterable[str] = ()) -> Counter[str]:
    """Let 12 writers trade for some seconds and until these answers were given; every contradiction of the rows fails."""
    malls = [world.distributor(funds_fen=2_000_000, funds_policy=["hold", "check"][n % 2]) for n in range(4)]
    suppliers = [world.supplier() for _ in range(5)]
    goods = [world.article(supplier=suppliers[n % 5], stock=60, supplier_price_fen=700) for n in range(articles)]
    pools = _pools(world, malls, goods)
    market = Trade(world, malls, goods, seed, time.monotonic() + seconds, pools, set(wanted))
    with crew_of(WRITERS) as crew:
        mets = crew.race([partial(market.write, writer) for writer in range(WRITERS)])
    met = sum(mets, Counter[str]())
    print(dict(met))
    assert audit.faults(distributors=[mall.pk for mall in malls], skus=[article.sku_id for article in goods]) == []
    return met


def _pools(world: World, malls: list[Distributor], goods: list[Article]) -> list[tuple[Article, int]]:
    """Let some articles lie in two warehouses, and others be set apart for a mall or a tier, some up to a cap."""
    for article in goods[::4]:
        world.restock(article, 20, warehouse_id=world.warehouse(article))
    pools = [(article, world.allotment(article, distributor=malls[0], pieces=10, cap=30).pk) for article in goods[1::4]]
    pools += [
        (article, world.allotment(article, tier=malls[1].tier, pieces=10, buffer=2).pk) for article in goods[2::4]
    ]
    return pools


def test_12_writers_meet_no_deadlock(world: World, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    linger(monkeypatch, seed=seed, up_to_s=0.002)
    met = count_retries(monkeypatch)
    verbs = ("Place", "Capture", "Cancel", "Ship", "RefundBeforeShipping", "Credit", "Restock", "Allot")
    wanted = [f"{verb} ok" for verb in verbs]
    answers = trade(world, seed=seed, seconds=SECONDS, articles=50, wanted=wanted)
    assert met == {}, "locks are taken in one order, so nobody is ever asked to try again"
    assert [verb for verb in wanted if not answers[verb]] == [], f"never succeeded: {dict(answers)}"


class Crowd:
    """Buyers with a purse each who all want the same articles at once: none waits for another but for the goods."""

    def __init__(self, world: World, *, buyers: int) -> None:
        self.world = world
        self.malls = [world.distributor(funds_fen=10**7) for _ in range(buyers)]
        self.articles = [world.article(stock=100_000) for _ in range(8)]

    def buy(self, crew: Crew) -> None:
        """Everybody buys once; the rows are right afterwards."""
        lines = [(article, 1) for article in self.articles]
        asks = [self.world.place_ask(mall, *lines, mode="direct") for mall in self.malls]
        try:
            crew.race([partial(self.world.run, ask) for ask in asks])
        finally:
            skus = [article.sku_id for article in self.articles]
            assert audit.faults(distributors=[mall.pk for mall in self.malls], skus=skus) == []


def test_a_crowd_for_the_same_articles_meets_no_deadlock(world: World, crew: Crew, lingering: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        met, crowd = count_retries(patch), Crowd(world, buyers=WRITERS)
        for _ in range(4 * ROUNDS):
            crowd.buy(crew)
    assert met == {}, "locks are taken in one order, so nobody is ever asked to try again"


def test_a_crowd_meets_deadlocks_without_an_order_of_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    met, crowd = count_retries(monkeypatch), Crowd(world, buyers=3)
    shuffle_locks(monkeypatch)
    for _ in range(CONTROL_ROUNDS):
        with suppress(desk.Busy):  # who meets one deadlock after the other is told to ask again
            crowd.buy(crew)
        if deadlocks(met):
            break
    assert deadlocks(met), "no deadlock seen"


def test_levels_are_opened_without_a_deadlock(world: World, crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """First deliveries of the same articles, named in every order."""
    met = count_retries(monkeypatch)
    for turn in range(3):
        articles = [world.article() for _ in range(6)]
        asks = [
            [
                terms.Restock(article.code, article.warehouse_id, 1, world.name("stock"), STAFF)
                for article in random.Random(turn * 100 + hand).sample(articles, len(articles))
            ]
            for hand in range(crew.size)
        ]
        crew.race([partial(desk.run, batch) for batch in asks])
        assert {world.stock(article) for article in articles} == {(crew.size, 0)}
        assert audit.faults(skus=[article.sku_id for article in articles]) == []
    assert met == {}
