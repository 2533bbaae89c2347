"""Goods from draft to shelf and back, their pictures and how they are found."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, pictures, rules
from entrepot.catalog.models import Goods, Sku, SkuCost
from entrepot.catalog.rules import SkuDraft
from entrepot.catalog.search import matching
from entrepot.events.models import Event, Operation
from entrepot.parties.models import Supplier
from tests.rooms.conftest import picture
from tests.rooms.test_parties import refused
from tests.world import World


class Maker:
    """A supplier with a category, a brand and a picture, who writes goods."""

    def __init__(self, world: World, mark: str, admin: str) -> None:
        self.admin = admin
        self.supplier: Supplier = world.supplier()
        self.actor = staff("supplier", party_id=self.supplier.pk, user_id=1, name="孙有田")
        self.wanted: dict[str, Any] = {
            "goods_no": f"APL{mark}",
            "name": f"红富士苹果{mark} 5斤装",
            "category_id": actions.create_category(f"水果{mark}", actor=admin).pk,
            "brand_id": actions.create_brand(f"沂蒙{mark}", actor=admin).pk,
            "images": [pictures.store(picture())],
            "skus": [SkuDraft(supplier_price_fen=8000, cost_fen=5000)],
            "actor": self.actor,
        }

    def save(self, goods: Goods | None = None, **more: Any) -> Goods:
        return actions.save_goods(self.supplier.pk, goods_id=goods and goods.pk, **self.wanted | more)

    def on_sale(self, **more: Any) -> Goods:
        goods = self.save(**more)
        actions.submit_goods(self.supplier.pk, goods_id=goods.pk, actor=self.actor)
        return actions.approve_goods(goods.pk, actor=self.admin)

    def refused(self, goods: Goods | None = None, **more: Any) -> str:
        return refused(self.save, goods, **more)


@pytest.fixture
def maker(world: World, mark: str, admin: str, media: Path) -> Maker:
    return Maker(world, mark, admin)


def skus(goods: Goods) -> list[tuple[str, int, int | None, bool]]:
    with scope.platform():
        rows = Sku.objects.filter(goods=goods).order_by("id")
        return [(sku.code, sku.supplier_price_fen, sku.supply_price_fen, sku.is_active) for sku in rows]


def told(goods: Goods) -> list[str]:
    with scope.platform():
        rows = Event.objects.filter(object_kind="goods", object_id=goods.pk).order_by("id")
        return [row.type for row in rows]


def test_the_way_to_the_shelf(maker: Maker) -> None:
    goods = maker.save()
    assert (goods.state, goods.version) == ("draft", 1)
    submitted = actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    assert (submitted.state, submitted.version) == ("submitted", 2)
    with scope.platform():
        (sku,) = Sku.objects.filter(goods=goods)
    listed = actions.approve_goods(goods.pk, actor=maker.admin, supply_prices={sku.pk: 8200}, version=2)
    assert (listed.state, listed.version) == ("on_sale", 3)
    assert skus(goods) == [(goods.goods_no, 8000, 8200, True)]
    unlisted = actions.unlist_goods(goods.pk, reason="换季", actor=maker.actor, supplier_id=maker.supplier.pk)
    assert unlisted.state == "unlisted"
    assert told(goods) == ["product.listed", "product.delisted"]


def test_without_a_word_of_the_reviewer_the_supplier_price_is_the_supply_price(maker: Maker) -> None:
    assert skus(maker.on_sale())[0][1:3] == (8000, 8000)


def test_a_mark_up_stays_in_fen_when_the_supplier_price_changes(maker: Maker) -> None:
    goods = maker.save()
    actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    with scope.platform():
        (sku,) = Sku.objects.filter(goods=goods)
    actions.approve_goods(goods.pk, actor=maker.admin, supply_prices={sku.pk: 8800})
    for price_fen, expected in ((8000, 8800), (8100, 8900)):
        actions.unlist_goods(goods.pk, reason="改", actor=maker.admin)
        maker.save(goods, skus=[SkuDraft(code=sku.code, supplier_price_fen=price_fen)])
        actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
        actions.approve_goods(goods.pk, actor=maker.admin)
        assert skus(goods)[0][2] == expected


@pytest.mark.parametrize("state", ["submitted", "on_sale"])
def test_on_sale_and_in_review_nothing_can_be_edited(maker: Maker, state: str) -> None:
    goods = maker.save()
    actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    if state == "on_sale":
        actions.approve_goods(goods.pk, actor=maker.admin)
    assert maker.refused(goods, name="anders") == ""
    assert refused(
        actions.add_picture, maker.supplier.pk, goods_id=goods.pk, data=picture(colour="blue"), actor=maker.actor
    ) == ""  # fmt: skip
    with scope.platform():
        assert Goods.objects.get(pk=goods.pk).name == maker.wanted["name"]


def test_steps_only_from_their_states(maker: Maker) -> None:
    """Every step from every state: it happens exactly where the table says, otherwise nothing changes."""
    steps = {
        "submit": lambda goods: actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor),
        "withdraw": lambda goods: actions.withdraw_submission(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor),
        "approve": lambda goods: actions.approve_goods(goods.pk, actor=maker.admin),
        "reject": lambda goods: actions.reject_goods(goods.pk, reason="图", actor=maker.admin),
        "unlist": lambda goods: actions.unlist_goods(goods.pk, reason="季", actor=maker.admin),
    }
    goods = maker.save()
    for state in ("draft", "submitted", "on_sale", "unlisted", "rejected"):
        for name, step in steps.items():
            with scope.platform():
                Goods.objects.filter(pk=goods.pk).update(state=state)
            expected = rules.next_state(state, step=name)
            if expected is None:
                with pytest.raises(Mistake):
                    step(goods)
            else:
                step(goods)
            with scope.platform():
                assert Goods.objects.get(pk=goods.pk).state == (expected or state), (state, name)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"goods_no": ""}, "goods_no"),
        ({"goods_no": "货 1"}, "goods_no"),
        ({"name": ""}, "name"),
        ({"min_quantity": 0}, "min_quantity"),
        ({"category_id": 0}, "category_id"),
        ({"brand_id": 0}, "brand_id"),
        ({"images": ["goods/00/" + "0" * 40 + ".webp"]}, "images"),
        ({"images": ["../../etc/passwd"]}, "images"),
        ({"skus": []}, "skus"),
        ({"skus": [SkuDraft(supplier_price_fen=0)]}, "skus.0.supplier_price_fen"),
        ({"skus": [SkuDraft(supplier_price_fen=1, cost_fen=-1)]}, "skus.0.cost_fen"),
        ({"skus": [SkuDraft(supplier_price_fen=1, code="A"), SkuDraft(supplier_price_fen=1, code="A")]}, "skus"),
        (
            {"skus": [SkuDraft(supplier_price_fen=1, price_floor_fen=9, price_ceiling_fen=8)]},
            "skus.0.price_floor_fen",
        ),
    ],
)
def test_a_mistake_names_its_field_and_writes_nothing(maker: Maker, wrong: dict[str, Any], field: str) -> None:
    assert maker.refused(**wrong) == field
    with scope.platform():
        assert not Goods.objects.filter(supplier=maker.supplier).exists()


def test_a_price_band_stays_until_somebody_speaks_of_it(maker: Maker) -> None:
    def band(goods: Goods) -> tuple[int | None, int | None]:
        with scope.platform():
            sku = Sku.objects.get(goods=goods)
        return sku.price_floor_fen, sku.price_ceiling_fen

    goods = maker.save(skus=[SkuDraft(supplier_price_fen=8000, price_floor_fen=9000, price_ceiling_fen=12_000)])
    maker.save(goods, skus=[SkuDraft(supplier_price_fen=8100)])
    assert band(goods) == (9000, 12_000), "what does not speak of the band must not take it away"
    over = [SkuDraft(supplier_price_fen=8100, price_floor_fen=12_001)]
    assert maker.refused(goods, skus=over) == "skus.0.price_floor_fen", "judged against the ceiling that stays"
    maker.save(goods, skus=[SkuDraft(supplier_price_fen=8100, price_floor_fen=None, price_ceiling_fen=11_000)])
    assert band(goods) == (None, 11_000)


def test_a_goods_number_and_a_code_are_there_once(maker: Maker, world: World) -> None:
    goods = maker.save()
    assert maker.refused() == "goods_no"
    assert maker.refused(goods_no=f"{goods.goods_no}B", skus=[SkuDraft(supplier_price_fen=1, code=goods.goods_no)]) == (
        "skus.0.code"
    )


def test_goods_of_somebody_else_are_not_there(maker: Maker, world: World) -> None:
    goods = maker.save()
    stranger = world.supplier()
    with pytest.raises(Goods.DoesNotExist):
        actions.save_goods(stranger.pk, goods_id=goods.pk, **maker.wanted)
    for action in (actions.submit_goods, actions.withdraw_submission):
        with pytest.raises(Goods.DoesNotExist):
            action(stranger.pk, goods_id=goods.pk, actor=maker.actor)
    with pytest.raises(Goods.DoesNotExist):
        actions.unlist_goods(goods.pk, reason="x", actor=maker.actor, supplier_id=stranger.pk)


def test_the_cost_is_the_suppliers_alone(maker: Maker) -> None:
    goods = maker.save()
    with scope.supplier(maker.supplier.pk):
        assert SkuCost.objects.get(sku__goods=goods).cost_fen == 5000
    with scope.platform():
        assert not SkuCost.objects.filter(sku__goods=goods).exists()
        rows = Operation.objects.filter(object_kind="goods", object_id=str(goods.pk))
        assert rows and not any("5000" in str(row.after) or "cost" in str(row.after) for row in rows)


def test_a_dropped_sku_goes_out_of_use(maker: Maker) -> None:
    goods = maker.save(skus=[SkuDraft(supplier_price_fen=100, spec="S"), SkuDraft(supplier_price_fen=200, spec="M")])
    codes = [row[0] for row in skus(goods)]
    assert codes == [f"{goods.goods_no}-1", f"{goods.goods_no}-2"]
    maker.save(goods, skus=[SkuDraft(code=codes[1], supplier_price_fen=200), SkuDraft(supplier_price_fen=300)])
    assert [(row[0], row[3]) for row in skus(goods)] == [
        (codes[0], False),
        (codes[1], True),
        (f"{goods.goods_no}-3", True),
    ]


def test_the_one_sku_of_goods_needs_no_code(maker: Maker) -> None:
    goods = maker.save()
    maker.save(goods, skus=[SkuDraft(supplier_price_fen=8100)])
    assert skus(goods) == [(goods.goods_no, 8100, None, True)]


def test_a_reviewer_only_approves_what_he_has_seen(maker: Maker) -> None:
    goods = maker.save()
    seen = actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor).version
    actions.withdraw_submission(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    maker.save(goods, skus=[SkuDraft(supplier_price_fen=1)])
    actions.submit_goods(maker.supplier.pk, goods_id=goods.pk, actor=maker.actor)
    assert refused(actions.approve_goods, goods.pk, actor=maker.admin, version=seen) == ""


def test_the_goods_number_stays_once_malls_know_it(maker: Maker) -> None:
    goods = maker.on_sale()
    actions.unlist_goods(goods.pk, reason="改", actor=maker.admin)
    assert maker.refused(goods, goods_no=f"{goods.goods_no}X") == "goods_no"


def test_own_goods_need_no_review_and_others_do(maker: Maker, world: World, admin: str) -> None:
    own = world.supplier(is_own=True)
    goods = actions.save_goods(own.pk, **maker.wanted | {"actor": admin})
    assert actions.list_own_goods(goods.pk, actor=admin).state == "on_sale"
    assert skus(goods)[0][2] == 8000
    other = maker.save(goods_no=f"{goods.goods_no}B", skus=[SkuDraft(supplier_price_fen=1)])
    assert refused(actions.list_own_goods, other.pk, actor=admin) == ""


def test_visibility_and_promotions_hold_at_once_and_are_told(maker: Maker, world: World) -> None:
    goods = maker.on_sale()
    mall, stranger = world.distributor(), world.distributor()
    actions.set_visibility(goods.pk, tier_ids=[], distributor_ids=[mall.pk], actor=maker.admin)
    with scope.distributor(stranger.pk):
        assert not Goods.objects.filter(pk=goods.pk).exists()
    with scope.distributor(mall.pk):
        assert Goods.objects.filter(pk=goods.pk).exists()
    assert refused(actions.set_visibility, goods.pk, tier_ids=[0], distributor_ids=[], actor=maker.admin) == "tiers"
    actions.set_promotions(goods.pk, promotions=["group_buy", "coupon"], actor=maker.admin)
    assert refused(actions.set_promotions, goods.pk, promotions=["lottery"], actor=maker.admin) == "promotions"
    assert told(goods) == ["product.listed", "product.updated", "product.updated"]


def test_a_new_goods_allows_the_eight_and_refuses_the_seven(maker: Maker) -> None:
    assert len(rules.ALLOWED_PROMOTIONS) == 8 and len(rules.REFUSED_PROMOTIONS) == 7
    assert maker.save().allowed_promotions == list(rules.ALLOWED_PROMOTIONS)


def test_goods_are_found_by_parts_of_words(maker: Maker, mark: str) -> None:
    goods = maker.save()
    with scope.platform():
        rows = Goods.objects.filter(supplier=maker.supplier)
        for text in ("富士", "红富士", f"沂蒙{mark}", goods.goods_no.lower(), f"苹果{mark} 5斤", "５斤", "士", ""):
            assert list(matching(rows, text=text)) == [goods], text
        for text in ("梨", "香蕉", "富士山"):
            assert not matching(rows, text=text).exists(), text


def test_a_renamed_brand_is_what_its_goods_are_found_by(maker: Maker, mark: str) -> None:
    goods = maker.save()
    actions.rename_brand(maker.wanted["brand_id"], name=f"蒙山{mark}", actor=maker.admin)
    with scope.platform():
        rows = Goods.objects.filter(supplier=maker.supplier)
        assert list(matching(rows, text=f"蒙山{mark}")) == [goods]


def test_pictures_are_brought_into_one_form(media: Path, committed: Any) -> None:
    taken = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x8825] = {2: (31.0, 12.0, 0.0)}  # where it was taken
    Image.new("RGB", (3000, 1000), "green").save(taken, "JPEG", exif=exif)
    path = pictures.store(taken.getvalue())
    with Image.open(media / path) as kept:
        assert kept.format == "WEBP" and kept.size == (533, 1600) and not kept.getexif()
    with Image.open(media / pictures.thumbnail(path)) as small:
        assert max(small.size) == 400
    assert pictures.store(taken.getvalue()) == path and pictures.is_kept(path)
    assert not pictures.is_kept("../secret") and pictures.thumbnail("") == "" and pictures.address("") == ""


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:900], picture(form="BMP"), b"\0" * (8 * 2**20 + 1)],
    ids=["empty", "svg", "cut off", "bmp", "too large"],
)
def test_what_is_no_picture_is_refused(media: Path, committed: Any, data: bytes) -> None:
    assert refused(pictures.store, data) == "picture"
    assert list(media.rglob("*")) == []


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(media: Path, committed: Any) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    assert refused(pictures.store, bomb.getvalue()) == "picture"
