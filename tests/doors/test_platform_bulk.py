"""Shipping own goods in bulk: chosen orders in one form, tracking numbers from a sheet."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.doors.office_people import at_work, order_of, sheet_of, text_of
from tests.world import World, rows

TRACKING = "/platform/tracking/"


@pytest.fixture
def trade(world: World) -> Any:
    """Own goods, a supplier's goods and a distributor with money."""
    own = world.article(supplier=world.supplier(is_own=True), stock=50)
    other = world.article(stock=50)
    return SimpleNamespace(
        own=own, other=other, party=world.distributor(funds_fen=1_000_000), browser=at_work("platform", None)
    )


def sheet(*lines: tuple[Any, ...]) -> SimpleUploadedFile:
    """A sheet with the usual headings."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        for number, line in enumerate([("订单号", "快递公司", "运单号"), *lines]):
            page.write_row(number, 0, line)
    return SimpleUploadedFile("parcels.xlsx", buffer.getvalue())


def parcels(order: Any) -> list[tuple[str, str]]:
    """Carrier and number of an order's parcels."""
    return rows("select carrier, tracking_no from orders_shipment where order_id = %s order by id", order.id)


def upload(browser: Client, *lines: tuple[Any, ...]) -> Any:
    """Hand in a sheet."""
    return browser.post(TRACKING, {"file": sheet(*lines)})


def test_chosen_orders_are_shipped_in_one_form(world: World, trade: Any) -> None:
    first, second, left = (order_of(world, trade.party, (trade.own, 1)) for _ in range(3))
    foreign = order_of(world, trade.party, (trade.other, 1))
    ids = [first.id, second.id, left.id, foreign.id]
    onward = trade.browser.post("/platform/orders/selected/", {"do": "ship", "ids": ids})["Location"]
    page = text_of(trade.browser.get(onward))
    assert f"tracking_{first.id}" in page and f"tracking_{foreign.id}" not in page
    form = {"carrier": "zto", f"tracking_{first.id}": "ZTO10001", f"tracking_{second.id}": "ZTO10001"}
    assert trade.browser.post(onward, form).status_code == 422  # one number for two orders
    assert parcels(first) == []
    form[f"tracking_{second.id}"] = "ZTO10002"
    assert trade.browser.post(onward, form).status_code == 302
    assert (parcels(first), parcels(second), parcels(left)) == ([("zto", "ZTO10001")], [("zto", "ZTO10002")], [])
    assert world.state(first) == "shipped"


def test_one_refused_order_does_not_hold_the_others_back(world: World, trade: Any) -> None:
    first, second = (order_of(world, trade.party, (trade.own, 1)) for _ in range(2))
    address = f"/platform/orders/ship/?ids={first.id},{second.id}"
    form = {"carrier": "sf", f"tracking_{first.id}": "SF10001", f"tracking_{second.id}": "?"}
    assert trade.browser.post(address, form).status_code == 422
    assert parcels(first) == [] == parcels(second)  # a form with a fault ships nothing
    form = {"carrier": "sf", f"tracking_{first.id}": "SF10001"}
    assert trade.browser.post(address, form).status_code == 302
    assert parcels(first) == [("sf", "SF10001")]
    assert trade.browser.post(address, form | {f"tracking_{first.id}": "SF10009"}).status_code == 422  # nothing is open
    assert parcels(first) == [("sf", "SF10001")]


def test_a_sheet_ships_good_rows_and_hands_bad_ones_back(world: World, trade: Any) -> None:
    by_id, by_mall = (order_of(world, trade.party, (trade.own, 2)) for _ in range(2))
    foreign = order_of(world, trade.party, (trade.other, 1))
    held = order_of(world, trade.party, (trade.own, 1), mode="hold")
    answer = upload(
        trade.browser,
        (str(by_id.id), "顺丰", "sf 2001"),
        (by_mall.out_order_no, "圆通速递", 900_800_700),
        (str(foreign.id), "sf", "SF2003"),
        (str(held.id), "sf", "SF2004"),
        ("nobody", "sf", "SF2005"),
        (str(by_id.id), "火箭快递", "SF2006"),
        (str(by_id.id), "sf", ""),
    )
    assert (parcels(by_id), parcels(by_mall)) == ([("sf", "SF2001")], [("yto", "900800700")])
    assert parcels(foreign) == parcels(held) == []
    page = text_of(answer)
    sealed = page.split('name="sealed" value="')[1].split('"')[0]
    headings, *refused = sheet_of(trade.browser.post(f"{TRACKING}refused/", {"sealed": sealed}))
    assert headings[:3] == ["订单号", "快递公司", "运单号"]
    assert [row[0] for row in refused] == [str(foreign.id), str(held.id), "nobody", str(by_id.id), str(by_id.id)]
    assert all(row[3] for row in refused)
    assert trade.browser.post(f"{TRACKING}refused/", {"sealed": sealed[:-2] + "xx"}).status_code == 302


def test_the_same_sheet_twice_ships_once(world: World, trade: Any) -> None:
    order = order_of(world, trade.party, (trade.own, 2))
    for _ in range(2):
        upload(trade.browser, (str(order.id), "sf", "SF3001"))
    assert parcels(order) == [("sf", "SF3001")]
    assert world.stock(trade.own) == (48, 0)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"a,b,c\n1,2,3\n"])
def test_a_file_that_is_no_such_sheet_is_refused(world: World, trade: Any, data: bytes) -> None:
    answer = trade.browser.post(TRACKING, {"file": SimpleUploadedFile("parcels.xlsx", data)})
    assert answer.status_code == 422
    assert trade.browser.post(TRACKING, {}).status_code == 422


def test_the_template_holds_own_orders_that_wait(world: World, trade: Any) -> None:
    waiting, foreign = order_of(world, trade.party, (trade.own, 1)), order_of(world, trade.party, (trade.other, 1))
    headings, *found = sheet_of(trade.browser.get(f"{TRACKING}template/"))
    assert headings[:3] == ["订单号", "快递公司", "运单号"]
    listed = [row[0] for row in found]
    assert str(waiting.id) in listed and str(foreign.id) not in listed
