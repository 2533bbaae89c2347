"""Orders with lines taken on, refused, re-routed and refunded verify; a planted fault in them is named."""

from datetime import timedelta

import psycopg
import pytest

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.reports.verify import verify
from entrepot.trade.acceptances import Accept, CannotSupply, LapseAcceptance, Reroute, Substitute
from entrepot_launch import roles
from tests import audit
from tests.world import STAFF, World, rows, taken


@pytest.fixture
def traded(fresh_database: roles.Access) -> World:
    """A fresh world in which lines went every way they can."""
    world = World()
    mall = world.distributor(funds_fen=10_000_000, fee_rate_bps=650)
    asked, stand_in = world.supplier(), world.supplier()
    world.ask_first(asked, minutes=60)
    first = world.article(supplier=asked, stock=50, supply_price_fen=8_888, supplier_price_fen=8_000)
    second = world.article(supplier=stand_in, stock=50, supply_price_fen=9_999, supplier_price_fen=8_900)
    own = world.article(supplier=world.supplier(is_own=True), stock=50, supply_price_fen=5_000)
    world.place(mall, (first, 1), mode="direct")
    order = world.place(mall, *((first, 2) for _ in range(5)), mode="direct")
    world.run(Accept(order.id, asked.pk, STAFF, [1]))
    with scope.desk(read_only=True):
        soon = database_now().date() + timedelta(days=3)
    world.run(Accept(order.id, asked.pk, STAFF, [2], soon))
    world.refund(order, pieces={3: 1})
    # 88.88 a piece to sell and 89.00 to buy: the platform loses 12 fen on each piece, and may.
    by = {3: [Substitute(second.code, may_lose=True)]}
    taken(world.run(CannotSupply(order.id, asked.pk, [3], "reroute", "停产", STAFF, by)))
    world.let_time_pass(order, 4)
    taken(world.run(LapseAcceptance(order.id, 4, "refund")))
    taken(world.run(Reroute(order.id, 5, own.code, STAFF, "")))
    for supplier_id in (asked.pk, stand_in.pk, own.supplier_id):
        taken(world.ship(order, supplier_id=supplier_id))
    taken(world.receive(order))
    taken(world.complete(order))
    ask = world.place_ask(mall, (first, 3), mode="direct")
    ask.remark = "送到门卫"
    gone = taken(world.run(ask))
    taken(world.run(Reroute(gone.id, 1, second.code, STAFF, "", may_lose=True)))
    taken(world.run(Reroute(gone.id, 1, own.code, STAFF, "")))
    taken(world.run(Reroute(gone.id, 1, first.code, STAFF, "")))
    assert audit.faults(distributors=[mall.pk], skus=[first.sku_id, second.sku_id, own.sku_id]) == []
    return world


def named() -> set[tuple[str, str]]:
    return {(row["table"], row["field"].split()[0]) for row in verify()["differences"]}


def test_every_way_of_a_line_verifies(traded: World) -> None:
    assert verify()["differences"] == []
    assert rows("select state, count(*) from orders_acceptance group by 1 order by 1") == [
        ("accepted", 3),
        ("back_ordered", 1),
        ("closed", 1),
        ("waiting", 2),
    ]
    assert rows("select count(*), max(place) from orders_formerline") == [(5, 3)]
    assert rows("select count(*) from orders_supplyorder where remark = '送到门卫'") == [(3,)]
    assert rows("select count(*) from orders_supplyorder where received_at is null or completed_at is null") == [(4,)]


@pytest.mark.parametrize(
    ("fault", "table", "field"),
    [
        ("update orders_acceptance set supplier_id = 0 where state = 'accepted'", "orders_acceptance", "supplier_id"),
        ("update orders_acceptance set state = 'waiting' where state = 'closed'", "orders_acceptance", "is_closed"),
        (
            "update orders_supplyorder set received_at = null where state = 'completed'",
            "orders_supplyorder",
            "received_at",
        ),
        (
            (
                "insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, actor, remark, at)"
                " select v.id, 'take', 0, 1, f.order_id, f.line_no, '', '', now()"
                " from orders_formerline f join stock_level v on v.sku_id = f.sku_id where f.line_no = 3"
            ),
            "orders_formerline",
            "reserved",
        ),
    ],
)
def test_a_planted_fault_is_named(
    traded: World, superuser: psycopg.Connection, fault: str, table: str, field: str
) -> None:
    superuser.execute(fault)  # type: ignore[arg-type]
    assert (table, field) in named()
