"""Goods of a new supplier from his form to the money on his account, played by people in three back offices."""

import io
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook

from entrepot_sdk import Entrepot
from entrepot_sdk.errors import RefusedError
from tests.e2e.cast import Cast, facts, number_in, picture, place, press, seated, told


@pytest.fixture(scope="module")
def cast(browser: Browser, live_instance: Any) -> Iterator[Cast]:
    """The operator, a distributor of the tier 高级 and one of 中级, each at a browser and with a mall."""
    url = live_instance.url
    listed = json.loads((live_instance.data / "demo-accounts.json").read_text())
    people = {account["username"]: account for account in listed}
    pages = [seated(browser, url, account=people[name]) for name in ("admin", "mall1", "mall2")]
    keys = {key["tier"]: key for key in live_instance.keys}
    clients = [Entrepot(url, key=keys[tier]["key"], secret=keys[tier]["secret"]) for tier in ("高级", "中级")]
    yield Cast(url, *pages, *clients, mark=secrets.token_hex(3))
    for client in clients:
        client.close()
    for page in pages:
        page.context.close()


# --- goods ---


def test_a_supplier_is_admitted_and_bound(cast: Cast, browser: Browser) -> None:
    page = cast.platform
    page.goto(f"{cast.url}/platform/suppliers/new/")
    page.fill("[name=name]", cast.name)
    page.fill("[name=username]", f"s{cast.mark}")
    page.locator("main form button.primary").click()
    expect(page.locator(".secret code").last).to_be_visible()
    account = {
        "kind": "supplier",
        "username": f"s{cast.mark}",
        "password": page.locator(".secret code").last.inner_text(),
    }
    page.locator("main a.primary").click()
    supplier_id = number_in(page)
    page.goto(f"{cast.url}/platform/suppliers/{supplier_id}/bounds/")
    page.check("[name=has_all_categories]")
    page.check("[name=has_all_brands]")
    press(page.locator("main"), "保存")
    told(page, cast.name)
    page.goto(f"{cast.url}/platform/acceptance/suppliers/{supplier_id}/")
    page.check("[name=is_asked]")
    page.fill("[name=minutes]", "60")
    press(page.locator("main"), "保存")
    page.goto(f"{cast.url}/platform/bills/terms/{supplier_id}/")
    page.fill("[name=rights_days]", "0")
    page.select_option("[name=cycle]", "month")
    press(page.locator("main"), "保存")
    cast.supplier = seated(browser, cast.url, account=account)


def test_he_hands_goods_in_with_a_picture(cast: Cast) -> None:
    page = cast.shop
    page.goto(f"{cast.url}/supplier/goods/new/")
    page.set_input_files("[name=new_images]", picture("seagreen"))
    page.fill("[name=name]", f"高山云雾茶 {cast.mark}")
    page.fill("[name=goods_no]", cast.mark.upper())
    page.select_option(
        "[name=category]",
        label=next(label for label in page.locator("[name=category] option").all_inner_texts() if "茶酒冲饮" in label),
    )
    rows = {"A": ("100克", "50.00", "80.00"), "B": ("25克", "20.00", "33.30")}
    press(page, "再加一个规格")
    expect(page.locator("fieldset.sku")).to_have_count(2)
    for at, (letter, (spec, cost, price)) in enumerate(rows.items()):
        row = page.locator("fieldset.sku").nth(at)
        row.locator("[name$='-spec']").fill(spec)
        row.locator("[name$='-code']").fill(cast.sku(letter))
        row.locator("[name$='-cost_fen']").fill(cost)
        row.locator("[name$='-supplier_price_fen']").fill(price)
    press(page, "保存，立即审核")
    expect(page.locator("main .state").first).to_have_text("待审核")
    expect(page.locator(".shots img").first).to_be_visible()
    for letter, pieces in (("A", "100"), ("B", "30")):
        page.goto(f"{cast.url}/supplier/stock/?text={cast.sku(letter)}")
        page.goto(cast.url + str(page.locator("#list tbody a[href]").first.get_attribute("href")))
        page.fill("[name=pieces]", pieces)
        press(page, "调整库存")
        expect(page.locator("main")).to_contain_text(f"+{pieces}")


def test_the_platform_marks_up_and_ticks_one_tier(cast: Cast) -> None:
    page = cast.platform
    page.goto(f"{cast.url}/platform/goods/?tab=submitted&text={cast.mark.upper()}")
    page.locator("#list tbody").get_by_role("link", name="审核").click()
    expect(page.locator(".shots img").first).to_be_visible()
    review = page.locator("aside section", has_text="审核").first
    prices = review.locator("[name^=supply_price_]")
    expect(prices).to_have_count(2)
    assert [prices.nth(at).input_value() for at in (0, 1)] == ["80.00", "33.30"], "the default is his own price"
    prices.nth(0).fill("90.00")
    prices.nth(1).fill("37.77")
    review.locator("[name=note]").fill("样品已看")
    press(review, "通过并上架")
    expect(page.locator("main .state").first).to_have_text("出售中")
    told(page, "")
    seen = page.locator("aside section", has_text="可见范围")
    seen.locator("summary").click()
    seen.get_by_role("checkbox", name=re.compile("^高级")).check()
    press(seen, "保存")
    expect(page.locator("aside section", has_text="可见范围").locator("p").first).to_contain_text("高级")
    prices_of_tiers = page.locator("section", has_text="各等级协议价").locator("tbody tr")
    # 高级 pays 5 %: 90.00 + 4.50, and 37.77 + 1.89 (1.8885 half up).
    expect(prices_of_tiers.nth(0)).to_contain_text("94.50")
    expect(prices_of_tiers.nth(1)).to_contain_text("39.66")


def test_one_tier_sees_it_with_its_price_and_the_other_does_not(cast: Cast) -> None:
    for page, is_shown in ((cast.tiered, True), (cast.other, False)):
        page.goto(f"{cast.url}/distributor/goods/?text={cast.mark.upper()}&view=table")
        found = page.locator("#list", has_text=f"高山云雾茶 {cast.mark}")
        expect(found).to_have_count(1 if is_shown else 0)
    cast.tiered.goto(f"{cast.url}/distributor/goods/?text={cast.mark.upper()}&view=table")
    cast.tiered.get_by_role("link", name=re.compile(f"高山云雾茶 {cast.mark}")).first.click()
    expect(cast.tiered.locator("main")).to_contain_text("94.50")
    expect(cast.tiered.locator("main")).to_contain_text("39.66")
    assert "80.00" not in cast.tiered.inner_text("main"), "the supplier's price is not his business"
    codes = [cast.sku("A"), cast.sku("B")]
    live = {one.sku: (one.agreed_price, one.stock, one.state) for one in cast.mall.prices_stocks(codes)}
    assert live == {codes[0]: (9450, 100, "on_sale"), codes[1]: (3966, 30, "on_sale")}
    hidden = cast.stranger.prices_stocks(codes)
    assert all(one.agreed_price is None and one.stock == 0 for one in hidden)
    with pytest.raises(RefusedError) as refusal:
        place(cast.stranger, (cast.sku("A"), 1), number=f"NO{cast.mark}")
    assert refusal.value.code == "not_authorised_for_tier"


# --- orders ---


def test_the_mall_orders_and_its_balance_is_drawn(cast: Cast) -> None:
    before = cast.mall.balance()
    first = place(cast.mall, (cast.sku("A"), 2), (cast.sku("B"), 3), number=f"ST{cast.mark}1")
    # 2 × 94.50 + 3 × 39.66
    assert (first.state, first.total, first.drawn) == ("confirmed", 30798, 30798)
    after = cast.mall.balance()
    assert (before.balance - after.balance, before.held - after.held) == (30798, 0)
    assert [one.stock for one in cast.mall.prices_stocks([cast.sku("A"), cast.sku("B")])] == [98, 27]
    second = place(cast.mall, (cast.sku("A"), 1), number=f"ST{cast.mark}2")
    assert (second.total, after.balance - cast.mall.balance().balance) == (9450, 9450)
    page = cast.tiered
    page.goto(f"{cast.url}/distributor/ledger/")
    for order, amount in ((first, "-307.98"), (second, "-94.50")):
        row = page.locator("#list tbody tr", has_text=order.out_order_no)
        expect(row.filter(has_text=amount)).to_have_count(1)
    cast.orders = [first.id, second.id]


def test_the_supplier_accepts_line_by_line(cast: Cast) -> None:
    page = cast.shop
    page.goto(f"{cast.url}/supplier/orders/{cast.orders[0]}/")
    form = page.locator("form[action$='/decide/']")
    expect(form.locator("[name=lines]")).to_have_count(2)
    form.locator("[name=lines]").nth(1).uncheck()
    press(form, "接单")
    told(page, "已接单")
    waiting = page.locator("form[action$='/decide/'] tbody tr", has_text=cast.sku("B"))
    expect(waiting.locator(".state")).to_have_text("待接单")
    waiting.locator("[name=lines]").check()
    press(page.locator("form[action$='/decide/']"), "接单")
    told(page, "已接单")
    page.goto(f"{cast.url}/supplier/orders/?tab=to_accept")
    page.locator("tbody tr", has_text=cast.orders[1]).locator("[name=ids]").check()
    press(page.locator("#bulk"), "接单")
    told(page, "1")
    page.goto(f"{cast.url}/supplier/orders/?tab=to_ship")
    expect(page.locator("#list tbody tr")).to_have_count(2)


def ship(cast: Cast, order: str, *, pieces: dict[str, int], tracking_no: str) -> None:
    """Send a parcel with some pieces of some lines, by the form of the order's page."""
    page = cast.shop
    page.goto(f"{cast.url}/supplier/orders/{order}/")
    form = page.locator("form[action$='/ship/']")
    for row in form.locator("tbody tr").all():
        text = row.inner_text()
        row.locator("input").fill(next((str(qty) for sku, qty in pieces.items() if sku in text), "0"))
    form.locator("[name=carrier]").select_option("sf")
    form.locator("[name=tracking_no]").fill(tracking_no)
    press(form, "发货")
    told(page, tracking_no)


def test_he_ships_in_two_parcels_and_the_buyer_receives(cast: Cast) -> None:
    first, second = cast.orders
    ship(cast, first, pieces={cast.sku("A"): 2, cast.sku("B"): 1}, tracking_no=f"SF1{cast.mark.upper()}")
    assert cast.mall.order(first).state == "partly_shipped"
    expect(cast.shop.locator("main .state").first).to_have_text("部分发货")
    ship(cast, first, pieces={cast.sku("B"): 2}, tracking_no=f"SF2{cast.mark.upper()}")
    parcels = cast.mall.shipments(first)
    assert [[(line.line, line.qty) for line in one.lines] for one in parcels] == [[(1, 2), (2, 1)], [(2, 2)]]
    ship(cast, second, pieces={cast.sku("A"): 1}, tracking_no=f"SF3{cast.mark.upper()}")
    page = cast.platform
    for order in cast.orders:
        assert cast.mall.order(order).state == "shipped"
        assert cast.mall.receipt(order).state == "received"
        page.goto(f"{cast.url}/platform/orders/{order}/")
        expect(page.locator("main .state").first).to_have_text("已收货")
    assert figures(cast)["累计应得"] == "0.00", "what is received is not earned yet"


def figures(cast: Cast) -> dict[str, str]:
    """The figures of the supplier's bills page, by their names."""
    page = cast.shop
    page.goto(f"{cast.url}/supplier/bills/")
    found = {}
    for card in page.locator(".kpi").all():
        name, amount, *_more = [line.strip() for line in card.inner_text().splitlines() if line.strip()]
        found[name] = amount.lstrip("¥")
    return found


def test_completion_makes_it_payable(cast: Cast) -> None:
    page = cast.platform
    for order in cast.orders:
        page.goto(f"{cast.url}/platform/orders/{order}/")
        press(page.locator("form[action$='/complete/']"), "完成订单", sure=True)
        expect(page.locator("main .state").first).to_have_text("已完成")
    # 2 × 80.00 + 3 × 33.30, and 80.00.
    assert figures(cast) == {
        "累计应得": "339.90",
        "可结算未出账": "339.90",
        "已出账未打款": "0.00",
        "累计已收款": "0.00",
    }


# --- the bill ---


def test_the_bill_is_disputed_and_ruled_on(cast: Cast) -> None:
    page, shop = cast.platform, cast.shop
    page.goto(f"{cast.url}/platform/bills/due/?text={cast.name}")
    press(page.locator("tbody tr", has_text=cast.name), "立即出账", sure=True)
    page.wait_for_url(re.compile(r"/platform/bills/\d+/$"))
    cast.bill = number_in(page)
    expect(page.locator("main .state").first).to_have_text("草稿")
    assert facts(page, "合计") == "¥339.90"
    expect(page.locator("table.list tbody tr")).to_have_count(2)
    press(page, "发送给供应商", sure=True)
    expect(page.locator("main .state").first).to_have_text("待确认")
    shop.goto(f"{cast.url}/supplier/bills/{cast.bill}/")
    row = shop.locator("table.list tbody tr", has_text=cast.orders[1])
    expect(row).to_contain_text("+80.00")
    row.locator("[name=ids]").check()
    shop.fill("#bulk [name=reason]", "当日补发的邮费 5 元未计")
    press(shop.locator("#bulk"), "对所选行提出异议")
    expect(shop.locator("main .state").first).to_have_text("有异议")
    page.goto(f"{cast.url}/platform/bills/{cast.bill}/")
    dispute = page.locator("section", has_text="当日补发的邮费 5 元未计").first
    dispute.get_by_role("radio", name="在本单调整").check()
    dispute.locator("[name$='-adjustment_fen']").fill("5.00")
    dispute.locator("[name$='-reason']").fill("补邮费")
    press(dispute, "裁定", sure=True)
    expect(page.locator("main .state").first).to_have_text("待确认")
    assert facts(page, "合计") == "¥344.90"


def test_the_bill_is_paid_and_settled(cast: Cast) -> None:
    page, shop = cast.platform, cast.shop
    shop.goto(f"{cast.url}/supplier/bills/{cast.bill}/")
    assert facts(shop, "合计") == "¥344.90"
    press(shop, "确认结算单", sure=True)
    expect(shop.locator("main .state").first).to_have_text("待打款")
    page.goto(f"{cast.url}/platform/bills/{cast.bill}/")
    page.fill("[name=bank_reference]", f"BK{cast.mark}")
    page.set_input_files("[name=voucher]", picture("ivory"))
    press(page, "登记打款", sure=True)
    expect(page.locator("main .state").first).to_have_text("已打款")
    shop.goto(f"{cast.url}/supplier/bills/{cast.bill}/")
    assert facts(shop, "银行流水号") == f"BK{cast.mark}"
    expect(shop.locator("aside img")).to_be_visible()
    press(shop, "确认到账")
    expect(shop.locator("main .state").first).to_have_text("已结算")
    assert figures(cast) == {
        "累计应得": "344.90",
        "可结算未出账": "0.00",
        "已出账未打款": "0.00",
        "累计已收款": "344.90",
    }


def test_the_bill_opens_as_excel_and_as_pdf(cast: Cast) -> None:
    page = cast.shop
    page.goto(f"{cast.url}/supplier/bills/{cast.bill}/")
    number = page.inner_text("h1").split()[-1]
    files = {}
    for label in ("Excel", "PDF"):
        with page.expect_download() as download:
            page.get_by_role("link", name=label, exact=True).click()
        assert download.value.suggested_filename.startswith(number)
        files[label] = download.value.path().read_bytes()
    heads, *rows = CalamineWorkbook.from_filelike(io.BytesIO(files["Excel"])).get_sheet_by_index(0).to_python()
    amount, why, ruling = (heads.index(word) for word in ("金额", "异议原因", "裁定"))
    assert [(row[amount], row[why], row[ruling]) for row in rows] == [
        (259.9, "", ""),
        (80.0, "当日补发的邮费 5 元未计", "补邮费"),
        (5.0, "", ""),
    ]
    assert files["PDF"].startswith(b"%PDF-") and files["PDF"].rstrip().endswith(b"%%EOF")
    assert b"/Page" in files["PDF"]


def test_the_books_are_true(cast: Cast, live_instance: Any) -> None:
    """And `verify` finds every identity kept after all of it."""
    assert live_instance.command("verify").returncode == 0
    page = cast.platform
    page.goto(f"{cast.url}/platform/orders/{cast.orders[0]}/")
    expect(page.locator("main")).to_contain_text("307.98")
    live = {one.sku: one.stock for one in cast.mall.prices_stocks([cast.sku("A"), cast.sku("B")])}
    assert live == {cast.sku("A"): 97, cast.sku("B"): 27}
