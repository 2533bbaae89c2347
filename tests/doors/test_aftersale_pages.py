"""After-sale in the three back offices: a request from its order to its end, the table, and who sees what."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By, Wish
from tests.doors.deeds.stage import Desk
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.world import STAFF, World, rows, taken

PLATFORM = By(kind="platform", actor=STAFF)


@pytest.fixture
def trade(world: World) -> Any:
    """A distributor, a supplier and the platform at work, and an order of four pieces at 10.50 that was received."""
    party, supplier = world.distributor(funds_fen=1_000_000), world.supplier()
    article = world.article(supplier=supplier, stock=50, supply_price_fen=1000, supplier_price_fen=700)
    order = world.place(party, (article, 4), mode="direct")
    taken(world.ship(order))
    taken(world.receive(order))
    offices = {
        kind: Desk(SimpleNamespace(browser=at_work(kind, owner)))  # type: ignore[arg-type]
        for kind, owner in (("platform", None), ("supplier", supplier), ("distributor", party))
    }
    return SimpleNamespace(world=world, party=party, maker=supplier, article=article, order=order, **offices)


def picture() -> SimpleUploadedFile:
    """A photo of what is wrong."""
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(buffer, "JPEG")
    return SimpleUploadedFile("photo.jpg", buffer.getvalue(), "image/jpeg")


def ask(trade: Any, kind: str = "refund", *, is_agreed: bool = True, qty: int = 2) -> int:
    """A request for some pieces."""
    wish = Wish(
        order_id=trade.order.id, out_refund_no=trade.world.name("A"), kind=kind, reason="quality", pieces={1: qty}
    )
    result = actions.ask(wish, by=PLATFORM, is_agreed=is_agreed)
    assert result.request_id, result
    return result.request_id


def state(request_id: int) -> tuple[Any, ...]:
    """State, returned amount and what the supplier bears of a request."""
    (row,) = rows("select state, refunded_fen, supplier_fen from aftersale_request where id = %s", request_id)
    return row


def test_a_return_goes_from_the_order_to_a_claim_settled_between_both(trade: Any) -> None:
    order_page = f"/distributor/orders/{trade.order.id}/"
    page = f"/distributor/aftersales/new/{trade.order.id}/"
    assert page in text_of(trade.distributor.browser.get(order_page))
    look = trade.distributor.fill(page, kind="return", reason="damaged", qty_1="2", do="check")
    assert "¥21.00" in text_of(look) and rows(
        "select count(*) from aftersale_request where order_id = %s", trade.order.id
    ) == [(0,)]
    made = trade.distributor.fill(page, kind="return", reason="damaged", qty_1="2", remark="碎了", evidence=picture())
    assert made.status_code == 302
    detail = made["Location"]
    request_id = int(re.findall(r"\d+", detail)[0])
    assert state(request_id) == ("waiting_return", 0, 0)
    shown = text_of(trade.distributor.browser.get(detail))
    (evidence,) = set(re.findall(r'src="([^"]*/evidence/\d+/)"', shown))
    assert trade.distributor.browser.get(evidence)["Content-Type"] == "image/webp"
    assert "碎了" in shown and "收到退货后" not in re.findall(r"<h1>[^<]*</h1>", shown)
    trade.distributor.fill(detail, at=f"{detail}tracking/", carrier="sf", tracking_no="SF77")
    back = f"/supplier/returns/{request_id}/"
    page_of_supplier = text_of(trade.supplier.browser.get(back))
    assert "SF77" in page_of_supplier and "10.50" not in page_of_supplier and "21.00" not in page_of_supplier
    assert trade.supplier.fill(back, at=f"{back}inspect/", good_1="1", damaged_1="1").status_code == 302
    assert state(request_id) == ("claim", 0, 0) and trade.world.stock(trade.article) == (47, 0)
    office = f"/platform/aftersales/{request_id}/"
    trade.platform.fill(office, at=f"{office}offer/", amount_fen="15.01", supplier_bps="33.33", note="折价")
    assert trade.distributor.fill(detail, at=f"{detail}accept/").status_code == 302
    assert state(request_id) == ("done", 1501, 500)
    final = text_of(trade.platform.browser.get(office))
    assert "¥15.01" in final and "折价" in final
    assert "¥5.00" in text_of(trade.supplier.browser.get(back))


def test_what_cannot_be_done_is_said_beside_the_form(trade: Any) -> None:
    page = f"/distributor/aftersales/new/{trade.order.id}/"
    for typed, word in (({"qty_1": "5"}, "4"), ({"qty_1": "0"}, "至少"), ({"qty_1": "1", "demand_fen": "99"}, "10.50")):
        answer = trade.distributor.fill(page, kind="refund", reason="quality", **typed)
        assert answer.status_code == 422 and word in text_of(answer), typed
    request_id = ask(trade)
    office = f"/platform/aftersales/{request_id}/"
    old = trade.platform.form(office, at=f"{office}rule/")
    typed = {"amount_fen": "1.00", "supplier_bps": "0", "reason": "看过了"}
    assert trade.platform.browser.post(f"{office}rule/", old | typed | {"amount_fen": "22.00"}).status_code == 422
    assert trade.platform.fill(office, at=f"{office}offer/", amount_fen="5.00", supplier_bps="0").status_code == 302
    assert trade.platform.browser.post(f"{office}rule/", old | typed).status_code == 422  # an old window
    assert state(request_id) == ("claim", 0, 0)
    assert trade.distributor.browser.get(f"/distributor/aftersales/{request_id}/rule/").status_code == 405


def test_lists_narrow_and_are_handed_out(trade: Any) -> None:
    request_id, waiting = ask(trade, "exchange", qty=1), ask(trade, "refund", is_agreed=False, qty=1)
    for office, address in (("platform", "aftersales"), ("distributor", "aftersales"), ("supplier", "returns")):
        desk = getattr(trade, office)
        query = {"text": str(trade.order.id)}
        listed = text_of(desk.browser.get(f"/{office}/{address}/", query))
        assert f"/{office}/{address}/{request_id}/" in listed
        assert (f"/{office}/{address}/{waiting}/" in listed) == (office != "supplier"), "he sees what was agreed to"
        assert round_trips(desk.browser, f"/{office}/{address}/") <= 10
        headings, *found = sheet_of(
            desk.browser.get(f"/{office}/{address}/", query | {"kind": "exchange", "export": "xlsx"})
        )
        assert [row[0] for row in found] == [str(request_id)]
        assert ("申请金额" in headings) == (office != "supplier")
        none = text_of(desk.browser.get(f"/{office}/{address}/", {"text": "nobody-has-this"}))
        assert f"/{request_id}/" not in none
        drawer = desk.browser.get(
            f"/{office}/{address}/{request_id}/", headers={"HX-Request": "true", "HX-Target": "drawer"}
        )
        assert drawer.status_code == 200


def test_neighbours_see_nothing_of_it(trade: Any, world: World) -> None:
    request_id = ask(trade, "return")
    for kind, other in (("distributor", world.distributor()), ("supplier", world.supplier())):
        browser = at_work(kind, other)
        root = f"/{kind}/{'returns' if kind == 'supplier' else 'aftersales'}/"
        assert browser.get(f"{root}{request_id}/").status_code == 404
        assert browser.post(f"{root}{request_id}/withdraw/", {"version": 1}).status_code == 404
        if kind == "distributor":
            assert browser.get(f"{root}new/{trade.order.id}/").status_code == 404
    reader = at_work("distributor", trade.party, "aftersales.view")
    page = f"/distributor/aftersales/{request_id}/"
    assert f'action="{page}' not in text_of(reader.get(page))
    reader.post(f"{page}withdraw/", {"version": 2})
    assert state(request_id)[0] == "waiting_return"
    assert reader.get(f"/distributor/aftersales/new/{trade.order.id}/").status_code == 403
    assert Client().get(page).status_code == 302


def test_the_table_is_changed_tried_on_what_was_and_reset(trade: Any) -> None:
    request_id = ask(trade, "refund")
    cell = "/platform/aftersale-table/received:supplier:refund:any/"
    tried = text_of(trade.platform.fill(cell, returns="always", do="preview"))
    assert f"/platform/aftersales/{request_id}/" in tried and "¥21.00" in tried
    assert trade.platform.fill(cell, returns="always", reason="").status_code == 422, "why is asked for"
    assert trade.platform.fill(cell, condition="after_return", reason="x").status_code == 422, "it makes no sense"
    try:
        assert trade.platform.fill(cell, returns="always", reason="大促期间").status_code == 302
        (logged,) = rows(
            "select before, after, reason from events_operation where verb = 'aftersale.rule' order by id desc limit 1"
        )
        assert logged[2] == "大促期间" and '"claim"' in str(logged[0]) and '"always"' in str(logged[1])
        assert state(request_id)[0] == "claim", "made under the row as it was"
        assert state(ask(trade, "refund", qty=1)) == ("done", 1050, 700)
    finally:
        trade.platform.post("/platform/aftersale-table/all/reset/", reason="大促结束")
    assert rows("select count(*) from aftersale_rule") == [(0,)]
    assert state(ask(trade, "refund", qty=1))[0] == "claim"


def test_a_return_address_is_pushed_with_the_agreement(trade: Any) -> None:
    typed = {"contact": "退货组", "phone": "0571-88880000", "region": "浙江省杭州市", "street": "文一西路 1 号"}
    assert trade.supplier.post("/supplier/return-addresses/save/", **typed).status_code == 302
    second = typed | {"region": "江苏省苏州市", "contact": "二仓"}
    assert (
        trade.platform.post("/platform/return-addresses/save/", **second, supplier_id=trade.maker.pk).status_code == 302
    )
    request_id = ask(trade, "return", is_agreed=False)
    page = f"/distributor/aftersales/{request_id}/"
    shown = text_of(trade.distributor.browser.get(page))
    assert "浙江省杭州市" in shown
    trade.distributor.fill(page, at=f"{page}approve/")
    assert "浙江省杭州市" in text_of(trade.distributor.browser.get(page))
