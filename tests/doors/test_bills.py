"""Bills in the two back offices: made, sent, answered by line, ruled on, paid, downloaded."""

import io
import re
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from entrepot.settlement import actions
from entrepot.settlement.models import Bill
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.rooms.billing import Room
from tests.world import STAFF, World, rows


@pytest.fixture
def room(world: World) -> Room:
    return Room(world)


@pytest.fixture
def staff(world: World) -> Client:
    return at_work("platform", None)


def supplier_of(room: Room) -> Client:
    return at_work("supplier", room.supplier)


def picture() -> io.BytesIO:
    """A picture of a bank's receipt."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(stream, "PNG")
    stream.seek(0)
    stream.name = "receipt.png"
    return stream


def bill_of(room: Room) -> Bill:
    """The newest bill of the supplier."""
    ((found,),) = rows("select max(id) from settlement_bill where supplier_id = %s", room.supplier.pk)
    bill = Bill(pk=found)
    return room.again(bill)


def test_a_bill_goes_its_whole_way_through_both_offices(room: Room, staff: Client) -> None:
    (order_id, _other) = room.sell(1, 2)
    page = text_of(staff.get("/platform/bills/due/", {"text": room.supplier.number}))
    assert "24.00" in page and room.supplier.name in page
    answer = staff.post(f"/platform/bills/due/{room.supplier.pk}/")
    bill = bill_of(room)
    assert answer["Location"] == f"/platform/bills/{bill.pk}/"
    supplier = supplier_of(room)
    assert supplier.get(f"/supplier/bills/{bill.pk}/").status_code == 404, "a draft is not his to see"
    assert bill.number not in text_of(supplier.get("/supplier/bills/"))
    page = text_of(staff.get(f"/platform/bills/{bill.pk}/"))
    assert f'href="/platform/orders/{order_id}/"' in page and room.article.code in page
    staff.post("/platform/bills/send/", {"ids": [bill.pk, "x", 10**12]})
    assert room.again(bill).state == "sent"

    page = text_of(supplier.get(f"/supplier/bills/{bill.pk}/"))
    assert f'href="/supplier/orders/{order_id}/"' in page and "24.00" in page
    assert "10.00" not in page, "the supply price is not his to see"
    assert supplier.post(f"/supplier/bills/{bill.pk}/confirm/", {"revision": "7"}).status_code == 302
    assert room.again(bill).state == "sent", "another revision than he saw"
    supplier.post(f"/supplier/bills/{bill.pk}/confirm/", {"revision": "1"})
    assert room.again(bill).state == "confirmed"

    wrong = staff.post(f"/platform/bills/{bill.pk}/pay/", {"bank_reference": ""})
    assert wrong.status_code == 422 and room.owed() == 2400
    given = {"bank_reference": "2026112200018842", "voucher": picture(), "remark": "招商银行"}
    staff.post(f"/platform/bills/{bill.pk}/pay/", given)
    assert (room.again(bill).state, room.owed()) == ("paid", 0)
    page = text_of(supplier.get(f"/supplier/bills/{bill.pk}/"))
    assert "2026112200018842" in page
    for browser, office in (staff, "platform"), (supplier, "supplier"):
        shown = browser.get(f"/{office}/bills/{bill.pk}/voucher/")
        assert shown["Content-Type"] == "image/webp" and shown["Cache-Control"] == "private, no-store"
    supplier.post(f"/supplier/bills/{bill.pk}/received/")
    assert room.again(bill).state == "settled"
    page = text_of(supplier.get("/supplier/bills/", {"tab": "settled"}))
    assert bill.number in page and "24.00" in page
    assert "24.00" in text_of(supplier.get("/supplier/"))


def test_lines_are_disputed_and_ruled_on_pages(room: Room, staff: Client) -> None:
    room.sell(1, 2, 3)
    bill = room.sent()
    first, second, _third = room.lines(bill)
    supplier = supplier_of(room)
    supplier.post(f"/supplier/bills/{bill.pk}/dispute/", {"ids": [first.pk], "reason": ""})
    assert room.again(bill).state == "sent"
    supplier.post(f"/supplier/bills/{bill.pk}/dispute/", {"ids": [first.pk, second.pk], "reason": "价格不符"})
    assert room.again(bill).state == "disputed"
    page = text_of(staff.get(f"/platform/bills/{bill.pk}/"))
    assert page.count("价格不符") >= 2 and f"/platform/bills/{bill.pk}/lines/{first.pk}/" in page

    def rule(line: Any, **given: str) -> Any:
        named = {f"l{line.pk}-{name}": value for name, value in given.items()}
        return staff.post(f"/platform/bills/{bill.pk}/lines/{line.pk}/", named)

    assert rule(first, ruling="kept", reason="").status_code == 422
    assert rule(first, ruling="adjusted", reason="多付", adjustment_fen="0").status_code == 422
    assert rule(first, ruling="moved", reason="发票未到").status_code == 302
    assert rule(second, ruling="adjusted", reason="补差价", adjustment_fen="-1.50").status_code == 302
    bill = room.again(bill)
    assert (bill.state, bill.total_fen) == ("sent", 1600 + 2400 - 150)
    page = text_of(supplier.get(f"/supplier/bills/{bill.pk}/"))
    for text in ("发票未到", "补差价", "-1.50", "38.50"):
        assert text in page
    assert staff.post(f"/platform/bills/{bill.pk}/lines/{10**12}/", {}).status_code == 422
    assert rule(first, ruling="kept", reason="再来").status_code == 422


def test_a_line_of_a_draft_is_left_out_on_its_page(room: Room, staff: Client) -> None:
    room.sell(1, 2)
    bill = room.bill()
    line = room.lines(bill)[0]
    address = f"/platform/bills/{bill.pk}/put-off/"
    assert staff.post(address, {"line": line.pk, "reason": ""}).status_code == 422
    assert staff.post(address, {"line": 10**12, "reason": "x"}).status_code == 404
    assert staff.post(address, {"line": line.pk, "reason": "发票未到"}).status_code == 302
    assert room.again(bill).total_fen == 1600
    assert "发票未到" in text_of(staff.get(f"/platform/bills/{bill.pk}/"))


def test_both_download_the_same_sheet_and_paper(room: Room, staff: Client) -> None:
    orders = room.sell(1, 2)
    bill = room.sent()
    sheets = []
    for browser, office in (staff, "platform"), (supplier_of(room), "supplier"):
        headings, *lines = sheet_of(browser.get(f"/{office}/bills/{bill.pk}/xlsx/"))
        sheets.append((headings, lines))
        amounts = [line[headings.index("金额")] for line in lines]
        assert amounts == ["8.0", "16.0"]
        assert [line[headings.index("订单号")] for line in lines] == [str(order_id) for order_id in orders]
        paper = browser.get(f"/{office}/bills/{bill.pk}/pdf/")
        assert paper["Content-Type"] == "application/pdf" and paper.content.startswith(b"%PDF-")
        assert f'filename="{bill.number}.pdf"' in paper["Content-Disposition"]
    assert sheets[0] == sheets[1]


def test_lists_filter_count_and_export_what_is_filtered(world: World, room: Room, staff: Client) -> None:
    room.sell(1)
    actions.pay_bill(room.confirmed().pk, bank_reference="R-77", actor=STAFF)
    paid = bill_of(room)
    room.sell(2)
    draft = room.bill()
    query = {"text": room.supplier.number}
    page = text_of(staff.get("/platform/bills/", query))
    assert paid.number in page and draft.number in page
    page = text_of(staff.get("/platform/bills/", query | {"tab": "paid"}))
    assert paid.number in page and draft.number not in page
    headings, *found = sheet_of(staff.get("/platform/bills/", query | {"tab": "draft", "export": "xlsx"}))
    assert [row[0] for row in found] == [draft.number] and found[0][headings.index("金额")] == "16.0"
    assert paid.number in text_of(staff.get("/platform/bills/", {"text": "R-77"}))
    assert draft.number not in text_of(staff.get("/platform/bills/", {"text": "nobody"}))
    supplier = supplier_of(room)
    _headings, *his = sheet_of(supplier.get("/supplier/bills/", {"export": "xlsx"}))
    assert [row[0] for row in his] == [paid.number]
    for day, is_shown in ("2020-01-01", False), ("", True):
        page = text_of(supplier.get("/supplier/bills/", {"days_to": day}))
        assert (paid.number in page) == is_shown
    assert round_trips(staff, f"/platform/bills/?text={room.supplier.number}") <= 12
    assert round_trips(staff, f"/platform/bills/{paid.pk}/") <= 16


def test_terms_are_changed_and_given_back_on_their_page(room: Room, staff: Client) -> None:
    address = f"/platform/bills/terms/{room.supplier.pk}/"
    given = {"cycle": "week", "rights_days": "3", "answer_days": "5", "is_silence_consent": "on"}
    assert staff.post(address, given | {"rights_days": "999"}).status_code == 422
    assert staff.post(address, given).status_code == 302
    page = text_of(supplier_of(room).get("/supplier/bills/"))
    assert "3 天" in page and "5 天" in page
    assert staff.post(address, {"do": "usual"}).status_code == 302
    assert rows("select count(*) from settlement_terms where supplier_id = %s", room.supplier.pk) == [(0,)]
    assert staff.get("/platform/bills/terms/").status_code == 200
    own = room.world.supplier(is_own=True)
    assert staff.get(f"/platform/bills/terms/{own.pk}/").status_code == 404


def test_a_payment_file_pays_and_hands_back_what_it_refuses(room: Room, staff: Client) -> None:
    room.sell(1)
    bill = room.confirmed()
    text = (
        "交易流水号,备注,金额\n"
        f"A1,货款 {bill.number},-8.00\n"
        f"A1,货款 {bill.number},-8.00\n"
        f"A2,{bill.number},8.00\n"
        "A3,工资,5.00\n"
        f"A4,{bill.number},许多\n"
    )
    upload = io.BytesIO(text.encode("gb18030"))
    upload.name = "alipay.csv"
    page = text_of(staff.post("/platform/bills/payments/", {"file": upload}))
    assert room.again(bill).state == "paid" and room.owed() == 0
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    headings, *refused = sheet_of(staff.post("/platform/bills/payments/refused/", {"sealed": sealed[1]}))
    assert [row[0] for row in refused] == ["A2", "A3", "A4"] and headings[:3] == ["交易流水号", "备注", "金额"]
    assert all(row[-1] for row in refused)
    for given in {}, {"file": io.BytesIO(b"")}:
        assert staff.post("/platform/bills/payments/", given).status_code == 422


def test_who_may_not_does_not_and_strangers_find_nothing(world: World, room: Room) -> None:
    room.sell(1)
    bill = room.sent()
    stranger = at_work("supplier", world.supplier())
    clerk = at_work("supplier", room.supplier, "bills.view")
    for path in ("", "xlsx/", "pdf/", "voucher/"):
        assert stranger.get(f"/supplier/bills/{bill.pk}/{path}").status_code == 404
    for step in ("confirm", "dispute", "received"):
        assert stranger.post(f"/supplier/bills/{bill.pk}/{step}/", {"revision": "1"}).status_code == 404
        assert clerk.post(f"/supplier/bills/{bill.pk}/{step}/", {"revision": "1"}).status_code == 403
    page = text_of(clerk.get(f"/supplier/bills/{bill.pk}/"))
    assert "/confirm/" not in page and "/dispute/" not in page
    viewer = at_work("platform", None, "bills.view")
    page = text_of(viewer.get(f"/platform/bills/{bill.pk}/"))
    assert "/pay/" not in page and "/send/" not in page
    assert room.again(bill).state == "sent"
