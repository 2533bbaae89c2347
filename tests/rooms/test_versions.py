"""Changes of goods that go on selling meanwhile, the reviewer's decision, and the way back."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from entrepot.base import scope
from entrepot.catalog import actions, queries, rules
from entrepot.catalog.models import Goods, GoodsVersion, Sku, SkuCost
from entrepot.catalog.rules import SkuDraft
from entrepot.pricing import actions as pricing
from entrepot.pricing.actions.apply import apply_next
from entrepot.pricing.models import PriceChange
from tests.rooms.test_goods import Maker, skus, told
from tests.rooms.test_parties import refused
from tests.world import World


@pytest.fixture
def maker(world: World, mark: str, admin: str, media: Path) -> Maker:
    made = Maker(world, mark, admin)
    actions.set_bounds(made.supplier.pk, has_all_categories=True, has_all_brands=True, edit_mode="open", actor=admin)
    return made


def propose(maker: Maker, goods: Goods, **more: Any) -> GoodsVersion:
    wanted = {name: value for name, value in (maker.wanted | more).items() if name != "goods_no"}
    return actions.propose_change(maker.supplier.pk, goods_id=goods.pk, **wanted)


def states(goods: Goods) -> list[tuple[int, str]]:
    with scope.platform():
        rows = GoodsVersion.objects.filter(goods=goods).order_by("number")
        return [(row.number, row.state) for row in rows]


def test_what_is_on_sale_sells_on_until_the_reviewer_approves(maker: Maker) -> None:
    goods = maker.on_sale()
    row = propose(maker, goods, name="新名", skus=[SkuDraft(supplier_price_fen=9000, cost_fen=6000)])
    with scope.platform():
        live = Goods.objects.get(pk=goods.pk)
        assert (live.name, live.state, live.version) == (maker.wanted["name"], "on_sale", goods.version)
        found = {(one.field, one.sku): (one.old, one.new) for one in
                 rules.differences(queries.content_of(live), new=row.content)}  # fmt: skip
    assert found == {
        ("name", ""): (maker.wanted["name"], "新名"),
        ("supplier_price_fen", goods.goods_no): (8000, 9000),
    }
    assert skus(goods) == [(goods.goods_no, 8000, 8000, True)]
    assert actions.approve_change(goods.pk, version_id=row.pk, actor=maker.admin).name == "新名"
    assert skus(goods) == [(goods.goods_no, 9000, 8000, True)], "the supply price is the reviewer's to raise"
    assert states(goods) == [(1, "replaced"), (2, "live")]
    assert told(goods) == ["product.listed", "product.updated"]
    with scope.supplier(maker.supplier.pk):
        assert SkuCost.objects.get(sku__goods=goods).cost_fen == 6000
        assert Goods.objects.filter(search_terms__contains=["新名"]).exists()


def test_the_reviewer_sets_supply_prices_and_new_skus_come_with_the_change(maker: Maker) -> None:
    goods = maker.on_sale(skus=[SkuDraft(supplier_price_fen=100, spec="S"), SkuDraft(supplier_price_fen=200, spec="M")])
    small, large = (row[0] for row in skus(goods))
    drafts = [SkuDraft(code=large, supplier_price_fen=250, spec="M"), SkuDraft(supplier_price_fen=300, spec="L")]
    row = propose(maker, goods, skus=drafts)
    fresh = f"{goods.goods_no}-3"
    assert skus(goods)[2] == (fresh, 300, None, False)
    assert (
        refused(actions.approve_change, goods.pk, version_id=row.pk, supply_prices={small: 1}, actor=maker.admin) == ""
    )
    assert states(goods) == [(1, "live"), (2, "waiting")]
    actions.approve_change(goods.pk, version_id=row.pk, supply_prices={large: 260}, actor=maker.admin)
    assert skus(goods) == [(small, 100, 100, False), (large, 250, 260, True), (fresh, 300, 300, True)]


def test_one_change_waits_at_a_time_and_can_be_taken_back(maker: Maker) -> None:
    goods = maker.on_sale()
    row = propose(maker, goods, name="一")
    assert refused(propose, maker, goods, name="二") == ""
    actions.withdraw_change(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    assert refused(actions.withdraw_change, maker.supplier.pk, goods_id=goods.pk, actor=maker.actor) == ""
    assert refused(actions.approve_change, goods.pk, version_id=row.pk, actor=maker.admin) == ""
    again = propose(maker, goods, name="二")
    assert refused(actions.reject_change, goods.pk, version_id=again.pk, reason=" ", actor=maker.admin) == "reason"
    actions.reject_change(goods.pk, version_id=again.pk, reason="图不符", actor=maker.admin)
    assert states(goods) == [(1, "live"), (2, "withdrawn"), (3, "refused")]
    with scope.platform():
        assert Goods.objects.get(pk=goods.pk).name == maker.wanted["name"]
    assert told(goods) == ["product.listed"]


def test_goods_off_the_shelf_have_no_change_waiting(maker: Maker) -> None:
    goods = maker.on_sale()
    row = propose(maker, goods, name="一")
    actions.unlist_goods(goods.pk, reason="季", actor=maker.admin)
    assert states(goods) == [(1, "live"), (2, "withdrawn")]
    assert refused(actions.approve_change, goods.pk, version_id=row.pk, actor=maker.admin) == ""
    assert refused(propose, maker, goods, name="二") == ""


def test_in_strict_mode_and_without_a_difference_nothing_is_handed_in(maker: Maker, admin: str) -> None:
    goods = maker.on_sale()
    assert refused(propose, maker, goods) == ""
    assert refused(propose, maker, goods, images=[]) == "images"
    for mode, is_open, expected in (
        ("strict", True, False),
        ("", False, False),
        ("", True, True),
        ("open", False, True),
    ):
        actions.set_bounds(maker.supplier.pk, has_all_categories=True, has_all_brands=True, edit_mode=mode, actor=admin)
        actions.set_open_mode(is_open=is_open, actor=admin)
        with scope.supplier(maker.supplier.pk):
            assert queries.is_open(maker.supplier.pk) == expected, (mode, is_open)
    actions.set_bounds(maker.supplier.pk, has_all_categories=True, edit_mode="strict", actor=admin)
    assert refused(propose, maker, goods, name="二") == ""
    assert states(goods) == [(1, "live")]


def test_an_older_version_comes_back_as_a_draft_or_as_a_change(maker: Maker) -> None:
    goods = maker.on_sale()
    row = propose(maker, goods, name="新名", skus=[SkuDraft(supplier_price_fen=9000)])
    actions.approve_change(goods.pk, version_id=row.pk, actor=maker.admin)
    restore = {"goods_id": goods.pk, "number": 1, "actor": maker.actor}
    assert actions.restore_version(maker.supplier.pk, **restore)
    assert states(goods) == [(1, "replaced"), (2, "live"), (3, "waiting")]
    actions.unlist_goods(goods.pk, reason="季", actor=maker.admin)
    assert not actions.restore_version(maker.supplier.pk, **restore)
    with scope.platform():
        found = Goods.objects.get(pk=goods.pk)
        assert (found.name, found.state) == (maker.wanted["name"], "unlisted")
        assert Sku.objects.get(goods=goods).supplier_price_fen == 8000


def test_two_reviewers_decide_once(maker: Maker) -> None:
    goods = maker.on_sale()
    row = propose(maker, goods, name="一")
    actions.approve_change(goods.pk, version_id=row.pk, actor=maker.admin)
    assert refused(actions.reject_change, goods.pk, version_id=row.pk, reason="x", actor=maker.admin) == ""
    assert states(goods) == [(1, "replaced"), (2, "live")]


def test_a_change_approved_late_keeps_what_was_changed_on_sale_meanwhile(maker: Maker) -> None:
    goods = maker.on_sale(
        skus=[SkuDraft(supplier_price_fen=8000, spec="S"), SkuDraft(supplier_price_fen=8100, spec="M")]
    )
    small, large = (row[0] for row in skus(goods))
    drafts = [
        SkuDraft(code=small, supplier_price_fen=8000, spec="小"),
        SkuDraft(code=large, supplier_price_fen=9900, spec="M"),
    ]
    row = propose(maker, goods, name="新名", skus=drafts)
    prices = {small: 8500, large: 8600}
    with scope.platform():
        ids = dict(Sku.objects.filter(goods=goods).values_list("code", "pk"))
    new = [pricing.ChangeDraft(field="supplier_price", new_value=fen, sku_id=ids[code]) for code, fen in prices.items()]
    pricing.announce(new, actor=maker.admin, reason="原料")
    with scope.platform():
        PriceChange.objects.filter(sku_id__in=ids.values()).update(effective_at=Now())
        seen = Goods.objects.get(pk=goods.pk).version
    while apply_next():
        pass
    with scope.platform():
        live = Goods.objects.get(pk=goods.pk)
        content, conflicts = queries.rebased(row, goods=live)
    assert [(one.field, one.sku, one.base, one.now, one.wanted, one.kept) for one in conflicts] == [
        ("supplier_price_fen", large, 8100, 8600, 9900, 8600)
    ]
    assert [(sku["spec"], sku["supplier_price_fen"]) for sku in content["skus"]] == [("小", 8500), ("M", 8600)]
    assert refused(actions.approve_change, goods.pk, version_id=row.pk, version=seen, actor=maker.admin) == ""
    actions.approve_change(goods.pk, version_id=row.pk, version=live.version, actor=maker.admin)
    assert [(code, fen) for code, fen, *_ in skus(goods)] == [(small, 8500), (large, 8600)], "the later price stands"
    with scope.platform():
        assert Goods.objects.get(pk=goods.pk).name == "新名"
        assert GoodsVersion.objects.get(pk=row.pk).content == content
        assert queries.content_of(Goods.objects.get(pk=goods.pk)) == content
