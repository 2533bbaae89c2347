"""What a developer who has never spoken to us is told, so that he need not ask."""

import json
from typing import Any

import msgspec
import pytest

from entrepot.doors.api import event_shapes, shapes
from entrepot.doors.api.problems import Problem
from entrepot.doors.api.reading import read
from entrepot.doors.api.texts import language_of, reason
from entrepot.stock.rules import Holdings, HoldQuota, over_quota
from tests.doors.api.mall import Mall, order
from tests.world import World


def told(body: bytes, wanted: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        read(body, wanted)
    return refused.value


@pytest.mark.parametrize(
    ("change", "english", "chinese"),
    [
        ({"mode": "later"}, "One of hold, direct", "可选值：hold, direct"),
        ({"out_order_no": 5}, "Must be a text, not a whole number", "须为文字，收到整数"),
        ({"out_order_no": "单号"}, "Letters, digits and . _ : - only", "只能含字母、数字和 . _ : -"),
        ({"consignee": []}, "Must be an object, not an array", "须为对象，收到数组"),
        ({"hold_minutes": 1.5}, "Must be a whole number, not a decimal one; money is in fen", "须为整数，不能是小数；金额以分为单位"),
        ({"remark": "a\x00"}, "No control characters", "不得含控制字符"),
    ],
)  # fmt: skip
def test_a_fault_of_the_shape_says_what_would_be_right(change: dict[str, Any], english: str, chinese: str) -> None:
    (wrong,) = told(json.dumps(order("A") | change).encode(), shapes.OrderRequest).errors
    assert wrong.detail == (chinese, english)


def test_patterns_are_told_by_what_they_let_through() -> None:
    wanted = order("A")
    wanted["consignee"] |= {"phone": "１３８００", "city": "杭\n州", "division_code": "x"}
    found = {one.pointer: one.detail[1] for one in told(json.dumps(wanted).encode(), shapes.OrderRequest).errors}
    assert found == {
        "/consignee/phone": "Digits, spaces, + and - only",
        "/consignee/city": "No line breaks and control characters",
        "/consignee/division_code": "Digits only",
    }
    asked = b'{"url": "mall.example/x", "events": ["shipped"]}'
    assert [one.detail[1] for one in told(asked, event_shapes.WebhookRequest).errors] == [
        "Begins with http:// or https://, has no spaces",
        "A type of event, such as order.shipped",
    ]


@pytest.mark.parametrize("body", [b'{"a":', b'{"mode": 5, ', b'{"a": "\xff"}', b""], ids=range(4))
def test_what_is_broken_is_no_json_whatever_stands_before_the_break(body: bytes) -> None:
    assert told(body, shapes.OrderRequest).code == "bad_json"


def test_a_quota_says_how_much_is_held_and_what_helps() -> None:
    quota = HoldQuota(pieces_of_sku=5, holds=0, buyer_pieces_of_sku=5, buyer_holds=0, funds_bps=1)
    found = over_quota(quota, holdings=Holdings(), pieces={7: 9}, buyer=b"b", held_fen=100, own_fen=0, fen=250)
    assert len(found) == 5
    for over in found:
        for language, helps in (("en", "confirm or cancel"), ("zh", "请先确认或取消")):
            said = reason("hold_quota_exceeded", {"sku": "A"} | msgspec.to_builtins(over), language=language)
            assert helps in said and "-" not in said, over.quota
    assert "¥1.00" in reason("hold_quota_exceeded", msgspec.to_builtins(found[-1]), language="zh")


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "zh"), ("fr, en;q=0.9", "en"), ("de;q=1, zh-CN, en", "zh"), ("en-GB,zh", "en"), ("*", "zh"), ("ja", "zh")],
)
def test_the_first_language_we_speak_is_spoken(header: str, language: str) -> None:
    assert language_of(header) == language


def test_who_forgets_a_header_hears_which(mall: Mall) -> None:
    spoken = {"Accept-Language": "en"}
    unsigned = mall.signed("GET", "/me", headers=spoken)
    del unsigned.headers["Entrepot-Key"]
    assert "no Entrepot-Key" in mall.send(unsigned).json["detail"]
    bare = mall.signed("GET", "/me", headers=spoken)
    bare.headers["Entrepot-Signature"] = bare.headers["Entrepot-Signature"].removeprefix("v1,")
    assert "v1, and the base64" in mall.send(bare).json["detail"]
    late = mall.signed("GET", "/me", headers=spoken)
    late.headers["Entrepot-Timestamp"] += "000"
    assert "not milliseconds" in mall.send(late).json["detail"]


def test_another_sandboxs_goods_are_not_there(world: World, mall: Mall) -> None:
    from tests.doors.api.sandboxes import sandbox_mall

    mine, other = (sandbox_mall(world, port=mall.port) for _ in range(2))
    from entrepot.sandbox.rules import number_of

    theirs = f"{number_of(other.party.number)}-APPLE"
    assert other.post("/orders/preview", order(theirs)).status == 200
    refusal, missing = (mine.post("/orders", order(code)) for code in (theirs, "NO-SUCH"))
    assert refusal.code == missing.code == "validation_failed"
    assert refusal.body.replace(theirs.encode(), b"NO-SUCH")[:200] == missing.body[:200]
    region = mine.post("/orders", order(f"{number_of(mine.party.number)}-APPLE", number="A-REGION")).json
    assert region["errors"][0]["pointer"] == "/lines/0/sku", "where a real order is told it too"


def test_who_cancels_what_is_paid_is_sent_to_the_after_sales(world: World, mall: Mall) -> None:
    placed = mall.post("/orders", order(world.article(stock=5).code, mode="direct")).json
    refused = mall.signed("POST", f"/orders/{placed['id']}/cancel", headers={"Accept-Language": "en"})
    answer = mall.send(refused)
    assert (answer.status, answer.code, answer.json["state"]) == (409, "state_conflict", "confirmed")
    assert "ask for an after-sale" in answer.json["errors"][0]["detail"]
