"""One number, one cause: one effect, however often and from wherever it is asked."""

import json
import os
import subprocess
import sys
from collections import Counter
from functools import partial
from typing import Any

import pytest

from entrepot.trade import terms
from entrepot_launch import roles
from tests import audit
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, count_retries, crew_of, linger, take_locks_off
from tests.world import STAFF, World, codes, rows

STORM = 50


def same_number(world: World, crew: Crew, *, stock: int, funds_fen: int) -> list[str]:
    """The same order 50 times at once. With stock or money for one only, the others still are that one."""
    mall = world.distributor(funds_fen=funds_fen)
    article = world.article(stock=stock)
    number = world.name("N")
    answers = crew.race(
        [partial(world.run, world.place_ask(mall, (article, 1), number=number, mode="direct")) for _ in range(STORM)]
    )
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    met = Counter(codes(answers))
    if met != {"ok": 1, "again": STORM - 1}:
        wrong.append(f"same number: {dict(met)}")
    if len({answer.order.id for answer in answers if answer.order}) != 1 or world.stock(article)[1] != 1:
        wrong.append("more than one order")
    return wrong


def other_content(world: World, crew: Crew) -> list[str]:
    """One number with four contents: the first wins, the other contents are refused, whatever is left in stock."""
    mall = world.distributor(funds_fen=100_000)
    article = world.article(stock=4)
    number = world.name("N")
    asks = [
        world.place_ask(mall, (article, 1 + n % 4), number=number, content=bytes([n % 4])) for n in range(crew.size)
    ]
    got = codes(crew.race([partial(world.run, ask) for ask in asks]))
    wrong = audit.faults(distributors=[mall.pk], skus=[article.sku_id])
    share = crew.size // 4
    met = Counter(got)
    if met != {"ok": 1, "again": share - 1, "number_reused_with_other_content": 3 * share}:
        wrong.append(f"four contents: {dict(met)}")
    return wrong


def same_cause(world: World, crew: Crew, *, amount_fen: int) -> list[str]:
    """One cause credits once; a debit that just fits is not refused because its own twin has already taken the money."""
    mall = world.distributor(funds_fen=1_000)
    cause = world.name("cause")
    kind = "top_up" if amount_fen > 0 else "adjustment"
    ask = terms.Credit(mall.pk, amount_fen, cause, STAFF, kind)
    met = Counter(codes(crew.race([partial(world.run, ask) for _ in range(crew.size)])))
    wrong = audit.faults(distributors=[mall.pk])
    if met != {"ok": 1, "again": crew.size - 1} or world.money(mall) != (1_000 + amount_fen, 0):
        wrong.append(f"same cause: {dict(met)}, {world.money(mall)}")
    return wrong


def same_restock(world: World, crew: Crew, *, qty: int) -> list[str]:
    """The same for pieces."""
    article = world.article(stock=10)
    ask = terms.Restock(article.code, article.warehouse_id, qty, world.name("cause"), STAFF)
    met = Counter(codes(crew.race([partial(world.run, ask) for _ in range(crew.size)])))
    wrong = audit.faults(skus=[article.sku_id])
    if met != {"ok": 1, "again": crew.size - 1} or world.stock(article) != (10 + qty, 0):
        wrong.append(f"same cause: {dict(met)}, {world.stock(article)}")
    return wrong


@pytest.mark.parametrize(("stock", "funds_fen"), [(100, 100_000), (1, 100_000), (100, 1_050)])
def test_a_number_is_one_order(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch, stock: int, funds_fen: int
) -> None:
    linger(monkeypatch, seed=seed)
    met = count_retries(monkeypatch)
    with crew_of(STORM) as crew:
        for _ in range(max(1, ROUNDS // 2)):
            assert same_number(world, crew, stock=stock, funds_fen=funds_fen) == []
    assert met == {}, "the number is looked up under the lock, so that nobody needs the constraint to tell him"


def test_a_number_is_saved_by_the_constraint_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    met = count_retries(monkeypatch)
    for _ in range(CONTROL_ROUNDS):
        assert same_number(world, crew, stock=100, funds_fen=100_000) == []
        if met["UniqueViolation"]:
            break
    assert met["UniqueViolation"], "no race seen"


def test_a_number_keeps_its_first_content(world: World, crew: Crew, lingering: int) -> None:
    for _ in range(ROUNDS):
        assert other_content(world, crew) == []


@pytest.mark.parametrize("amount_fen", [500, -1_000])
def test_a_cause_moves_money_once(world: World, crew: Crew, lingering: int, amount_fen: int) -> None:
    for _ in range(ROUNDS):
        assert same_cause(world, crew, amount_fen=amount_fen) == []


@pytest.mark.parametrize("qty", [5, -10])
def test_a_cause_moves_pieces_once(world: World, crew: Crew, lingering: int, qty: int) -> None:
    for _ in range(ROUNDS):
        assert same_restock(world, crew, qty=qty) == []


def test_a_cause_is_saved_by_the_constraint_without_locks(
    world: World, crew: Crew, lingering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_off(monkeypatch)
    met = count_retries(monkeypatch)
    for _ in range(CONTROL_ROUNDS):
        assert same_cause(world, crew, amount_fen=500) == []
        if met["UniqueViolation"]:
            break
    assert met["UniqueViolation"], "no race seen"


def test_two_processes_place_the_same_numbers(world: World, committed: roles.Access, seed: int) -> None:
    mall = world.distributor(funds_fen=1_000_000)
    articles = [world.article(stock=12) for _ in range(3)]
    errand = {
        "distributor_id": mall.pk,
        "mark": world.mark,
        "seed": seed,
        "orders": [[world.name("N"), articles[n % 3].code] for n in range(40)],
    }
    environment = os.environ | committed.environment()
    buyers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.races.buyer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    said = [_run(buyer, errand) for buyer in _ready(buyers)]
    answers = [json.loads(_finish(buyer)) for buyer in said]
    for ours, theirs in zip(*answers, strict=True):
        # Whoever comes second gets the first one's order, or the same refusal; never a refusal for an order that stands.
        assert {ours[0], theirs[0]} in ({"ok", "again"}, {"insufficient_stock"})
        assert ours[1] == theirs[1]
    assert sum(code == "ok" for answer in answers for code, _ in answer) == 36
    assert rows("select count(*) from orders_order where distributor_id = %s", mall.pk) == [(36,)]
    assert audit.faults(distributors=[mall.pk], skus=[article.sku_id for article in articles]) == []


def _ready(buyers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for buyer in buyers:
        assert buyer.stdout is not None
        assert buyer.stdout.readline() == "ready\n"
    return buyers


def _run(buyer: subprocess.Popen[str], errand: dict[str, Any]) -> subprocess.Popen[str]:
    assert buyer.stdin is not None
    buyer.stdin.write(json.dumps(errand) + "\n")
    buyer.stdin.flush()
    return buyer


def _finish(buyer: subprocess.Popen[str]) -> str:
    said, _ = buyer.communicate(timeout=240)
    assert buyer.returncode == 0
    return said
