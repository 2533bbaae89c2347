"""Bugs that only others at the same moment show, and bugs on the way to the tables."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from entrepot.trade import apply, snapshot, terms
from entrepot.trade.sql import SQL
from entrepot_launch import roles
from tests import audit
from tests.mutants.planting import Mutant, turns_red
from tests.races import test_last, test_once, test_states, test_storm, test_waiting
from tests.races.crew import Crew, count_retries, crew_of, linger, shuffle_locks, take_locks_off
from tests.world import World, taken

ROUNDS = 150  # a bug is found as soon as one round goes wrong
_JOINED = """
select o.id, o.distributor_id, o.out_order_no, o.state, o.mode, o.hold_minutes, o.held_until, o.fee_rate_bps,
       o.goods_amount_fen, o.freight_fen, o.total_fen, o.held_fen, o.drawn_fen, o.refunded_fen, o.version,
       o.content_hash, o.remark, o.created_at, o.confirmed_at, o.shipped_at, o.received_at, o.completed_at, o.closed_at
from orders_order o
where o.id in (
    select unnest(%(order_ids)s::bigint[])
    union all
    select w.id from orders_order w where w.state = 'awaiting_funds' and w.distributor_id = any(%(credited)s::bigint[])
)
order by o.id for update of o"""


def clean(race: Callable[..., list[str]], *, rounds: int, **more: Any) -> Callable[[World, Crew], None]:
    """A check that lets a race happen some rounds and wants nothing to be wrong."""

    def check(world: World, crew: Crew) -> None:
        for _ in range(rounds):
            assert race(world, crew, **more) == []

    return check


def reads_before_locks(patch: pytest.MonkeyPatch) -> None:
    """Look numbers and causes up first and lock then."""
    locking, plain = snapshot._locking, snapshot._plain

    def first(wanted: Any, order_ids: Any, *, suppliers: Any) -> Any:
        return [statement for statement in plain(wanted, order_ids) if statement[0] != "now"]

    def then(wanted: Any, order_ids: Any) -> Any:
        return [*locking(wanted, order_ids, suppliers=[]), ("now", {})]

    patch.setattr(snapshot, "_locking", first)
    patch.setattr(snapshot, "_plain", then)


def joined_subquery(patch: pytest.MonkeyPatch) -> None:
    """Lock orders through a subquery that is joined in."""
    patch.setitem(SQL, "lock_orders", _JOINED)


def without(name: str, pattern: str, by: str = "") -> Callable[[pytest.MonkeyPatch], None]:
    """Plant a change in a statement."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        spoiled = re.sub(pattern, by, SQL[name])
        assert spoiled != SQL[name], f"{name} has no {pattern} any more: plant this bug elsewhere"
        patch.setitem(SQL, name, spoiled)

    return plant


def unwritten(part: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Plant that a part of what was decided is not written."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        assert hasattr(apply, part), f"apply has no {part} any more: plant this bug elsewhere"
        patch.setattr(apply, part, lambda books: iter(()))

    return plant


def no_deadlock(world: World, crew: Crew) -> None:
    """A crowd for the same articles is never asked to try again."""
    with pytest.MonkeyPatch.context() as patch:
        linger(patch, seed=7, up_to_s=0.002)
        met = count_retries(patch)
        crowd = test_storm.Crowd(world, buyers=3)
        for _ in range(ROUNDS):
            crowd.buy(crew)
            assert met == {}


def one_of_everything(world: World, crew: Crew | None) -> None:
    """One order of two lines through its whole life, and what the rows say of it."""
    mall = world.distributor(funds_fen=100_000)
    articles = [world.article(stock=10, supplier_price_fen=800) for _ in range(2)]
    lapsed, cancelled, order = (world.place(mall, *((article, 2) for article in articles)) for _ in range(3))
    world.place(mall, (articles[0], 1))  # stays held
    world.let_lapse(lapsed)
    for answer in (world.expire(lapsed), world.cancel(cancelled), world.capture(order)):
        taken(answer)
    taken(world.refund(order, pieces={1: 1, 2: 1}))
    for article in articles:
        taken(world.ship(order, supplier_id=article.supplier_id))
    for answer in (world.receive(order), world.complete(order)):
        taken(answer)
    world.credit(mall, -100)
    world.restock(articles[0], 5)
    assert audit.faults(distributors=[mall.pk], skus=[article.sku_id for article in articles]) == []
    assert world.run(terms.Complete(order.id, "system")).is_replay
    assert world.money(mall) == (100_000 - 2 * 1_050 - 100, 1_050)


def no_row_lost(world: World, crew: Crew, *, committed: roles.Access) -> None:
    """The check of waiting for one statement."""
    test_waiting.test_no_row_is_lost_by_waiting_for_it(world, committed, "lock_orders")


MUTANTS = [
    Mutant("no locks and the last unit", (1,), take_locks_off, clean(test_last.last_unit, rounds=ROUNDS)),
    Mutant("no locks and the last fen", (2,), take_locks_off, clean(test_last.last_fen, rounds=ROUNDS)),
    Mutant(
        "no locks on levels",
        (1,),
        without("lock_levels_of_skus", " for update of l"),
        clean(test_last.last_unit, rounds=ROUNDS),
    ),
    Mutant(
        "no locks on accounts",
        (2,),
        without("lock_accounts", " for update of a"),
        clean(test_last.last_fen, rounds=ROUNDS),
    ),
    Mutant(
        "no locks on orders",
        (6, 7),
        without("lock_orders", " for update of o"),
        clean(test_states.cancel_against_confirm, rounds=ROUNDS),
    ),
    Mutant(
        "no locks on allotments",
        (1,),
        without("lock_allotments_of_skus", " for update of a"),
        clean(test_last.last_of_cap, rounds=ROUNDS),
    ),
    Mutant(
        "numbers looked up before the locks",
        (5,),
        reads_before_locks,
        clean(partial(test_once.same_number, stock=1, funds_fen=100_000), rounds=ROUNDS),
    ),
    Mutant(
        "causes looked up before the locks",
        (5,),
        reads_before_locks,
        clean(partial(test_once.same_cause, amount_fen=-1_000), rounds=ROUNDS),
    ),
    Mutant("locks in any order", (14,), shuffle_locks, no_deadlock),
    Mutant("orders locked through a joined subquery", (6,), joined_subquery, no_row_lost),
    # what is decided and not written
    Mutant("levels not written", (1, 3), unwritten("_stock"), one_of_everything),
    Mutant("money not written", (2, 3), unwritten("_money"), one_of_everything),
    Mutant("facts not written", (28,), unwritten("_events"), one_of_everything),
    Mutant("parcels not written", (5,), unwritten("_parcels"), one_of_everything),
    Mutant("refunds not written", (7,), unwritten("_refunds"), one_of_everything),
    Mutant("reserved not written", (1,), without("update_levels", r", reserved = t\.reserved"), one_of_everything),
    Mutant("held not written", (2,), without("update_accounts", r", held_fen = t\.held_fen"), one_of_everything),
    Mutant("state not written", (6,), without("update_orders", r"state = t\.state, "), one_of_everything),
    Mutant(
        "pieces given back not written",
        (7,),
        without("update_lines", r", refunded_qty = t\.refunded_qty"),
        one_of_everything,
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(
    world: World, committed: roles.Access, mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = partial(no_row_lost, committed=committed) if mutant.check is no_row_lost else mutant.check
    linger(monkeypatch, seed=1)
    mutant.plant(monkeypatch)
    with crew_of(16) as crew:
        print(turns_red(check, world, crew))


def test_one_of_everything_is_green_without_a_bug(world: World) -> None:
    one_of_everything(world, crew=None)
