"""What time does by itself, by one worker at a time, across a lost database."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.doors.worker import __main__ as worker
from entrepot.doors.worker.calling import END_S
from entrepot.doors.worker.rounds import MINUTE_S, Rounds
from entrepot.orders import due
from entrepot.trade.books import OrderRow
from entrepot_launch import roles
from tests.guards.test_roles import serving_as
from tests.world import World, rows


@pytest.fixture
def rounds(committed: roles.Access) -> Rounds:
    return Rounds(threading.Event())


def age(order: OrderRow, *, field: str, days: int) -> None:
    """Let something have happened to an order so many days earlier."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            f"update orders_order set {field} = {field} - make_interval(days => %s) where id = %s", [days, order.id]
        )


def test_a_due_hold_lapses_and_another_does_not(world: World, rounds: Rounds) -> None:
    mall, article = world.distributor(funds_fen=100_000), world.article(stock=10)
    gone, kept = world.place(mall, (article, 3)), world.place(mall, (article, 2))
    world.let_lapse(gone)
    rounds.make()
    assert (world.state(gone), world.state(kept)) == ("expired", "held")
    assert world.stock(article) == (10, 2)
    assert world.money(mall) == (100_000, kept.total_fen)
    assert world.events(gone) == ["order.held", "order.expired"]


def test_many_due_holds_lapse_in_one_round(world: World, rounds: Rounds) -> None:
    mall, article = world.distributor(funds_fen=10_000_000), world.article(stock=500)
    orders = [world.place(mall, (article, 1)) for _ in range(130)]
    world.let_lapse(*orders)
    rounds.make()
    assert world.states(mall) == {"expired": 130}
    assert world.stock(article) == (500, 0) and world.money(mall) == (10_000_000, 0)


def test_waiting_orders_go_on_when_the_limit_lets_them(world: World, rounds: Rounds) -> None:
    mall = world.distributor(funds_policy="check", fee_rate_bps=0)
    article = world.article(stock=10, supply_price_fen=1_000)
    first, second = (world.place(mall, (article, qty), mode="direct") for qty in (3, 1))
    with scope.desk(read_only=True):
        assert mall.pk not in due.payable_distributors(1000)
    # Money that came by a way which does not look at waiting orders: the worker finds it.
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update ledger_account set credit_limit_fen = 3500 where kind = 'prepaid' and distributor_id = %s",
            [mall.pk],
        )
    rounds.make()
    assert (world.state(first), world.state(second)) == ("confirmed", "awaiting_funds")
    rounds.make()
    assert world.state(second) == "awaiting_funds"


def test_receipt_and_completion_come_by_time(world: World, rounds: Rounds, settings: Any) -> None:
    settings.RECEIPT_AFTER_DAYS, settings.COMPLETION_AFTER_DAYS = 15, 7
    mall, article = world.distributor(funds_fen=100_000), world.article(stock=10)
    early, late = (world.place(mall, (article, 1), mode="direct") for _ in range(2))
    for order, days in ((early, 14), (late, 15)):
        world.ship(order)
        age(order, field="shipped_at", days=days)
    rounds.make()
    assert (world.state(early), world.state(late)) == ("shipped", "received")
    age(late, field="received_at", days=7)
    Rounds(threading.Event()).make()
    assert world.state(late) == "completed"
    assert rows(
        "select actor, reason from events_event where object_id = %s and type = 'order.completed'", late.id
    ) == [("system", "by time")]


def test_the_slower_work_is_done_once_a_minute(world: World, rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    minute = [1000.0]
    monkeypatch.setattr("entrepot.doors.worker.rounds.time.monotonic", lambda: minute[0])
    rounds.make()
    world.credit(world.distributor(), 5)
    before = rows("select count(*) from ledger_seal")
    minute[0] += MINUTE_S - 1
    rounds.make()
    assert rows("select count(*) from ledger_seal") == before
    monkeypatch.undo()

    def is_sealed() -> bool:
        Rounds(threading.Event()).make()
        return rows("select count(*) from ledger_seal") != before

    until(is_sealed)


def test_an_order_that_cannot_be_judged_does_not_hold_up_the_others(
    world: World, rounds: Rounds, superuser_here: psycopg.Connection
) -> None:
    mall, article = world.distributor(funds_fen=100_000), world.article(stock=10)
    broken, sound = world.place(mall, (article, 1)), world.place(mall, (article, 1))
    superuser_here.execute("delete from stock_move where order_id = %s", [broken.id])
    world.let_lapse(broken, sound)
    rounds.make()
    assert (world.state(broken), world.state(sound)) == ("held", "expired")
    superuser_here.execute("update orders_order set held_until = 'infinity' where id = %s", [broken.id])


@pytest.fixture
def superuser_here(committed: roles.Access) -> Iterator[psycopg.Connection]:
    with psycopg.connect(committed.admin_url, autocommit=True) as link:
        link.execute("set session_replication_role = replica")
        yield link


@pytest.fixture
def running(fresh_database: roles.Access) -> Iterator["Running"]:
    """Workers in threads of this process, each with a connection of its own."""
    found = Running()
    yield found
    found.stop()


class Running:
    """Workers that can be started, and stopped in the order they were started."""

    def __init__(self) -> None:
        self._threads: list[tuple[threading.Thread, threading.Event]] = []

    def start(self) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=worker.work, args=(stop,), daemon=True)
        self._threads.append((thread, stop))
        thread.start()

    def stop_first(self) -> float:
        """Stop the worker that was started first; returns how long it took, in seconds."""
        began = time.monotonic()
        thread, stop = self._threads.pop(0)
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
        return time.monotonic() - began

    def stop(self) -> None:
        while self._threads:
            self.stop_first()


def leaders() -> int:
    ((count,),) = rows(
        "select count(*) from pg_locks where locktype = 'advisory' and granted and objid = %s"
        " and database = (select oid from pg_database where datname = current_database())",
        worker._LOCK,
    )
    return int(count)


def until(condition: Any, *, within_s: float = 120) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def lapses(world: World) -> None:
    """A hold that is due lapses within the five seconds promised. A machine that stands still is late once, not always."""
    waits = []
    for _ in range(3):
        order = world.place(world.distributor(funds_fen=100_000), (world.article(stock=5), 1))
        world.let_lapse(order)
        began = time.monotonic()
        until(lambda order=order: world.state(order) == "expired")
        waits.append(time.monotonic() - began)
        if waits[-1] < 5:
            return
    raise AssertionError(f"late every time: {waits}")


def test_one_worker_leads_and_another_takes_over(running: Running, fresh_database: roles.Access) -> None:
    running.start()
    until(lambda: leaders() == 1)
    running.start()
    time.sleep(1.5)
    assert leaders() == 1
    world = World()
    lapses(world)
    assert running.stop_first() < END_S - 5, "it waits for no call when none is under way"
    lapses(world)
    running.stop()
    until(lambda: leaders() == 0)


def test_a_lost_database_is_waited_for(running: Running, fresh_database: roles.Access) -> None:
    running.start()
    until(lambda: leaders() == 1)
    with psycopg.connect(fresh_database.admin_url, autocommit=True) as admin:
        for _ in range(3):
            admin.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
                " and pid <> pg_backend_pid()"
                " and database = (select oid from pg_database where datname = current_database())"
            )
            until(lambda: leaders() == 1)
    lapses(World())
    assert leaders() == 1, "whoever took over still leads"


def test_a_worker_does_not_serve_as_superuser(fresh_database: roles.Access) -> None:
    with serving_as(fresh_database.admin_url):
        assert worker.work(threading.Event()) == 1


def test_a_job_that_fails_keeps_no_other_from_its_turn(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    def fails(stop: threading.Event) -> int:
        turns.append("fails")
        raise ValueError("planted")

    def counts(stop: threading.Event) -> int:
        turns.append("counts")
        return 0

    monkeypatch.setattr("entrepot.doors.worker.rounds.EACH_ROUND", {"fails": fails, "counts": counts})
    rounds.make()
    assert turns == ["fails", "counts"]
