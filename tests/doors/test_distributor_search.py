"""A mall's search for orders: large malls are searched by other ways than small ones, and find the same; limits; figures."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.doors.distributor import figures, ledger, order_reads, order_search
from entrepot.doors.distributor.order_reads import every_order, order_page, tab_counts
from entrepot.doors.distributor.order_search import Wanted
from entrepot.trade.terms import Cancel
from tests.doors.office_people import BUYER, at_work, order_of, text_of
from tests.world import World, rows, taken


@pytest.fixture
def trade(world: World) -> Any:
    """A mall with six orders of two articles, one held and one shipped, beside another mall with the same articles."""
    party, stranger = (world.distributor(funds_fen=10**7) for _ in range(2))
    one, other = (world.article(stock=500, supply_price_fen=1000) for _ in range(2))
    orders = [order_of(world, party, (one, 1)), order_of(world, party, (one, 2), (other, 1))]
    orders += [order_of(world, party, (other, 1)), order_of(world, party, (one, 1), mode="hold")]
    strange = [order_of(world, stranger, (one, 1)), order_of(world, stranger, (other, 1))]
    orders += [order_of(world, party, (other, 3)), order_of(world, party, (one, 1))]
    world.ship(orders[0], tracking="SF7001")
    return SimpleNamespace(party=party, stranger=stranger, one=one, other=other, orders=orders, strange=strange)


@pytest.fixture
def his(trade: Any) -> Iterator[Any]:
    with scope.distributor(trade.party.pk, read_only=True):
        yield trade


def found(**search: Any) -> list[int]:
    return [row.id for row in every_order(Wanted(**search), at_once=2)]


def test_every_way_to_look_finds_the_same_orders(his: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [order.id for order in his.orders]
    goods_name = rows("select goods_name from orders_line where order_id = %s", ids[0])[0][0]
    searches: dict[str, tuple[dict[str, Any], list[int]]] = {
        "code": ({"goods": his.one.code}, [0, 1, 3, 5]),
        "code, shipped": ({"goods": his.one.code, "tab": "shipped"}, [0]),
        "name": ({"goods": goods_name, "tab": "to_ship"}, [1, 5]),
        "code and phone": ({"goods": his.other.code, "phone": BUYER.phone}, [1, 2, 4]),
        "number and code": ({"number": his.orders[3].out_order_no, "goods": his.one.code}, [3]),
        "end of a number": ({"number": str(ids[2])[-6:]}, [2]),
        "parcel": ({"number": "SF7001"}, [0]),
        "tracking": ({"tracking": "SF7001", "goods": his.one.code}, [0]),
        "nobody's word": ({"goods": "龘靐"}, []),
        "another's number": ({"number": str(his.strange[0].id)}, []),
        "jokers": ({"goods": "_%"}, []),
    }
    ways = [
        {},
        {"SMALL": 1},  # by the goods the word stands for, which name the orders
        {"SMALL": 1, "FEW": 0},  # by the same, one order after the other
        {"SMALL": 1, "GOODS_AT_MOST": 0},  # by the lines, one order after the other
        {"FEW": 0},
    ]
    for way in ways:
        with monkeypatch.context() as patched:
            for limit, value in way.items():
                patched.setattr(order_search, limit, value)
            for name, (search, places) in searches.items():
                assert found(**search) == [ids[place] for place in reversed(places)], (way, name)
    page = order_page(Wanted(goods=his.one.code), query={})
    assert [row.id for row in page] == [ids[5], ids[3], ids[1], ids[0]]


def test_what_may_take_long_to_count_is_not_counted(his: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tab_counts(Wanted(goods=his.one.code))
    assert (whole.shown("all"), whole.shown("held"), whole.shown("to_ship")) == (4, 1, 2)
    assert whole.total("to_ship") == (2, 4 * 1050) and whole.total("all") == (4, 6 * 1050)
    monkeypatch.setattr(order_search, "SMALL", 1)
    named = tab_counts(Wanted(goods=his.one.code))
    assert named == whole
    monkeypatch.setattr(order_search, "FEW", 1)
    wide = tab_counts(Wanted(goods=his.one.code))
    assert wide.shown("all") is None and wide.total("all") is None
    monkeypatch.setattr(order_reads, "COUNT_LIMIT", 3)
    cut = tab_counts(Wanted())
    assert cut.shown("all") == "3+" and cut.shown("held") is None and cut.total("all") is None


def test_days_narrow_by_time_though_ids_say_where_to_begin(world: World, trade: Any) -> None:
    with scope.desk():
        placed = dict(rows("select id, created_at from orders_order where distributor_id = %s", trade.party.pk))
    ids = sorted(placed)
    with scope.distributor(trade.party.pk, read_only=True):
        between = {"since": placed[ids[1]], "until": placed[ids[4]]}
        assert found(**between) == ids[3:0:-1]
        assert found(since=placed[ids[4]]) == ids[:3:-1] and found(until=placed[ids[1]]) == ids[:1]
        assert tab_counts(Wanted(**between)).shown("all") == 3


def test_the_ledger_adds_up_what_it_counts_and_no_more(trade: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = at_work("distributor", trade.party)
    page = text_of(browser.get("/distributor/ledger/?tab=draw"))
    assert "-¥94.50" in page and "¥100,000.00" not in page.partition('id="list"')[2].partition("<table")[0]
    whole = text_of(browser.get("/distributor/ledger/")).partition('id="list"')[2].partition("<table")[0]
    assert "¥100,000.00" in whole and "-¥94.50" in whole
    monkeypatch.setattr(ledger, "COUNT_LIMIT", 2)
    cut = text_of(browser.get("/distributor/ledger/?tab=draw")).partition('id="list"')[2].partition("<table")[0]
    assert "2+" in cut and "-¥94.50" not in cut


def test_the_figures_are_those_of_a_slow_look(world: World, trade: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(world.run(Cancel(trade.orders[3].id, "test")))
    for step in (1, 500):
        monkeypatch.setattr(figures, "STEP", step)
        with scope.distributor(trade.party.pk, read_only=True):
            now = database_now()
            one = figures.figures(now=now)
            later = figures.figures(now=now + timedelta(days=1))
            much_later = figures.figures(now=now + timedelta(days=30))
        assert one.orders_today + one.orders_yesterday == 6 and later.orders_today == 0
        assert one.drawn_today_fen + one.drawn_yesterday_fen == one.drawn_lately_fen == 9 * 1050
        assert (one.to_ship, one.held, one.shipped, one.awaiting_funds, one.received) == (4, 0, 1, 0, 0)
        assert one.newest == [order.id for order in reversed(trade.orders)]
        assert sum(orders for _day, orders, _drawn in one.days) == 6
        assert sorted(fen for _name, fen in one.best) == [4 * 1050, 5 * 1050]
        assert much_later.drawn_lately_fen == 0 and not much_later.best and much_later.to_ship == 4
