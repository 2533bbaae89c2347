"""The supplier's goods and stock: writing, review, what he keeps to himself, and counting."""

import io
import re
import uuid
from typing import Any

import pytest
from PIL import Image

from entrepot.base import scope
from entrepot.catalog import actions
from entrepot.catalog.models import Goods, SkuCost
from entrepot.catalog.rules import bigrams
from tests.doors.office_people import at_work, sheet_of, text_of
from tests.world import STAFF, World, rows


def picture(colour: str = "red") -> io.BytesIO:
    """A picture as a camera would hand it in."""
    file = io.BytesIO()
    Image.new("RGB", (60, 60), colour).save(file, "PNG")
    file.seek(0)
    file.name = "picture.png"
    return file


@pytest.fixture
def shop(world: World) -> Any:
    """A supplier with somebody at work, and a category."""

    class Shop:
        supplier = world.supplier()
        category_id = rows("select category_id from catalog_goods where id = %s", world.article().goods_id)[0][0]
        browser = at_work("supplier", supplier)
        number = f"G{uuid.uuid4().hex[:10]}"

        def form(self, **more: Any) -> dict[str, Any]:
            return {
                "name": "赣南脐橙 5斤装",
                "goods_no": self.number,
                "category": self.category_id,
                "min_quantity": "2",
                "sku_rows": "1",
                "sku-0-spec": "标准装",
                "sku-0-cost_fen": "50.00",
                "sku-0-supplier_price_fen": "80.00",
                "new_images": picture(),
                "do": "draft",
            } | more

        def goods(self) -> Goods:
            with scope.supplier(self.supplier.pk):
                return Goods.objects.get(goods_no=self.number)

    return Shop()


def test_goods_are_written_handed_in_and_taken_back(shop: Any) -> None:
    answer = shop.browser.post("/supplier/goods/new/", shop.form())
    assert answer.status_code == 302
    goods = shop.goods()
    assert (goods.state, goods.min_quantity, len(goods.images)) == ("draft", 2, 1)
    page = f"/supplier/goods/{goods.pk}/"
    shop.browser.post(page, shop.form(do="submit", images=goods.images, version=goods.version))
    assert shop.goods().state == "submitted"
    shop.browser.post(f"{page}withdraw/")
    assert shop.goods().state == "draft"
    shop.browser.post(f"{page}submit/")
    actions.reject_goods(goods.pk, reason="主图有水印", actor=STAFF)
    assert "主图有水印" in text_of(shop.browser.get(page))
    assert "主图有水印" in text_of(shop.browser.get("/supplier/goods/?tab=rejected"))


def test_his_own_cost_is_kept_and_nobody_else_reads_it(shop: Any) -> None:
    shop.browser.post("/supplier/goods/new/", shop.form())
    goods = shop.goods()
    with scope.supplier(shop.supplier.pk):
        assert list(SkuCost.objects.filter(sku__goods=goods).values_list("cost_fen", flat=True)) == [5000]
    with scope.platform():
        assert not SkuCost.objects.filter(sku__goods=goods).exists()
    assert 'value="50.00"' in text_of(shop.browser.get(f"/supplier/goods/{goods.pk}/"))


def test_he_says_what_buyers_may_be_asked_and_what_is_silent_about_it_changes_nothing(shop: Any) -> None:
    band = {"sku-0-suggested_price_fen": "99", "sku-0-price_floor_fen": "90", "sku-0-price_ceiling_fen": "120"}
    wrong = shop.browser.post("/supplier/goods/new/", shop.form(**band | {"sku-0-price_floor_fen": "121"}))
    assert wrong.status_code == 422 and "最低价高于最高价" in text_of(wrong)
    assert shop.browser.post("/supplier/goods/new/", shop.form(**band)).status_code == 302
    goods = shop.goods()
    kept = "select suggested_price_fen, price_floor_fen, price_ceiling_fen from catalog_sku where goods_id = %s"
    assert rows(kept, goods.pk) == [(9900, 9000, 12_000)]
    page = f"/supplier/goods/{goods.pk}/"
    shown = text_of(shop.browser.get(page))
    assert 'value="90.00"' in shown and 'value="120.00"' in shown
    shop.browser.post(page, shop.form(images=goods.images, version=goods.version))
    assert rows(kept, goods.pk)[0][1:] == (9000, 12_000)
    version = shop.goods().version
    shop.browser.post(page, shop.form(**band | {"sku-0-price_floor_fen": ""}, images=goods.images, version=version))
    assert rows(kept, goods.pk)[0][1:] == (None, 12_000)


def test_goods_are_found_by_their_name(shop: Any) -> None:
    shop.browser.post("/supplier/goods/new/", shop.form())
    assert shop.number in text_of(shop.browser.get("/supplier/goods/", {"text": "脐橙 5斤"}))
    assert shop.number not in text_of(shop.browser.get("/supplier/goods/", {"text": "大枣"}))


def test_on_sale_goods_cannot_be_edited_until_they_are_off_the_shelf(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=3)
    browser, page = at_work("supplier", supplier), f"/supplier/goods/{article.goods_id}/"
    assert 'name="do"' not in text_of(browser.get(page))
    before = rows("select name, version from catalog_goods where id = %s", article.goods_id)
    answer = browser.post(page, {"name": "x", "goods_no": "y", "sku_rows": "1", "sku-0-supplier_price_fen": "1"})
    assert answer.status_code == 422
    assert rows("select name, version from catalog_goods where id = %s", article.goods_id) == before
    browser.post(f"{page}unlist/", {"reason": ""})
    assert rows("select state from catalog_goods where id = %s", article.goods_id) == [("on_sale",)]
    browser.post(f"{page}unlist/", {"reason": "换季"})
    assert rows("select state from catalog_goods where id = %s", article.goods_id) == [("unlisted",)]
    assert 'name="do"' in text_of(browser.get(page))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"sku-0-supplier_price_fen": "0"},
        {"sku-0-supplier_price_fen": "1.234"},
        {"sku-0-supplier_price_fen": ""},
        {"min_quantity": "0"},
        {"goods_no": "有空 格"},
        {"do": "submit", "new_images": ""},
    ],
)
def test_wrong_goods_are_shown_again_and_nothing_is_kept(shop: Any, wrong: dict[str, Any]) -> None:
    answer = shop.browser.post("/supplier/goods/new/", shop.form(**wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in text_of(answer)
    assert rows("select count(*) from catalog_goods where goods_no = %s", shop.number) == [(0,)]


def test_two_who_edit_at_once_do_not_overwrite_each_other(shop: Any) -> None:
    shop.browser.post("/supplier/goods/new/", shop.form())
    goods = shop.goods()
    page = f"/supplier/goods/{goods.pk}/"
    shop.browser.post(page, shop.form(name="第一个", images=goods.images, version=goods.version))
    late = shop.browser.post(page, shop.form(name="第二个", images=goods.images, version=goods.version))
    assert late.status_code == 422
    assert shop.goods().name == "第一个"


def test_goods_of_others_do_not_exist_and_readers_may_not_write(world: World, shop: Any) -> None:
    article = world.article()
    assert shop.browser.get(f"/supplier/goods/{article.goods_id}/").status_code == 404
    assert shop.browser.post(f"/supplier/goods/{article.goods_id}/unlist/", {"reason": "x"}).status_code == 404
    assert rows("select state from catalog_goods where id = %s", article.goods_id) == [("on_sale",)]
    reader = at_work("supplier", shop.supplier, "goods.view")
    assert reader.post("/supplier/goods/new/", shop.form()).status_code == 403
    shop.browser.post("/supplier/goods/new/", shop.form())
    goods = shop.goods()
    refused = reader.post(f"/supplier/goods/{goods.pk}/", shop.form(name="anders", version=goods.version))
    assert refused.status_code in (403, 422)
    assert shop.goods().name == "赣南脐橙 5斤装"
    assert reader.post(f"/supplier/goods/{goods.pk}/submit/").status_code == 403


def test_the_list_has_tabs_search_and_export(world: World) -> None:
    supplier = world.supplier()
    article, draft = world.article(supplier=supplier, stock=7), world.article(supplier=supplier, state="draft")
    browser = at_work("supplier", supplier)
    page = text_of(browser.get("/supplier/goods/?tab=draft"))
    assert draft.code in page and article.code not in page
    found = sheet_of(browser.get("/supplier/goods/", {"sku": article.code, "export": "xlsx"}))
    assert [row[0] for row in found[1:]] == [article.code]


# --- stock ---


def stock_form(browser: Any, sku_id: int, **more: Any) -> dict[str, Any]:
    """The stock form as the page hands it out, filled in."""
    page = text_of(browser.get(f"/supplier/stock/{sku_id}/"))
    hidden = dict(re.findall(r'name="(once|seen)" value="([^"]*)"', page))
    assert set(hidden) == {"once", "seen"}
    return hidden | {"how": "set", "pieces": "30"} | more


def test_stock_is_set_added_and_taken_away_with_history(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10)
    browser, address = at_work("supplier", supplier), f"/supplier/stock/{article.sku_id}/"
    for how, pieces, expected in (("set", "30", 30), ("add", "5", 35), ("take", "15", 20)):
        answer = browser.post(
            f"{address}change/", stock_form(browser, article.sku_id, how=how, pieces=pieces, remark="盘点")
        )
        assert answer.status_code == 302
        assert world.stock(article) == (expected, 0)
    page = text_of(browser.get(address))
    assert page.count("盘点") == 3 and "-15" in page
    ((actor,),) = rows(
        "select distinct actor from stock_move m join stock_level l on l.id = m.level_id where l.sku_id = %s and remark <> ''",
        article.sku_id,
    )
    assert actor.startswith(f"supplier/{supplier.pk}/")


def test_one_form_counts_once(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10)
    browser = at_work("supplier", supplier)
    filled = stock_form(browser, article.sku_id, how="add", pieces="5")
    for _again in range(2):
        browser.post(f"/supplier/stock/{article.sku_id}/change/", filled)
    assert world.stock(article) == (15, 0)


def test_setting_asks_again_when_the_stock_has_moved(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10)
    browser = at_work("supplier", supplier)
    filled = stock_form(browser, article.sku_id)
    world.restock(article, 1)
    answer = browser.post(f"/supplier/stock/{article.sku_id}/change/", filled)
    assert answer.status_code == 422 and 'value="30"' in text_of(answer)
    assert world.stock(article) == (11, 0)


def test_no_more_is_taken_away_than_is_free(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10)
    world.place(world.distributor(funds_fen=100_000), (article, 8), mode="direct")
    browser = at_work("supplier", supplier)
    answer = browser.post(
        f"/supplier/stock/{article.sku_id}/change/", stock_form(browser, article.sku_id, how="take", pieces="3")
    )
    assert answer.status_code == 422
    assert world.stock(article) == (10, 8)


def test_stock_of_others_does_not_exist_and_readers_may_not_count(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10)
    stranger, reader = at_work("supplier", world.supplier()), at_work("supplier", supplier, "stock.view")
    filled = stock_form(at_work("supplier", supplier), article.sku_id)
    assert stranger.get(f"/supplier/stock/{article.sku_id}/").status_code == 404
    assert stranger.post(f"/supplier/stock/{article.sku_id}/change/", filled).status_code == 404
    assert reader.post(f"/supplier/stock/{article.sku_id}/change/", filled).status_code == 403
    assert world.stock(article) == (10, 0)


def test_sold_out_and_low_have_their_tabs(world: World) -> None:
    supplier = world.supplier()
    out, low, full = (world.article(supplier=supplier, stock=pieces) for pieces in (0, 5, 500))
    browser = at_work("supplier", supplier)
    for tab, shown in (("out", out), ("low", low)):
        page = text_of(browser.get("/supplier/stock/", {"tab": tab}))
        assert shown.code in page and all(one.code not in page for one in (out, low, full) if one is not shown)
    found = sheet_of(browser.get("/supplier/stock/?tab=low&export=xlsx"))
    assert [row[0] for row in found[1:]] == [low.code]


def test_a_search_of_stock_finds_every_part_of_a_name_a_number_and_a_code(world: World) -> None:
    supplier = world.supplier()
    names = ["赣南脐橙 5斤装", "洛川苹果（特级）5斤", "Aksu-Apple 12号", "100% 橙汁_大瓶"]
    articles = []
    for name in names:
        goods_no = world.name("G")
        terms = bigrams(f"{name} {goods_no}")
        articles.append(
            (world.article(supplier=supplier, name=name, goods_no=goods_no, search_terms=terms, stock=5), goods_no)
        )
    browser = at_work("supplier", supplier)
    code, number = articles[0][0].code, articles[1][1]
    for text in (
        "橙",
        "脐橙 5",
        "果（特",
        "5斤",
        "）5",
        "u-a",
        "APPLE 1",
        "0% ",
        "汁_大",
        "汁x大",
        code[1:],
        number.lower(),
        "-",
        "龘靐",
    ):
        page = text_of(browser.get("/supplier/stock/", {"text": text}))
        meant = {
            one.code
            for (one, goods_no), name in zip(articles, names, strict=True)
            if any(text.strip().lower() in where.lower() for where in (name, goods_no, one.code))
        }
        assert {one.code for one, _number in articles if f">{one.code}<" in page} == meant, text
    low = text_of(browser.get("/supplier/stock/", {"text": "橙", "tab": "out"}))
    assert not any(one.code in low for one, _number in articles)


# --- money ---


def test_earnings_and_dashboard_show_what_completed_orders_brought(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, stock=10, supply_price_fen=9000, supplier_price_fen=8000)
    order = world.place(world.distributor(funds_fen=100_000), (article, 2), mode="direct")
    browser = at_work("supplier", supplier)
    assert "160.00" not in text_of(browser.get("/supplier/earnings/"))
    world.ship(order)
    world.receive(order)
    world.complete(order)
    page = text_of(browser.get("/supplier/earnings/"))
    assert "+160.00" in page and str(order.id) in page
    assert "160.00" in text_of(browser.get("/supplier/"))
    assert sheet_of(browser.get("/supplier/earnings/?export=xlsx"))[1][4] == "160.0"
    shipper = at_work("supplier", supplier, "orders.view", "orders.ship")
    assert shipper.get("/supplier/earnings/").status_code == 403
    assert "160.00" not in text_of(shipper.get("/supplier/")).split('class="columns"')[0]


def test_pictures_stay_though_something_else_is_wrong(shop: Any) -> None:
    answer = shop.browser.post("/supplier/goods/new/", shop.form(min_quantity="0"))
    kept = re.findall(r'name="images" value="([^"]+)"', text_of(answer))
    assert answer.status_code == 422 and len(kept) == 1
    band = {"sku-0-price_floor_fen": "90", "sku-0-price_ceiling_fen": "85", "new_images": "", "images": kept}
    page = text_of(shop.browser.post("/supplier/goods/new/", shop.form(**band)))
    assert "最低价高于最高价" in page and "请检查下方的规格与价格" in page  # said on top too: the form is long
    band["sku-0-price_ceiling_fen"] = "95"
    assert shop.browser.post("/supplier/goods/new/", shop.form(**band)).status_code == 302
    assert shop.goods().images == kept


def test_goods_handed_in_at_another_price_keep_the_platforms_margin(shop: Any) -> None:
    assert shop.browser.post("/supplier/goods/new/", shop.form(do="submit")).status_code == 302
    goods, office = shop.goods(), at_work("platform", None)
    sku_id, code = rows("select id, code from catalog_sku where goods_id = %s", goods.pk)[0]
    actions.approve_goods(goods.pk, actor=STAFF, supply_prices={sku_id: 8250})
    actions.unlist_goods(goods.pk, reason="换包装", actor=STAFF)
    dearer = {"sku-0-code": code, "sku-0-supplier_price_fen": "90.00", "images": goods.images, "new_images": ""}
    form = shop.form(**dearer, do="submit", version=shop.goods().version)
    assert shop.browser.post(f"/supplier/goods/{goods.pk}/", form).status_code == 302
    page = text_of(office.get(f"/platform/goods/{goods.pk}/"))
    assert 'value="92.50"' in page and "供应商报价 ¥90.00" in page and "上次在售时报价 ¥80.00" in page
