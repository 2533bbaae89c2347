"""The people of the supply story, and what their hands do on a page."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from demo.browser import DESK, Screen, sign_in, window
from entrepot_sdk import Entrepot
from entrepot_sdk.shapes import Consignee, NewLine, NewOrder, Order

BUYER = Consignee(
    name="郭靖", phone="13612349896", province="广东省", city="深圳市", district="南山区", address="科技园 1 号"
)


def picture(colour: str) -> dict[str, Any]:
    """A picture to upload."""
    target = io.BytesIO()
    Image.new("RGB", (640, 640), colour).save(target, "PNG")
    return {"name": "picture.png", "mimeType": "image/png", "buffer": target.getvalue()}


@dataclass
class Cast:
    """Everybody of the story: a page of each person, the two malls, and what the story is about."""

    url: str
    platform: Page
    tiered: Page
    other: Page
    mall: Entrepot
    stranger: Entrepot
    mark: str
    supplier: Page | None = None
    orders: list[str] = field(default_factory=list)
    bill: str = ""

    @property
    def name(self) -> str:
        """The new supplier's."""
        return f"山里人家{self.mark}"

    def sku(self, letter: str) -> str:
        """A SKU code of the story."""
        return f"{letter}-{self.mark}"

    @property
    def shop(self) -> Page:
        """The supplier's page, once he is there."""
        assert self.supplier is not None
        return self.supplier


def seated(browser: Browser, url: str, *, account: dict[str, str]) -> Page:
    """A page of somebody who has signed in."""
    state = sign_in(browser, url, account=account)
    page = window(browser, Screen(*DESK, "light"), state=state).new_page()
    page.goto(f"{url}/{account['kind']}/")
    return page


def press(place: Page | Locator, label: str, *, sure: bool = False) -> None:
    """Press a button; say yes where the page asks whether one is sure."""
    place.get_by_role("button", name=label, exact=True).click()
    if sure:
        page = place if isinstance(place, Page) else place.page
        page.locator("#confirm [value=yes]").click()


def told(page: Page, text: str) -> None:
    """The page says so in a toast; it is closed again, so that the next one is a new one."""
    expect(page.locator(".toast", has_text=text)).to_be_visible()
    page.locator(".toast [data-close]").first.click()


def facts(page: Page, term: str) -> str:
    """What stands beside a term of a page."""
    return (
        page.locator("dt", has_text=re.compile(rf"^\s*{term}\s*$"))
        .first.locator("xpath=following-sibling::dd[1]")
        .inner_text()
        .strip()
    )


def number_in(page: Page) -> str:
    """The number of what the page shows, from its address."""
    found = re.search(r"/(\d+)/$", page.url)
    assert found, page.url
    return found[1]


def place(mall: Entrepot, *lines: tuple[str, int], number: str) -> Order:
    """A signed order, paid at once."""
    wanted = [NewLine(sku=sku, qty=qty) for sku, qty in lines]
    return mall.create_order(NewOrder(out_order_no=number, mode="direct", lines=wanted, consignee=BUYER))
