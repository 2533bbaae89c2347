"""The platform's goods and stock: review, shelf, own goods, who sees them, what is free to sell."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.world import World, rows

GOODS = "/platform/goods/"


def picture(colour: str = "red") -> SimpleUploadedFile:
    """A picture to upload."""
    buffer = io.BytesIO()
    Image.new("RGB", (60, 60), colour).save(buffer, "PNG")
    return SimpleUploadedFile("picture.png", buffer.getvalue(), "image/png")


@pytest.fixture
def article(world: World) -> Any:
    """A supplier's goods in review: he asks 8.00."""
    return world.article(stock=20, supplier_price_fen=800, supply_price_fen=800, state="submitted")


def stored(goods_id: int) -> Any:
    """State, version, note and visibility of goods as stored."""
    ((state, version, note, tiers, distributors),) = rows(
        "select state, version, review_note, visible_tiers, visible_distributors from catalog_goods where id = %s",
        goods_id,
    )
    return SimpleNamespace(state=state, version=version, note=note, tiers=tiers, distributors=distributors)


def review_form(article: Any, **more: Any) -> dict[str, Any]:
    """What the review form hands in."""
    form = {
        "version": stored(article.goods_id).version,
        f"supply_price_{article.sku_id}": "9.37",
        "note": "",
        "do": "approve",
    }
    return form | more


def test_goods_are_approved_at_the_price_the_platform_sets(world: World, article: Any) -> None:
    browser = at_work("platform", None)
    page = text_of(browser.get(f"{GOODS}{article.goods_id}/"))
    assert f"supply_price_{article.sku_id}" in page and "8.00" in page
    assert browser.post(f"{GOODS}{article.goods_id}/review/", review_form(article)).status_code == 302
    assert stored(article.goods_id).state == "on_sale"
    assert rows("select supply_price_fen, supplier_price_fen from catalog_sku where id = %s", article.sku_id) == [
        (937, 800)
    ]
    party = world.distributor(funds_fen=100_000)
    order = world.place(party, (article, 1), mode="direct")
    assert order.total_fen == 984  # 9.37 + 5 %, rounded half-up


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "reject"},
        {"version": 0},
        {"do": "reject", "note": "x", "version": 0},
        {"price": "0"},
        {"price": "9.375"},
        {"price": ""},
    ],
)
def test_a_wrong_review_changes_nothing(world: World, article: Any, wrong: dict[str, Any]) -> None:
    if "price" in wrong:
        wrong = {f"supply_price_{article.sku_id}": wrong["price"]}
    answer = at_work("platform", None).post(f"{GOODS}{article.goods_id}/review/", review_form(article, **wrong))
    assert answer.status_code == 422 and stored(article.goods_id).state == "submitted"


def test_goods_are_turned_down_with_a_reason_the_supplier_reads(world: World, article: Any) -> None:
    browser = at_work("platform", None, "goods.view", "goods.review")
    form = review_form(article, do="reject", note="主图不清晰")
    assert browser.post(f"{GOODS}{article.goods_id}/review/", form).status_code == 302
    assert (stored(article.goods_id).state, stored(article.goods_id).note) == ("rejected", "主图不清晰")


def test_a_second_reviewer_cannot_decide_over_what_the_first_decided(world: World, article: Any) -> None:
    first, second = at_work("platform", None), at_work("platform", None)
    form = review_form(article)
    first.post(f"{GOODS}{article.goods_id}/review/", form)
    assert second.post(f"{GOODS}{article.goods_id}/review/", form | {"do": "reject", "note": "no"}).status_code == 422
    assert stored(article.goods_id).state == "on_sale"


def test_the_page_shows_the_agreed_price_of_every_tier(world: World, article: Any) -> None:
    cheap, dear = world.tier(fee_rate_bps=300), world.tier(fee_rate_bps=1000)
    page = text_of(at_work("platform", None).get(f"{GOODS}{article.goods_id}/"))
    for figure in (cheap.name, "8.24", dear.name, "8.80"):
        assert figure in page, figure


def test_goods_are_unlisted_with_a_reason(world: World) -> None:
    article = world.article(stock=5)
    browser = at_work("platform", None)
    assert browser.post(f"{GOODS}{article.goods_id}/unlist/", {"reason": " "}).status_code == 422
    assert stored(article.goods_id).state == "on_sale"
    assert browser.post(f"{GOODS}{article.goods_id}/unlist/", {"reason": "换季"}).status_code == 302
    assert stored(article.goods_id).state == "unlisted"
    party = world.distributor(funds_fen=100_000)
    assert not world.run(world.place_ask(party, (article, 1))).is_accepted


def test_goods_are_shown_to_some_alone(world: World) -> None:
    article = world.article(stock=5)
    chosen, other = world.distributor(funds_fen=100_000), world.distributor(funds_fen=100_000)
    browser = at_work("platform", None)
    address = f"{GOODS}{article.goods_id}/visibility/"
    assert browser.post(address, {"tiers": [chosen.tier_id]}).status_code == 302
    assert stored(article.goods_id).tiers == [chosen.tier_id]
    assert world.run(world.place_ask(chosen, (article, 1))).is_accepted
    assert not world.run(world.place_ask(other, (article, 1))).is_accepted
    assert browser.post(address, {"distributors": [other.pk]}).status_code == 302
    assert world.run(world.place_ask(other, (article, 1))).is_accepted
    assert browser.post(address, {"tiers": [987_654]}).status_code == 422
    assert browser.post(f"{GOODS}{article.goods_id}/promotions/", {"promotions": ["coupon"]}).status_code == 302
    assert rows("select allowed_promotions from catalog_goods where id = %s", article.goods_id) == [(["coupon"],)]


def sku_rows(*skus: dict[str, Any], known: int = 0) -> dict[str, Any]:
    """What the SKU part of the form hands in."""
    form: dict[str, Any] = {"sku-TOTAL_FORMS": len(skus), "sku-INITIAL_FORMS": known}
    for place, sku in enumerate(skus):
        form |= {f"sku-{place}-{name}": value for name, value in sku.items()}
    return form


def test_own_goods_are_written_listed_sold_and_changed(world: World, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    world.supplier(is_own=True)
    seed = world.article()
    ((category,),) = rows("select category_id from catalog_goods where id = %s", seed.goods_id)
    browser = at_work("platform", None)
    number = world.name("G")
    what = {"name": "阳澄湖大闸蟹", "goods_no": number, "category_id": category, "min_quantity": 1, "do": "save"}
    small, large = {"spec": "小", "price_fen": "10.00", "cost_fen": "5"}, {"spec": "大", "price_fen": "20"}
    missing = browser.post(f"{GOODS}new/", what | sku_rows(small | {"price_fen": ""}))
    assert missing.status_code == 422
    answer = browser.post(
        f"{GOODS}new/",
        what
        | sku_rows(small, large, {})
        | {"pictures": [picture(), picture("blue")], "detail_pictures": [picture("green")]},
    )
    assert answer.status_code == 302, re.findall(r'class="error"[^>]*>([^<]+)', text_of(answer))
    goods_id = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    skus = rows("select id, code, supplier_price_fen from catalog_sku where goods_id = %s order by position", goods_id)
    assert [price for _id, _code, price in skus] == [1000, 2000]
    ((images, details),) = rows("select images, detail_images from catalog_goods where id = %s", goods_id)
    assert len(details) == 1 and details[0] not in images
    assert len(images) == 2 and all((tmp_path / path).is_file() for path in images)
    assert browser.get(f"/media/{images[0]}").status_code == 200
    page = text_of(browser.get(f"{GOODS}{goods_id}/edit/"))
    assert 'value="5.00"' in page  # the cost is the platform's own here
    assert browser.post(f"{GOODS}{goods_id}/list/").status_code == 302
    assert stored(goods_id).state == "on_sale"
    refused = browser.post(f"{GOODS}{goods_id}/edit/", what | sku_rows(small) | {"version": stored(goods_id).version})
    assert refused.status_code == 422  # on sale only the stock may change
    browser.post(f"{GOODS}{goods_id}/unlist/", {"reason": "改价"})
    known = [
        {"code": skus[0][1], "spec": "小", "price_fen": "11"},
        {"code": skus[1][1], "spec": "大", "price_fen": "20", "DELETE": "on"},
    ]
    changed = (
        what | sku_rows(*known, known=2) | {"version": stored(goods_id).version, "keep": images, "main": images[1]}
    )
    assert browser.post(f"{GOODS}{goods_id}/edit/", changed | {"version": 1}).status_code == 422
    assert browser.post(f"{GOODS}{goods_id}/edit/", changed).status_code == 302
    assert rows("select supplier_price_fen, is_active from catalog_sku where goods_id = %s order by id", goods_id) == [
        (1100, True),
        (2000, False),
    ]
    assert rows("select images, detail_images from catalog_goods where id = %s", goods_id) == [(images[::-1], [])]


def test_more_rows_keep_what_was_typed(world: World) -> None:
    world.supplier(is_own=True)
    form = {"name": "蜂蜜", "goods_no": "X", "do": "more"} | sku_rows({"spec": "500g", "price_fen": "30"})
    page = text_of(at_work("platform", None).post(f"{GOODS}new/", form))
    assert 'value="蜂蜜"' in page and 'value="500g"' in page and "sku-3-price_fen" in page


def test_suppliers_goods_cannot_be_written_by_the_platform(world: World, article: Any) -> None:
    browser = at_work("platform", None)
    assert browser.get(f"{GOODS}{article.goods_id}/edit/").status_code == 404
    browser.post(f"{GOODS}{article.goods_id}/list/")
    assert stored(article.goods_id).state == "submitted"


def test_the_list_searches_counts_and_exports(world: World, article: Any) -> None:
    shown = world.article(stock=7, name="五常大米 5kg")
    browser = at_work("platform", None, "goods.view")
    query = {"supplier": shown.supplier_id}
    page = text_of(browser.get(GOODS, query))
    assert "五常大米" in page and f"{GOODS}{article.goods_id}/" not in page
    assert re.findall(r'class="count">([^<]+)<', page) == ["1", "0", "0", "1", "0", "0", "0"]
    assert f"{GOODS}{shown.goods_id}/" not in text_of(browser.get(GOODS, query | {"tab": "submitted"}))
    headings, *found = sheet_of(browser.get(GOODS, query | {"export": "xlsx"}))
    assert len(found) == 1 and dict(zip(headings, found[0], strict=True))["可用"] == "7.0"


def test_lists_of_twenty_are_read_with_few_statements(world: World) -> None:
    supplier = world.supplier()
    for _ in range(21):
        world.article(supplier=supplier, stock=1)
    browser = at_work("platform", None, "goods.view", "stock.view")
    moved = f"/platform/stock/{world.article(supplier=supplier, stock=5).sku_id}/"
    for address in (GOODS, "/platform/stock/", f"{GOODS}?supplier={supplier.pk}", moved):
        assert round_trips(browser, address) <= 10, address


# --- stock ---


def stock_form(browser: Any, article: Any, **more: Any) -> dict[str, Any]:
    """What the form on the SKU's page hands in."""
    page = text_of(browser.get(f"/platform/stock/{article.sku_id}/"))
    hidden = {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in ("once", "seen")}
    return hidden | {"warehouse": article.warehouse_id, "mode": "set", "qty": "9", "reason": "盘点"} | more


def test_stock_is_set_and_added_and_what_is_reserved_stays(world: World) -> None:
    article, party = world.article(stock=20), world.distributor(funds_fen=100_000)
    world.place(party, (article, 3))
    browser, page = at_work("platform", None), f"/platform/stock/{article.sku_id}/"
    address = f"{page}change/"
    assert browser.post(address, stock_form(browser, article)).status_code == 302
    assert world.stock(article) == (12, 3)  # 9 free to sell, 3 reserved
    form = stock_form(browser, article, mode="add", qty="-2")
    assert browser.post(address, form).status_code == 302
    assert world.stock(article) == (10, 3)
    assert browser.post(address, form).status_code == 422  # the same form again
    assert world.stock(article) == (10, 3)
    for wrong in (
        {"qty": "-1"},
        {"reason": ""},
        {"mode": "add", "qty": "0"},
        {"mode": "add", "qty": "-8"},
        {"warehouse": "0"},
    ):
        assert browser.post(address, stock_form(browser, article, **wrong)).status_code == 422, wrong
    assert world.stock(article) == (10, 3)
    assert text_of(browser.get(page)).count("盘点") == 2
    headings, *moves = sheet_of(browser.get(page, {"export": "xlsx"}))
    assert len(moves) == 4 and headings


def test_a_form_opened_before_somebody_else_changed_the_stock_is_refused(world: World) -> None:
    article, browser = world.article(stock=20), at_work("platform", None)
    form = stock_form(browser, article)
    world.restock(article, 5)
    assert browser.post(f"/platform/stock/{article.sku_id}/change/", form).status_code == 422
    assert world.stock(article) == (25, 0)


def test_stock_may_be_seen_without_being_changed(world: World) -> None:
    article = world.article(stock=20)
    browser = at_work("platform", None, "stock.view")
    assert '<form class="stack"' not in text_of(browser.get(f"/platform/stock/{article.sku_id}/"))
    assert browser.post(f"/platform/stock/{article.sku_id}/change/", {"qty": "1"}).status_code == 403
    assert world.stock(article) == (20, 0)


def test_the_stock_list_narrows_to_low_and_sold_out(world: World) -> None:
    supplier = world.supplier()
    full, low, out = (world.article(supplier=supplier, stock=pieces) for pieces in (50, 3, 0))
    browser = at_work("platform", None)

    def listed(**query: Any) -> set[str]:
        page = text_of(browser.get("/platform/stock/", {"supplier": supplier.pk} | query))
        return {one.code for one in (full, low, out) if one.code in page}

    assert listed() == {full.code, low.code, out.code}
    assert listed(tab="low") == {low.code} and listed(tab="out") == {out.code}
    assert listed(text=full.code) == {full.code}
    headings, *found = sheet_of(
        browser.get("/platform/stock/", {"supplier": supplier.pk, "tab": "low", "export": "xlsx"})
    )
    assert [row[headings.index("规格编码")] for row in found] == [low.code]


def test_an_empty_list_says_so(world: World) -> None:
    browser = at_work("platform", None)
    for address in (
        f"{GOODS}?text=没有这种商品",
        "/platform/stock/?text=nothing-like-it",
        "/platform/orders/?no=nothing",
    ):
        page = text_of(browser.get(address))
        assert 'class="empty"' in page and "<tbody" not in page, address
