"""A person signs in with the printed accounts and ships the order the mall placed."""

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.browser import DESK, PHONE, Screen, accounts, window
from entrepot_sdk import Entrepot
from entrepot_sdk.shapes import Consignee, NewLine, NewOrder, Order

BUYER = Consignee(
    name="郭靖", phone="13612349896", province="广东省", city="深圳市", district="南山区", address="科技园 1 号"
)


def goods_of_supplier(page: Page, url: str) -> str:
    """The SKU code of goods the supplier has enough of, as his own stock list shows it."""
    page.goto(f"{url}/supplier/stock/")
    rows = page.locator("#list tbody tr").all_inner_texts()
    codes = [found[0] for row in rows if (found := re.findall(r"\b[A-Z]{2}\d{4}\b", row))]
    assert codes, rows
    return codes[0]


def placed_order(mall: Entrepot, *, sku: str) -> Order:
    """The mall's signed order of two pieces."""
    number = f"E2E{secrets.token_hex(5)}"
    return mall.create_order(
        NewOrder(out_order_no=number, mode="direct", lines=[NewLine(sku=sku, qty=2)], consignee=BUYER)
    )


def signed_in_supplier(page: Page, url: str, *, account: dict[str, str]) -> None:
    """From the landing page into his office, with the name and password printed there."""
    page.goto(url)
    row = page.locator("tr", has_text=account["username"]).filter(has_text=account["password"])
    expect(row).to_have_count(1)
    row.get_by_role("link").first.click()
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"{url}/supplier/")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_person_ships_the_order_the_mall_placed(browser: Browser, live_instance: Any, size: tuple[int, int]) -> None:
    url, key = live_instance.url, live_instance.keys[0]
    page = window(browser, Screen(*size, "light")).new_page()
    signed_in_supplier(page, url, account=accounts(live_instance.data)["supplier"])
    tracking_no = f"SF{secrets.randbelow(10**12):012d}"
    with Entrepot(url, key=key["key"], secret=key["secret"]) as mall:
        order = placed_order(mall, sku=goods_of_supplier(page, url))
        assert order.state == "confirmed" and mall.shipments(order.id) == []
        page.goto(f"{url}/supplier/orders/")
        page.fill(".search [name=number]", order.id)
        page.get_by_role("button", name="查询").click()
        page.locator("#list tbody tr").filter(has_text=order.id).get_by_role("link", name="发货").click()
        drawer = page.locator("#drawer")
        expect(drawer).to_contain_text(order.id)
        drawer.locator("[name=carrier]").select_option("sf")
        drawer.locator("[name=tracking_no]").fill(tracking_no)
        drawer.get_by_role("button", name="发货", exact=True).click()
        page.wait_for_url(f"{url}/supplier/orders/**")
        expect(page.locator(".toast").first).to_be_visible()
        page.locator(".tabs a", has_text="待收货").click()
        expect(page.locator("#list tbody tr").filter(has_text=order.id)).to_contain_text(tracking_no)
        parcels = mall.shipments(order.id)
        assert [(one.carrier, one.tracking_no, [(line.line, line.qty) for line in one.lines]) for one in parcels] == [
            ("sf", tracking_no, [(1, 2)])
        ]
        assert mall.order(order.id).state == "shipped"
    page.context.close()
