"""Batch shipping: template, preview, the run, refused rows, and what never happens before the yes."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlsxwriter
from django.conf import settings
from django.test import Client

from tests.doors.office_people import BUYER, at_work, order_of, sheet_of, text_of
from tests.world import World, rows

HEADINGS = ["订单号", "规格编码", "件数", "快递公司", "运单号", "地址"]


@pytest.fixture
def trade(world: World) -> Any:
    """A supplier with three orders to ship."""

    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=50)
    party = world.distributor(funds_fen=1_000_000)
    orders = [order_of(world, party, (article, qty)) for qty in (1, 2, 3)]
    return SimpleNamespace(supplier=supplier, article=article, party=party, orders=orders)


def sheet(*lines: list[Any], headings: list[str] | None = None) -> io.BytesIO:
    """A filled sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, line in enumerate([headings or HEADINGS, *lines]):
            for place, cell in enumerate(line):
                page.write(number, place, cell)
    file.seek(0)
    file.name = "sheet.xlsx"
    return file


def handed_in(browser: Client, *lines: list[Any]) -> str:
    """Upload a sheet that must be readable; returns the address of its plan."""
    answer = browser.post("/supplier/batch/upload/", {"sheet": sheet(*lines)})
    assert answer.status_code == 302, text_of(answer)
    return str(answer.headers["Location"])


def parcels(trade: Any) -> list[tuple[Any, ...]]:
    """The parcels of the three orders."""
    return rows(
        "select order_id, carrier, tracking_no from orders_shipment where order_id = any(%s) order by order_id, id",
        [order.id for order in trade.orders],
    )


def test_the_template_holds_every_open_line_with_masked_addresses(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    headings, *found = sheet_of(browser.get("/supplier/batch/template/"))
    assert {row[headings.index("订单号")] for row in found} == {str(order.id) for order in trade.orders}
    assert BUYER.phone not in str(found) and BUYER.address not in str(found)


def test_whole_addresses_are_handed_out_on_record_only(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    assert browser.get("/supplier/batch/addresses/").status_code == 405
    found = sheet_of(browser.post("/supplier/batch/addresses/"))
    assert BUYER.phone in str(found) and BUYER.address in str(found)
    assert rows(
        "select verb, after->>'orders' from events_operation where kind = 'supplier' and party_id = %s",
        trade.supplier.pk,
    ) == [("consignee.exported", "3")]
    clerk = at_work("supplier", trade.supplier, "orders.view", "orders.ship")
    assert clerk.post("/supplier/batch/addresses/").status_code == 403


def test_nothing_is_shipped_before_the_yes_and_all_of_it_after(world: World, trade: Any) -> None:
    first, second, third = trade.orders
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(
        browser,
        [str(first.id), "", "", "顺丰", "SF-1001"],
        [second.id, trade.article.code, "1.0", "zto", 7700001],
        [third.id, "", "", "飞鸽", "X-1"],
        [third.id + 10**6, "", "", "sf", "X-2222"],
    )
    page = text_of(browser.get(plan))
    assert "SF-1001" in page and "7700001" in page and "飞鸽" in page
    assert parcels(trade) == []
    assert browser.get(f"{plan}run/").status_code == 405
    assert browser.post(f"{plan}run/").headers["Location"] == plan
    assert parcels(trade) == [(first.id, "sf", "SF-1001"), (second.id, "zto", "7700001")]
    assert world.state(first) == "shipped" and world.state(second) == "partly_shipped"
    assert world.state(third) == "confirmed"
    headings, *refused = sheet_of(browser.get(f"{plan}refused/"))
    assert headings[-1] == "未通过原因" and len(refused) == 2
    assert [row[0] for row in refused] == [str(third.id), str(third.id + 10**6)]
    assert all(row[-1] for row in refused)


def test_a_run_asked_for_twice_ships_once(trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(browser, *([order.id, "", "", "sf", f"T-{order.id}"] for order in trade.orders))
    for _again in range(2):
        browser.post(f"{plan}run/")
    assert len(parcels(trade)) == 3
    again = handed_in(browser, *([order.id, "", "", "sf", f"T-{order.id}"] for order in trade.orders))
    browser.post(f"{again}run/")
    assert len(parcels(trade)) == 3


def test_a_long_run_goes_on_by_itself_and_shows_how_far_it_is(trade: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from entrepot.doors.supplier import shipping_sheet

    monkeypatch.setattr(shipping_sheet, "AT_ONCE", 2)
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(browser, *([order.id, "", "", "sf", f"T-{order.id}"] for order in trade.orders))
    htmx = {"HX-Request": "true", "HX-Target": "progress"}
    half = text_of(browser.post(f"{plan}run/", headers=htmx))
    assert 'hx-trigger="load"' in half and "2 / 3" in half and len(parcels(trade)) == 2
    assert browser.post(f"{plan}run/", headers=htmx).headers["HX-Redirect"] == plan
    assert len(parcels(trade)) == 3


def test_what_changed_after_the_preview_is_refused_with_its_row(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(browser, [trade.orders[0].id, "", "", "sf", "LATE-1"])
    world.refund(trade.orders[0])
    browser.post(f"{plan}run/")
    assert parcels(trade) == []
    _headings, row = sheet_of(browser.get(f"{plan}refused/"))
    assert row[0] == str(trade.orders[0].id) and row[-1]


def test_rows_of_one_tracking_number_make_one_parcel(world: World, trade: Any) -> None:
    second = world.article(supplier=trade.supplier, stock=5)
    order = order_of(world, trade.party, (trade.article, 2), (second, 1))
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(
        browser,
        [order.id, trade.article.code, 1, "sf", "ONE-1"],
        [order.id, second.code, "", "sf", "ONE-1"],
        [order.id, "", 1, "sf", "TWO-2"],
    )
    browser.post(f"{plan}run/")
    assert rows(
        "select l.line_no, l.qty from orders_shipment s join orders_shipmentline l on l.shipment_id = s.id"
        " where s.order_id = %s order by 1",
        order.id,
    ) == [(1, 1), (2, 1)]
    assert len(sheet_of(browser.get(f"{plan}refused/"))) == 2


def test_a_plan_is_its_suppliers_alone_and_holds_no_personal_data(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    plan = handed_in(
        browser,
        [trade.orders[0].id, "", "", "sf", "MINE-1", f"{BUYER.name} {BUYER.phone} {BUYER.address}"],
        [trade.orders[1].id, "", "", "nobody", "MINE-2", f"{BUYER.name} {BUYER.phone} {BUYER.address}"],
    )
    kept = list((Path(settings.DATA_DIR) / "imports" / f"supplier-{trade.supplier.pk}").glob("*.json"))
    assert kept and all(BUYER.phone not in path.read_text() for path in kept)
    stranger = at_work("supplier", world.supplier())
    for answer in (stranger.get(plan), stranger.post(f"{plan}run/"), stranger.get(f"{plan}refused/")):
        assert answer.status_code == 404
    assert browser.get("/supplier/batch/nothing/").status_code == 404
    assert browser.post("/supplier/batch/nothing/run/").status_code == 404
    assert parcels(trade) == []


def test_another_suppliers_order_is_refused_in_the_preview(world: World, trade: Any) -> None:
    stranger = world.supplier()
    browser = at_work("supplier", stranger)
    plan = handed_in(browser, [trade.orders[0].id, "", "", "sf", "THEFT-1"])
    browser.post(f"{plan}run/")
    assert parcels(trade) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"a,b\n1,2\n"])
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(trade: Any, content: bytes) -> None:
    file = io.BytesIO(content)
    file.name = "sheet.xlsx"
    answer = at_work("supplier", trade.supplier).post("/supplier/batch/upload/", {"sheet": file})
    assert answer.status_code == 422
    assert 'role="alert"' in text_of(answer)
