"""After-sale over the API: the mall's number for ever, the table's decisions, goods back, claims, lists."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By
from entrepot.trade import terms
from entrepot_launch import roles
from tests import audit
from tests.doors.api.aftersales import PLATFORM, Bought
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, order
from tests.doors.api.serving import Served, serving
from tests.doors.api.test_idempotency import at_once, pointers, posting
from tests.world import STAFF, World, rows


@pytest.fixture
def bought(mall: Mall, world: World) -> Bought:
    """Three pieces of a supplier at 10.50, received."""
    return Bought(world, mall, world.article(stock=100, supplier_price_fen=700))


def stored(mall: Mall) -> int:
    """How many requests the mall has."""
    return int(rows("select count(*) from aftersale_request where distributor_id = %s", mall.party.pk)[0][0])


# --- the number ---


def test_done_before_is_answered_with_the_original(bought: Bought) -> None:
    mall, wanted = bought.mall, bought.wish()
    first = mall.post("/aftersales", wanted)
    assert (first.status, "idempotent-replayed" in first.headers, first.json["state"]) == (201, False, "claim")
    same = {name: wanted[name] for name in reversed(list(wanted))} | {"remark": "another word", "demand": None}
    for content in (wanted, same):
        again = mall.post("/aftersales", content)
        assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", first.json)
    assert mall.get(f"/aftersales/{first.json['id']}").json == first.json
    assert mall.get(f"/aftersales/by-out-no/{wanted['out_refund_no']}").json == first.json
    mall.post(f"/aftersales/{first.json['id']}/withdraw")
    assert mall.post("/aftersales", wanted).json["state"] == "withdrawn", "told as it stands now, for ever"
    assert stored(mall) == 1


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "type": (lambda wanted: wanted.update(type="return"), ["/type"]),
    "reason": (lambda wanted: wanted.update(reason="damaged"), ["/reason"]),
    "demand": (lambda wanted: wanted.update(demand=1), ["/demand"]),
    "pieces": (lambda wanted: wanted["lines"][0].update(qty=2), ["/lines/0/qty"]),
    "another line": (lambda wanted: wanted["lines"][0].update(line=2), ["/lines"]),
    "a line more": (lambda wanted: wanted["lines"].append({"line": 2, "qty": 1}), ["/lines"]),
    "no order": (lambda wanted: wanted.update(out_order_no="none"), ["/out_order_no"]),
    "two fields": (lambda wanted: wanted.update(type="reship", reason="lost"), ["/type", "/reason"]),
}


def test_other_content_is_refused_and_its_fields_are_named(bought: Bought, world: World) -> None:
    mall, wanted = bought.mall, bought.wish()
    first = mall.post("/aftersales", wanted).json
    other = Bought(world, mall, bought.article)
    bends = CHANGES | {
        "another order": (lambda sent: sent.update(out_order_no=other.order["out_order_no"]), ["/out_order_no"])
    }
    for name, (bend, expected) in bends.items():
        bent = copy.deepcopy(wanted)
        bend(bent)
        refusal = mall.post("/aftersales", bent)
        assert (refusal.status, refusal.code, refusal.retry) == (
            422,
            "number_reused_with_other_content",
            "never",
        ), name
        assert pointers(refusal) == expected, name
    assert mall.post("/aftersales", wanted).json == first
    assert stored(mall) == 1


def test_fifty_at_once_are_one_request(bought: Bought, make_mall: MakeMall) -> None:
    mall, wanted = bought.mall, bought.wish(qty=2)
    replies = at_once([posting(mall, "/aftersales", wanted) for _ in range(50)])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 49}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert stored(mall) == 1
    # The control: under numbers of their own the three pieces go once, and who comes late is told so.
    each = at_once([posting(mall, "/aftersales", bought.wish()) for _ in range(12)])
    assert Counter(reply.status for reply in each) == {201: 1, 422: 11}
    late = next(reply for reply in each if reply.status == 422)
    assert late.json["errors"][0]["facts"] == {"why": "more_than_open", "open": 0, "qty": 1}
    stranger = make_mall(funds_fen=10**6)
    own = Bought(bought.world, stranger, bought.article)
    assert stranger.post("/aftersales", own.wish(number=wanted["out_refund_no"])).status == 201, "his number, not mine"


def test_one_number_for_two_orders_at_once_is_one_request(bought: Bought, world: World) -> None:
    mall, other = bought.mall, Bought(world, bought.mall, bought.article)
    for number in range(5):
        jobs = [
            posting(mall, "/aftersales", one.wish(number=f"X-{world.mark}-{number}", reason="lost"))
            for one in (bought, other)
        ]
        replies = at_once(jobs)
        assert Counter(reply.status for reply in replies) == {201: 1, 422: 1}
        lost = next(reply for reply in replies if reply.status == 422)
        assert (lost.code, pointers(lost)) == ("number_reused_with_other_content", ["/out_order_no"])
        made = next(reply for reply in replies if reply.status == 201).json
        assert mall.post(f"/aftersales/{made['id']}/withdraw").status == 200


def test_two_servers_at_once_are_one_request(bought: Bought, database: roles.Access, tmp_path: Any) -> None:
    mall = bought.mall
    with serving({"DATABASE_URL": database.app_url}, log=tmp_path / "second.log") as second:
        wanted = bought.wish()
        malls = [mall.twin(port=port) for port in (mall.port, second.port) for _ in range(4)]
        replies = at_once([posting(twin, "/aftersales", wanted) for twin in malls])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 7}


def test_one_that_waits_too_long_is_told_so(bought: Bought, committed: roles.Access) -> None:
    mall, wanted = bought.mall, bought.wish()
    with psycopg.connect(committed.admin_url) as stranger:
        stranger.execute("select from orders_order where id = %s for update", [int(bought.order["id"])])
        refusal = mall.post("/aftersales", wanted)
        assert (refusal.status, refusal.code, refusal.retry) == (409, "request_in_progress", "same")
        assert mall.get("/balance").status == 200, "and nobody else waits for it"
    assert mall.post("/aftersales", wanted).status == 201


def test_a_refused_one_stores_nothing_and_leaves_the_number_free(bought: Bought) -> None:
    mall = bought.mall
    wanted = bought.wish(qty=4, number="F-1")
    refusal = mall.post("/aftersales", wanted)
    assert (refusal.status, refusal.code, pointers(refusal)) == (422, "validation_failed", ["/lines/0/qty"])
    assert refusal.json["errors"][0]["facts"] == {"why": "more_than_open", "open": 3, "qty": 4}
    for bend, code in (
        ({"type": "gift"}, "validation_failed"),
        ({"demand": 10**9, "lines": [{"line": 1, "qty": 1}]}, "validation_failed"),
        ({"lines": [{"line": 1, "qty": 1}] * 2}, "validation_failed"),
        ({"lines": [{"line": 9, "qty": 1}]}, "validation_failed"),
        ({"distributor_id": 1}, "unknown_field"),
        ({"out_order_no": "none"}, "not_found"),
    ):
        assert mall.post("/aftersales", wanted | bend).code == code, bend
    assert mall.get("/aftersales/by-out-no/F-1").status == 404
    assert stored(mall) == 0
    assert mall.post("/aftersales", bought.wish(number="F-1")).status == 201


# --- what the table says ---


def test_before_shipping_the_money_is_back_at_once(mall: Mall, world: World) -> None:
    bought = Bought(world, mall, world.article(stock=10), stage="before_shipping")
    told = mall.post("/aftersales/check", _check(bought.wish("refund", "changed_mind", qty=2))).json
    assert (told["allowed"], told["stage"], told["money"], told["amount"]) == (True, "before_shipping", "at_once", 2100)
    before = mall.get("/balance").json["available"]
    asked = mall.post("/aftersales", bought.wish("refund", "changed_mind", qty=2)).json
    assert (asked["state"], asked["refunded"], asked["lines"][0]["refunded"]) == ("done", 2100, 2100)
    assert mall.get("/balance").json["available"] == before + 2100
    assert audit.faults(distributors=[mall.party.pk], skus=[bought.article.sku_id]) == []


def _check(wish: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wish.items() if name not in ("out_refund_no", "remark")}


def test_check_says_what_asking_would_do_and_keeps_nothing(bought: Bought) -> None:
    mall = bought.mall
    for kind, reason, qty in (
        ("refund", "quality", 1),
        ("return", "changed_mind", 2),
        ("exchange", "damaged", 1),
        ("reship", "lost", 1),
        ("refund", "quality", 9),
    ):
        wish = bought.wish(kind, reason, qty=qty)
        told = mall.post("/aftersales/check", _check(wish))
        assert told.status == 200
        asked = mall.post("/aftersales", wish)
        assert told.json["allowed"] == (asked.status == 201), (kind, told, asked)
        assert [error["code"] for error in told.json["errors"]] == (
            [] if asked.status == 201 else [error["code"] for error in asked.json["errors"]]
        )
        if asked.status == 201:
            assert told.json["goods_back"] == (asked.json["state"] == "waiting_return")
            assert (told.json["money"] == "claim") == (kind in ("refund", "return"))
            assert mall.post(f"/aftersales/{asked.json['id']}/withdraw").status == 200
    assert mall.post("/aftersales/check", _check(bought.wish()) | {"out_order_no": "none"}).code == "not_found"


def test_a_return_goes_its_way(mall: Mall, world: World) -> None:
    bought = Bought(world, mall, world.article(stock=10, supplier_price_fen=700))
    supplier_id = bought.article.supplier_id
    actions.save_address(
        supplier_id, by=PLATFORM, contact="退货组", phone="0571-88880000", region="浙江省杭州市", street="仓前 1 号"
    )
    asked = mall.post("/aftersales", bought.wish("return", "damaged", qty=2)).json
    assert (asked["state"], "仓前 1 号" in asked["return_address"]) == ("waiting_return", True)
    path = f"/aftersales/{asked['id']}"
    wrong = mall.post(f"{path}/return-shipment", {"carrier": "pigeon", "tracking_no": "P1"})
    assert (wrong.status, pointers(wrong)) == (422, ["/carrier"])
    parcel = {"carrier": "sf", "tracking_no": "SF-BACK-1"}
    sent = mall.post(f"{path}/return-shipment", parcel)
    assert (sent.json["state"], sent.json["return_tracking_no"], "idempotent-replayed" in sent.headers) == (
        "returning",
        "SF-BACK-1",
        False,
    )
    again = mall.post(f"{path}/return-shipment", parcel)
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", sent.json)
    assert mall.post(f"{path}/return-shipment", parcel | {"tracking_no": "SF-BACK-2"}).json["version"] == 4
    shipper = By(kind="supplier", party_id=supplier_id, actor=f"supplier/{supplier_id}/1/proof")
    assert actions.inspect(int(asked["id"]), by=shipper, counted={1: (1, 1)}).is_accepted
    back = mall.get(path).json
    assert (back["state"], back["claim"]["state"], back["claim"]["at_most"]) == ("claim", "demanded", 2100)
    assert (back["lines"][0]["good_qty"], back["lines"][0]["damaged_qty"]) == (1, 1)
    late = mall.post(f"{path}/return-shipment", parcel | {"tracking_no": "SF-BACK-2"})
    assert (late.status, late.json["state"]) == (200, "claim"), "the parcel it went by is named once more"
    refused = mall.post(f"{path}/withdraw")
    assert (refused.status, refused.json["errors"][0]["facts"]["why"]) == (422, "already_moving")


# --- claims ---


def test_an_offer_is_countered_and_accepted(bought: Bought) -> None:
    mall = bought.mall
    claim = bought.offered(300, qty=2)
    path, version = f"/aftersales/{claim['id']}", claim["claim"]["version"]
    before = mall.get("/balance").json["available"]
    assert (claim["claim"]["state"], claim["claim"]["offer"]) == ("offered", 300)
    stale = mall.post(f"{path}/claim/accept", {"version": version + 1})
    assert (stale.status, stale.code, stale.json["state"]) == (409, "state_conflict", "claim")
    too_much = mall.post(f"{path}/claim/counter", {"amount": 2101})
    assert (too_much.status, pointers(too_much)) == (422, ["/amount"])
    countered = mall.post(f"{path}/claim/counter", {"amount": 900, "note": "只修得好一半", "version": version})
    assert (countered.json["claim"]["state"], countered.json["claim"]["demand"]) == ("demanded", 900)
    again = mall.post(f"{path}/claim/counter", {"amount": 900, "version": version})
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", countered.json)
    assert mall.post(f"{path}/claim/accept").code == "state_conflict", "it is the platform's turn"
    assert actions.offer(int(claim["id"]), by=PLATFORM, amount_fen=700).is_accepted
    settled = mall.post(f"{path}/claim/accept", {})
    assert (settled.json["state"], settled.json["refunded"], settled.json["claim"]["settled"]) == ("done", 700, 700)
    again = mall.post(f"{path}/claim/accept")
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", settled.json)
    assert mall.get("/balance").json["available"] == before + 700
    assert audit.faults(distributors=[mall.party.pk], skus=[bought.article.sku_id]) == []


def test_twelve_accept_at_once_and_it_is_paid_once(bought: Bought) -> None:
    claim = bought.offered(500)
    before = bought.mall.get("/balance").json["available"]
    jobs = [posting(bought.mall, f"/aftersales/{claim['id']}/claim/accept", {}) for _ in range(12)]
    replies = at_once(jobs)
    assert {reply.status for reply in replies} == {200}
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    assert bought.mall.get("/balance").json["available"] == before + 500


# --- lists, callbacks ---


def test_the_list_turns_its_pages_and_keeps_to_its_filters(bought: Bought, world: World) -> None:
    mall, other = bought.mall, Bought(world, bought.mall, bought.article)
    made = [mall.post("/aftersales", bought.wish("refund", "quality")).json["id"] for _ in range(2)]
    made += [mall.post("/aftersales", other.wish("reship", "lost")).json["id"] for _ in range(3)]
    seen: list[str] = []
    page = mall.get("/aftersales?limit=2").json
    while True:
        seen += [row["id"] for row in page["items"]]
        if not page["has_more"]:
            break
        page = mall.get(f"/aftersales?limit=2&cursor={page['next_cursor']}").json
    assert seen == made[::-1]
    mall.post(f"/aftersales/{made[0]}/withdraw")

    def found(query: str) -> list[str]:
        return [row["id"] for row in mall.get(f"/aftersales?{query}").json["items"]]

    assert found("type=reship") == made[:1:-1]
    assert found("state=withdrawn") == [made[0]]
    assert found(f"out_order_no={bought.order['out_order_no']}") == made[1::-1]
    assert found("created_from=2999-01-01T00:00:00Z") == []
    assert found("created_until=2999-01-01T00:00:00Z&state=claim") == [made[1]]
    for query in ("state=lost", "type=gift", "out_order_no=a%20b", "limit=0", "cursor=b3JkZXJzOjE", "offset=1"):
        assert mall.get(f"/aftersales?{query}").status == 422, query


def test_the_mall_is_told_by_number_and_never_who_the_buyer_is(bought: Bought) -> None:
    mall = bought.mall
    claim = bought.offered(400, remark="郭靖的手机 13612349896 摔坏了")
    mall.post(f"/aftersales/{claim['id']}/claim/accept")
    told = rows(
        "select type, data::text from events_event where distributor_id = %s and type in ('aftersale.updated',"
        " 'claim.updated', 'balance.refunded') order by id",
        mall.party.pk,
    )
    assert {row[0] for row in told} == {"aftersale.updated", "claim.updated", "balance.refunded"}
    versions = [json.loads(row[1])["version"] for row in told if row[0] == "aftersale.updated"]
    assert versions == sorted(set(versions)), "rises with every step"
    assert json.loads(told[-1][1])["state"] in ("settled", "done")
    assert "13612349896" not in str(told) and "郭靖" not in str(told)
    log = rows(
        "select actor, kind from events_operation where object_kind = 'aftersale' and object_id = %s", claim["id"]
    )
    assert (f"api/{mall.party.pk}/{mall.key}", "api") in log, "every deed of a mall is on record"


def test_an_order_not_paid_for_has_no_after_sale(mall: Mall, world: World) -> None:
    article = world.article(stock=9)
    held = mall.post("/orders", order(article.code)).json
    wanted = {
        "out_refund_no": "H-1",
        "out_order_no": held["out_order_no"],
        "type": "refund",
        "reason": "other",
        "lines": [{"line": 1, "qty": 1}],
    }
    refusal = mall.post("/aftersales", wanted)
    assert (refusal.status, refusal.code, refusal.json["state"]) == (409, "state_conflict", "held")
    assert world.run(terms.Capture(int(held["id"]), STAFF)).is_accepted
    assert mall.post("/aftersales", wanted).json["state"] == "done"


def test_the_served_api_says_it_in_english_too(bought: Bought, served: Served) -> None:
    wanted = bought.wish(qty=9)
    english = bought.mall.post("/aftersales", wanted, headers={"Accept-Language": "en"}).json
    assert english["errors"][0]["detail"] == "3 can be asked about, 9 were"
    assert bought.mall.post("/aftersales", wanted).json["errors"][0]["detail"] == "可申请 3 件，本次申请 9 件"
