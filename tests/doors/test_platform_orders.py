"""The platform's orders: list, search, export, the page of one order, and what staff do with it."""

import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from entrepot.catalog.rules import bigrams
from entrepot.orders.consignees import place_line
from tests.doors.office_people import BUYER, at_work, order_of, round_trips, sheet_of, text_of
from tests.world import World, rows

ORDERS = "/platform/orders/"


@pytest.fixture
def trade(world: World) -> Any:
    """Own goods at 10.00 and a supplier's at 9.37 (his price 8.00), a distributor who pays 5 % fee, one order of both."""
    mark = f"坚果{world.mark}"
    own = world.article(
        supplier=world.supplier(is_own=True), stock=50, supply_price_fen=1000, name=mark, search_terms=bigrams(mark)
    )
    other = world.article(stock=50, supply_price_fen=937, supplier_price_fen=800)
    party = world.distributor(funds_fen=1_000_000)
    order = order_of(world, party, (own, 3), (other, 2))
    return SimpleNamespace(own=own, other=other, party=party, order=order, page=f"{ORDERS}{order.id}/")


def version(order_id: int) -> int:
    """The version of an order as stored."""
    ((found,),) = rows("select version from orders_order where id = %s", order_id)
    return int(found)


def is_listed(browser: Client, order_id: int, **query: Any) -> bool:
    """Whether the list shows an order."""
    return f'"{ORDERS}{order_id}/"' in text_of(browser.get(ORDERS, query))


def said(answer: Any) -> str:
    """The message that the next page would show, in the cookie it rides in."""
    return answer.cookies["messages"].value if "messages" in answer.cookies else ""


def test_every_search_finds_its_orders_and_no_others(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    rest = world.distributor(funds_fen=100_000)
    other = order_of(
        world,
        rest,
        (world.article(stock=5), 1),
        buyer=type(BUYER)("黄蓉", "13700000001", "浙江省", "舟山市", "普陀区", "桃花岛"),
    )
    world.ship(trade.order, supplier_id=trade.own.supplier_id, tracking=f"T{trade.order.id}")
    queries: list[dict[str, Any]] = [
        {"no": str(trade.order.id)},
        {"no": trade.order.out_order_no},
        {"goods": trade.own.code},
        {"goods": f"坚果{world.mark}"},
        {"phone": "136 1234 9896", "distributor": trade.party.pk},
        {"distributor": trade.party.pk},
        {"supplier": trade.other.supplier_id},
        {"tracking": f"T{trade.order.id}"},
    ]
    for query in queries:
        assert is_listed(browser, trade.order.id, **query), query
        assert not is_listed(browser, other.id, **query), query
    assert is_listed(browser, other.id, phone="13700000001")
    assert is_listed(browser, trade.order.id, no=trade.order.out_order_no[:-1])  # the beginning will do
    for nothing in (
        {"phone": "13900000000"},
        {"goods": "%"},
        {"no": "%"},
        {"tracking": "T_"},
        {"placed_to": "2020-01-01"},
    ):
        assert not is_listed(browser, trade.order.id, **nothing), nothing


def test_tabs_gather_states_and_count_them(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    held = order_of(world, trade.party, (trade.own, 1), mode="hold")
    gone = order_of(world, trade.party, (trade.own, 1), mode="hold")
    world.cancel(gone)
    mine = {"distributor": trade.party.pk}
    assert is_listed(browser, held.id, tab="held", **mine) and not is_listed(
        browser, trade.order.id, tab="held", **mine
    )
    assert is_listed(browser, gone.id, tab="closed", **mine)
    assert is_listed(browser, trade.order.id, tab="to_ship", **mine)
    page = text_of(browser.get(ORDERS, mine))
    counts = re.findall(r'class="count">([^<]+)<', page)
    assert counts[:2] == ["3", "1"] and counts[-1] == "1"
    world.ship(trade.order, supplier_id=trade.own.supplier_id, pieces={1: 1})
    assert is_listed(browser, trade.order.id, tab="to_ship", **mine)  # partly shipped still waits


def test_counting_stops_at_a_limit_and_says_so(world: World, trade: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COUNT_LIMIT", "FOUND_LIMIT"):
        monkeypatch.setattr(f"entrepot.doors.platform.order_rows.{name}", 2)
    browser, mine = at_work("platform", None), {"distributor": trade.party.pk}

    def counts(**query: Any) -> list[str]:
        return re.findall(r'class="count">([^<]+)<', text_of(browser.get(ORDERS, query)))

    order_of(world, trade.party, (trade.own, 1), mode="hold")
    assert counts(**mine)[:2] == ["2", "1"]
    order_of(world, trade.party, (trade.own, 1))
    assert counts(**mine) == ["2+"]  # a search found more than are counted: no state's figure would be true
    assert 'class="sum"' not in text_of(browser.get(ORDERS, mine))
    order_of(world, trade.party, (trade.own, 1))
    assert counts()[0] == "2+"  # three or more orders to ship: all and that tab stop, held ones may still be counted


def test_what_very_much_is_called_is_found_too_but_not_counted(
    world: World, trade: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = at_work("platform", None)
    second = order_of(world, trade.party, (trade.own, 1))
    searches = ({"no": trade.order.out_order_no[:6]}, {"goods": f"坚果{world.mark}"})
    for few in (5_000, 0):
        monkeypatch.setattr("entrepot.doors.platform.order_search.FEW", few)
        for query in searches:
            page = text_of(browser.get(ORDERS, query | {"distributor": trade.party.pk}))
            assert re.findall(r'name="ids" value="(\d+)"', page) == [str(second.id), str(trade.order.id)], (few, query)
            assert bool(re.findall(r'class="count">([^<]+)<', page)) == bool(few)


def test_days_are_found_by_where_they_begin_and_end(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    today = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    mine = {"distributor": trade.party.pk}
    assert is_listed(browser, trade.order.id, placed_from=today, placed_to=today, **mine)
    assert not is_listed(browser, trade.order.id, placed_to="2020-01-01", **mine)
    assert not is_listed(browser, trade.order.id, placed_from="2099-01-01", **mine)


def test_pages_go_on_by_cursor_and_come_back(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    placed = [order_of(world, trade.party, (trade.own, 1)).id for _ in range(24)]
    first = text_of(browser.get(ORDERS, {"distributor": trade.party.pk}))
    shown = [int(number) for number in re.findall(r'name="ids" value="(\d+)"', first)]
    assert shown == sorted(placed, reverse=True)[:20]
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = text_of(browser.get(ORDERS + onward.replace("&amp;", "&")))
    rest = [int(number) for number in re.findall(r'name="ids" value="(\d+)"', second)]
    assert rest == [*sorted(placed, reverse=True)[20:], trade.order.id]
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', second)
    assert re.findall(r'name="ids" value="(\d+)"', text_of(browser.get(ORDERS + back.replace("&amp;", "&")))) == [
        str(number) for number in shown
    ]
    upwards = text_of(browser.get(ORDERS, {"distributor": trade.party.pk, "sort": "created"}))
    assert re.findall(r'name="ids" value="(\d+)"', upwards)[0] == str(trade.order.id)


def test_the_export_holds_exactly_what_is_filtered_and_masks_the_consignee(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    other = order_of(world, trade.party, (trade.own, 1), mode="hold")
    query = {"distributor": trade.party.pk, "tab": "to_ship", "export": "xlsx"}
    headings, *found = sheet_of(browser.get(ORDERS, query))
    assert [row[0] for row in found] == [str(trade.order.id)]
    line = dict(zip(headings, found[0], strict=True))
    assert line["商城订单号"] == trade.order.out_order_no
    assert (line["合计"], line["服务费"]) == ("51.18", "2.44")  # 3 × 10.50 + 2 × 9.84; 3 × 0.50 + 2 × 0.47
    assert BUYER.phone not in str(found) and BUYER.name not in str(found)
    chosen = browser.post(f"{ORDERS}selected/", {"do": "export", "ids": [other.id]})
    assert [row[0] for row in sheet_of(chosen)[1:]] == [str(other.id)]


def test_a_list_of_twenty_is_read_with_few_statements(world: World, trade: Any) -> None:
    browser = at_work("platform", None, "orders.view", "orders.ship")
    for _ in range(20):
        order_of(world, trade.party, (trade.own, 1))
    for address in (ORDERS, f"{ORDERS}?goods={trade.own.code}&distributor={trade.party.pk}", trade.page):
        assert round_trips(browser, address) <= 10, address


def test_the_top_bar_goes_to_the_order_or_to_the_list(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    world.ship(trade.order, supplier_id=trade.own.supplier_id, tracking=f"F{trade.order.id}")
    for typed, onward in (
        (str(trade.order.id), trade.page),
        (f"F{trade.order.id}", f"{ORDERS}?tracking=F{trade.order.id}"),
        (BUYER.phone, f"{ORDERS}?phone={BUYER.phone}"),
        ("NOBODY-KNOWS", f"{ORDERS}?no=NOBODY-KNOWS"),
    ):
        assert browser.get("/platform/find/", {"q": typed})["Location"] == onward


def test_the_page_explains_every_figure(world: World, trade: Any) -> None:
    page = text_of(at_work("platform", None).get(trade.page))
    for figure in (
        *("¥10.00", "¥0.50", "¥10.50", "¥31.50"),  # own: 10.00 + 5 % = 10.50, × 3
        *("¥9.37", "¥0.47", "¥9.84", "¥19.68"),  # 9.37 × 5 % = 0.4685, half-up 0.47
        "9.37 × 5% = 0.4685",
        "31.50 + 19.68",
        "¥51.18",
        "¥16.00",  # the supplier's 2 × 8.00
        "¥2.74",  # the platform's margin 2 × 1.37
        "¥2.44",  # the fee
        "¥30.00",  # own goods at the supply price
    ):
        assert figure in page, figure
    assert BUYER.phone not in page and BUYER.name not in page and BUYER.address not in page


def test_a_later_rate_does_not_touch_what_was_agreed(world: World, trade: Any) -> None:
    from entrepot.parties import actions

    actions.change_tier(trade.party.tier_id, fee_rate_bps=900, actor="system")
    page = text_of(at_work("platform", None).get(trade.page))
    assert "9.37 × 5% = 0.4685" in page and "9%" in page


def test_the_consignee_is_shown_once_asked_for_and_on_record(world: World, trade: Any) -> None:
    looked = rows(
        "select count(*) from events_operation where verb = 'consignee.revealed' and object_id = %s",
        str(trade.order.id),
    )
    assert looked == [(0,)]
    clear = text_of(at_work("platform", None, "orders.view", "consignee.reveal").post(f"{trade.page}consignee/"))
    assert BUYER.phone in clear and BUYER.name in clear and BUYER.address in clear
    ((count,),) = rows(
        "select count(*) from events_operation where verb = 'consignee.revealed' and object_id = %s and kind = 'platform'",
        str(trade.order.id),
    )
    assert count == 1
    blind = at_work("platform", None, "orders.view")
    assert "consignee/" not in text_of(blind.get(trade.page))
    assert blind.post(f"{trade.page}consignee/").status_code == 403


def ship_form(trade: Any, **more: Any) -> dict[str, Any]:
    """What the shipping form hands in."""
    return {"version": version(trade.order.id), "carrier": "sf", "tracking_no": "sf 100 200 300", "qty_1": "3"} | more


def test_own_goods_are_shipped_in_part_and_then_whole(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    page = text_of(browser.get(f"{trade.page}ship/"))
    assert "qty_1" in page and "qty_2" not in page  # line 2 is its supplier's to ship
    assert browser.post(f"{trade.page}ship/", ship_form(trade, qty_1="1")).status_code == 302
    assert rows("select tracking_no, carrier from orders_shipment where order_id = %s", trade.order.id) == [
        ("SF100200300", "sf")
    ]
    assert rows("select line_no, shipped_qty from orders_line where order_id = %s order by 1", trade.order.id) == [
        (1, 1),
        (2, 0),
    ]
    assert world.stock(trade.own) == (49, 2)
    assert browser.post(f"{trade.page}ship/", ship_form(trade, qty_1="2", tracking_no="SF2002")).status_code == 302
    assert world.state(trade.order) == "partly_shipped"
    world.ship(trade.order, supplier_id=trade.other.supplier_id)
    assert world.state(trade.order) == "shipped"


@pytest.mark.parametrize(
    "wrong",
    [{"qty_1": "4"}, {"qty_1": "0"}, {"tracking_no": "#"}, {"carrier": "rocket"}, {"version": 0}, {"qty_1": "-1"}],
)
def test_a_wrong_parcel_is_refused_and_changes_nothing(world: World, trade: Any, wrong: dict[str, Any]) -> None:
    answer = at_work("platform", None).post(f"{trade.page}ship/", ship_form(trade, **wrong))
    assert answer.status_code == 422
    assert rows("select count(*) from orders_shipment where order_id = %s", trade.order.id) == [(0,)]
    assert world.stock(trade.own) == (50, 3)


def refund_form(trade: Any, **more: Any) -> dict[str, Any]:
    """What the refund form hands in."""
    return {
        "version": version(trade.order.id),
        "reason": "买家取消",
        "refund_no": "P1",
        "qty_1": "3",
        "qty_2": "2",
    } | more


def test_pieces_are_refunded_before_shipping_once(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    balance, _held = world.money(trade.party)
    form = refund_form(trade, qty_1="1", qty_2="0")
    assert browser.post(f"{trade.page}refund/", form).status_code == 302
    assert world.money(trade.party)[0] == balance + 1050
    assert world.stock(trade.own) == (50, 2)
    again = browser.post(f"{trade.page}refund/", form)  # the same form from a second window
    assert again.status_code == 422 and world.money(trade.party)[0] == balance + 1050
    assert browser.post(f"{trade.page}refund/", refund_form(trade, refund_no="P2", qty_1="2")).status_code == 302
    assert world.money(trade.party)[0] == balance + 5118
    assert world.state(trade.order) == "refunded"
    assert rows("select reason from orders_refund where order_id = %s", trade.order.id) == [("买家取消",)] * 2


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"qty_1": "4"}, {"qty_1": "0", "qty_2": "0"}, {"version": 0}])
def test_a_wrong_refund_is_refused_and_moves_no_money(world: World, trade: Any, wrong: dict[str, Any]) -> None:
    before = world.money(trade.party)
    answer = at_work("platform", None).post(f"{trade.page}refund/", refund_form(trade, **wrong))
    assert answer.status_code == 422 and world.money(trade.party) == before
    assert world.state(trade.order) == "confirmed"


def test_a_held_order_is_cancelled_with_a_reason(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    held = order_of(world, trade.party, (trade.own, 2), mode="hold")
    page = f"{ORDERS}{held.id}/cancel/"
    assert browser.post(page, {"version": version(held.id), "reason": ""}).status_code == 422
    assert world.state(held) == "held"
    assert browser.post(page, {"version": version(held.id), "reason": "重复下单"}).status_code == 302
    assert world.state(held) == "cancelled" and world.money(trade.party)[1] == 0
    late = browser.post(f"{trade.page}cancel/", {"version": version(trade.order.id), "reason": "x"})
    assert late.status_code == 422 and world.state(trade.order) == "confirmed"


def test_receipt_and_completion_by_version(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    for supplier_id in trade.order.supply_orders:
        world.ship(trade.order, supplier_id=supplier_id)
    stale = {"version": version(trade.order.id) - 1}
    browser.post(f"{trade.page}receive/", stale)
    assert world.state(trade.order) == "shipped"
    browser.post(f"{trade.page}receive/", {"version": version(trade.order.id)})
    assert world.state(trade.order) == "received"
    browser.post(f"{trade.page}complete/", {"version": version(trade.order.id)})
    assert world.state(trade.order) == "completed"
    assert rows(
        "select balance_fen from ledger_account where kind = 'supplier_payable' and supplier_id = %s",
        trade.other.supplier_id,
    ) == [(1600,)]
    actors = rows(
        "select actor_name from events_operation where object_id = %s and verb = 'order.completed'", str(trade.order.id)
    )
    assert len(actors) == 1 and actors[0][0].startswith("platform-")


def test_every_act_needs_its_own_permission(world: World, trade: Any) -> None:
    browser = at_work("platform", None, "orders.view")
    page = text_of(browser.get(trade.page))
    for act in ("ship", "refund", "cancel", "receive", "complete"):
        assert f"{trade.page}{act}/" not in page
        assert browser.post(f"{trade.page}{act}/", {"version": version(trade.order.id)}).status_code == 403
    assert world.state(trade.order) == "confirmed"


def test_a_municipality_is_named_once_on_every_page_sheet_and_label(world: World) -> None:
    supplier, party = world.supplier(), world.distributor(funds_fen=100_000)
    buyer = type(BUYER)("黄蓉", "13700000001", "重庆市", "重庆市", "渝中区", "五一路 8 号")
    order = order_of(world, party, (world.article(supplier=supplier, stock=5), 1), buyer=buyer)
    platform, office = at_work("platform", None), at_work("supplier", supplier)
    mall = at_work("distributor", party)
    shown = [
        text_of(platform.get(f"{ORDERS}{order.id}/")),
        text_of(platform.post(f"{ORDERS}{order.id}/consignee/")),
        str(sheet_of(platform.get(ORDERS, {"number": str(order.id), "export": "xlsx"}))),
        text_of(office.get(f"/supplier/orders/{order.id}/")),
        text_of(office.post(f"/supplier/orders/{order.id}/consignee/")),
        text_of(office.post("/supplier/orders/slips/", {"ids": [order.id]})),
        str(sheet_of(office.get("/supplier/orders/", {"export": "xlsx"}))),
        str(sheet_of(office.get("/supplier/batch/template/"))),
        text_of(mall.get(f"/distributor/orders/{order.id}/")),
        text_of(mall.post(f"/distributor/orders/{order.id}/consignee/")),
        str(sheet_of(mall.get("/distributor/orders/", {"export": "xlsx"}))),
    ]
    assert [place for place, text in enumerate(shown) if "重庆市渝中区" not in text] == []
    lists = [text_of(office.get("/supplier/orders/")), text_of(mall.get("/distributor/orders/"))]
    assert all("<small>重庆市</small>" in text for text in lists)
    assert "重庆市重庆市" not in str(shown) + str(lists)
    names = ("广东省", None, "东莞市", "东莞市", "莞城街道")
    assert (place_line(*names), place_line("吉林省", "吉林市", "船营区")) == (
        "广东省东莞市莞城街道",
        "吉林省吉林市船营区",
    )
