"""The tree of categories, brands, attributes, and what the platform has opened to a supplier."""

from pathlib import Path
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, queries, search
from entrepot.catalog.models import Attribute, Brand, Category, Goods, SupplierBounds
from entrepot.catalog.rules import SkuDraft
from entrepot.events.models import Event, Operation
from entrepot.reports import shelf
from tests.rooms.test_goods import Maker
from tests.rooms.test_parties import refused
from tests.world import STAFF, World


@pytest.fixture
def maker(world: World, mark: str, admin: str, media: Path) -> Maker:
    return Maker(world, mark, admin)


def tree(mark: str, *names: str) -> list[int]:
    """A branch of categories, each below the one before it."""
    found: list[int] = []
    for name in names:
        parent_id = found[-1] if found else None
        found.append(actions.create_category(f"{name}{mark}", parent_id=parent_id, actor=STAFF).pk)
    return found


def test_the_tree_is_at_most_three_deep_and_has_no_loop(world: World, mark: str) -> None:
    trunk, branch, leaf = tree(mark, "食", "粮", "米")
    assert refused(actions.create_category, "粳", parent_id=leaf, actor=STAFF) == "parent_id"
    assert refused(actions.move_category, trunk, parent_id=leaf, actor=STAFF) == "parent_id"
    other = tree(mark, "家", "厨")
    assert refused(actions.move_category, branch, parent_id=other[1], actor=STAFF) == "parent_id"
    moved = actions.move_category(branch, parent_id=other[0], actor=STAFF)
    assert (moved.parent_id, moved.position) == (other[0], 2)
    names = queries.category_names()
    assert names[leaf] == f"家{mark} / 粮{mark} / 米{mark}"
    assert actions.move_category(leaf, parent_id=None, actor=STAFF).parent_id is None
    assert refused(actions.rename_category, leaf, name="a/b", actor=STAFF) == "name"


def test_siblings_change_places_and_the_last_stays(world: World, mark: str) -> None:
    (trunk,) = tree(mark, "食")
    a, b, c = (actions.create_category(f"{name}{mark}", parent_id=trunk, actor=STAFF).pk for name in "abc")
    actions.shift_category(c, is_up=True, actor=STAFF)
    actions.shift_category(a, is_up=False, actor=STAFF)
    actions.shift_category(a, is_up=False, actor=STAFF)
    actions.shift_category(a, is_up=False, actor=STAFF)
    assert list(Category.objects.filter(parent_id=trunk).values_list("pk", flat=True)) == [c, b, a]


def test_a_category_is_removed_when_empty_and_merged_otherwise(world: World, mark: str) -> None:
    trunk, leaf = tree(mark, "食", "米")
    (other,) = tree(mark, "粮")
    assert refused(actions.remove_category, trunk, actor=STAFF) == ""
    article, draft = world.article(), world.article(state="draft")
    with scope.platform():
        Goods.objects.filter(pk__in=[article.goods_id, draft.goods_id]).update(category_id=leaf)
    attribute = actions.save_attribute(None, name=f"产地{mark}", category_ids=[leaf], actor=STAFF)
    actions.set_bounds(article.supplier_id, category_ids=[leaf], actor=STAFF)
    assert refused(actions.remove_category, leaf, actor=STAFF) == ""
    assert refused(actions.merge_category, leaf, into_id=leaf, actor=STAFF) == "into_id"
    assert actions.merge_category(leaf, into_id=other, actor=STAFF) == 2
    with scope.platform():
        assert [row.category_id for row in Goods.objects.filter(pk__in=[article.goods_id, draft.goods_id])] == [
            other
        ] * 2
        told = Event.objects.filter(object_kind="goods", object_id__in=[article.goods_id, draft.goods_id])
        assert [(event.type, event.object_id, event.version) for event in told] == [
            ("product.updated", article.goods_id, 2)
        ]
        assert SupplierBounds.objects.get(pk=article.supplier_id).category_ids == [other]
        assert Operation.objects.get(verb="category.merged", object_id=str(leaf)).after == {
            "into": f"粮{mark}",
            "goods": 2,
        }
    assert Attribute.objects.get(pk=attribute.pk).category_ids == [other]
    actions.remove_category(trunk, actor=STAFF)
    assert not Category.objects.filter(pk__in=[trunk, leaf]).exists()


def test_categories_come_in_by_paths_all_or_none(world: World, mark: str) -> None:
    paths = [(f"食{mark}",), (f"食{mark}", "粮", "米"), (f"食{mark}", "粮", "面")]
    assert actions.import_categories(paths, actor=STAFF) == 4
    assert actions.import_categories(paths, actor=STAFF) == 0
    assert refused(actions.import_categories, [(f"新{mark}",), ("a", "b", "c", "d")], actor=STAFF) == "1"
    assert not Category.objects.filter(name=f"新{mark}").exists()


def test_a_brand_in_use_stays(world: World, mark: str) -> None:
    brand, spare = (actions.create_brand(f"{name}{mark}", actor=STAFF) for name in ("甲", "乙"))
    article = world.article(brand=brand)
    actions.set_bounds(article.supplier_id, has_all_categories=True, brand_ids=[spare.pk], actor=STAFF)
    assert refused(actions.remove_brand, brand.pk, actor=STAFF) == ""
    actions.remove_brand(spare.pk, actor=STAFF)
    assert not Brand.objects.filter(pk=spare.pk).exists()
    with scope.platform():
        assert SupplierBounds.objects.get(pk=article.supplier_id).brand_ids == []


def test_nothing_ticked_allows_nothing_and_a_branch_opens_what_is_below(maker: Maker, mark: str) -> None:
    trunk, leaf = tree(mark, "食", "米")
    with scope.platform():
        SupplierBounds.objects.filter(pk=maker.supplier.pk).delete()
    assert maker.refused() == "category_id"
    actions.set_bounds(maker.supplier.pk, actor=STAFF)
    assert maker.refused() == "category_id"
    actions.set_bounds(maker.supplier.pk, category_ids=[trunk], actor=STAFF)
    assert maker.refused() == "category_id"
    assert maker.refused(category_id=leaf) == "brand_id"
    goods = maker.save(category_id=leaf, brand_id=None)
    with scope.supplier(maker.supplier.pk):
        bounds = queries.bounds_of(maker.supplier.pk)
        assert {pk for pk, _name in queries.category_choices(bounds)} == {trunk, leaf}
        assert queries.brand_choices(bounds) == []
    actions.set_bounds(maker.supplier.pk, has_all_brands=True, actor=STAFF)
    assert refused(actions.submit_goods, maker.supplier.pk, goods_id=goods.pk, actor=maker.actor) == "category_id"


def test_the_platforms_own_goods_know_no_bounds(maker: Maker, world: World, admin: str) -> None:
    own = world.supplier(is_own=True)
    assert refused(actions.set_bounds, own.pk, actor=STAFF) == ""
    assert actions.save_goods(own.pk, **maker.wanted | {"actor": admin}).state == "draft"


def test_a_supplier_sees_an_attribute_when_its_category_and_brand_are_his(maker: Maker, mark: str) -> None:
    trunk, leaf = tree(mark, "食", "米")
    (foreign,) = tree(mark, "数码")
    brand, other = (actions.create_brand(f"{name}{mark}", actor=STAFF).pk for name in ("甲", "乙"))
    wanted: dict[str, tuple[dict[str, Any], bool]] = {
        "谁都有": ({}, True),
        "食": ({"category_ids": [trunk]}, True),
        "数码": ({"category_ids": [foreign]}, False),
        "甲": ({"brand_ids": [brand]}, True),
        "乙": ({"brand_ids": [other]}, False),
        "食甲": ({"category_ids": [trunk], "brand_ids": [brand]}, True),
        "食乙": ({"category_ids": [trunk], "brand_ids": [other]}, False),
    }
    ids = {name: actions.save_attribute(None, name=f"{name}{mark}", actor=STAFF, **what).pk
           for name, (what, _seen) in wanted.items()}  # fmt: skip
    actions.set_bounds(maker.supplier.pk, category_ids=[leaf], brand_ids=[brand], actor=STAFF)
    with scope.supplier(maker.supplier.pk):
        seen = {row.id for row in queries.attributes(queries.bounds_of(maker.supplier.pk))}
    for name, (_what, is_seen) in wanted.items():
        assert (ids[name] in seen) == is_seen, name
        more = {
            "category_id": leaf,
            "brand_id": brand,
            "attributes": {ids[name]: "x"},
            "goods_no": f"{name}".encode().hex(),
        }
        assert (maker.refused(**more) if not is_seen else maker.save(**more).attributes) == (
            {str(ids[name]): "x"} if is_seen else f"attribute_{ids[name]}"
        ), name


def test_values_keep_to_their_choices_and_required_ones_are_asked_for(maker: Maker, mark: str) -> None:
    colour = actions.save_attribute(
        None, name=f"颜色{mark}", choices=["红", "绿"], is_required=True, category_ids=[maker.wanted["category_id"]],
        actor=STAFF,
    ).pk  # fmt: skip
    assert maker.refused(attributes={colour: "蓝"}) == f"attribute_{colour}"
    assert maker.refused(attributes={0: "蓝"}) == "attribute_0"
    goods = maker.save()
    submit = {"goods_id": goods.pk, "actor": maker.actor}
    assert refused(actions.submit_goods, maker.supplier.pk, **submit) == f"attribute_{colour}"
    maker.save(goods, attributes={colour: "红"})
    maker.save(goods)
    assert actions.submit_goods(maker.supplier.pk, **submit).attributes == {str(colour): "红"}
    with scope.platform():
        assert queries.attribute_pairs({str(colour): "红"}) == [(f"颜色{mark}", "红")]
    assert actions.remove_attribute(colour, actor=STAFF) == 1
    with scope.platform():
        assert Goods.objects.get(pk=goods.pk).attributes == {}
    assert refused(actions.save_attribute, None, name=f"x{mark}", choices=["a", "a"], actor=STAFF) == "choices"
    assert refused(actions.save_attribute, None, name=f"x{mark}", brand_ids=[0], actor=STAFF) == "brand_ids"


def test_goods_of_a_suspended_supplier_leave_the_shelf_and_come_back(world: World) -> None:
    article, other = world.article(stock=3), world.article(stock=3)
    mall = world.distributor()

    def seen() -> set[int]:
        with scope.distributor(mall.pk):
            return set(Goods.objects.filter(pk__in=[article.goods_id, other.goods_id]).values_list("pk", flat=True))

    assert seen() == {article.goods_id, other.goods_id}
    with pytest.raises(Mistake):
        actions.suspend_supplier(article.supplier_id, reason="", actor=STAFF)
    actions.suspend_supplier(article.supplier_id, reason="资质过期", actor=STAFF)
    assert seen() == {other.goods_id}
    actions.activate_supplier(article.supplier_id, actor=STAFF)
    assert seen() == {article.goods_id, other.goods_id}
    with scope.platform():
        told = Event.objects.filter(object_kind="goods", object_id=article.goods_id).order_by("id")
        assert [(event.type, event.version, event.data["state"]) for event in told] == [
            ("product.delisted", 2, "unlisted"),
            ("product.listed", 3, "on_sale"),
        ]


def test_drafts_of_an_attribute_need_no_value(maker: Maker) -> None:
    assert maker.save(skus=[SkuDraft(supplier_price_fen=1)], attributes={}).attributes == {}


def test_a_mall_takes_goods_by_category_by_brand_or_one_by_one(world: World, mark: str) -> None:
    leaf, other = tree(mark, "米")[0], tree(mark, "面")[0]
    brand = actions.create_brand(f"甲{mark}", actor=STAFF)
    found = [world.article(brand=brand), world.article(), world.article()]
    with scope.platform():
        Goods.objects.filter(pk__in=[one.goods_id for one in found[:2]]).update(category=leaf)
        Goods.objects.filter(pk=found[2].goods_id).update(category=other)
    mall = world.distributor()
    with scope.distributor(mall.pk):
        terms = shelf.terms_of(mall.pk)

        def taken(**by: Any) -> list[int]:
            return [goods.id for goods in shelf.goods_page(terms, limit=9, **by)]

        assert taken(category_ids=[leaf]) == [one.goods_id for one in found[:2]]
        assert taken(brand_id=brand.pk) == [found[0].goods_id]
        assert taken(category_ids=[leaf, other], brand_id=brand.pk) == [found[0].goods_id]
        assert taken(ids=[found[2].goods_id]) == [found[2].goods_id]


@pytest.mark.parametrize("rare_at_most", [0, 5_000])
def test_words_find_in_a_scope_what_it_shows_and_nothing_else(
    world: World, mark: str, monkeypatch: pytest.MonkeyPatch, rare_at_most: int
) -> None:
    monkeypatch.setattr(search, "RARE_AT_MOST", rare_at_most)
    mall, other = world.distributor(), world.distributor()
    shown, hidden = world.article(), world.article(visible_distributors=[other.pk])
    with scope.platform():
        for goods in Goods.objects.filter(pk__in=[shown.goods_id, hidden.goods_id]):
            goods.name = f"稀有{mark}"
            goods.search_terms = search.terms_of(goods)
            goods.save(update_fields=["name", "search_terms"])
    for party, expected in ((mall, {shown.goods_id}), (other, {shown.goods_id, hidden.goods_id})):
        with scope.distributor(party.pk, read_only=True):
            for text in (f"稀有{mark}", f"稀 {mark}"):
                found = search.matching_in_scope(Goods.objects.all(), text=text)
                assert set(found.values_list("pk", flat=True)) == expected
            assert not search.matching_in_scope(Goods.objects.all(), text=f"没有{mark}").exists()
