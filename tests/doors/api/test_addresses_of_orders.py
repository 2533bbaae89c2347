"""Sending an order elsewhere: before it is sent, where it is served, at the same freight, once, and masked in the log."""

from collections import Counter
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.freight.actions import save_template, set_template
from entrepot.freight.rules import ZoneRow
from entrepot.orders.consignees import open_consignee
from entrepot.reports.life import Reader, life_of
from entrepot.trade import terms
from tests.doors.api.mall import CONSIGNEE, Mall, order
from tests.doors.api.test_idempotency import at_once, pointers, posting
from tests.world import STAFF, Article, World, rows

ELSEWHERE = CONSIGNEE | {"name": "黄蓉", "phone": "13900001111", "district": "福田区", "address": "深南大道 9 号"}


@pytest.fixture
def article(world: World) -> Article:
    """Goods sent anywhere for 8.00, to Zhejiang for 6.00, and to Xinjiang not at all."""
    found = world.article(stock=100)
    actor = staff("supplier", party_id=found.supplier_id, user_id=1, name="孙有田")
    zones = [
        ZoneRow(first_fen=800),
        ZoneRow(regions=("33",), first_fen=600),
        ZoneRow(regions=("65",), is_served=False),
    ]
    template = save_template(found.supplier_id, name="快递", kind="piece", zones=zones, actor=actor)
    set_template(found.goods_id, template_id=template.pk, actor=actor, supplier_id=found.supplier_id)
    return found


def kept(order_id: str) -> Any:
    """The address as it is sealed."""
    return open_consignee(bytes(rows("select sealed from orders_consignee where order_id = %s", int(order_id))[0][0]))


@pytest.mark.parametrize("mode", ["hold", "direct"])
def test_an_order_goes_elsewhere_until_it_is_sent(mall: Mall, world: World, article: Article, mode: str) -> None:
    placed = mall.post("/orders", order(article.code, mode=mode)).json
    path = f"/orders/{placed['id']}/address"
    moved = mall.post(path, {"consignee": ELSEWHERE})
    assert (moved.status, moved.json["version"], "idempotent-replayed" in moved.headers) == (200, 2, False)
    assert {name: moved.json[name] for name in ("state", "total", "freight", "drawn")} == {
        name: placed[name] for name in ("state", "total", "freight", "drawn")
    }, "no money moves"
    again = mall.post(path, {"consignee": ELSEWHERE})
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (200, "true", moved.json)
    found = kept(placed["id"])
    assert (found.name, found.phone, found.address) == ("黄蓉", "13900001111", "深南大道 9 号")
    log = rows(
        "select actor, before::text, after::text from events_operation where verb = 'order.address' and object_id = %s",
        placed["id"],
    )
    assert len(log) == 1, "said twice, done once"
    told = "".join(log[0])
    assert log[0][0] == f"api/{mall.party.pk}/{mall.key}"
    assert "郭* 136****9896 广东省深圳市南山区" in log[0][1] and "黄* 139****1111 广东省深圳市福田区" in log[0][2]
    assert not [word for word in ("郭靖", "黄蓉", "13612349896", "13900001111", "科技园", "深南") if word in told]
    (event,) = rows(
        "select data::text from events_event where type = 'order.address_changed' and object_id = %s", int(placed["id"])
    )
    assert "黄" not in event[0] and "139" not in event[0].replace(placed["out_order_no"], "")
    if mode == "hold":
        assert mall.post(f"/orders/{placed['id']}/confirm").status == 200
    with scope.supplier(article.supplier_id, read_only=True):
        life = life_of(int(placed["id"]), reader=Reader(kind="supplier", party_id=article.supplier_id))
    assert life is not None and "order.address_changed" in [entry.what for entry in life.entries], "his shipper is told"
    ship = terms.Ship(int(placed["id"]), article.supplier_id, "sf", f"SF{placed['id']}", STAFF)
    assert world.run(ship).is_accepted
    late = mall.post(path, {"consignee": CONSIGNEE})
    assert (late.status, late.code, late.json["state"]) == (409, "state_conflict", "shipped")


def test_where_it_is_not_sent_and_where_it_costs_otherwise_it_stays(mall: Mall, article: Article) -> None:
    placed = mall.post("/orders", order(article.code)).json
    assert placed["freight"] == 800
    path = f"/orders/{placed['id']}/address"
    far = mall.post(path, {"consignee": CONSIGNEE | {"province": "新疆维吾尔自治区", "city": "乌鲁木齐市"}})
    assert (far.status, far.code, pointers(far)) == (409, "region_not_served", ["/lines/0/sku"])
    cheap = mall.post(path, {"consignee": CONSIGNEE | {"province": "浙江省", "city": "杭州市"}})
    assert (cheap.status, cheap.code, cheap.json["errors"][0]["facts"]) == (
        409,
        "freight_changed",
        {"old": 800, "new": 600},
    )
    assert kept(placed["id"]).province == "广东省"
    assert mall.get(f"/orders/{placed['id']}").json == placed
    assert mall.post(path, {"consignee": CONSIGNEE | {"name": ""}}).status == 422
    assert mall.post(path, {"consignee": CONSIGNEE, "freight": 0}).code == "unknown_field"


def test_twelve_at_once_change_it_once(mall: Mall, article: Article) -> None:
    placed = mall.post("/orders", order(article.code)).json
    jobs = [posting(mall, f"/orders/{placed['id']}/address", {"consignee": ELSEWHERE}) for _ in range(12)]
    replies = at_once(jobs)
    assert Counter("idempotent-replayed" in reply.headers for reply in replies) == {False: 1, True: 11}
    assert {reply.json["version"] for reply in replies} == {2}


def test_the_first_request_is_still_the_same_request(mall: Mall, article: Article) -> None:
    wanted = order(article.code)
    placed = mall.post("/orders", wanted).json
    assert mall.post(f"/orders/{placed['id']}/address", {"consignee": ELSEWHERE}).status == 200
    again = mall.post("/orders", wanted)
    assert (again.status, again.headers["idempotent-replayed"], again.json["version"]) == (200, "true", 2)


def test_carriers_are_named_in_both_languages(mall: Mall) -> None:
    chinese = {row["code"]: row["name"] for row in mall.get("/carriers").json["items"]}
    english = {
        row["code"]: row["name"] for row in mall.get("/carriers", headers={"Accept-Language": "en"}).json["items"]
    }
    assert (chinese["sf"], english["sf"]) == ("顺丰速运", "SF Express")
    assert chinese.keys() == english.keys() and len(chinese) > 10
