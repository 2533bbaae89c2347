"""The supplier's pages where he is asked: take on, put off, refuse, one by one and in bulk."""

import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import xlsxwriter

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.trade.books import OrderRow
from tests.doors.office_people import at_work, order_of, round_trips, sheet_of, text_of
from tests.world import World, rows, taken


@pytest.fixture
def trade(world: World) -> Any:
    supplier = world.supplier()
    world.ask_first(supplier, minutes=60, policy="ask")
    party = world.distributor(funds_fen=10**7)
    article = world.article(supplier=supplier, stock=50, supply_price_fen=937, supplier_price_fen=800)
    other = world.article(supplier=supplier, stock=50, supply_price_fen=500, supplier_price_fen=400)
    return SimpleNamespace(
        supplier=supplier, party=party, article=article, order=order_of(world, party, (article, 3), (other, 2))
    )


def words(order: OrderRow) -> list[str]:
    return [
        state for (state,) in rows("select state from orders_acceptance where order_id = %s order by line_no", order.id)
    ]


def day_from_now(days: int) -> str:
    with scope.desk(read_only=True):
        return (database_now() + timedelta(hours=8, days=days)).date().isoformat()


def test_the_list_opens_where_a_word_is_wanted(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    page = text_of(browser.get("/supplier/orders/"))
    assert f"/supplier/orders/{trade.order.id}/" in page and "/supplier/orders/accept/" in page and "待接单" in page
    assert f"/supplier/orders/{trade.order.id}/" not in text_of(browser.get("/supplier/orders/", {"tab": "to_ship"}))
    browser.post("/supplier/orders/accept/", {"ids": [trade.order.id]})
    assert words(trade.order) == ["accepted", "accepted"]
    page = text_of(browser.get("/supplier/orders/"))
    assert f"/supplier/orders/{trade.order.id}/" in page and "tab=to_accept" not in page
    assert f"/supplier/orders/{trade.order.id}/ship/" in text_of(browser.get(f"/supplier/orders/{trade.order.id}/"))


def test_lines_are_taken_on_put_off_and_refused_one_by_one(world: World, trade: Any) -> None:
    browser, address = at_work("supplier", trade.supplier), f"/supplier/orders/{trade.order.id}/decide/"
    assert f'action="{address}"' in text_of(browser.get(f"/supplier/orders/{trade.order.id}/"))
    for wrong in (
        {"do": "accept"},
        {"do": "accept", "lines": ["9"]},
        {"do": "back_order", "lines": ["1"]},
        {"do": "back_order", "lines": ["1"], "ship_by": day_from_now(-1)},
        {"do": "back_order", "lines": ["1"], "ship_by": day_from_now(181)},
        {"do": "refuse", "lines": ["1"]},
        {"do": "nothing", "lines": ["1"]},
    ):
        assert browser.post(address, wrong).status_code == 422, wrong
    assert words(trade.order) == ["waiting", "waiting"]
    day = day_from_now(5)
    assert browser.post(address, {"do": "back_order", "lines": ["1"], "ship_by": day}).status_code == 302
    assert browser.post(address, {"do": "refuse", "lines": ["2"], "reason": "停产了"}).status_code == 302
    assert words(trade.order) == ["back_ordered", "refused"]
    page = text_of(browser.get(f"/supplier/orders/{trade.order.id}/"))
    assert day in page and "缺货待发" in page and "无法供货" in page
    for office, party, where in (
        ("platform", None, f"/platform/orders/{trade.order.id}/"),
        ("distributor", trade.party, f"/distributor/orders/{trade.order.id}/"),
    ):
        assert day in text_of(at_work(office, party).get(where)), office
    assert browser.post(address, {"do": "accept", "lines": ["2"]}).status_code == 422
    assert f"/supplier/orders/{trade.order.id}/" in text_of(browser.get("/supplier/orders/", {"tab": "unsupplied"}))


def test_what_comes_too_late_is_said(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    world.let_time_pass(trade.order)
    answer = browser.post(f"/supplier/orders/{trade.order.id}/decide/", {"do": "accept", "lines": ["1", "2"]})
    assert answer.status_code == 422 and "接单时限已过" in text_of(answer)
    answer = browser.post("/supplier/orders/accept/", {"ids": [trade.order.id]}, follow=True)
    assert "接单时限已过" in text_of(answer)
    assert words(trade.order) == ["waiting", "waiting"]


def test_only_what_was_taken_on_is_shipped_by_form_and_by_sheet(world: World, trade: Any) -> None:
    browser = at_work("supplier", trade.supplier)
    parcel = {"carrier": "sf", "tracking_no": "SF1000000001", "qty_1": "3", "qty_2": "2"}
    assert browser.post(f"/supplier/orders/{trade.order.id}/ship/", parcel).status_code == 422
    assert [row[0] for row in sheet_of(browser.get("/supplier/batch/template/"))[1:]] == []
    browser.post(f"/supplier/orders/{trade.order.id}/decide/", {"do": "accept", "lines": ["1"]})
    assert [row[1] for row in sheet_of(browser.get("/supplier/batch/template/"))[1:]] == [trade.article.code]
    second = order_of(world, trade.party, (trade.article, 1))
    rows_in = [(trade.order.id, "SF1"), (second.id, "SF2")]
    plan = browser.post("/supplier/batch/upload/", {"sheet": filled(rows_in)})
    page = text_of(browser.get(plan.headers["Location"]))
    assert "还没有接单" in page
    refused = sheet_of(browser.get(plan.headers["Location"] + "refused/"))
    assert [row[0] for row in refused[1:]] == [str(second.id)]
    browser.post(plan.headers["Location"] + "run/")
    assert rows("select line_no, shipped_qty from orders_line where order_id = %s order by 1", trade.order.id) == [
        (1, 3),
        (2, 0),
    ]
    assert world.state(second) == "confirmed"


def filled(parcels: list[tuple[int, str]]) -> io.BytesIO:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, title in enumerate(("订单号", "快递公司", "快递单号")):
            sheet.write(0, place, title)
        for number, (order_id, tracking_no) in enumerate(parcels, start=1):
            for place, text in enumerate((str(order_id), "顺丰速运", f"{tracking_no}000001")):
                sheet.write_string(number, place, text)
    data.seek(0)
    data.name = "parcels.xlsx"
    return data


def test_the_buyers_note_and_the_end_of_the_order_are_seen(world: World, trade: Any) -> None:
    ask = world.place_ask(trade.party, (trade.article, 1), mode="direct")
    ask.remark = "请放门卫处"
    order = taken(world.run(ask))
    browser = at_work("supplier", trade.supplier)
    browser.post("/supplier/orders/accept/", {"ids": [order.id]})
    world.ship(order)
    world.receive(order)
    world.complete(order)
    page = text_of(browser.get(f"/supplier/orders/{order.id}/"))
    assert "请放门卫处" in page
    received, completed = rows("select received_at, completed_at from orders_order where id = %s", order.id)[0]
    for moment in (received, completed):
        assert (moment + timedelta(hours=8)).strftime("%H:%M:%S") in page
    headings, row = sheet_of(browser.get("/supplier/orders/", {"tab": "completed", "export": "xlsx"}))
    assert row[headings.index("买家留言")] == "请放门卫处"


def test_a_line_that_went_elsewhere_is_told_and_nothing_of_where(world: World, trade: Any) -> None:
    from entrepot.fulfilment import actions

    stand_in = world.article(stock=9, supply_price_fen=900, supplier_price_fen=850)
    world.ask_first(trade.supplier, minutes=60, policy="reroute")
    actions.name_substitute(trade.article.code, substitute=stand_in.code, place=1, may_lose=False, actor="system")
    order = order_of(world, trade.party, (trade.article, 2))
    browser = at_work("supplier", trade.supplier)
    browser.post(f"/supplier/orders/{order.id}/decide/", {"do": "refuse", "lines": ["1"], "reason": "断货"})
    page = text_of(browser.get(f"/supplier/orders/{order.id}/"))
    assert "已改由其他供货商发货" in page and trade.article.code in page
    assert stand_in.code not in page and "¥8.50" not in page and "¥9.00" not in page
    assert str(order.id) in text_of(browser.get("/supplier/orders/", {"tab": "all"}))
    mall = text_of(at_work("distributor", trade.party).get(f"/distributor/orders/{order.id}/"))
    assert trade.article.code in mall and stand_in.code not in mall


def test_strangers_and_those_without_the_permission_decide_nothing(world: World, trade: Any) -> None:
    address = f"/supplier/orders/{trade.order.id}/decide/"
    assert at_work("supplier", world.supplier()).post(address, {"do": "accept", "lines": ["1"]}).status_code == 404
    idle = at_work("supplier", trade.supplier, "orders.view")
    assert idle.post(address, {"do": "accept", "lines": ["1"]}).status_code == 403
    assert idle.post("/supplier/orders/accept/", {"ids": [trade.order.id]}).status_code == 403
    assert address not in text_of(idle.get(f"/supplier/orders/{trade.order.id}/"))
    at_work("supplier", world.supplier()).post("/supplier/orders/accept/", {"ids": [trade.order.id]})
    assert words(trade.order) == ["waiting", "waiting"]


def test_the_list_stays_within_ten_statements(world: World, trade: Any) -> None:
    for _ in range(20):
        order_of(world, trade.party, (trade.article, 1))
    assert round_trips(at_work("supplier", trade.supplier), "/supplier/orders/") <= 10
