"""A person at a real browser: starts Chromium, signs in with the printed accounts, finds the way through the menus."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

KINDS = ("platform", "supplier", "distributor", "referrer")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE_MS = 120_000
CODE_TRIES = 3  # a code opens one door only, and the next one comes within half a minute

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Screen:
    """What a page is looked at with."""

    width: int
    height: int
    scheme: Scheme

    @property
    def name(self) -> str:
        """Short, as in names of files: 1440-light."""
        return f"{self.width}-{self.scheme}"


DESK, PHONE = (1440, 900), (390, 844)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SCREENS = [Screen(width, height, scheme) for width, height in (DESK, PHONE) for scheme in SCHEMES]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own Chromium; nothing is downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, "--no-first-run"])
        try:
            yield browser
        finally:
            browser.close()


def accounts(data: Path) -> dict[str, dict[str, str]]:
    """The first printed account of each back office."""
    listed: list[dict[str, str]] = json.loads((data / "demo-accounts.json").read_text())
    return {account["kind"]: account for account in reversed(listed)}


def window(browser: Browser, screen: Screen, *, state: StorageState | None = None, scale: float = 1) -> BrowserContext:
    """A browser of its own, signed in when a state is given. Nothing moves in it, so that what is seen is final."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme=screen.scheme,
        reduced_motion="reduce",
        locale="zh-CN",
        storage_state=state,
        device_scale_factor=scale,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def sign_in(browser: Browser, url: str, *, account: dict[str, str]) -> StorageState:
    """Sign in like a person, by keyboard and button; return the cookies, for as many windows as wanted."""
    kind = account["kind"]
    context = window(browser, SCREENS[0])
    page = context.new_page()
    page.goto(f"{url}/{kind}/login/")
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    with page.expect_navigation():
        page.click("main button.primary")
    if "/login/code/" in page.url:
        hand_in_code(page)
    if page.url != f"{url}/{kind}/":
        raise AssertionError(f"{account['username']} did not get in, but to {page.url}: {page.inner_text('main')}")
    state = context.storage_state()
    context.close()
    return state


def hand_in_code(page: Page) -> None:
    """Take over the code the page of a demo world shows; when somebody used it before us, wait for the next."""
    for _try in range(CODE_TRIES):
        used = page.inner_text(".note [data-fill]").strip()
        page.click(".note [data-fill]")
        with page.expect_navigation():
            page.click("main button.primary")
        if "/login/code/" not in page.url:
            return
        end = time.monotonic() + 35
        while page.inner_text(".note [data-fill]").strip() == used and time.monotonic() < end:
            page.wait_for_timeout(1000)
            page.goto(page.url)


def menu_paths(page: Page) -> list[str]:
    """Every address the main menu leads to, in its order."""
    found: list[Any] = page.eval_on_selector_all("#side a", "links => links.map(link => link.pathname)")
    return list(dict.fromkeys(str(path) for path in found))


def links_to(page: Page, pattern: str) -> list[str]:
    """Addresses on the page that fit a pattern as a whole, in their order, each once."""
    found: list[Any] = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.pathname)")
    return list(dict.fromkeys(str(path) for path in found if re.fullmatch(pattern, str(path))))
