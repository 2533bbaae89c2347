"""One page for an order, read by three parties, each with its own view."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.reports import life
from entrepot.reports.life import life_of
from entrepot.reports.life_entry import Entry, Reader
from tests.doors.office_people import BUYER, at_work, order_of, round_trips, text_of
from tests.world import World

FRONTS = {"platform": "/platform/orders/", "supplier": "/supplier/orders/", "distributor": "/distributor/orders/"}


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
    parties = {"platform": None, "supplier": one, "distributor": party}
    pages = {kind: text_of(at_work(kind, parties[kind]).get(f"{front}{order.id}/")) for kind, front in FRONTS.items()}
    return SimpleNamespace(order=order, one=one, two=two, first=first, second=second, party=party, pages=pages)


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
    page, whole = trade.pages["platform"], lived("platform", trade)
    for text in (f"SF{trade.order.id}", trade.one.name, trade.two.name, trade.party.name, "¥9.84", "¥5.83"):
        assert text in page, text
    assert len(re.findall("供货单", page)) >= 1 and len(whole.parts) == 2
    what = [entry.what for entry in whole.entries]
    assert {"order.held", "order.confirmed", "order.refunded", "order.shipped"} <= set(what)
    assert {"draw", "refund"} == {entry.what for entry in whole.movements}
    assert {"take", "release", "ship"} <= set(what)
    assert [entry.at for entry in whole.entries] == sorted((entry.at for entry in whole.entries), reverse=True)


def test_a_supplier_reads_his_own_part_at_his_own_price(trade: Any) -> None:
    page, whole = trade.pages["supplier"], lived("supplier", trade)
    assert [line.sku_code for line in whole.lines] == [trade.first.code]
    assert whole.lines[0].amount_fen == 1600 and "¥16.00" in page and "8.00" in page
    assert len(whole.parts) == 1 and f"SF{trade.order.id}" in page
    for hidden in (
        *("9.84", "9.37", "0.47", "5.83", "5.55", trade.second.code, trade.two.name),
        *(trade.party.name, trade.order.out_order_no, BUYER.phone, BUYER.name, BUYER.address),
    ):
        assert not re.search(rf"(?<![\d.:]){re.escape(hidden)}(?!\d)", page), hidden
    assert whole.movements == [] and whole.refunds == [] and whole.hold.money_fen is None
    assert "order.confirmed" not in {entry.what for entry in whole.entries}


def test_a_distributor_reads_no_supplier(trade: Any) -> None:
    page, whole = trade.pages["distributor"], lived("distributor", trade)
    for text in ("¥9.84", "9.37 + 0.47", f"SF{trade.order.id}", "发货方 2", "-41.18", "+9.84"):
        assert text in page, text
    for hidden in ("8.00", "4.44", trade.one.name, trade.two.name, BUYER.phone, BUYER.name, BUYER.address):
        assert hidden not in page, hidden
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
        assert at_work(kind, stranger).get(f"{FRONTS[kind]}{trade.order.id}/").status_code == 404


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


@pytest.mark.parametrize("kind", FRONTS)
def test_the_page_asks_little_of_the_database(world: World, trade: Any, kind: str) -> None:
    party = {"platform": None, "supplier": trade.one, "distributor": trade.party}[kind]
    assert round_trips(at_work(kind, party), f"{FRONTS[kind]}{trade.order.id}/") <= 12


@pytest.mark.parametrize("kind", FRONTS)
def test_the_drawer_holds_the_inside_of_the_same_page(trade: Any, kind: str) -> None:
    party = {"platform": None, "supplier": trade.one, "distributor": trade.party}[kind]
    address = f"{FRONTS[kind]}{trade.order.id}/"
    drawer = text_of(at_work(kind, party).get(address, headers={"HX-Request": "true", "HX-Target": "drawer"}))
    assert "<html" not in drawer and f"SF{trade.order.id}" in drawer and 'class="timeline"' in drawer


def test_each_move_of_stock_and_money_has_a_word(trade: Any) -> None:
    from entrepot.doors.kit.history import title
    from entrepot.doors.platform.stock import MOVE_WORDS

    of_orders = set(MOVE_WORDS) - {"restock", "allot"}
    for what in (*of_orders, "draw", "refund", "settle_supplier", "reverse_supplier", "reverse_fee", "reverse_goods"):
        assert title(Entry(at=trade.order.created_at, lane="stock", what=what)) != what
    taken_off = title(Entry(at=trade.order.created_at, lane="money", what="reverse_supplier"))
    assert taken_off == "售后扣款"  # and not the words for a request that was taken back
