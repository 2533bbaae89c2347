"""The distributor's orders: what he sees, what he may do with them, and what others may not."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.doors.office_people import BUYER, at_work, order_of, sheet_of, text_of
from tests.world import World, rows


@pytest.fixture
def trade(world: World) -> Any:
    """A distributor at 5 % with 10,000.00 and an article of 10.00."""
    party = world.distributor(funds_fen=1_000_000)
    article = world.article(stock=50, supply_price_fen=1000)
    return SimpleNamespace(party=party, article=article, browser=at_work("distributor", party))


def hidden(trade: Any, order: Any) -> dict[str, str]:
    """What the forms of an order's page carry along."""
    page = text_of(trade.browser.get(f"/distributor/orders/{order.id}/"))
    return dict(re.findall(r'name="(version|once)" value="([^"]*)"', page))


def test_the_list_shows_agreed_totals_and_fees_with_counts(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 2))
    held = order_of(world, trade.party, (trade.article, 1), mode="hold")
    page = text_of(trade.browser.get("/distributor/orders/"))
    assert order.out_order_no in page and held.out_order_no in page
    assert "¥21.00" in page and "¥31.50" in page  # (10 + 10 × 5 %) × 2, and the sum of both
    only = text_of(trade.browser.get("/distributor/orders/?tab=held"))
    assert held.out_order_no in only and order.out_order_no not in only


def test_orders_are_found_by_either_number_goods_phone_and_tracking(world: World, trade: Any) -> None:
    order, other = (order_of(world, trade.party, (trade.article, 1)) for _one in range(2))
    world.ship(order, tracking="YTO8823")
    for query in ({"q": order.out_order_no}, {"number": str(order.id)}, {"tracking": "YTO8823"}, {"q": "YTO8823"}):
        page = text_of(trade.browser.get("/distributor/orders/", query))
        assert f"/orders/{order.id}/" in page and f"/orders/{other.id}/" not in page, query
    assert f"/orders/{order.id}/" in text_of(trade.browser.get("/distributor/orders/", {"phone": BUYER.phone}))
    assert f"/orders/{order.id}/" not in text_of(trade.browser.get("/distributor/orders/", {"goods": "_"}))


def test_the_export_holds_exactly_what_is_filtered(world: World, trade: Any) -> None:
    order, other = (order_of(world, trade.party, (trade.article, 2)) for _one in range(2))
    headings, *found = sheet_of(trade.browser.get("/distributor/orders/", {"q": order.out_order_no, "export": "xlsx"}))
    assert [row[0] for row in found] == [order.out_order_no]
    assert found[0][headings.index("金额")] == "21.0"
    assert other.out_order_no not in str(found) and BUYER.phone not in str(found)


def test_the_page_tells_what_happened_and_why_the_number(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 2))
    world.ship(order, tracking="SF99")
    page = text_of(trade.browser.get(f"/distributor/orders/{order.id}/"))
    for text in ("SF99", "¥21.00", "¥20.00", "¥1.00", "10.50 × 2", "5%"):
        assert text in page
    assert "sup" not in re.findall(r"<small>[^<]*</small>", page)


@pytest.mark.parametrize(
    ("deed", "mode", "before", "after"),
    [
        ("confirm", "hold", "held", "confirmed"),
        ("cancel", "hold", "held", "cancelled"),
        ("receive", "direct", "shipped", "received"),
        ("complete", "direct", "received", "completed"),
    ],
)
def test_each_deed_moves_the_order_once(  # one step of an order's life each
    world: World, trade: Any, deed: str, mode: str, before: str, after: str
) -> None:
    order = order_of(world, trade.party, (trade.article, 2), mode=mode)
    if before in ("shipped", "received"):
        world.ship(order)
    if before == "received":
        world.receive(order)
    assert world.state(order) == before
    carried = hidden(trade, order)
    address = f"/distributor/orders/{order.id}/{deed}/"
    assert trade.browser.get(address).status_code == 405
    assert trade.browser.post(address, carried).status_code == 302
    assert world.state(order) == after
    # The form of before is out of date now.
    assert trade.browser.post(address, carried).status_code == 409
    assert world.state(order) == after


def test_cancelling_gives_stock_and_money_back(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 2), mode="hold")
    assert world.money(trade.party) == (1_000_000, 2100) and world.stock(trade.article) == (50, 2)
    trade.browser.post(f"/distributor/orders/{order.id}/cancel/", hidden(trade, order))
    assert world.money(trade.party) == (1_000_000, 0) and world.stock(trade.article) == (50, 0)


def test_pieces_are_refunded_before_shipping_and_never_twice(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 3))
    assert world.money(trade.party)[0] == 1_000_000 - 3150
    carried = hidden(trade, order) | {"qty_1": "1", "reason": "买家改主意"}
    address = f"/distributor/orders/{order.id}/refund/"
    for _again in range(2):
        assert trade.browser.post(address, carried).status_code == 302
    assert world.money(trade.party)[0] == 1_000_000 - 2100
    assert world.stock(trade.article) == (50, 2)
    trade.browser.post(address, hidden(trade, order) | {"qty_1": "2", "reason": "全退"})
    assert world.state(order) == "refunded" and world.money(trade.party)[0] == 1_000_000
    page = text_of(trade.browser.get(f"/distributor/orders/{order.id}/"))
    assert "买家改主意" in page and "全退" in page


@pytest.mark.parametrize(
    "wrong", [{"qty_1": "4"}, {"qty_1": "0"}, {"qty_1": "x"}, {"reason": " "}, {"once": "again"}, {"version": "9"}]
)
def test_a_wrong_refund_changes_nothing(world: World, trade: Any, wrong: dict[str, str]) -> None:
    order = order_of(world, trade.party, (trade.article, 3))
    carried = hidden(trade, order) | {"qty_1": "1", "reason": "r"} | wrong
    answer = trade.browser.post(f"/distributor/orders/{order.id}/refund/", carried)
    assert answer.status_code == 409 and 'role="alert"' in text_of(answer)
    assert world.money(trade.party)[0] == 1_000_000 - 3150
    assert rows("select count(*) from orders_refund where order_id = %s", order.id) == [(0,)]


def test_confirming_without_funds_says_so(world: World) -> None:
    party = world.distributor(funds_fen=3000, funds_policy="check")
    article = world.article(stock=9, supply_price_fen=1000)
    first, second = (order_of(world, party, (article, 2), mode="hold") for _one in range(2))
    trade = SimpleNamespace(browser=at_work("distributor", party))
    for order in (first, second):
        trade.browser.post(f"/distributor/orders/{order.id}/confirm/", hidden(trade, order))
    assert [world.state(order) for order in (first, second)] == ["confirmed", "awaiting_funds"]
    assert "待补货款" in text_of(trade.browser.get("/distributor/"))


def test_orders_of_others_do_not_exist(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 1), mode="hold")
    carried = hidden(trade, order)
    stranger = at_work("distributor", world.distributor())
    assert stranger.get(f"/distributor/orders/{order.id}/").status_code == 404
    assert stranger.post(f"/distributor/orders/{order.id}/consignee/").status_code == 404
    for deed in ("cancel", "confirm", "refund", "receive", "complete"):
        assert stranger.post(f"/distributor/orders/{order.id}/{deed}/", carried).status_code == 404
    assert stranger.post(f"/distributor/orders/{order.id}/explode/", carried).status_code == 404
    assert order.out_order_no not in text_of(stranger.get("/distributor/orders/"))
    assert world.state(order) == "held"


@pytest.mark.parametrize(
    ("deed", "permission"), [("cancel", "orders.cancel"), ("confirm", "orders.complete"), ("refund", "orders.refund")]
)
def test_a_deed_needs_its_permission(world: World, trade: Any, deed: str, permission: str) -> None:
    mode = "direct" if deed == "refund" else "hold"
    order = order_of(world, trade.party, (trade.article, 1), mode=mode)
    before, carried = world.state(order), hidden(trade, order) | {"qty_1": "1", "reason": "r"}
    held = {"orders.view", "orders.cancel", "orders.complete", "orders.refund"} - {permission}
    clerk = at_work("distributor", trade.party, *sorted(held))
    assert clerk.post(f"/distributor/orders/{order.id}/{deed}/", carried).status_code == 403
    assert world.state(order) == before
    assert f"/{deed}/" not in text_of(clerk.get(f"/distributor/orders/{order.id}/"))


def test_the_address_is_masked_until_one_logged_click(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.article, 1))
    page = text_of(trade.browser.get(f"/distributor/orders/{order.id}/"))
    assert "136****9896" in page and BUYER.phone not in page and BUYER.address not in page
    assert BUYER.address in text_of(trade.browser.post(f"/distributor/orders/{order.id}/consignee/"))
    assert rows("select verb from events_operation where object_id = %s", str(order.id)) == [("consignee.revealed",)]
    clerk = at_work("distributor", trade.party, "orders.view")
    assert clerk.post(f"/distributor/orders/{order.id}/consignee/").status_code == 403


def test_strangers_to_the_office_are_kept_out(world: World, trade: Any) -> None:
    assert at_work("supplier", world.supplier()).get("/distributor/orders/").status_code == 404
    assert Client().get("/distributor/orders/").headers["Location"].startswith("/distributor/login/")
    assert at_work("distributor", trade.party, "goods.view").get("/distributor/orders/").status_code == 403
