"""Batch upload in the back offices: template, upload, progress, refused rows, and whose they are."""

import io
import threading
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.catalog import actions, jobs
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.doors.test_platform_assortment import sheet
from tests.world import STAFF, World, rows


@pytest.fixture
def shop(world: World, settings: Any, tmp_path: Any) -> Any:
    """A supplier with a category of his own."""
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path

    class Shop:
        mark = uuid.uuid4().hex[:8]
        supplier = world.supplier()
        browser = at_work("supplier", supplier)
        category = actions.create_category(f"果{mark}", actor=STAFF)
        foreign = actions.create_category(f"机{mark}", actor=STAFF)

    actions.set_bounds(Shop.supplier.pk, category_ids=[Shop.category.pk], actor=STAFF)
    return Shop


def work() -> None:
    """Let the worker make a few rounds."""
    for _round in range(5):
        jobs.run_imports(threading.Event())


def test_the_template_filled_in_is_taken_and_bad_rows_come_back_as_they_were(shop: Any) -> None:
    base = "/supplier/goods/import/"
    actions.save_attribute(None, name=f"产地{shop.mark}", category_ids=[shop.category.pk], actor=STAFF)
    headings, example = sheet_of(shop.browser.get(f"{base}template/"))[:2]
    assert f"果{shop.mark}" in example and f"机{shop.mark}" not in example
    assert f"属性：产地{shop.mark}" in headings
    good = dict(zip(headings, example, strict=True)) | {
        "货号*": f"A{shop.mark}",
        "商品图片": "",
        f"属性：产地{shop.mark}": "栖霞",
    }
    bad = good | {"货号*": f"B{shop.mark}", "分类*": f"机{shop.mark}"}
    twin = good | {"货号*": f"B{shop.mark}", "分类*": f"机{shop.mark}", "规格名": "大"}
    lines = [tuple(one[name] for name in headings) for one in (good, bad, twin)]
    answer = shop.browser.post(base, {"sheet": sheet(tuple(headings), *lines)})
    assert answer.status_code == 302, text_of(answer)
    page = answer["Location"]
    assert "load delay:1s" in text_of(shop.browser.get(page)), "it asks again while it waits"
    work()
    done = text_of(shop.browser.get(page))
    assert "load delay:1s" not in done and "已完成" in done and "分类" in done
    assert rows("select state, attributes <> '{}' from catalog_goods where goods_no = %s", f"A{shop.mark}") == [
        ("draft", True)
    ]
    assert rows("select count(*) from catalog_goods where goods_no = %s", f"B{shop.mark}") == [(0,)]
    back = sheet_of(shop.browser.get(f"{page}refused/"))
    assert back[0][: len(headings)] == headings and [line[0] for line in back[1:]] == [f"B{shop.mark}"] * 2
    assert all(line[-1] for line in back[1:])
    assert f"A{shop.mark}" in text_of(at_work("platform", None).get("/platform/log/")), (
        "with the codes of its SKUs alone"
    )
    assert round_trips(shop.browser, base) <= 10
    assert round_trips(shop.browser, page) <= 10


def test_files_that_cannot_be_used_are_refused_on_the_page(shop: Any) -> None:
    base = "/supplier/goods/import/"
    assert shop.browser.post(base, {}).status_code == 422
    for data in (b"PK\x03\x04 no sheet", b"", "货号\n1".encode()):
        answer = shop.browser.post(base, {"sheet": SimpleUploadedFile("x.xlsx", data or b" ")})
        assert answer.status_code == 422 and 'role="alert"' in text_of(answer)
    right = sheet(("货号", "商品名称", "分类", "供货价"), ("A", "梨", f"果{shop.mark}", "8"))
    zipped = SimpleUploadedFile("x.zip", io.BytesIO(b"no zip").read())
    assert shop.browser.post(base, {"sheet": right, "pictures": zipped}).status_code == 422
    assert rows("select count(*) from catalog_goodsimport where supplier_id = %s", shop.supplier.pk) == [(0,)]


def test_uploads_of_others_are_not_there_and_readers_may_not_upload(shop: Any, world: World) -> None:
    right = sheet(("货号", "商品名称", "分类", "供货价"), (f"A{shop.mark}", "梨", f"果{shop.mark}", "8"))
    page = shop.browser.post("/supplier/goods/import/", {"sheet": right})["Location"]
    stranger, reader = at_work("supplier", world.supplier()), at_work("supplier", shop.supplier, "goods.view")
    own = world.supplier(is_own=True)
    staff = at_work("platform", None)
    for address in (page, f"{page}refused/"):
        assert stranger.get(address).status_code == 404
        assert reader.get(address).status_code == 403
        assert staff.get(address.replace("/supplier/", "/platform/")).status_code == 404, own
    assert stranger.post(f"{page}cancel/").status_code == 404
    shop.browser.post(f"{page}cancel/")
    work()
    assert rows("select count(*) from catalog_goods where goods_no = %s", f"A{shop.mark}") == [(0,)]
    assert "已取消" in text_of(shop.browser.get(page))
