"""The supplier's orders: what he sees of them, shipping, addresses, and who may do what."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.doors.kit_people import person
from tests.doors.office_people import BUYER, at_work, order_of, sheet_of, text_of
from tests.world import World, rows


@pytest.fixture
def trade(world: World) -> Any:
    """A supplier's article sold twice to a distributor: supplier price 8.00, supply price 9.37, fee 5 % of that."""

    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=50, supply_price_fen=937, supplier_price_fen=800)
    party = world.distributor(funds_fen=1_000_000)
    order = order_of(world, party, (article, 3))
    return SimpleNamespace(supplier=supplier, article=article, party=party, order=order)


def form(trade: Any, **more: Any) -> dict[str, Any]:
    """What the shipping form hands in."""
    return {"carrier": "sf", "tracking_no": "SF1000000001", "qty_1": "3"} | more


def test_the_list_shows_the_suppliers_amount_and_never_the_agreed_price(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    for address in ("/supplier/orders/", f"/supplier/orders/{trade.order.id}/", "/supplier/"):
        page = text_of(browser.get(address))
        assert trade.article.code in page
        assert "24.00" in page  # 8.00 × 3
        for secret in ("9.37", "28.11", "9.84", "29.52", "0.47", trade.party.name, trade.order.out_order_no):
            assert secret not in page, (address, secret)


def test_the_export_holds_what_is_filtered_and_no_other_price(world: World, trade: Any) -> None:
    other = order_of(world, trade.party, (trade.article, 1))
    browser = at_work("supplier", trade.supplier)
    headings, *found = sheet_of(browser.get("/supplier/orders/", {"number": str(trade.order.id), "export": "xlsx"}))
    assert [row[0] for row in found] == [str(trade.order.id)]
    assert str(other.id) not in str(found)
    assert "9.84" not in str(found) and "9.37" not in str(found)
    assert found[0][headings.index("金额")] == "24.0"


def test_tabs_count_and_search_finds_by_number_goods_phone_and_tracking(world: World, trade: Any) -> None:
    sent = order_of(world, trade.party, (trade.article, 1))
    world.ship(sent, tracking="ZTO77")
    browser = at_work("supplier", trade.supplier)
    assert str(sent.id) not in text_of(browser.get("/supplier/orders/"))
    assert str(trade.order.id) in text_of(browser.get("/supplier/orders/"))
    for query in ({"tab": "shipped"}, {"q": "ZTO77"}, {"tab": "all", "tracking": "ZTO77"}):
        page = text_of(browser.get("/supplier/orders/", query))
        assert f"/supplier/orders/{sent.id}/" in page and f"/supplier/orders/{trade.order.id}/" not in page
    for query in ({"phone": BUYER.phone}, {"goods": trade.article.code}, {"number": str(trade.order.id)[-5:]}):
        assert f"/supplier/orders/{trade.order.id}/" in text_of(browser.get("/supplier/orders/", query))
    assert f"/supplier/orders/{trade.order.id}/" not in text_of(
        browser.get("/supplier/orders/", {"phone": "13900000000"})
    )
    assert f"/supplier/orders/{trade.order.id}/" not in text_of(browser.get("/supplier/orders/", {"goods": "%"}))


def test_a_parcel_is_sent_and_on_record(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    answer = browser.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade))
    assert answer.status_code == 302
    assert world.state(trade.order) == "shipped"
    ((carrier, number, actor),) = rows(
        "select carrier, tracking_no, actor from orders_shipment where order_id = %s", trade.order.id
    )
    assert (carrier, number) == ("sf", "SF1000000001")
    assert actor.startswith(f"supplier/{trade.supplier.pk}/")
    assert world.stock(trade.article) == (47, 0)


def test_a_part_can_be_sent_and_the_rest_later(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    browser.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade, qty_1="1"))
    assert world.state(trade.order) == "partly_shipped"
    browser.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade, tracking_no="SF2", qty_1="2"))
    assert world.state(trade.order) == "shipped"


def test_the_same_parcel_twice_is_one_parcel(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    for _again in range(2):
        browser.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade, qty_1="1"))
    assert rows("select count(*) from orders_shipment where order_id = %s", trade.order.id) == [(1,)]
    assert world.stock(trade.article) == (49, 2)


@pytest.mark.parametrize("wrong", [{"qty_1": "4"}, {"qty_1": "0"}, {"tracking_no": ""}, {"carrier": "pigeon"}])
def test_a_wrong_parcel_changes_nothing(world: World, trade: Any, wrong: dict[str, str]) -> None:
    answer = at_work("supplier", trade.supplier).post(f"/supplier/orders/{trade.order.id}/ship/", form(trade, **wrong))
    assert answer.status_code == 422
    assert world.state(trade.order) == "confirmed"
    assert rows("select count(*) from orders_shipment where order_id = %s", trade.order.id) == [(0,)]


def test_what_was_sent_meanwhile_is_refused_with_the_reason(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    world.refund(trade.order, pieces={1: 2})
    answer = browser.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade))
    assert answer.status_code == 422
    assert world.state(trade.order) == "confirmed"


def test_orders_not_paid_for_and_orders_of_others_do_not_exist(world: World, trade: Any) -> None:
    held = order_of(world, trade.party, (trade.article, 1), mode="hold")
    stranger = at_work("supplier", world.supplier())
    owner = at_work("supplier", trade.supplier)
    for browser, number in ((owner, held.id), (stranger, trade.order.id)):
        assert browser.get(f"/supplier/orders/{number}/").status_code == 404
        assert browser.post(f"/supplier/orders/{number}/ship/", form(trade)).status_code == 404
        assert browser.post(f"/supplier/orders/{number}/consignee/").status_code == 404
        assert browser.post("/supplier/orders/slips/", {"ids": [number]}).status_code == 404
        assert str(number) not in text_of(browser.get("/supplier/orders/", {"tab": "all"}))
    assert world.state(trade.order) == "confirmed"


def test_two_suppliers_of_one_order_see_and_send_their_own_part_only(world: World, trade: Any) -> None:
    second = world.article(stock=10, supplier_price_fen=500)
    order = order_of(world, trade.party, (trade.article, 1), (second, 2))
    browser = at_work("supplier", trade.supplier)
    page = text_of(browser.get(f"/supplier/orders/{order.id}/"))
    assert trade.article.code in page and second.code not in page
    browser.post(f"/supplier/orders/{order.id}/ship/", form(trade, qty_1="1", qty_2="2"))
    assert rows("select line_no, shipped_qty from orders_line where order_id = %s order by 1", order.id) == [
        (1, 1),
        (2, 0),
    ]


def test_the_address_is_masked_until_one_logged_click(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    page = text_of(browser.get(f"/supplier/orders/{trade.order.id}/"))
    assert "136****9896" in page
    assert BUYER.phone not in page and BUYER.address not in page
    assert browser.get(f"/supplier/orders/{trade.order.id}/consignee/").status_code == 405
    clear = text_of(browser.post(f"/supplier/orders/{trade.order.id}/consignee/"))
    assert BUYER.phone in clear and BUYER.address in clear and BUYER.name in clear
    log = rows(
        "select verb, after::text from events_operation where object_kind = 'order' and object_id = %s",
        str(trade.order.id),
    )
    assert log == [("consignee.revealed", None)]


def test_a_slip_shows_the_address_and_is_on_record(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    page = text_of(browser.post("/supplier/orders/slips/", {"ids": [trade.order.id]}))
    assert BUYER.phone in page and BUYER.address in page and "<svg" in page
    assert "9.84" not in page and "style=" not in page
    log = rows("select verb from events_operation where object_id = %s", str(trade.order.id))
    assert log == [("consignee.printed",)]


@pytest.mark.parametrize(
    ("permission", "address"),
    [
        ("orders.ship", "/supplier/orders/{id}/ship/"),
        ("consignee.reveal", "/supplier/orders/{id}/consignee/"),
        ("consignee.reveal", "/supplier/orders/slips/"),
    ],
)
def test_without_the_permission_nothing_happens(world: World, trade: Any, permission: str, address: str) -> None:
    held = {"orders.view", "orders.ship", "consignee.reveal"} - {permission}
    browser = at_work("supplier", trade.supplier, *sorted(held))
    answer = browser.post(address.format(id=trade.order.id), form(trade) | {"ids": [trade.order.id]})
    assert answer.status_code == 403
    assert world.state(trade.order) == "confirmed"
    assert rows("select count(*) from events_operation where object_id = %s", str(trade.order.id)) == [(0,)]
    page = text_of(browser.get(f"/supplier/orders/{trade.order.id}/"))
    assert address.format(id=trade.order.id) not in page


def test_other_back_offices_and_forms_without_token_are_kept_out(world: World, trade: Any) -> None:
    distributor = at_work("distributor", trade.party)
    assert distributor.get("/supplier/orders/").status_code == 404
    assert Client().get("/supplier/orders/").status_code == 302
    someone = person("supplier", party=trade.supplier)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(someone.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    assert strict.post(f"/supplier/orders/{trade.order.id}/ship/", form(trade)).status_code == 403
    assert world.state(trade.order) == "confirmed"


def test_the_list_turns_pages_by_key(world: World, trade: Any) -> None:
    orders = [order_of(world, trade.party, (trade.article, 1)) for _one in range(24)]
    browser = at_work("supplier", trade.supplier)
    first = text_of(browser.get("/supplier/orders/"))
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = text_of(browser.get("/supplier/orders/" + onward.group(1).replace("&amp;", "&")))
    shown = [set(re.findall(r'class="num" href="/supplier/orders/(\d+)/"', page)) for page in (first, second)]
    assert len(shown[0]) == 20 and len(shown[1]) == 5 and not shown[0] & shown[1]
    assert shown[0] | shown[1] == {str(order.id) for order in [*orders, trade.order]}


def test_the_drawer_gets_the_inside_alone(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    address = f"/supplier/orders/{trade.order.id}/"
    drawer = text_of(browser.get(address, headers={"HX-Request": "true", "HX-Target": "drawer"}))
    assert "<html" not in drawer and f'hx-post="{address}ship/"' in drawer
    done = browser.post(
        f"{address}ship/",
        form(trade),
        headers={
            "HX-Request": "true",
            "HX-Target": "drawer",
            "HX-Current-URL": "http://testserver/supplier/orders/?tab=to_ship",
        },
    )
    assert done.headers["HX-Redirect"] == "/supplier/orders/?tab=to_ship"
