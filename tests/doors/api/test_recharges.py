"""Uploads, top-ups under the mall's own number, and statements, over the API."""

import csv
import io
import secrets
import threading
from collections import Counter
from typing import Any

import psycopg
import pytest
from django.db import connection
from PIL import Image

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.recharge.actions import approve_top_up, reject_top_up, request_top_up
from entrepot.recharge.jobs import make_statements
from entrepot_launch import roles
from tests import audit
from tests.doors.api.aftersales import Bought
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, order
from tests.doors.api.test_idempotency import at_once, pointers, posting
from tests.world import World, rows


def picture(*, colour: str = "red", kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture as a mall sends it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def wish(**more: Any) -> dict[str, Any]:
    """A top-up under a number of its own."""
    return {"out_recharge_no": f"C-{secrets.token_hex(8)}", "amount": 500_000} | more


# --- uploads ---


def test_a_picture_is_kept_once_in_one_form(mall: Mall) -> None:
    sent = picture(kind="JPEG", size=(2000, 1000))
    first = mall.post("/uploads", sent, headers={"Content-Type": "image/jpeg"})
    assert (first.status, first.json["media_type"]) == (201, "image/webp")
    again = mall.post("/uploads", sent, headers={"Content-Type": "application/octet-stream"})
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", first.json)
    kept = mall.get(f"/uploads/{first.json['id']}")
    assert (kept.status, kept.headers["content-type"], len(kept.body)) == (200, "image/webp", first.json["size"])
    assert (kept.headers["cache-control"], kept.headers["x-content-type-options"]) == ("private, no-store", "nosniff")
    assert max(Image.open(io.BytesIO(kept.body)).size) == 1600
    other = mall.post("/uploads", picture(colour="blue"))
    assert other.json["id"] != first.json["id"]


def test_what_is_no_picture_is_refused_and_nothing_is_kept(mall: Mall) -> None:
    whole = picture()
    for sent in (
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 50,
        whole[:60],
        b"%PDF-1.7",
        picture(kind="BMP"),
    ):
        refusal = mall.post("/uploads", sent, headers={"Content-Type": "image/png"})
        assert (refusal.status, refusal.code) == (422, "validation_failed"), sent[:10]
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    refusal = mall.post("/uploads", bomb.getvalue(), headers={"Accept-Language": "en"})
    assert (refusal.status, refusal.json["detail"]) == (422, "The picture has too many pixels.")
    assert rows("select count(*) from parties_upload where distributor_id = %s", mall.party.pk) == [(0,)]


def test_a_large_body_is_for_known_keys_and_for_pictures_alone(mall: Mall) -> None:
    large = b"x" * (1_048_576 + 1)
    assert mall.post("/echo", large).status == 413
    assert mall.post("/uploads", large).status == 422, "read, and no picture"
    assert mall.post("/uploads", b"x" * (8_388_608 + 1)).status == 413
    stranger = mall.twin()
    stranger.key = "ek_live_nobody"
    assert stranger.post("/uploads", large).status == 413, "who is not known is not read for long"
    bent = mall.signed("POST", "/uploads", picture())
    bent.body = picture(colour="blue")
    assert mall.send(bent).code == "bad_signature", "the bytes are what is signed"


def test_twenty_at_once_are_one_upload(mall: Mall) -> None:
    sent = picture(colour="green")
    replies = at_once([posting(mall, "/uploads", sent) for _ in range(20)])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 19}
    assert len({reply.json["id"] for reply in replies}) == 1


def test_anothers_upload_is_none(mall: Mall, make_mall: MakeMall, world: World) -> None:
    owner = make_mall(funds_fen=10**6)
    theirs = owner.post("/uploads", picture()).json["id"]
    own = mall.post("/uploads", picture()).json["id"]
    assert own != theirs, "the same bytes of two malls are two uploads"
    bought = Bought(world, mall, world.article(stock=9))
    for upload_id in (theirs, "999999999"):
        assert mall.get(f"/uploads/{upload_id}").status == 404
        refusal = mall.post("/recharges", wish(voucher=upload_id))
        assert (refusal.status, pointers(refusal)) == (422, ["/voucher"])
        refusal = mall.post("/aftersales", bought.wish(evidence=[own, upload_id]))
        assert (refusal.status, pointers(refusal)) == (422, ["/evidence/1"])
    assert mall.get("/recharges").json["items"] == mall.get("/aftersales").json["items"] == []


def test_evidence_belongs_to_what_was_asked(mall: Mall, world: World) -> None:
    first, second = (mall.post("/uploads", picture(colour=colour)).json["id"] for colour in ("red", "blue"))
    bought = Bought(world, mall, world.article(stock=9))
    wanted = bought.wish(evidence=[first])
    asked = mall.post("/aftersales", wanted)
    assert (asked.status, asked.json["evidence"]) == (201, [first])
    assert mall.post("/aftersales", wanted).status == 200
    for evidence in ([second], [first, second], [], None):
        refusal = mall.post("/aftersales", wanted | {"evidence": evidence})
        assert (refusal.code, pointers(refusal)) == ("number_reused_with_other_content", ["/evidence"])
    assert mall.post("/aftersales", bought.wish(evidence=[first] * 10)).status == 422


# --- top-ups ---


def test_a_top_up_under_a_number_goes_its_way(mall: Mall) -> None:
    voucher = mall.post("/uploads", picture()).json["id"]
    wanted = wish(payer="晨光", bank_reference="HVP-1", voucher=voucher, remark="一月")
    first = mall.post("/recharges", wanted)
    assert (first.status, first.json["state"], first.json["voucher"]) == (201, "pending", voucher)
    for content in (wanted, wanted | {"remark": "another"}):
        again = mall.post("/recharges", content)
        assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", first.json)
    before = mall.get("/balance").json["available"]
    approve_top_up(int(first.json["id"]), actor=SYSTEM)
    told = mall.get(f"/recharges/by-out-no/{wanted['out_recharge_no']}").json
    assert told == mall.get(f"/recharges/{first.json['id']}").json
    assert (told["state"], told["reviewed_at"] is not None) == ("approved", True)
    assert mall.get("/balance").json["available"] == before + 500_000
    assert mall.post("/recharges", wanted).json["state"] == "approved", "the number is his for ever"
    assert rows("select count(*) from recharge_topup where distributor_id = %s", mall.party.pk) == [(1,)]
    log = rows("select actor from events_operation where verb = 'topup.requested' and object_id = %s", first.json["id"])
    assert log[0] == (f"api/{mall.party.pk}/{mall.key}",)


def test_other_content_is_refused_and_its_fields_are_named(mall: Mall) -> None:
    vouchers = [mall.post("/uploads", picture(colour=colour)).json["id"] for colour in ("red", "blue")]
    wanted = wish(payer="晨光", bank_reference="HVP-1", voucher=vouchers[0])
    first = mall.post("/recharges", wanted).json
    for bend, expected in (
        ({"amount": 1}, ["/amount"]),
        ({"payer": "暮光"}, ["/payer"]),
        ({"bank_reference": None}, ["/bank_reference"]),
        ({"voucher": vouchers[1]}, ["/voucher"]),
        ({"voucher": None}, ["/voucher"]),
        ({"voucher": "999999999"}, ["/voucher"]),
        ({"amount": 2, "payer": "x"}, ["/amount", "/payer"]),
    ):
        refusal = mall.post("/recharges", wanted | bend)
        assert (refusal.status, refusal.code, pointers(refusal)) == (
            422,
            "number_reused_with_other_content",
            expected,
        ), bend
    assert mall.post("/recharges", wanted).json == first


def test_fifty_at_once_are_one_top_up(mall: Mall, make_mall: MakeMall) -> None:
    wanted = wish()
    replies = at_once([posting(mall, "/recharges", wanted) for _ in range(50)])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 49}
    assert len({reply.json["id"] for reply in replies}) == 1
    # The control: numbers of their own are top-ups of their own, and another mall's number is another's.
    assert {reply.status for reply in at_once([posting(mall, "/recharges", wish()) for _ in range(5)])} == {201}
    assert rows("select count(*) from recharge_topup where distributor_id = %s", mall.party.pk) == [(6,)]
    assert make_mall().post("/recharges", wanted).status == 201


def test_two_contents_at_once_are_one_top_up(mall: Mall) -> None:
    for _ in range(5):
        wanted = wish()
        replies = at_once([posting(mall, "/recharges", wanted | {"amount": fen}) for fen in (1, 2, 3)])
        assert Counter(reply.status for reply in replies) == {201: 1, 422: 2}
        assert {reply.code for reply in replies} == {"", "number_reused_with_other_content"}


def test_one_that_waits_too_long_is_told_so(mall: Mall, committed: roles.Access) -> None:
    wanted = wish()
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute(
            "insert into recharge_topup (distributor_id, out_recharge_no, amount_fen, state, payer, bank_reference,"
            " voucher_type, remark, review_note) values (%s, %s, 500000, 'pending', '', '', '', '', '')",
            [mall.party.pk, wanted["out_recharge_no"]],
        )
        refusal = mall.post("/recharges", wanted)
        assert (refusal.status, refusal.code, refusal.retry) == (409, "request_in_progress", "same")
        stranger.rollback()
    assert mall.post("/recharges", wanted).status == 201


def test_a_refused_one_stores_nothing_and_leaves_the_number_free(mall: Mall) -> None:
    for bend, code in (
        ({"amount": 0}, "validation_failed"),
        ({"amount": 10**10 + 1}, "validation_failed"),
        ({"amount": 1.5}, "validation_failed"),
        ({"voucher": "x"}, "validation_failed"),
        ({"state": "approved"}, "unknown_field"),
    ):
        assert mall.post("/recharges", wish(out_recharge_no="F-1") | bend).code == code, bend
    assert mall.get("/recharges/by-out-no/F-1").status == 404
    assert mall.post("/recharges", wish(out_recharge_no="F-1")).status == 201


def test_the_list_turns_its_pages(mall: Mall) -> None:
    made = [mall.post("/recharges", wish()).json["id"] for _ in range(4)]
    by_hand = request_top_up(mall.party.pk, amount_fen=100, actor=SYSTEM)
    reject_top_up(int(made[1]), reason="未到账", actor=SYSTEM)
    first = mall.get("/recharges?limit=2").json
    rest = mall.get(f"/recharges?limit=9&cursor={first['next_cursor']}").json
    seen = [row["id"] for row in first["items"] + rest["items"]]
    assert (seen, rest["has_more"]) == ([str(by_hand.pk), *made[::-1]], False)
    assert first["items"][0]["out_recharge_no"] is None
    (turned_down,) = mall.get("/recharges?state=rejected").json["items"]
    assert (turned_down["id"], turned_down["review_note"]) == (made[1], "未到账")
    assert mall.get("/recharges?state=lost").status == 422


# --- statements ---


@pytest.fixture
def months(mall: Mall, world: World, committed: roles.Access) -> Mall:
    """A mall with orders and a top-up two months ago, and the statements made of them."""
    article = world.article(stock=50)
    for _ in range(3):
        assert mall.post("/orders", order(article.code, mode="direct")).status == 201
    with psycopg.connect(committed.admin_url) as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update ledger_transfer set at = date_trunc('month', now()) - interval '40 days', remark = '=1+1'"
            " where distributor_id = %s",
            [mall.party.pk],
        )
        admin.execute(
            "update parties_distributor set created_at = now() - interval '90 days' where id = %s", [mall.party.pk]
        )
    make_statements(threading.Event())
    return mall


def test_a_statement_is_read_by_pages_and_as_a_file(months: Mall, make_mall: MakeMall) -> None:
    listed = months.get("/statements").json["items"]
    assert len(listed) == 2
    statement = listed[-1]
    assert (statement["opening"], statement["top_up"], statement["draw"], statement["lines"]) == (
        0,
        10_000_000,
        -3150,
        4,
    )
    assert statement["closing"] == statement["opening"] + statement["top_up"] + statement["draw"]
    first = months.get(f"/statements/{statement['id']}?limit=3").json
    assert (first["statement"], len(first["items"]), first["has_more"]) == (statement, 3, True)
    rest = months.get(f"/statements/{statement['id']}?limit=3&cursor={first['next_cursor']}").json
    items = first["items"] + rest["items"]
    assert sum(item["amount"] for item in items) == statement["closing"]
    assert items[-1]["balance_after"] == statement["closing"]
    assert items[-1]["out_order_no"] is not None
    sheet = months.get(f"/statements/{statement['id']}?format=csv")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    cells = list(csv.DictReader(io.StringIO(sheet.body.decode("utf-8-sig"))))
    assert [int(row["amount"]) for row in cells] == [item["amount"] for item in items]
    assert {row["remark"] for row in cells} == {"'=1+1"}, "no spreadsheet reckons with it"
    assert months.get("/statements?limit=1").json["has_more"]
    assert months.get(f"/statements/{statement['id']}?format=xls").status == 422
    assert make_mall().get(f"/statements/{statement['id']}").status == 404
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(
            "select data->>'id' from events_event where type = 'statement.ready' and distributor_id = %s",
            [months.party.pk],
        )
        assert {row[0] for row in cursor.fetchall()} == {row["id"] for row in listed}


def test_the_books_stay_right(mall: Mall) -> None:
    asked = mall.post("/recharges", wish()).json
    approve_top_up(int(asked["id"]), actor=SYSTEM)
    assert audit.faults(distributors=[mall.party.pk], skus=[]) == []
