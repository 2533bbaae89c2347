"""Many buyers for the last unit, the last fen, the last of a cap."""

import random
from functools import partial

import pytest

from entrepot.trade import desk, terms
from tests import audit
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, take_locks_off
from tests.world import STAFF, World, codes

BUYERS = 16


def last_unit(world: World, crew: Crew, *, pieces: int = 1) -> list[str]:
    """Buyers of four malls want one piece each of an article with fewer; return what is wrong afterwards."""
    malls = [world.distributor(funds_fen=100_000) for _ in range(4)]
    article = world.article(stock=pieces)
    asks = [world.place_ask(malls[n % 4], (article, 1), mode="direct" if n % 3 else "hold") for n in range(BUYERS)]
    answers = crew.race([partial(world.run, ask) for ask in asks])
    got = codes(answers)
    wrong = audit.faults(distributors=[mall.pk for mall in malls], skus=[article.sku_id])
    if got.count("ok") != pieces or got.count("insufficient_stock") != BUYERS - pieces:
        wrong.append(f"{pieces} pieces: {got}")
    return wrong


def last_fen(world: World, crew: Crew) -> list[str]:
    """Orders over different articles meet on one balance that reaches for two of them, to the fen."""
    mall = world.distributor(funds_fen=2_100, fee_rate_bps=500)
    articles = [world.article(stock=5, supply_price_fen=1000) for _ in range(BUYERS)]
    modes = ["direct", "hold"]
    asks = [world.place_ask(mall, (article, 1), mode=modes[n % 2]) for n, article in enumerate(articles)]
    got = codes(crew.race([partial(world.run, ask) for ask in asks]))
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id for article in articles])
    balance, held = world.money(mall)
    if got.count("ok") != 2 or got.count("insufficient_balance") != BUYERS - 2 or balance != held:
        wrong.append(f"money for 2: {got}, balance {balance}, held {held}")
    return wrong


def last_of_cap(world: World, crew: Crew) -> list[str]:
    """A distributor may take 5 of plenty, from his own pool first; another is not limited by that."""
    mall, other = world.distributor(funds_fen=1_000_000), world.distributor(funds_fen=1_000_000)
    article = world.article(stock=100)
    world.allotment(article, distributor=mall, pieces=3, cap=5)
    asks = [world.place_ask(mall if n % 2 else other, (article, 1)) for n in range(BUYERS)]
    got = codes(crew.race([partial(world.run, ask) for ask in asks]))
    wrong = audit.faults(distributors=[mall.pk, other.pk], skus=[article.sku_id])
    if got[1::2].count("ok") != 5 or got[0::2].count("ok") != BUYERS // 2:
        wrong.append(f"cap 5: {got}")
    return wrong


def limit_moves(world: World, crew: Crew, *, seed: int) -> list[str]:
    """The credit limit goes up and down while orders spend it."""
    chance = random.Random(seed)
    mall = world.distributor(credit_limit_fen=3_000, fee_rate_bps=0)
    articles = [world.article(stock=50, supply_price_fen=1000) for _ in range(4)]
    jobs = []
    for n in range(24):
        if n % 4 == 0:
            limit = chance.choice([0, 1_000, 2_000, 3_000, 5_000])
            jobs.append(partial(world.run, terms.SetCreditLimit(mall.pk, limit, STAFF)))
        else:
            jobs.append(partial(world.run, world.place_ask(mall, (chance.choice(articles), 1), mode="direct")))
    crew.race(jobs)
    return audit.faults(distributors=[mall.pk], skus=[article.sku_id for article in articles])


@pytest.mark.parametrize("pieces", [1, 7])
def test_the_last_unit_is_sold_once(world: World, crew: Crew, lingering: int, pieces: int) -> None:
    for _ in range(ROUNDS):
        assert last_unit(world, crew, pieces=pieces) == []


def test_the_last_unit_is_oversold_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    assert any("1 pieces" in wrong for _ in range(CONTROL_ROUNDS) for wrong in last_unit(world, crew)), "no race seen"


def test_the_last_fen_is_spent_once(world: World, crew: Crew, lingering: int) -> None:
    for _ in range(ROUNDS):
        assert last_fen(world, crew) == []


def test_the_last_fen_is_overspent_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    assert any("money for 2" in wrong for _ in range(CONTROL_ROUNDS) for wrong in last_fen(world, crew)), "no race seen"


def test_a_cap_holds(world: World, crew: Crew, lingering: int) -> None:
    for _ in range(ROUNDS):
        assert last_of_cap(world, crew) == []


def test_a_cap_breaks_without_locks(world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_locks_off(monkeypatch)
    assert any("cap 5" in wrong for _ in range(CONTROL_ROUNDS) for wrong in last_of_cap(world, crew)), "no race seen"


def test_a_credit_limit_moves_under_way(world: World, crew: Crew, lingering: int) -> None:
    for turn in range(ROUNDS):
        assert limit_moves(world, crew, seed=lingering + turn) == []


def test_batches_race_like_single_asks(world: World, crew: Crew, lingering: int) -> None:
    for _ in range(ROUNDS):
        mall = world.distributor(funds_fen=60_000, fee_rate_bps=0)
        article = world.article(stock=100, supply_price_fen=1000)
        batches = [[world.place_ask(mall, (article, 1), mode="direct") for _ in range(9)] for _ in range(BUYERS)]
        answers = [answer for batch in crew.race([partial(desk.run, batch) for batch in batches]) for answer in batch]
        assert codes(answers).count("ok") == 60
        assert codes(answers).count("insufficient_balance") == BUYERS * 9 - 60
        assert world.money(mall) == (0, 0)
        assert world.stock(article) == (100, 60)
        assert audit.faults(distributors=[mall.pk], skus=[article.sku_id]) == []


def test_all_or_none_takes_all_or_none(world: World, crew: Crew, lingering: int) -> None:
    for _ in range(ROUNDS):
        mall = world.distributor(funds_fen=1_000_000, fee_rate_bps=0)
        left, right = world.article(stock=10), world.article(stock=10)
        batches = [[world.place_ask(mall, (article, 1)) for article in (left, right, left)] for _ in range(BUYERS)]
        for answers in crew.race([partial(desk.run_together, batch) for batch in batches]):
            assert set(codes(answers)) in ({"ok"}, {"batch_refused", "insufficient_stock"})
        assert (world.stock(left), world.stock(right)) == ((10, 10), (10, 5))
        assert audit.faults(distributors=[mall.pk], skus=[left.sku_id, right.sku_id]) == []
