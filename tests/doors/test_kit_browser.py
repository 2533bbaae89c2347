"""The kit in a real browser: no fault of policy or access, nothing too wide or too heavy, and what scripts promise."""

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import axe_core_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demo.browser import PATIENCE_MS, hand_in_code

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
# What moves is looked at once it has come to rest; what never does is left to move.
AT_REST = """() => Promise.all(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime < 2000).map(one => one.finished.catch(() => null)))"""
SAMPLES = ["list", "empty", "detail", "form", "form/?wrong=1", "dashboard", "tiles", "parts"]
PLAIN = ["/", "/platform/login/", "/supplier/login/", "/distributor/login/", "/guide/", "/guide/en/callbacks/"]
SIZES = [(1440, 900), (390, 844)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        made = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield made
        made.close()


@pytest.fixture(scope="module")
def address(live_instance: Any) -> str:
    """Where the instance answers."""
    return str(live_instance.url)


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop window of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """A page, and what went wrong on it: messages of the console, requests to other places."""
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    own = address[: address.index("/", 8)]
    page.on("request", lambda sent: None if sent.url.startswith((own, "data:")) else faults.append(f"asks {sent.url}"))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page, faults


def axe_faults(page: Page) -> list[str]:
    """What axe finds."""
    page.evaluate(AXE)
    page.evaluate(AT_REST)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']} {one['nodes'][0]['target'][0]}: {one['nodes'][0]['failureSummary']}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_every_sample_is_clean(browser: Browser, address: str, size: tuple[int, int], scheme: Any) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    found: dict[str, list[str]] = {}
    paths = [f"/kit/gallery/{sample}" + ("" if "?" in sample else "/") for sample in SAMPLES]
    for path in paths + PLAIN:
        page, faults = opened(context, address + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append("wider than the screen")
        if faults := faults + axe_faults(page):
            found[path] = faults
        page.close()
    context.close()
    assert found == {}


@pytest.mark.parametrize(
    ("party", "scheme"), [("platform", "light"), ("platform", "dark"), ("supplier", "light"), ("distributor", "light")]
)
def test_opened_parts_are_clean_in_every_accent(browser: Browser, address: str, party: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page, faults = opened(context, f"{address}/kit/gallery/list/?party={party}&toast=1")
    page.locator("[name=ids]").nth(0).check()
    page.locator("tbody tr").nth(2).hover()
    assert axe_faults(page) == [], "chosen rows, toasts"
    page.click("[name=placed_from]")
    assert axe_faults(page) == [], "the calendar"
    page.keyboard.press("Escape")
    page.click("details.menu summary")
    assert axe_faults(page) == [], "the account menu"
    page.keyboard.press("Escape")
    page.click("td.c-key a >> nth=0")
    expect(page.locator("#drawer")).to_be_visible()
    page.click("#drawer .why summary")
    assert axe_faults(page) == [], "the drawer"
    assert faults == []
    context.close()


def packed_size(address: str) -> int:
    """How many bytes travel for an address."""
    request = Request(address, headers={"Accept-Encoding": "gzip"})
    with urlopen(request) as answer:
        body = answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body)
    return len(body)


def test_styles_scripts_and_pages_stay_light(address: str) -> None:
    assert packed_size(f"{address}/static/kit/app.css") <= 10_000
    scripts = [f"{address}/static/{name}" for name in ("kit/app.js", "django_htmx/htmx-2.min.js")]
    assert sum(packed_size(script) for script in scripts) <= 25_000
    for sample in ("list", "dashboard", "form", "detail"):
        assert packed_size(f"{address}/kit/gallery/{sample}/") <= 15_000


def test_a_row_opens_in_the_drawer_and_as_a_page(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    link = page.locator("td.c-key a").first
    link.click()
    drawer = page.locator("#drawer")
    expect(drawer).to_be_visible()
    expect(drawer.locator("h2")).to_have_count(1)
    expect(drawer.locator(".side, .top")).to_have_count(0)
    drawer.locator(".masked button").click()
    expect(drawer.locator(".masked")).to_contain_text("13612349896")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.goto(f"{address}{link.get_attribute('href').replace('..', '/kit/gallery')}")
    expect(page.locator("h1")).to_be_visible()


def test_a_dangerous_deed_asks_first(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.locator("[name=ids]").nth(1).check()
    page.click("button[value=cancel]")
    expect(page.locator("#confirm")).to_contain_text("取消选中的订单")
    page.click("#confirm button[value='']")
    assert sent == []
    page.click("button[value=cancel]")
    with page.expect_navigation():
        page.click("#confirm button[value=yes]")
    assert len(sent) == 1
    assert "do=cancel" in sent[0] and "ids=" in sent[0]


def test_two_clicks_send_one_form(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    sent: list[str] = []
    page.route("**/*", lambda route: (sent.append(route.request.url), route.fulfill(status=204))
               if route.request.method == "POST" else route.continue_())  # fmt: skip
    page.locator("[name=ids]").nth(1).check()
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("button[value=ship]").first.dblclick()
    page.wait_for_timeout(300)  # for a second one
    assert len(sent) == 1


def test_one_row_of_its_own_is_sent_by_the_button_in_it(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.locator("[name=ids]").nth(0).check()
    with page.expect_navigation():
        page.locator("[data-only]").nth(3).click()
    number = page.locator("[name=ids]").nth(3).get_attribute("value")
    assert sent[0].count("ids=") == 1 and f"ids={number}" in sent[0]


def test_all_rows_are_chosen_and_counted(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    count = page.locator("[data-count]")
    page.check("[data-all]")
    expect(count).to_have_text("14")
    page.locator("[name=ids]").nth(0).uncheck()
    expect(count).to_have_text("13")
    assert page.evaluate("document.querySelector('[data-all]').indeterminate")


def test_the_keyboard_is_enough(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[name=ids]").nth(1)).to_be_checked()
    page.keyboard.press("k")
    expect(page.locator("tbody tr.here td.c-key")).to_contain_text("2026112200165302")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('.find, .search') !== null")
    page.keyboard.type("j/x?")
    assert page.evaluate("document.activeElement.value") == "j/x?", "in a field, keys are letters"


def test_days_are_chosen_by_hand_and_by_keys(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    first, last = page.locator("[name=placed_from]"), page.locator("[name=placed_to]")
    first.click()
    page.locator(".picker-foot button").nth(1).click()
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    expect(last).to_have_value(today)
    assert (date.fromisoformat(today) - date.fromisoformat(first.input_value())).days == 6
    first.fill("2026-02-27")
    first.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(first).to_have_value("2026-03-01")
    first.click()
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_have_count(0)


def test_the_theme_lasts_and_a_page_never_flashes(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    page.click("[data-theme-switch]")
    answer = window.request.get(f"{address}/kit/gallery/list/")
    assert 'data-theme="dark"' in answer.text(), "the server knows, so the first paint is right"


def test_a_search_and_a_tab_stay_in_the_address(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    page.click(".tabs a >> nth=2")
    expect(page.locator(".tabs [aria-current]")).to_contain_text("待发货")
    page.fill("[name=no]", "A1&b")
    page.press("[name=no]", "Enter")
    page.wait_for_url("**no=A1%26b**")
    page.reload()
    expect(page.locator("[name=no]")).to_have_value("A1&b")
    page.go_back()
    expect(page.locator("#side")).to_be_visible()
    expect(page.locator("[name=no]")).to_have_value("")


def test_on_a_phone_the_menu_comes_when_called(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page, _faults = opened(context, f"{address}/kit/gallery/list/")
    side = page.locator("#side")
    expect(side).to_be_hidden()
    page.click("[data-menu]")
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(page.locator("[name=consignee]")).to_be_hidden()
    page.click("[data-more]")
    expect(page.locator("[name=consignee]")).to_be_visible()
    context.close()


def test_the_clipboard_gets_the_whole_text(window: BrowserContext, address: str) -> None:
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    page, _faults = opened(window, f"{address}/kit/gallery/parts/")
    page.locator("[data-copy]").first.click()
    expect(page.locator(".toast")).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "ent_live_4f9a8c77d2e1"


def test_a_refused_request_says_so(window: BrowserContext, address: str) -> None:
    page, _faults = opened(window, f"{address}/kit/gallery/list/")
    for status, word in ((403, "没有权限"), (500, "操作失败"), (429, "频繁")):
        page.route("**/drawer/", answering(status))
        page.locator("td.c-key a").first.click()
        expect(page.locator(".toast.t-bad").last).to_contain_text(word)
        page.unroute("**/drawer/")
    page.route("**/drawer/", lambda route: route.abort())
    page.locator("td.c-key a").first.click()
    expect(page.locator(".toast.t-bad").last).to_contain_text("无法连接")


def answering(status: int) -> Any:
    """Answers every request with a status."""
    return lambda route: route.fulfill(status=status)


def accounts(live_instance: Any) -> dict[str, dict[str, str]]:
    """One printed account of each back office."""
    listed = json.loads((live_instance.data / "demo-accounts.json").read_text())
    return {account["kind"]: account for account in reversed(listed)}


@pytest.mark.parametrize("kind", ["platform", "supplier", "distributor"])
def test_the_printed_accounts_come_in_with_a_few_clicks(window: BrowserContext, live_instance: Any, kind: str) -> None:
    account = accounts(live_instance)[kind]
    page, faults = opened(window, f"{live_instance.url}/{kind}/login/")
    page.click(f"button[data-fill]:text-is('{account['username']}')")
    page.click("main button.primary")
    if kind == "platform":
        page.wait_for_url("**/login/code/")
        hand_in_code(page)
    expect(page.locator("#side [aria-current=page]")).to_be_visible()
    assert page.url == f"{live_instance.url}/{kind}/"
    page.goto(f"{live_instance.url}/account/")
    page.wait_for_load_state("networkidle")
    assert axe_faults(page) == [] and faults == []


def test_a_passkey_opens_the_door(browser: Browser, live_instance: Any) -> None:
    """Browsers bind a passkey to a name, so this one goes by localhost."""
    address = str(live_instance.url).replace("127.0.0.1", "localhost")
    account = accounts(live_instance)["supplier"]
    context = browser.new_context()
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def hand_in_password() -> None:
        page.goto(f"{address}/supplier/login/")
        page.fill("[name=username]", account["username"])
        page.fill("[name=password]", account["password"])
        page.click("main button.primary")

    hand_in_password()
    page.goto(f"{address}/account/passkeys/add/")
    page.fill("[name=name]", "笔记本")
    page.click("[data-passkey-start]")
    expect(page.locator(".codes li")).to_have_count(10)
    context.clear_cookies()
    hand_in_password()
    page.wait_for_url("**/supplier/login/code/")
    page.click("[data-passkey-start]")
    page.wait_for_url(f"{address}/supplier/")
    page.goto(f"{address}/account/")
    page.locator("form[data-confirm] .link.danger").first.click()
    page.click("#confirm button[value=yes]")
    expect(page.locator(".toast")).to_contain_text("已移除")
    context.close()
