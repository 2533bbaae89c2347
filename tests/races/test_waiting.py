"""Who waits for a row that another is changing gets it, as changed; none slips out of the list meanwhile."""

import threading
import time
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.parties.models import Referrer
from entrepot.trade import desk, snapshot
from entrepot.trade.arrays import literal
from entrepot.trade.sql import SQL
from entrepot.trade.terms import Cancel, Capture, Receive
from entrepot_launch import roles
from tests.races.crew import Crew, is_locking
from tests.world import STAFF, World, codes

TABLES = {
    "lock_orders": "orders_order",
    "lock_accounts": "ledger_account",
    "lock_levels": "stock_level",
    "lock_levels_of_skus": "stock_level",
    "lock_allotments": "stock_allotment",
    "lock_allotments_of_skus": "stock_allotment",
    "lock_allotments_named": "stock_allotment",
    "lock_referrers": "ledger_account",
}
# Rows of these begin with something else than their id.
BY_OWNER = {"lock_referrers": "referrer_id"}


def arguments(world: World) -> dict[str, list[Any]]:
    """Ids of a small trade in which every locking statement finds several rows, some of them by two ways."""
    malls = [world.distributor(funds_fen=10**6) for _ in range(3)]
    poor = world.distributor(funds_policy="check")
    articles = [world.article(stock=100) for _ in range(3)]
    for article in articles:
        for mall in malls:
            world.allotment(article, distributor=mall, pieces=3)
    orders = [world.place(mall, *((article, 1) for article in articles)) for mall in malls]
    waiting = [world.place(poor, (articles[0], 1), mode="direct") for _ in range(3)]
    with scope.platform():
        referrers = [
            Referrer.objects.create(number=world.name("R")[:20], name="R", state="active").pk for _ in range(3)
        ]
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(SQL["open_referrers"], {"referrer_ids": literal(sorted(referrers))})
        cursor.execute("select array_agg(id) from stock_allotment where sku_id = %s", [articles[2].sku_id])
        (named,) = cursor.fetchone()
    return {
        "referrer_ids": sorted(referrers),
        "allotment_ids": named,
        "order_ids": [orders[0].id, orders[1].id, orders[2].id, waiting[1].id],
        "credited": [poor.pk],
        "distributor_ids": [mall.pk for mall in (*malls, poor)],
        "supplier_ids": [article.supplier_id for article in articles],
        "codes": [article.code for article in articles[:2]],
    }


def test_every_locking_statement_is_tried_here() -> None:
    assert {name for name, statement in SQL.items() if is_locking(statement)} == set(TABLES)


def test_locks_are_taken_in_one_order() -> None:
    """Orders come first, alone; whoever adds a lock puts it at the same place for everybody."""
    wanted = snapshot.Wanted([])
    assert [name for name, _ in snapshot._locking(wanted, [1], suppliers=[])] == [
        "lock_allotments",
        "lock_accounts",
        "lock_levels",
    ]
    assert [name for name, _ in snapshot._locking(wanted, [], suppliers=[])] == [
        "lock_allotments_of_skus",
        "lock_accounts",
        "lock_levels_of_skus",
    ]
    assert not any(is_locking(SQL[name]) for name, _ in snapshot._plain(wanted, [1]))
    assert all("order by" in SQL[name] for name in TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_no_row_is_lost_by_waiting_for_it(world: World, committed: roles.Access, name: str) -> None:
    values = {key: literal(column) for key, column in arguments(world).items()}
    with psycopg.connect(committed.admin_url) as one, psycopg.connect(committed.admin_url, autocommit=True) as two:
        wanted = [row[0] for row in one.execute(SQL[name], values).fetchall()]
        one.rollback()
        assert len(wanted) >= 3
        lost = {}
        for row_id in wanted:
            key = BY_OWNER.get(name, "id")
            one.execute(f"update {TABLES[name]} set id = id where {key} = %s", [row_id])
            found = _while_waiting(one, two, SQL[name], values)
            if found != wanted:
                lost[row_id] = found
    assert lost == {}, f"of {wanted}"


def _while_waiting(one: Any, two: Any, statement: str, values: dict[str, str]) -> list[int]:
    """What a second connection finds that had to wait until the first one commits."""
    found: list[int] = []

    def ask() -> None:
        with two.transaction():
            two.execute(SQL["steady_plans"])
            found.extend(row[0] for row in two.execute(statement, values).fetchall())

    thread = threading.Thread(target=ask)
    thread.start()
    blocked = "select cardinality(pg_blocking_pids(%s))"
    deadline = time.monotonic() + 60
    while one.execute(blocked, [two.info.backend_pid]).fetchone()[0] == 0:
        assert time.monotonic() < deadline, "it does not wait"
    one.commit()
    thread.join()
    return found


def test_orders_are_found_by_whoever_waits_for_them(world: World, crew: Crew, lingering: int) -> None:
    """The same through the desk: batches that name several orders, while each order is changed by others."""
    mall = world.distributor(funds_fen=10**6)
    article = world.article(stock=100)
    for _ in range(3):
        orders = [world.place(mall, (article, 1)) for _ in range(6)]
        jobs = [partial(desk.run, [verb(order.id, STAFF) for order in orders]) for verb in (Capture, Cancel, Receive)]
        jobs += [partial(desk.run, [Capture(order.id, STAFF)]) for order in orders]
        answers = [answer for answers in crew.race(jobs) for answer in answers]
        assert set(codes(answers)) <= {"ok", "again", "state_conflict"}
