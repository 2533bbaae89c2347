"""The desk among strangers: one bad ask harms only itself, a preview leaves nothing, no scope is needed or lent."""

import time
from typing import Any

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

from entrepot.base import scope
from entrepot.trade import desk, terms
from entrepot_launch import roles
from tests import audit
from tests.world import STAFF, World, codes, rows


def bad_asks(world: World) -> list[tuple[str, terms.Ask]]:
    """Asks that no door lets through, and the error each ends in when it is alone."""
    mall = world.distributor(funds_fen=10**9, fee_rate_bps=0)
    article = world.article(stock=10)
    nul = world.place_ask(mall, (article, 1))
    nul.remark = "a\x00b"
    long = world.place_ask(mall, (article, 1), number="N" * 65)
    unknown = world.place_ask(mall, (article, 1))
    unknown.lines[0].sku = "\x00"
    return [
        ("a NUL byte in a remark", nul),
        ("a number longer than its column", long),
        ("a NUL byte in a SKU", unknown),
        ("an order id beyond every id", terms.Capture(2**70, STAFF)),
    ]


def test_one_bad_ask_fails_alone(world: World) -> None:
    mall = world.distributor(funds_fen=10_500)
    article = world.article(stock=10)
    for what, bad in bad_asks(world):
        good = [world.place_ask(mall, (article, 1), mode="direct") for _ in range(2)]
        outcomes = desk.run_each([good[0], bad, good[1]])
        assert isinstance(outcomes[1], DataError), what
        assert [outcome.is_accepted for outcome in (outcomes[0], outcomes[2])] == [True, True], what
    assert world.money(mall) == (10_500 - 8 * 1_050, 0)
    assert world.stock(article) == (10, 8)
    assert audit.faults(distributors=[mall.pk], skus=[article.sku_id]) == []


def test_run_raises_what_failed_after_the_others_are_done(world: World) -> None:
    mall = world.distributor(funds_fen=10_500)
    article = world.article(stock=10)
    _, bad = bad_asks(world)[0]
    with pytest.raises(DataError):
        desk.run([bad, world.place_ask(mall, (article, 1))])
    assert world.stock(article) == (10, 1)


def test_a_row_locked_by_a_stranger_stops_only_those_who_need_it(world: World, committed: roles.Access) -> None:
    mall, other = world.distributor(funds_fen=10_000), world.distributor(funds_fen=10_000)
    article = world.article(stock=10)
    asks = [world.place_ask(party, (article, 1)) for party in (other, mall, other, mall, other)]
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute("select from ledger_account where distributor_id = %s for update", [mall.pk])
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '2s'")
        began = time.monotonic()
        outcomes = desk.run_each(asks)
        took_s = time.monotonic() - began
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '5s'")
    assert [isinstance(outcome, desk.Busy) for outcome in outcomes] == [False, True, False, True, False]
    assert took_s < 5, "once the batch has waited the blocked ones do not: they would for two seconds each"
    assert world.stock(article) == (10, 3)
    assert desk.run_each(asks[1:2])[0].is_accepted


def test_a_lost_connection_is_made_anew(world: World, committed: roles.Access) -> None:
    mall = world.distributor(funds_fen=10_000)
    article = world.article(stock=10)
    ((process_id,),) = rows("select pg_backend_pid()")
    with psycopg.connect(committed.admin_url, autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [process_id])
    with pytest.raises((OperationalError, InterfaceError)):
        world.place(mall, (article, 1))
    world.place(mall, (article, 1))
    assert world.stock(article) == (10, 1)


def test_a_preview_leaves_nothing(world: World, admin: psycopg.Connection[Any]) -> None:
    """Not even the accounts and levels that a first trade opens."""
    newcomer, mall = world.distributor(), world.distributor(funds_fen=10_000)
    article, fresh = world.article(stock=5), world.article()
    asks: list[terms.Ask] = [
        world.place_ask(newcomer, (article, 1)),
        world.place_ask(mall, (article, 2), mode="direct"),
        world.place_ask(mall, (article, 4)),
        terms.Restock(fresh.code, fresh.warehouse_id, 5, world.name("stock"), STAFF),
        terms.Credit(newcomer.pk, 100, world.name("credit"), STAFF),
    ]
    before = contents(admin)
    answers = desk.preview(asks)
    with scope.distributor(mall.pk):
        assert codes(desk.preview(asks[1:3])) == ["ok", "insufficient_stock"], "within another's transaction too"
        assert rows_within() == 0
    assert codes(answers) == ["insufficient_balance", "ok", "insufficient_stock", "ok", "ok"]
    assert contents(admin) == before
    assert codes(desk.run(asks)) == codes(answers), "what was said beforehand is what happens"


def contents(admin: psycopg.Connection[Any]) -> dict[str, Any]:
    """How many rows every table has, and what they are made of."""
    tables = admin.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    found = {}
    for (table,) in tables.fetchall():
        statement = f"select count(*), sum(hashtextextended(t::text, 0)::numeric) from {table} t"
        found[table] = admin.execute(statement).fetchone()  # type: ignore[arg-type]
    admin.rollback()
    return found


def rows_within() -> int:
    """How many orders are visible in the scope that is open."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from orders_order")
        count: int = cursor.fetchone()[0]
        return count


def test_of_all_or_none_a_twin_within_the_batch_is_not_done_either(world: World) -> None:
    mall = world.distributor(funds_fen=10_000)
    article = world.article(stock=5)
    twin = world.place_ask(mall, (article, 1))
    too_many = world.place_ask(mall, (article, 6))
    assert codes(desk.run_together([twin, twin, too_many])) == ["batch_refused", "batch_refused", "insufficient_stock"]
    assert codes(desk.run_together([twin, twin])) == ["ok", "again"]
    assert codes(desk.run_together([twin, too_many])) == ["again", "insufficient_stock"], "done before stays done"
    assert world.stock(article) == (5, 1)


def test_nobody_runs_the_desk_inside_a_transaction_by_mistake(world: World) -> None:
    mall = world.distributor(funds_fen=10_000)
    ask = world.place_ask(mall, (world.article(stock=5), 1))
    with scope.platform(), pytest.raises(RuntimeError):
        desk.run([ask])
    with pytest.raises(RuntimeError):
        desk.run_within([ask])
    with pytest.raises(ZeroDivisionError), scope.platform():
        assert codes(desk.run_within([ask])) == ["ok"]
        raise ZeroDivisionError
    assert world.states(mall) == {}, "the caller's transaction decides"
    with scope.platform():
        desk.run_within([ask])
    assert world.states(mall) == {"held": 1}
