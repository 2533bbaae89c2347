"""The selection: what a mall picks, what of it the feed, the digest and the export tell, and that it keeps itself."""

import gzip
import json
from typing import Any

import msgspec
import pytest

from entrepot.base import scope
from entrepot.catalog.actions import merge_category, move_category, set_visibility, unlist_goods
from entrepot.catalog.actions.steps import keep
from entrepot.catalog.models import Brand, Category, Goods, Sku
from entrepot.doors.api import shapes
from entrepot.events.models import Operation
from entrepot.freight.actions import save_template, set_template
from entrepot.freight.rules import ZoneRow
from entrepot.pricing.actions import set_fee_rate
from entrepot.reports.shelf import goods_page, terms_of
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall
from tests.doors.api.mall import order as order_of
from tests.world import STAFF, Article, World


def move(article: Article, **to: Any) -> None:
    """Put goods into another category or brand, as an edit does."""
    with scope.platform():
        goods = Goods.objects.get(pk=article.goods_id)
        for name, value in to.items():
            setattr(goods, name, value)
        keep(goods, *to)


def category(world: World, *, parent: Category | None = None) -> Category:
    with scope.platform():
        return Category.objects.create(name=world.name("C"), parent=parent)


class Follower:
    """A mall that keeps its selection by the first page and the feed, and knows when it must walk anew."""

    def __init__(self, mall: Mall) -> None:
        self.mall, self.walks = mall, 0
        self.walk()

    def walk(self) -> None:
        page = self.mall.get("/products?scope=selection&limit=500").json
        self.cursor, self.held = page["changes_cursor"], {item["id"] for item in page["items"]}
        self.walks += 1

    def follow(self) -> set[str]:
        """Read on to the end and return what is held; the tombstones' reasons stay in `reasons`."""
        self.reasons: dict[str, str] = {}
        for _ in range(50):
            reply = self.mall.get(f"/changes?scope=selection&cursor={self.cursor}&wait=1")
            if reply.code == "cursor_expired":
                self.walk()
                continue
            self.cursor = reply.json["next_cursor"]
            for item in reply.json["items"]:
                if item["type"] == "product" and item.get("deleted"):
                    self.held.discard(item["id"])
                    self.reasons[item["id"]] = item["reason"]
                elif item["type"] == "product":
                    self.held.add(item["id"])
            if not reply.json["items"] and not reply.json["has_more"]:
                break
        return self.held


def ids(*articles: Article) -> set[str]:
    return {str(article.goods_id) for article in articles}


def test_goods_are_picked_many_at_once_and_taken_out(world: World, mall: Mall) -> None:
    one, two, other = (world.article(stock=5) for _ in range(3))
    follower = Follower(mall)
    assert follower.held == set()
    wish = {"products": [str(one.goods_id), str(two.goods_id), "999999999", str(one.goods_id)]}
    told = mall.post("/selection", wish).json
    assert (len(told["items"]), told["changed"], told["unknown"]["products"]) == (2, 2, ["999999999"])
    assert mall.post("/selection", wish).json["changed"] == 0, "twice is once"
    assert follower.follow() == ids(one, two)
    listed = mall.get("/selection").json["items"]
    assert [(row["kind"], row["state"]) for row in listed] == [("product", "selected")] * 2
    gone = listed[0]
    assert mall.call("DELETE", f"/selection/{gone['id']}").json["state"] == "removed"
    assert mall.call("DELETE", f"/selection/{gone['id']}").status == 200, "twice is once"
    assert follower.follow() == ids(one, two) - {gone["object_id"]}
    assert follower.reasons == {gone["object_id"]: "not_selected"}
    assert follower.walks == 1, "single goods need no new walk"
    world.restock(other, 3)
    reply = mall.get(f"/changes?scope=selection&cursor={follower.cursor}&wait=1").json
    assert reply["items"] == [], "what was not picked is not told"
    assert mall.post("/selection", {"products": []}).code == "validation_failed"
    with scope.platform():
        events = list(Operation.objects.filter(object_kind="selection", object_id=str(mall.party.pk)).order_by("id"))
    assert [row.verb for row in events] == ["selection.added", "selection.removed"]


def test_a_category_keeps_itself(world: World, mall: Mall) -> None:
    trunk = category(world)
    leaf, elsewhere = category(world, parent=trunk), category(world)
    inside, outside = world.article(stock=5), world.article(stock=5)
    move(inside, category=leaf)
    mall.post("/selection", {"categories": [str(trunk.pk)]})
    follower = Follower(mall)
    assert follower.held == ids(inside)
    move(outside, category=leaf)
    assert follower.follow() == ids(inside, outside), "goods that come into it come into the selection"
    move(inside, category=elsewhere)
    assert follower.follow() == ids(outside)
    assert follower.reasons == {str(inside.goods_id): "not_selected"}
    move(inside, category=leaf)
    unlist_goods(outside.goods_id, reason="proof", actor=STAFF)
    assert follower.follow() == ids(inside)
    assert follower.reasons == {str(outside.goods_id): "delisted"}
    set_visibility(inside.goods_id, tier_ids=[world.tier().pk], distributor_ids=[], actor=STAFF)
    assert follower.follow() == set()
    assert follower.reasons == {str(inside.goods_id): "not_authorised"}
    assert follower.walks == 1


def test_goods_are_left_out_of_a_category_and_come_back(world: World, mall: Mall) -> None:
    trunk = category(world)
    one, two = world.article(stock=5), world.article(stock=5)
    for article in (one, two):
        move(article, category=trunk)
    mall.post("/selection", {"categories": [str(trunk.pk)]})
    follower = Follower(mall)
    entry = mall.post("/selection", {"left_out": [str(one.goods_id)]}).json["items"][0]
    assert entry["state"] == "left_out"
    assert follower.follow() == ids(two)
    mall.call("DELETE", f"/selection/{entry['id']}")
    assert follower.follow() == ids(one, two)
    assert follower.walks == 1


def test_another_reach_begins_a_new_walk(world: World, mall: Mall) -> None:
    """Categories and brands picked or dropped, and a tree that changes below them."""
    trunk, other = category(world), category(world)
    leaf = category(world, parent=trunk)
    with scope.platform():
        brand = Brand.objects.create(name=world.name("B"))
    in_leaf, in_brand, in_other = (world.article(stock=5) for _ in range(3))
    move(in_leaf, category=leaf)
    move(in_brand, brand=brand)
    move(in_other, category=other)
    follower = Follower(mall)
    told = mall.post("/selection", {"categories": [str(trunk.pk)], "brands": [str(brand.pk)]}).json["items"]
    assert follower.follow() == ids(in_leaf, in_brand) and follower.walks == 2
    move_category(leaf.pk, parent_id=other.pk, actor=STAFF)
    assert follower.follow() == ids(in_brand) and follower.walks == 3
    merge_category(leaf.pk, into_id=trunk.pk, actor=STAFF)
    assert follower.follow() == ids(in_brand, in_leaf)
    mall.call("DELETE", f"/selection/{next(row['id'] for row in told if row['kind'] == 'brand')}")
    assert follower.follow() == ids(in_leaf)


def test_pages_digest_and_export_tell_the_same(world: World, mall: Mall, make_mall: MakeMall) -> None:
    """What the database puts into JSON is what the rules say, for every kind of price and pool there is."""
    party = mall.party
    plain = world.article(
        stock=7, name='引号 " 反斜杠 \\ 换行\n与 <b>é 😀', detail_images=["goods/a.webp", "goods/b.webp"]
    )
    rated = world.article(stock=9, supply_price_fen=1019, images=["goods/c.webp"], allowed_promotions=["coupon"])
    set_fee_rate(rated.goods_id, rate_bps=777, tier_id=party.tier_id, actor=STAFF)
    mine = world.article(stock=9, supply_price_fen=333)
    set_fee_rate(mine.goods_id, rate_bps=100, tier_id=party.tier_id, actor=STAFF)
    set_fee_rate(mine.goods_id, rate_bps=9, distributor_id=party.pk, actor=STAFF)
    pooled = world.article(stock=50)
    world.allotment(pooled, distributor=party, pieces=20, buffer=3, cap=30)
    of_tier, of_other = world.article(stock=50), world.article(stock=50)
    world.allotment(of_tier, tier=party.tier, pieces=10)
    world.allotment(of_other, distributor=make_mall().party, pieces=10)
    empty = world.article()
    articles = (plain, rated, mine, pooled, of_tier, of_other, empty)
    world.article(stock=1)  # on his shelf, not in his selection
    with scope.platform():
        Sku.objects.create(
            goods_id=plain.goods_id, code=world.name("K"), spec="大 \\", supplier_price_fen=1, supply_price_fen=2,
            suggested_price_fen=3, price_floor_fen=1, price_ceiling_fen=9, weight_g=12, position=1,
        )  # fmt: skip
    mall.post("/selection", {"products": sorted(ids(*articles))})
    by_page = mall.get("/products?scope=selection&limit=500").json["items"]
    with scope.distributor(party.pk, read_only=True):
        by_rules = goods_page(terms_of(party.pk), limit=50, ids=[article.goods_id for article in articles])
    assert [item["id"] for item in by_page] == [str(goods.id) for goods in by_rules]
    for item, goods in zip(by_page, by_rules, strict=True):
        assert item["name"] == goods.name
        for told, sku in zip(item["skus"], goods.skus, strict=True):
            figures = (
                told["sku"],
                told["spec"],
                told["fee"],
                told["agreed_price"],
                told["stock"],
                told["price_ceiling"],
            )
            assert figures == (
                sku.sku, sku.spec, sku.fee_fen, sku.agreed_price_fen, sku.stock, sku.price_ceiling_fen
            )  # fmt: skip
    assert [sku["stock"] for item in by_page for sku in item["skus"]] == [7, 0, 9, 9, 30, 50, 40, 0]
    assert msgspec.convert(by_page, list[shapes.Product]), "the shape of the contract"
    assert by_page[0]["detail_images"] == ["/media/goods/a.webp", "/media/goods/b.webp"]
    first, *lines, last = [json.loads(line) for line in mall.get("/products/export?scope=selection").body.splitlines()]
    assert (lines, last) == (by_page, {"products": len(by_page), "complete": True})
    assert mall.get(f"/changes?scope=selection&cursor={first['changes_cursor']}").status == 200
    whole = mall.get("/products/export", headers={"Accept-Encoding": "gzip"})
    assert whole.headers["content-encoding"] == "gzip"
    told = [json.loads(line) for line in gzip.decompress(whole.body).splitlines()][1:-1]
    assert [one for one in told if one["id"] in ids(*articles)] == by_page
    digest = mall.get("/digest?scope=selection").json
    assert digest["skus"] == sum(len(item["skus"]) for item in by_page)
    assert mall.get("/digest").json["digest"] != digest["digest"]


@pytest.mark.parametrize("path", ["/products", "/changes", "/digest", "/products/export"])
def test_only_a_known_scope_is_taken(mall: Mall, path: str) -> None:
    assert mall.get(f"{path}?scope=all").json["errors"][0]["pointer"] == "/scope"


def test_cursors_of_the_two_feeds_are_not_mixed(mall: Mall) -> None:
    for of, other in (("", "scope=selection&"), ("scope=selection&", "")):
        cursor = mall.get(f"/products?{of}limit=1").json["changes_cursor"]
        assert mall.get(f"/changes?{other}cursor={cursor}").code == "cursor_expired"


def test_what_can_be_sold_where(world: World, mall: Mall) -> None:
    sold, few = world.article(stock=5, min_quantity=2), world.article(stock=1)
    template = save_template(
        sold.supplier_id,
        name=world.name("F"),
        kind="piece",
        zones=[
            ZoneRow(first=1, first_fen=600, step=1, step_fen=200),
            ZoneRow(regions=("54",), is_served=False),
        ],
        actor=STAFF,
    )
    set_template(sold.goods_id, template_id=template.pk, actor=STAFF)
    lines = [{"sku": sold.code, "qty": 2}, {"sku": sold.code}, {"sku": few.code, "qty": 3}, {"sku": "none"}]
    ask = {"lines": lines, "destination": {"province": "浙江省", "city": "杭州市"}}
    found = mall.post("/availability/query", ask).json["items"]
    assert [one["reasons"] for one in found] == [
        [], ["below_min_quantity"], ["insufficient_stock"], ["product_delisted"]
    ]  # fmt: skip
    assert (found[0]["available"], found[0]["freight"], found[0]["stock"], found[0]["agreed_price"]) == (
        True,
        800,
        5,
        1050,
    )
    assert found[2]["freight"] == 0
    far = mall.post("/availability/query", ask | {"destination": {"province": "西藏自治区", "city": "拉萨市"}}).json[
        "items"
    ]
    assert (far[0]["reasons"], far[0]["freight"]) == (["region_not_served"], None)
    assert far[0]["details"][0]["facts"]["region"] == "西藏自治区拉萨市"


def test_what_cannot_be_sold_is_told_in_the_words_an_order_is_refused_in(world: World, mall: Mall) -> None:
    few, more = world.article(stock=1), world.article(stock=9, min_quantity=4)
    lines = [{"sku": few.code, "qty": 3}, {"sku": more.code, "qty": 2}, {"sku": "NO-SUCH"}, {"sku": few.code, "qty": 1}]
    place = {"province": "浙江省", "city": "杭州市", "district": "西湖区"}
    for language, sentence in (("en", "SKU NO-SUCH is not offered to you now"), ("zh", "SKU NO-SUCH 目前未向您供货")):
        spoken = {"Accept-Language": language}
        found = mall.post(
            "/availability/query", {"lines": lines, "destination": place}, headers=spoken
        ).json["items"]  # fmt: skip
        assert [[one["code"] for one in row["details"]] for row in found] == [row["reasons"] for row in found]
        order = order_of(few.code) | {"lines": lines[:2]}
        refused = mall.post("/orders/preview", order, headers=spoken).json["errors"]
        told = {one["code"]: (one["detail"], one["facts"]) for one in refused}
        assert len(told) == 2
        for row in found[:2]:
            assert {one["code"]: (one["detail"], one["facts"]) for one in row["details"]}.items() <= told.items()
        assert found[2]["details"][0]["detail"].startswith(sentence)
        assert found[2]["details"][0]["facts"] == {"sku": "NO-SUCH"}
        assert found[3]["details"] == []
