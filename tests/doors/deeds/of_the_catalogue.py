"""What people do with categories, brands, attributes, bounds, changes of goods on sale and sheets of goods."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.base import scope
from entrepot.catalog import actions, pictures
from entrepot.catalog.models import Goods, GoodsImport, SupplierBounds
from entrepot.catalog.rules import SkuDraft
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage, picture
from tests.doors.test_platform_assortment import sheet
from tests.world import STAFF, Article

GOODS, CATEGORIES, BRANDS, ATTRIBUTES, SLOTS = (
    f"/platform/{name}/" for name in ("goods", "categories", "brands", "attributes", "slots")
)


def _category(stage: Stage) -> int:
    return actions.create_category(stage.world.name("C"), actor=STAFF).pk


@deed("platform:category-new", "category.created")
def add_category(stage: Stage) -> Any:
    return stage.platform.fill(f"{CATEGORIES}new/", name=stage.world.name("C"))


@deed("platform:category", "category.changed")
def rename_category(stage: Stage) -> Any:
    return stage.platform.fill(f"{CATEGORIES}{_category(stage)}/", name=stage.world.name("C"))


@deed("platform:category-shift", "category.changed")
def shift_category(stage: Stage) -> Any:
    _before, last = _category(stage), _category(stage)
    return stage.platform.post(f"{CATEGORIES}{last}/shift/", do="up")


@deed("platform:category-merge", "category.merged")
def merge_category(stage: Stage) -> Any:
    one, other = _category(stage), _category(stage)
    return stage.platform.post(f"{CATEGORIES}{one}/merge/", into_id=other)


@deed("platform:category-remove", "category.removed")
def remove_category(stage: Stage) -> Any:
    return stage.platform.post(f"{CATEGORIES}{_category(stage)}/remove/")


@deed("platform:categories-import", "category.created")
def import_categories(stage: Stage) -> Any:
    return stage.platform.post(f"{CATEGORIES}import/", file=sheet(("一级分类",), (stage.world.name("C"),)))


@deed("platform:brand-new", "brand.created")
def add_brand(stage: Stage) -> Any:
    return stage.platform.fill(f"{BRANDS}new/", name=stage.world.name("B"))


@deed("platform:brand", "brand.changed")
def rename_brand(stage: Stage) -> Any:
    one = actions.create_brand(stage.world.name("B"), actor=STAFF).pk
    return stage.platform.fill(f"{BRANDS}{one}/", name=stage.world.name("B"))


@deed("platform:brand-remove", "brand.removed")
def remove_brand(stage: Stage) -> Any:
    one = actions.create_brand(stage.world.name("B"), actor=STAFF).pk
    return stage.platform.post(f"{BRANDS}{one}/remove/")


@deed("platform:attribute-new", "attribute.created")
def add_attribute(stage: Stage) -> Any:
    return stage.platform.fill(f"{ATTRIBUTES}new/", name=stage.world.name("A"), choices="红")


@deed("platform:attribute", "attribute.changed")
def change_attribute(stage: Stage) -> Any:
    one = actions.save_attribute(None, name=stage.world.name("A"), brand_ids=[], actor=STAFF).pk
    return stage.platform.fill(f"{ATTRIBUTES}{one}/", name=stage.world.name("A"))


@deed("platform:attribute-remove", "attribute.removed")
def remove_attribute(stage: Stage) -> Any:
    one = actions.save_attribute(None, name=stage.world.name("A"), actor=STAFF).pk
    return stage.platform.post(f"{ATTRIBUTES}{one}/remove/")


@deed("platform:supplier-bounds", "supplier.bounds")
def tick_bounds(stage: Stage) -> Any:
    page = f"/platform/suppliers/{stage.supplier_party.pk}/bounds/"
    seen = stage.platform.form(page)["seen"]
    return stage.platform.post(page, seen=seen, category_ids=[_category(stage)], edit_mode="open")


@deed("platform:goods-mode", "catalog.mode")
def switch_mode(stage: Stage) -> Any:
    actions.set_open_mode(is_open=True, actor="system")
    return stage.platform.post(f"{GOODS}mode/", mode="strict")


def _changed(stage: Stage) -> tuple[Goods, int]:
    """Goods on sale of the stage's supplier with a change that waits."""
    with scope.platform():
        SupplierBounds.objects.filter(supplier=stage.supplier_party).update(edit_mode="open")
    what: dict[str, Any] = {
        "category_id": _category(stage),
        "images": [pictures.store(picture().read())],
        "actor": STAFF,
    }
    number, skus = stage.world.name("G"), [SkuDraft(supplier_price_fen=800)]
    goods = actions.save_goods(stage.supplier_party.pk, goods_no=number, name="旧名", skus=skus, **what)
    actions.submit_goods(stage.supplier_party.pk, goods_id=goods.pk, actor=STAFF)
    actions.approve_goods(goods.pk, actor=STAFF)
    row = actions.propose_change(stage.supplier_party.pk, goods_id=goods.pk, name="新名", skus=skus, **what)
    return goods, row.pk


@deed("platform:goods-change-judge", "goods.change_approved", reason="图已核对")
def approve_change(stage: Stage) -> Any:
    page = f"{GOODS}{_changed(stage)[0].pk}/change/"
    return stage.platform.fill(page, at=f"{page}judge/", do="approve", note="图已核对")


@deed("platform:goods-change-judge", "goods.change_rejected", reason="图不清")
def reject_change(stage: Stage) -> Any:
    page = f"{GOODS}{_changed(stage)[0].pk}/change/"
    return stage.platform.fill(page, at=f"{page}judge/", do="reject", note="图不清")


@deed("supplier:change-withdraw", "goods.proposal_withdrawn")
def withdraw_change(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/goods/{_changed(stage)[0].pk}/change/withdraw/")


@deed("supplier:version-restore", "goods.changed")
def restore_version(stage: Stage) -> Any:
    goods, row_id = _changed(stage)
    actions.approve_change(goods.pk, version_id=row_id, actor=STAFF)
    actions.unlist_goods(goods.pk, reason="季", actor=STAFF)
    return stage.supplier.post(f"/supplier/goods/{goods.pk}/versions/1/restore/")


@deed("platform:version-restore", "goods.changed")
def restore_own_version(stage: Stage) -> Any:
    own = stage.world.supplier(is_own=True)
    what: dict[str, Any] = {
        "goods_no": stage.world.name("G"),
        "category_id": _category(stage),
        "images": [pictures.store(picture().read())],
        "skus": [SkuDraft(supplier_price_fen=800)],
        "actor": STAFF,
    }
    goods = actions.save_goods(own.pk, name="一", **what)
    actions.list_own_goods(goods.pk, actor=STAFF)
    actions.unlist_goods(goods.pk, reason="改", actor=STAFF)
    actions.save_goods(own.pk, goods_id=goods.pk, name="二", **what)
    return stage.platform.post(f"{GOODS}{goods.pk}/versions/1/restore/")


def _sheet(stage: Stage) -> SimpleUploadedFile:
    return sheet(("货号", "商品名称", "分类", "供货价"), (stage.world.name("G"), "梨", "没有", "8"))


@deed("supplier:goods-imports", "goods_import.opened")
def upload_goods(stage: Stage) -> Any:
    return stage.supplier.post("/supplier/goods/import/", sheet=_sheet(stage))


@deed("platform:goods-imports", "goods_import.opened")
def upload_own_goods(stage: Stage) -> Any:
    own: Article = stage.own
    _cancel_all(own.supplier_id)
    return stage.platform.post(f"{GOODS}import/", sheet=_sheet(stage))


@deed("supplier:goods-import-cancel", "goods_import.cancelled")
def call_upload_off(stage: Stage) -> Any:
    job_id = _started(stage, supplier_id=stage.supplier_party.pk)
    return stage.supplier.post(f"/supplier/goods/import/{job_id}/cancel/")


@deed("platform:goods-import-cancel", "goods_import.cancelled")
def call_own_upload_off(stage: Stage) -> Any:
    return stage.platform.post(f"{GOODS}import/{_started(stage, supplier_id=stage.own.supplier_id)}/cancel/")


def _started(stage: Stage, *, supplier_id: int) -> int:
    _cancel_all(supplier_id)
    data = io.BytesIO(_sheet(stage).read())
    return actions.start_import(supplier_id, sheet=data, file_name="x.xlsx", actor=STAFF).pk


def _cancel_all(supplier_id: int) -> None:
    """Leave no upload of another test open: the platform is one supplier for all of them."""
    with scope.platform():
        GoodsImport.objects.filter(supplier_id=supplier_id).update(state="cancelled")


def _slot(stage: Stage, *articles: Article) -> int:
    slot = actions.save_slot(None, name=stage.world.name("S")[:40], actor=STAFF)
    if articles:
        actions.put_in_slot(slot.pk, numbers=[one.code for one in articles], actor=STAFF)
    return slot.pk


@deed("platform:slot-new", "slot.created")
def add_slot(stage: Stage) -> Any:
    return stage.platform.fill(f"{SLOTS}new/", name=stage.world.name("S")[:40])


@deed("platform:slot-edit", "slot.changed")
def change_slot(stage: Stage) -> Any:
    return stage.platform.fill(f"{SLOTS}{_slot(stage)}/edit/", ends_at="2030-01-01 00:00")


@deed("platform:slot-remove", "slot.removed")
def remove_slot(stage: Stage) -> Any:
    return stage.platform.post(f"{SLOTS}{_slot(stage)}/remove/")


@deed("platform:slot-add", "slot.goods")
def put_in_slot(stage: Stage) -> Any:
    return stage.platform.post(f"{SLOTS}{_slot(stage)}/add/", numbers=stage.world.article().code)


@deed("platform:slot-move", "slot.goods")
def take_out_of_slot(stage: Stage) -> Any:
    article = stage.world.article()
    return stage.platform.post(f"{SLOTS}{_slot(stage, article)}/goods/{article.goods_id}/", do="out")
