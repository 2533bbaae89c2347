"""One page for an order, read by three parties, each with its own view."""

from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.reports import life
from entrepot.reports.life import Entry, Reader, life_of
from tests.doors.office_people import order_of
from tests.world import World

FRONTS = ("platform", "supplier", "distributor")


@pytest.fixture
def trade(world: World) -> Any:
    """An order of two suppliers' goods at 9.37 (8.00 asked) and 5.55 (4.44 asked): shipped by one, refunded in part."""
    one, two = world.supplier(), world.supplier()
    first = world.article(supplier=one, stock=9, supply_price_fen=937, supplier_price_fen=800)
    second = world.article(supplier=two, stock=9, supply_price_fen=555, supplier_price_fen=444)
    party = world.distributor(funds_fen=100_000)
    order = order_of(world, party, (first, 3), (second, 2), mode="hold")
    world.capture(order)
    world.refund(order, pieces={1: 1})
    world.ship(order, supplier_id=one.pk, tracking=f"SF{order.id}")
    return SimpleNamespace(order=order, one=one, two=two, first=first, second=second, party=party)


def within(kind: str, trade: Any) -> Any:
    """The scope of a reader."""
    return {
        "platform": lambda: scope.platform(read_only=True),
        "supplier": lambda: scope.supplier(trade.one.pk, read_only=True),
        "distributor": lambda: scope.distributor(trade.party.pk, read_only=True),
    }[kind]()


def lived(kind: str, trade: Any) -> Any:
    """The order's life as a reader sees it."""
    party = {"platform": 0, "supplier": trade.one.pk, "distributor": trade.party.pk}[kind]
    with within(kind, trade):
        found = life_of(trade.order.id, reader=Reader(kind=kind, party_id=party))
    assert found is not None
    return found


def test_the_platform_reads_the_whole_life(trade: Any) -> None:
    whole = lived("platform", trade)
    assert {part.supplier for part in whole.parts} == {trade.one.name, trade.two.name}
    what = [entry.what for entry in whole.entries]
    assert {"order.held", "order.confirmed", "order.refunded", "order.shipped"} <= set(what)
    assert {"draw", "refund"} == {entry.what for entry in whole.movements}
    assert {"take", "release", "ship"} <= set(what)
    assert [entry.at for entry in whole.entries] == sorted((entry.at for entry in whole.entries), reverse=True)


def test_a_supplier_reads_his_own_part_at_his_own_price(trade: Any) -> None:
    whole = lived("supplier", trade)
    assert [line.sku_code for line in whole.lines] == [trade.first.code]
    assert whole.lines[0].amount_fen == 1600
    assert len(whole.parts) == 1 and [parcel.tracking_no for parcel in whole.parcels] == [f"SF{trade.order.id}"]
    assert {line.fee_fen for line in whole.lines} == {None} == {line.supply_price_fen for line in whole.lines}
    assert whole.movements == [] and whole.refunds == [] and whole.hold.money_fen is None
    assert "order.confirmed" not in {entry.what for entry in whole.entries}


def test_a_distributor_reads_no_supplier(trade: Any) -> None:
    whole = lived("distributor", trade)
    assert {part.payable_fen for part in whole.parts} == {None} == {line.supplier or None for line in whole.lines}
    assert [move.amount_fen for move in whole.movements] == [-4118, 984]


def test_after_completion_each_reads_his_own_money(world: World, trade: Any) -> None:
    world.ship(trade.order, supplier_id=trade.two.pk)
    world.receive(trade.order)
    world.complete(trade.order)
    money = {kind: [(move.what, move.amount_fen) for move in lived(kind, trade).movements] for kind in FRONTS}
    assert money["supplier"] == [("settle_supplier", 1600)]
    assert money["distributor"] == [("draw", -4118), ("refund", 984)]
    assert {what for what, _fen in money["platform"]} == {
        *("draw", "refund", "settle_supplier", "settle_fee", "settle_goods"),
    }


def test_an_order_of_somebody_else_has_no_life(world: World, trade: Any) -> None:
    for kind, stranger in (("supplier", world.supplier()), ("distributor", world.distributor())):
        with getattr(scope, kind)(stranger.pk, read_only=True):
            assert life_of(trade.order.id, reader=Reader(kind=kind, party_id=stranger.pk)) is None


def test_the_scope_holds_though_the_reader_lies(trade: Any) -> None:
    """A supplier's scope shows no more, whatever reader is named: row-level security decides."""
    with scope.supplier(trade.one.pk, read_only=True):
        assert life_of(trade.order.id, reader=Reader(kind="platform")) is None


def test_a_room_adds_what_it_has_to_tell(trade: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(order_id: int, *, reader: Reader) -> list[Entry]:
        return [Entry(at=trade.order.created_at, lane="claim", what=f"for {reader.kind}", amount_fen=5)]

    monkeypatch.setattr(life, "SOURCES", [*life.SOURCES, told])
    for kind in FRONTS:
        assert f"for {kind}" in {entry.what for entry in lived(kind, trade).entries}
