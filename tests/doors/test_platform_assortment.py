"""Categories, brands, attributes, bounds of suppliers and changes of goods on sale, page by page."""

import io
import re
import uuid
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.base import scope
from entrepot.catalog import actions, queries
from entrepot.catalog.models import Attribute, Brand, Category, Goods, GoodsVersion, SupplierBounds
from entrepot.catalog.rules import SkuDraft
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.doors.test_platform_goods import picture
from tests.world import STAFF, World, rows


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex[:8]


def seen_of(browser: Any, address: str) -> str:
    """The mark of what a form was filled in over."""
    found = re.search(r'name="seen" value="([^"]*)"', text_of(browser.get(address)))
    assert found is not None
    return found[1]


def sheet(*lines: tuple[str, ...]) -> SimpleUploadedFile:
    """A sheet to upload."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        for number, line in enumerate(lines):
            page.write_row(number, 0, line)
    return SimpleUploadedFile("sheet.xlsx", buffer.getvalue())


def test_the_tree_is_built_moved_and_emptied(world: World, mark: str) -> None:
    browser = at_work("platform", None)
    base = "/platform/categories/"
    browser.post(f"{base}new/", {"name": f"食{mark}", "seen": "new"})
    trunk = Category.objects.get(name=f"食{mark}")
    browser.post(f"{base}new/", {"name": f"米{mark}", "parent_id": trunk.pk, "seen": "new"})
    leaf = Category.objects.get(name=f"米{mark}")
    assert browser.post(f"{base}new/", {"name": f"米{mark}", "parent_id": trunk.pk, "seen": "new"}).status_code == 422
    form = {"name": f"面{mark}", "parent_id": "", "seen": seen_of(browser, f"{base}{leaf.pk}/")}
    assert browser.post(f"{base}{leaf.pk}/", form).status_code == 302
    assert browser.post(f"{base}{leaf.pk}/", form | {"name": "旧"}).status_code == 422, "seen before it was changed"
    leaf.refresh_from_db()
    assert (leaf.name, leaf.parent_id) == (f"面{mark}", None)
    browser.post(f"{base}{leaf.pk}/shift/", {"do": "up"})
    names = list(queries.category_names().values())
    assert names.index(f"面{mark}") < names.index(f"食{mark}")
    article = world.article()
    with scope.platform():
        Goods.objects.filter(pk=article.goods_id).update(category=leaf)
    browser.post(f"{base}{leaf.pk}/remove/")
    assert Category.objects.filter(pk=leaf.pk).exists()
    assert browser.post(f"{base}{leaf.pk}/merge/", {"into_id": trunk.pk}).status_code == 302
    assert rows("select category_id from catalog_goods where id = %s", article.goods_id) == [(trunk.pk,)]
    assert not Category.objects.filter(pk=leaf.pk).exists()
    assert round_trips(browser, base) <= 10


def test_the_tree_goes_out_and_comes_in_as_a_sheet(world: World, mark: str) -> None:
    browser = at_work("platform", None)
    upload = sheet(("一级分类", "二级分类"), (f"家{mark}", ""), (f"家{mark}", "厨"))
    browser.post("/platform/categories/import/", {"file": upload})
    found = [row[:3] for row in sheet_of(browser.get("/platform/categories/?export=xlsx")) if row[0] == f"家{mark}"]
    assert found == [[f"家{mark}", "", ""], [f"家{mark}", "厨", ""]]
    wrong = sheet(("一级分类",), (f"新{mark}",), ("坏/名",))
    answer = browser.post("/platform/categories/import/", {"file": wrong})
    assert answer.status_code == 422 and "3" in text_of(answer)
    assert not Category.objects.filter(name=f"新{mark}").exists()


def test_brands_and_attributes_are_written_and_removed(world: World, mark: str) -> None:
    browser = at_work("platform", None)
    browser.post("/platform/brands/new/", {"name": f"甲{mark}", "seen": "new"})
    brand = Brand.objects.get(name=f"甲{mark}")
    address = f"/platform/brands/{brand.pk}/"
    browser.post(address, {"name": f"乙{mark}", "seen": seen_of(browser, address)})
    assert f"乙{mark}" in text_of(browser.get("/platform/brands/", {"text": mark}))
    what = {"name": f"颜色{mark}", "choices": "红\n绿\n", "is_required": "on", "position": "1", "seen": "new"}
    assert browser.post("/platform/attributes/new/", what | {"brand_ids": [0]}).status_code == 422
    browser.post("/platform/attributes/new/", what | {"brand_ids": [brand.pk]})
    row = Attribute.objects.get(name=f"颜色{mark}")
    assert (row.choices, row.is_required, row.brand_ids) == (["红", "绿"], True, [brand.pk])
    browser.post(f"/platform/brands/{brand.pk}/remove/")
    assert Brand.objects.filter(pk=brand.pk).exists(), "an attribute is bound to it"
    address = f"/platform/attributes/{row.pk}/"
    form = what | {"choices": "红", "seen": seen_of(browser, address)}
    assert browser.post(address, form).status_code == 302
    assert f"颜色{mark}" in text_of(browser.get("/platform/attributes/"))
    browser.post(f"{address}remove/")
    browser.post(f"/platform/brands/{brand.pk}/remove/")
    assert not Brand.objects.filter(pk=brand.pk).exists()


def test_what_is_ticked_is_all_a_suppliers_forms_offer(world: World, mark: str) -> None:
    supplier = world.supplier()
    mine, foreign = (actions.create_category(f"{name}{mark}", actor=STAFF).pk for name in ("果", "机"))
    brand, other = (actions.create_brand(f"{name}{mark}", actor=STAFF).pk for name in ("甲", "乙"))
    origin = actions.save_attribute(None, name=f"产地{mark}", category_ids=[mine], actor=STAFF).pk
    volt = actions.save_attribute(None, name=f"电压{mark}", category_ids=[foreign], actor=STAFF).pk
    staff, browser = at_work("platform", None), at_work("supplier", supplier)
    page = f"/platform/suppliers/{supplier.pk}/bounds/"
    assert staff.post(page, {"seen": seen_of(staff, page)}).status_code == 302
    empty = text_of(browser.get("/supplier/goods/new/"))
    assert "平台还没有" in empty and f"果{mark}" not in empty
    assert "还没有开放给您的分类" in text_of(browser.get("/supplier/goods/"))
    form = {"seen": seen_of(staff, page), "category_ids": [mine], "brand_ids": [brand]}
    assert staff.post(page, form).status_code == 302
    assert staff.post(page, form).status_code == 422, "seen before it was changed"
    assert f"果{mark}" in text_of(staff.get(f"/platform/suppliers/{supplier.pk}/"))
    for shown in (text_of(browser.get("/supplier/goods/new/")), text_of(browser.get("/supplier/goods/"))):
        assert f"果{mark}" in shown and f"甲{mark}" in shown
        assert f"机{mark}" not in shown and f"乙{mark}" not in shown
    fields = text_of(browser.get("/supplier/goods/attributes/", {"category": mine, f"attribute_{origin}": "栖霞"}))
    assert f"产地{mark}" in fields and 'value="栖霞"' in fields
    assert f"电压{mark}" not in text_of(browser.get("/supplier/goods/attributes/", {"category": foreign}))
    what = {"name": "苹果", "goods_no": f"B{mark}", "category": mine, "min_quantity": "1", "sku_rows": "1",
            "sku-0-supplier_price_fen": "8", f"attribute_{origin}": "栖霞", f"attribute_{volt}": "220"}  # fmt: skip
    for forged in ({"category": foreign}, {"brand": other}):
        assert browser.post("/supplier/goods/new/", what | forged).status_code == 422
    assert browser.post("/supplier/goods/new/", what).status_code == 302
    ((kept,),) = rows("select attributes ->> %s from catalog_goods where goods_no = %s", str(origin), f"B{mark}")
    assert kept == "栖霞"


def test_a_change_is_shown_field_by_field_and_decided(world: World, settings: Any, tmp_path: Any, mark: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    supplier = world.supplier()
    staff, browser = at_work("platform", None), at_work("supplier", supplier)
    category = actions.create_category(f"果{mark}", actor=STAFF).pk
    what: dict[str, Any] = {"name": "旧名", "goods_no": f"V{mark}", "category": category, "min_quantity": "1",
            "sku_rows": "1", "sku-0-supplier_price_fen": "8", "do": "submit"}  # fmt: skip
    browser.post("/supplier/goods/new/", what | {"new_images": picture()})
    goods_id = rows("select id from catalog_goods where goods_no = %s", f"V{mark}")[0][0]
    actions.approve_goods(goods_id, actor=STAFF)
    page = f"/supplier/goods/{goods_id}/"
    assert 'value="change"' not in text_of(browser.get(page)), "strict by default"
    with scope.platform():
        SupplierBounds.objects.filter(pk=supplier.pk).update(edit_mode="open")
        images = Goods.objects.get(pk=goods_id).images
    assert 'value="change"' in text_of(browser.get(page))
    version = rows("select version from catalog_goods where id = %s", goods_id)[0][0]
    change = what | {"name": "新名", "sku-0-supplier_price_fen": "9", "version": version, "images": images,
                     "remove_images": images, "new_images": picture("blue")}  # fmt: skip
    assert browser.post(page, change).status_code == 302
    assert rows("select name, state from catalog_goods where id = %s", goods_id) == [("旧名", "on_sale")]
    assert browser.post(page, change | {"name": "再改"}).status_code == 422, "one change waits at a time"
    assert f"V{mark}" in text_of(staff.get("/platform/goods/?tab=changes"))
    review = f"/platform/goods/{goods_id}/change/"
    shown = text_of(staff.get(review))
    for figure in ("旧名", "新名", "¥8.00", "¥9.00", images[0].removesuffix(".webp")):
        assert figure in shown, figure
    assert 'value="8.00"' in shown, "the supply price is proposed as it was"
    with scope.platform():
        waiting = GoodsVersion.objects.get(goods_id=goods_id, state="waiting").pk
    ((now,),) = rows("select version from catalog_goods where id = %s", goods_id)
    form = {"version_id": waiting, "seen": now, "price_0": "9.50", "note": ""}
    assert staff.post(f"{review}judge/", form | {"do": "reject"}).status_code == 422, "a reason is needed"
    assert staff.post(f"{review}judge/", form | {"do": "approve", "version_id": 0}).status_code == 422
    assert staff.post(f"{review}judge/", form | {"do": "approve"}).status_code == 302
    assert rows("select supplier_price_fen, supply_price_fen from catalog_sku where goods_id = %s", goods_id) == [
        (900, 950)
    ]
    assert staff.get(review).status_code == 404
    history = text_of(browser.get(f"{page}versions/"))
    assert "旧名" in history
    browser.post(f"{page}versions/1/restore/")
    assert rows("select state from catalog_goodsversion where goods_id = %s and number = 3", goods_id) == [("waiting",)]
    browser.post(f"{page}change/withdraw/")
    assert rows("select state from catalog_goodsversion where goods_id = %s and number = 3", goods_id) == [
        ("withdrawn",)
    ]
    stranger = at_work("supplier", world.supplier())
    assert stranger.get(f"{page}versions/").status_code == 404
    assert stranger.post(f"{page}versions/1/restore/").status_code == 404


def test_why_goods_are_not_shown_is_answered_to_each_in_his_measure(world: World) -> None:
    mall, other = world.distributor(funds_fen=100_000), world.distributor()
    article = world.article(stock=1, min_quantity=2)
    secret = world.article(stock=1, visible_distributors=[other.pk])
    staff, browser = at_work("platform", None), at_work("distributor", mall)
    page = text_of(staff.get("/platform/goods/why/", {"goods": secret.code, "distributor": mall.pk}))
    assert secret.code in page and page.count("t-bad") == 2
    for state, advice in (("unlisted", "由供应商提交审核"), ("submitted", "在商品页审核")):
        off = world.article(stock=1, state=state)
        asked = {"goods": off.code, "distributor": mall.pk}
        assert advice in text_of(staff.get("/platform/goods/why/", asked)), state
    office = "/distributor/goods/why/"
    few = text_of(browser.get(office, {"goods": article.code}))
    assert "1 / 2" in few and f"SKU {article.code} 需要 2 件，可售 1 件" in few, "as the API says it"
    assert "目前未向您供货" in text_of(browser.get(office, {"goods": "no-such-goods"}))
    hidden, nothing = (
        re.sub(r'Token": "[^"]+"|value="[^"]+"', "", text_of(browser.get(office, {"goods": code})))
        for code in (secret.code, "no-such-goods")
    )
    told_apart = hidden.replace(secret.code, "") != nothing.replace("no-such-goods", "")
    assert not told_apart, "what is kept for others is not there"
    world.restock(article, 5)
    world.place(mall, (article, 2), mode="direct")
    actions.unlist_goods(article.goods_id, reason="秘密原因", actor=STAFF)
    known = text_of(browser.get(office, {"goods": article.code}))
    assert "不再" in known and "秘密原因" not in known


def test_the_platform_switches_the_mode_for_all(world: World) -> None:
    reader, staff = at_work("platform", None, "goods.view"), at_work("platform", None)
    assert reader.post("/platform/goods/mode/", {"mode": "open"}).status_code == 403
    for mode, expected in (("open", True), ("strict", False)):
        staff.post("/platform/goods/mode/", {"mode": mode})
        with scope.platform():
            assert queries.is_open(0) == expected


def test_own_goods_change_on_sale_in_open_mode(world: World, settings: Any, tmp_path: Any, mark: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    own = world.supplier(is_own=True)
    category = actions.create_category(f"蟹{mark}", actor=STAFF).pk
    from entrepot.catalog import pictures

    path = pictures.store(picture().read())
    what = {"name": "蟹", "category_id": category, "images": [path], "actor": STAFF}
    goods = actions.save_goods(own.pk, goods_no=f"O{mark}", skus=[SkuDraft(supplier_price_fen=500)], **what)
    actions.list_own_goods(goods.pk, actor=STAFF)
    actions.set_open_mode(is_open=True, actor=STAFF)
    try:
        changed = what | {"name": "大蟹", "skus": [SkuDraft(supplier_price_fen=500)]}
        row = actions.propose_change(own.pk, goods_id=goods.pk, **changed)
    finally:
        actions.set_open_mode(is_open=False, actor=STAFF)
    assert row.state == "waiting"
    assert "大蟹" in text_of(at_work("platform", None).get(f"/platform/goods/{goods.pk}/change/"))
