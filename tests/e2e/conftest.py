"""One Chromium, one sign-in of each back office, and every address its people can come to."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, expect

from demo.browser import KINDS, PATIENCE_MS, accounts, chromium, sign_in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; gone with its file, because its event loop would stay in the way of the database."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def states(browser: Browser, live_instance: Any) -> dict[str, StorageState]:
    """Cookies of a person of each back office, signed in once."""
    people = accounts(live_instance.data)
    return {kind: sign_in(browser, live_instance.url, account=people[kind]) for kind in KINDS}
