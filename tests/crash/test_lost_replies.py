"""A reply that is lost on its way back: the mall sends again and finds everything as it should be."""

from collections.abc import Iterator
from typing import Any

import pytest

from entrepot_sdk import Consignee, Entrepot, NewLine, NewOrder, RetryPolicy
from tests import audit
from tests.crash.lines import Line, calls
from tests.crash.test_every_statement import WRITES, Scene
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import CONSIGNEE, Mall
from tests.doors.api.serving import Served
from tests.world import World, rows


@pytest.fixture
def line(served: Served) -> Iterator[Line]:
    """The network between a mall and the API."""
    with Line(here=("127.0.0.1", 0), there=("127.0.0.1", served.port), split=calls) as made:
        yield made


@pytest.mark.parametrize("write", WRITES)
def test_the_retry_heals_it(make_mall: MakeMall, world: World, line: Line, write: str) -> None:
    mall = make_mall(funds_fen=10**7)
    scene = Scene(mall, world, world.article(stock=10_000))
    prepare, is_done = WRITES[write]
    for _ in range(10):
        path, content = prepare(scene)
        before = figures(scene)
        broken = line.break_at(1, is_before=False)
        far = mall.twin(port=line.here[1])
        with pytest.raises(OSError):
            far._connection.request("POST", *_parts(mall, path, content))
            far._connection.getresponse()
        assert broken.has_happened
        after = figures(scene)
        assert after != before, "it was done, unheard"
        again = mall.post(path, content)
        assert again.status == 200
        assert is_done(again.json)
        if "batch" not in write:
            assert again.headers["idempotent-replayed"] == "true"
        assert figures(scene) == after
    assert audit.faults(distributors=[mall.party.pk], skus=[scene.article.sku_id]) == []


def figures(scene: Scene) -> tuple[Any, ...]:
    """Stock, money, orders, and what was written down for the mall besides."""
    party = scene.mall.party
    written = rows(
        "select (select sum(version) from orders_order where distributor_id = %s),"
        " (select count(*) from recharge_topup where distributor_id = %s),"
        " (select count(*) from parties_upload where distributor_id = %s),"
        " (select count(*) from aftersale_request where distributor_id = %s)",
        *[party.pk] * 4,
    )
    return scene.world.stock(scene.article), scene.world.money(party), scene.world.states(party), written


def _parts(mall: Mall, path: str, content: Any) -> tuple[str, bytes, dict[str, str]]:
    request = mall.signed("POST", path, content)
    return request.target, request.body, request.headers


def test_the_client_heals_it_by_itself(make_mall: MakeMall, world: World, line: Line) -> None:
    mall, article = make_mall(funds_fen=10**7), world.article(stock=100)
    policy = RetryPolicy(attempts=5, first_wait_s=0.01, longest_wait_s=1.0)
    host, port = line.here
    with Entrepot(f"http://{host}:{port}", key=mall.key, secret=mall.secret, retry=policy) as client:
        for number in range(10):
            wanted = NewOrder(
                out_order_no=f"L-{world.mark}-{number}",
                lines=[NewLine(sku=article.code, qty=1)],
                consignee=Consignee(**CONSIGNEE),
            )
            broken = line.break_at(1, is_before=number % 2 == 0)
            placed = client.create_order(wanted)
            assert broken.has_happened
            assert placed.replayed == (number % 2 == 1)
            broken = line.break_at(1, is_before=False)
            assert client.confirm(placed.id).state == "confirmed"
            assert broken.has_happened
    assert world.stock(article) == (100, 10)
    assert world.money(mall.party) == (10**7 - 10 * 1050, 0)
