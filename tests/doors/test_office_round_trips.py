"""How much of the database the distributor's and the supplier's lists ask for."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.doors.office_people import at_work, order_of, round_trips
from tests.world import World

AT_MOST = 10


@pytest.fixture
def busy(world: World) -> Any:
    """A supplier with twenty-two goods, all of them sold, and the distributor who sold them."""
    supplier, party = world.supplier(), world.distributor(funds_fen=10_000_000)
    articles = [world.article(supplier=supplier, stock=50) for _one in range(22)]
    for article in articles:
        order = order_of(world, party, (article, 1), (articles[0], 1))
        world.ship(order, pieces={1: 1})
    return SimpleNamespace(supplier=supplier, party=party)


@pytest.mark.parametrize(
    "address", ["/supplier/orders/?tab=all", "/supplier/goods/", "/supplier/stock/", "/supplier/earnings/"]
)
def test_a_full_list_of_the_supplier_asks_ten_times_at_most(busy: Any, address: str) -> None:
    assert round_trips(at_work("supplier", busy.supplier), address) <= AT_MOST


@pytest.mark.parametrize(
    "address",
    [
        "/distributor/orders/",
        "/distributor/goods/",
        "/distributor/goods/?view=table",
        "/distributor/ledger/",
        "/distributor/topups/",
    ],
)
def test_a_full_list_of_the_distributor_asks_ten_times_at_most(busy: Any, address: str) -> None:
    assert round_trips(at_work("distributor", busy.party), address) <= AT_MOST
