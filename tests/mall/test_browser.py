"""The mall in a real browser, on a phone and on a desk: a buyer buys, the back office lists; nothing overflows, axe is clean."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import axe_core_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from demo.browser import DESK, PATIENCE_MS, PHONE, chromium
from tests.mall.conftest import LiveMall
from tests.mall.test_whole import PLACE

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
OFFICE = ("", "goods/", "channels/", "orders/", "aftersales/", "buyers/", "settings/", "connection/", "ways-in/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as started:
        yield started


class Eyes:
    """A page, and everything that is wrong with what it showed."""

    def __init__(self, context: BrowserContext, mall: LiveMall, *, asks_axe: bool = True) -> None:
        self.asks_axe = asks_axe
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        own = (mall.url, mall.platform.url, "data:")
        self.page.on("console", lambda said: self._say(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self._say(str(error)))
        self.page.on("request", lambda sent: None if sent.url.startswith(own) else self._say(f"asks {sent.url}"))

    def _say(self, fault: str) -> None:
        self.faults.append(f"{self.page.url}: {fault}")

    def look(self) -> None:
        """Judge what is there now."""
        self.page.wait_for_load_state()
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self._say("wider than the screen")
        if self.asks_axe:
            self.page.evaluate(AXE)
            for one in self.page.evaluate("axe.run()")["violations"]:
                self._say(f"{one['id']} {one['nodes'][0]['html'][:120]}")

    def press(self, name: str, *, to: str) -> None:
        """Press a button and look at where it led."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_url(to)
        self.look()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_buyer_buys(browser: Browser, mall: LiveMall, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
    eyes = Eyes(context, mall, asks_axe=size == PHONE)
    page, phone = eyes.page, f"137{secrets.randbelow(10**8):08d}"
    page.goto(f"{mall.url}/")
    eyes.look()
    page.get_by_role("searchbox").fill(mall.supply.mark)
    page.get_by_role("searchbox").press("Enter")
    page.locator(".wf a").first.click()
    page.wait_for_url("**/goods/*/")
    eyes.look()
    eyes.press("加入购物车", to="**/cart/")
    page.get_by_role("link", name="去结算").click()
    page.get_by_role("link", name="注册新账号").click()
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("您的姓名").fill("郭靖")
    page.get_by_label("密码").fill("buyer-pass-1")
    eyes.press("注册", to="**/checkout/")
    page.get_by_label("收货人").fill("郭靖")
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("收货地址").fill(PLACE)
    eyes.press("计算运费", to="**/checkout/")
    eyes.press("提交订单", to="**/pay/*/")
    page.locator(".way", has_text="测试收银台").get_by_role("button").click()
    eyes.press("标记为已付款", to="**/me/orders/*/")
    assert "付款成功" in page.locator("main").inner_text()
    page.goto(f"{mall.url}/me/")
    eyes.look()
    assert eyes.faults == []
    context.close()


def test_without_a_network_the_shell_is_there_and_nothing_of_the_buyer(browser: Browser, mall: LiveMall) -> None:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{mall.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    context.set_offline(True)
    page.goto(f"{mall.url}/me/orders/")
    assert "网络不可用" in page.locator("h1").inner_text()
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.keys()))))"
        ".then(all => all.flat().map(request => new URL(request.url).pathname))"
    )
    assert kept and all(path.startswith(("/offline/", "/static/", "/icon-")) for path in kept), kept
    context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_back_office_lists(browser: Browser, mall: LiveMall, size: tuple[int, int]) -> None:
    scheme = "light" if size == DESK else "dark"
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    # The rules of access are the same at both widths, and asking takes its time: in light here, the buyer's on a phone.
    eyes, account = Eyes(context, mall, asks_axe=size == DESK), mall.account()
    page = eyes.page
    page.goto(f"{mall.url}/office/")
    page.get_by_label("账号").fill(account["username"])
    page.get_by_label("密码").fill(account["password"])
    eyes.press("登录", to="**/office/")
    for path in OFFICE[1:]:
        page.goto(f"{mall.url}/office/{path}")
        eyes.look()
    page.goto(f"{mall.url}/office/goods/?q={mall.sku}")
    page.get_by_role("checkbox", name="商品 M").check()
    eyes.press("下架", to="**/office/goods/**")
    assert "仓库中" in page.locator("tbody").inner_text()
    page.get_by_role("checkbox", name="商品 M").check()
    page.get_by_label("百分比").fill("50")
    eyes.press("一键上架", to="**/office/goods/**")
    assert "出售中" in page.locator("tbody").inner_text() and "15.75" in page.locator("tbody").inner_text()
    page.locator(".thing").first.click()
    page.wait_for_url("**/office/goods/*/")
    eyes.look()
    assert eyes.faults == []
    context.close()
