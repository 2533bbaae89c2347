"""The tabs of a supplier's orders against a slow look at every line; days, words and phones narrow them the same way."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.doors.supplier import figures, order_counts, order_search
from entrepot.doors.supplier.order_counts import tab_counts
from entrepot.doors.supplier.order_reads import every_order, order_page
from entrepot.doors.supplier.order_search import TABS, WORDS, Wanted
from entrepot.trade.acceptances import Accept, CannotSupply
from tests.doors.office_people import BUYER, order_of
from tests.world import World, rows, taken

SLOW = """
select s.order_id, s.state,
    coalesce(bool_or(a.state = 'waiting') filter (where l.qty > l.shipped_qty + l.refunded_qty), false),
    coalesce(bool_or(coalesce(a.state, 'accepted') in ('accepted', 'back_ordered'))
        filter (where l.qty > l.shipped_qty + l.refunded_qty), false),
    coalesce(bool_or(a.state in ('refused', 'overdue')) filter (where l.qty > l.shipped_qty + l.refunded_qty), false)
from orders_supplyorder s
left join orders_line l on l.order_id = s.order_id and l.supplier_id = s.supplier_id
left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
where s.supplier_id = %s and s.state in ('confirmed', 'partly_shipped', 'shipped', 'received', 'completed', 'refunded')
group by s.order_id, s.state
"""


@pytest.fixture
def trade(world: World) -> Any:
    """A supplier who was never asked about some orders, and is asked about others, in every mixture of words."""
    supplier, party = world.supplier(), world.distributor(funds_fen=10**8)
    one, other = (world.article(supplier=supplier, stock=500) for _ in range(2))
    orders = [order_of(world, party, (one, 2), (other, 1)) for _ in range(3)]
    world.ship(orders[0])
    orders.append(order_of(world, party, (one, 1), mode="hold"))
    world.ask_first(supplier, minutes=60, policy="ask")
    for first, second in itertools.product(("waiting", "accepted", "refused", "back_ordered"), repeat=2):
        orders.append(order_of(world, party, (one, 1), (other, 1)))
        for number, word in ((1, first), (2, second)):
            say(world, orders[-1].id, supplier.pk, number, word)
    return SimpleNamespace(supplier=supplier, party=party, one=one, other=other, orders=orders)


def say(world: World, order_id: int, supplier_id: int, number: int, word: str) -> None:
    if word == "refused":
        taken(world.run(CannotSupply(order_id, supplier_id, [number], "ask", "none left", "test")))
    elif word != "waiting":
        day = (database_now() + timedelta(days=3)).date() if word == "back_ordered" else None
        taken(world.run(Accept(order_id, supplier_id, "test", [number], ship_by=day)))


def slowly(trade: Any) -> dict[str, list[int]]:
    """The orders of each tab, newest first, by looking at every line of them."""
    found: dict[str, list[int]] = {tab: [] for tab in TABS}
    for order_id, state, *words in sorted(rows(SLOW, trade.supplier.pk), reverse=True):
        is_open = state in order_search.OPEN
        said = [tab for tab, is_so in zip(WORDS, words, strict=True) if is_so and is_open]
        for tab in ("all", *said, *([] if is_open else [state])):
            found[tab].append(order_id)
    return found


@pytest.fixture
def his(trade: Any) -> Iterator[Any]:
    with scope.supplier(trade.supplier.pk, read_only=True):
        yield trade


def test_tabs_and_counts_are_those_of_a_slow_look_at_every_line(his: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = slowly(his)
    assert len(slow["to_accept"]) == 7 and len(slow["unsupplied"]) == 7 and len(slow["to_ship"]) == 14
    assert len(slow["shipped"]) == 1 and len(slow["all"]) == 19
    counts = tab_counts(Wanted())
    for tab, ids in slow.items():
        assert [row.order_id for row in every_order(Wanted(tab=tab), at_once=3)] == ids, tab
        assert counts.exact(tab) == counts.shown(tab) == len(ids), tab
    found = tab_counts(Wanted(phone=BUYER.phone))
    assert {tab: found.exact(tab) for tab in TABS} == {tab: len(ids) for tab, ids in slow.items()}
    monkeypatch.setattr(order_counts, "FOUND_LIMIT", 4)
    cut = tab_counts(Wanted())
    assert cut.shown("all") == 19 and cut.exact("to_ship") is None and cut.shown("to_accept") == "1+"
    assert int(str(cut.shown("to_ship")).rstrip("+")) <= 14 and str(cut.shown("to_ship")).endswith("+")
    assert tab_counts(Wanted(phone=BUYER.phone)).shown("all") == "4+"
    monkeypatch.setattr(order_counts, "COUNT_LIMIT", 9)
    cut = tab_counts(Wanted())
    assert cut.shown("all") == "9+" and cut.exact("all") is None and cut.exact("shipped") == 1


def test_what_is_walked_through_is_the_same_as_what_is_looked_up(his: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[dict[str, Any]] = [
        {"goods": his.one.code},
        {"goods": his.one.code, "phone": BUYER.phone},
        {"phone": "13900000000"},
        {"goods": "龘靐"},
    ]
    wanted = [search | {"tab": tab} for search in searches for tab in ("all", "to_ship", "to_accept", "shipped")]
    named = [[row.order_id for row in every_order(Wanted(**one))] for one in wanted]
    assert len(named[0]) == 19 and not any(named[8:])
    both = Wanted(phone=BUYER.phone, number=str(his.orders[0].id))
    assert [row.order_id for row in every_order(both)] == [his.orders[0].id]
    assert not Wanted(**wanted[0]).is_wide
    for few in (3, 0):  # more goods than are named one by one, or more orders
        monkeypatch.setattr(order_search, "_FEW", few)
        assert Wanted(**wanted[0]).is_wide and tab_counts(Wanted(**wanted[0])).shown("all") is None
        assert [[row.order_id for row in every_order(Wanted(**one))] for one in wanted] == named
    page = order_page(Wanted(**wanted[0]), query={})
    assert [row.order_id for row in page] == named[0]


def test_days_narrow_by_time_though_ids_say_where_to_begin(world: World, trade: Any) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with scope.desk():
        placed = dict(
            rows("select order_id, created_at from orders_supplyorder where supplier_id = %s", trade.supplier.pk)
        )
    ids = sorted(order_id for order_id in placed if order_id != trade.orders[3].id)
    since, until = placed[ids[4]], placed[ids[9]]
    with scope.supplier(trade.supplier.pk, read_only=True):
        wanted = Wanted(since=since, until=until)
        assert [row.order_id for row in every_order(wanted)] == [
            order_id for order_id in reversed(ids) if since <= placed[order_id] < until
        ]
        assert tab_counts(wanted).exact("all") == 5
        assert not list(every_order(Wanted(until=moment)))


def test_the_figures_of_the_home_page_are_those_of_a_slow_look(his: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = database_now()
    (slow,) = rows(
        "select count(distinct s.order_id), sum(l.qty - l.shipped_qty - l.refunded_qty)::bigint"
        " from orders_supplyorder s join orders_line l on l.order_id = s.order_id and l.supplier_id = s.supplier_id"
        " where s.supplier_id = %s and s.state in ('confirmed', 'partly_shipped')",
        his.supplier.pk,
    )
    found = figures.figures(now=now, low=20)
    assert (found.to_ship_orders, found.to_ship_pieces) == slow
    assert (found.late_orders, found.shipped_today, found.shipped_yesterday) == (
        0,
        1,
        0,
    ) and found.is_more_than_yesterday
    assert figures.figures(now=now + timedelta(hours=49), low=20).late_orders == slow[0]
    assert sum(orders for _day, _pieces, orders in found.days) == 19
    monkeypatch.setattr(figures, "LOOKED_AT", 5)
    cut = figures.figures(now=now + timedelta(hours=49), low=20)
    assert (cut.to_ship_orders, cut.to_ship_pieces, cut.late_orders) == (slow[0], None, "5+")
