"""The gate: no page of any back office asks another host, complains, sticks out, weighs too much or shuts anybody out."""

from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, expect

from demo.browser import DESK, KINDS, PHONE, SCHEMES, Screen, window
from tests.e2e.rounds import OPEN, axe_faults, office_paths, visit, weight, wider_than_screen

SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
TRIED_FOR_ACCESS = [(DESK, "light"), (PHONE, "dark")]
OFFICES = pytest.mark.parametrize("kind", KINDS)
TRADING = pytest.mark.parametrize("kind", ["platform", "supplier", "distributor"])


@pytest.fixture(scope="module")
def pages(browser: Browser, live_instance: Any, states: dict[str, StorageState]) -> dict[str, list[str]]:
    """Every page of each back office."""
    found = {}
    for kind in KINDS:
        context = window(browser, Screen(*DESK, "light"), state=states[kind])
        found[kind] = office_paths(context.new_page(), live_instance.url, kind=kind)
        context.close()
    return found


def faults_of(browser: Browser, own: str, *, paths: list[str], size: tuple[int, int], state: Any) -> dict[str, Any]:
    """Look at each page in light and in dark; return those with faults. Access is the slow part: tried once a size."""
    context = window(browser, Screen(*size, "light"), state=state)
    seen = visit(context, own)
    found = {}
    for path in paths:
        faults = seen.open(path)
        for scheme in SCHEMES:
            seen.page.emulate_media(color_scheme=scheme)
            faults += [f"{scheme}: {fault}" for fault in wider_than_screen(seen.page)]
            if (size, scheme) in TRIED_FOR_ACCESS:
                faults += [f"{scheme}: {fault}" for fault in axe_faults(seen.page)]
        if faults:
            found[path] = faults
        seen.page.emulate_media(color_scheme="light")
    context.close()
    return found


@SIZES
@OFFICES
def test_every_page_is_clean(
    browser: Browser, live_instance: Any, states: Any, pages: Any, kind: str, size: tuple[int, int]
) -> None:
    found = faults_of(browser, live_instance.url, paths=pages[kind], size=size, state=states[kind])
    assert found == {}
    assert len(pages[kind]) >= {"platform": 30, "supplier": 10, "distributor": 9, "referrer": 4}[kind]


@SIZES
def test_the_open_pages_are_clean(browser: Browser, live_instance: Any, size: tuple[int, int]) -> None:
    assert faults_of(browser, live_instance.url, paths=OPEN, size=size, state=None) == {}


@SIZES
@TRADING
def test_an_order_in_the_drawer_is_clean(
    browser: Browser, live_instance: Any, states: Any, kind: str, size: tuple[int, int]
) -> None:
    context = window(browser, Screen(*size, "dark"), state=states[kind])
    seen = visit(context, live_instance.url)
    seen.open(f"/{kind}/orders/")
    seen.page.locator("tbody a[hx-target='#drawer']").first.click()
    expect(seen.page.locator("#drawer h2")).to_be_visible()
    assert seen.faults + wider_than_screen(seen.page) + axe_faults(seen.page, within="#drawer") == []
    context.close()


@OFFICES
def test_every_page_speaks_english_too(
    browser: Browser, live_instance: Any, states: Any, pages: Any, kind: str
) -> None:
    context = window(browser, Screen(*DESK, "light"), state=states[kind])
    page = context.new_page()
    page.goto(f"{live_instance.url}/{kind}/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    for language, said in (("en", "Sign out"), ("zh-hans", "退出")):
        page.click("details.menu summary")
        page.click(f"details.menu button[value={language}]")
        page.wait_for_url(f"{live_instance.url}/{kind}/")
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert said in page.locator("details.menu").inner_html()
    context.close()


@OFFICES
def test_no_page_weighs_more_than_15_kilobytes(live_instance: Any, states: Any, pages: Any, kind: str) -> None:
    weights = {path: weight(live_instance.url + path, state=states[kind]) for path in pages[kind]}
    assert {path: size for path, size in weights.items() if size > 15_000} == {}


def test_styles_and_scripts_stay_light(browser: Browser, live_instance: Any, states: Any) -> None:
    context = window(browser, Screen(*DESK, "light"), state=states["platform"])
    page = context.new_page()
    page.goto(f"{live_instance.url}/platform/orders/")
    styles = page.eval_on_selector_all("link[rel=stylesheet]", "parts => parts.map(part => part.href)")
    scripts = page.eval_on_selector_all("script[src]", "parts => parts.map(part => part.src)")
    context.close()
    assert styles and 0 < sum(weight(url) for url in styles) <= 10_000
    assert scripts and 0 < sum(weight(url) for url in scripts) <= 25_000
