"""A round through the pages: which there are, what went wrong on each, what each weighs."""

import gzip
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_core_python
from playwright.sync_api import BrowserContext, Page, StorageState

from demo.browser import links_to, menu_paths

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
# Lists, and how the addresses of their details look; pages the menu does not name, but a button or a menu in a corner.
DETAILS = {
    "platform": {
        "orders/": r"/platform/orders/\d+/",
        "goods/": r"/platform/goods/\d+/",
        "stock/": r"/platform/stock/\d+/",
        "suppliers/": r"/platform/suppliers/\d+/",
        "distributors/": r"/platform/distributors/\d+/",
        "tiers/": r"/platform/tiers/\d+/",
        "topups/": r"/platform/topups/\d+/",
        "users/": r"/platform/users/\d+/",
        "roles/": r"/platform/roles/\d+/",
        "log/": r"/platform/log/\d+/",
        "aftersales/": r"/platform/aftersales/\d+/",
        "bills/": r"/platform/bills/\d+/",
        "prices/": r"/platform/prices/\d+/",
        "freight/": r"/platform/freight/\d+/",
        "allotments/": r"/platform/allotments/\d+/",
        "statements/": r"/platform/statements/\d+/",
        "referrers/": r"/platform/referrers/\d+/",
        "categories/": r"/platform/categories/\d+/",
        "attributes/": r"/platform/attributes/\d+/",
        "acceptance/": r"/platform/acceptance/\d+/\d+/",
        "aftersale-table/": r"/platform/aftersale-table/[\w:]+/",
        "memberships/": r"/platform/memberships/tiers/\d+/",
    },
    "supplier": {
        "orders/": r"/supplier/orders/\d+/",
        "goods/": r"/supplier/goods/\d+/",
        "stock/": r"/supplier/stock/\d+/",
        "bills/": r"/supplier/bills/\d+/",
        "returns/": r"/supplier/returns/\d+/",
        "freight/": r"/supplier/freight/\d+/",
    },
    "distributor": {
        "orders/": r"/distributor/orders/\d+/",
        "goods/": r"/distributor/goods/\d+/",
        "aftersales/": r"/distributor/aftersales/\d+/",
        "statements/": r"/distributor/statements/\d+/",
    },
    "referrer": {},
}
MORE = {
    "platform": [
        "tracking/", "goods/new/", "suppliers/new/", "distributors/new/", "tiers/new/", "users/new/",
        "roles/new/platform/", "orders/?goods=zzzz", "log/?q=zzzz", "bills/due/", "bills/terms/", "bills/payments/",
        "prices/tier/", "prices/import/", "freight/new/", "goods/import/", "goods/why/", "holds/limits/", "shelf/all/",
        "funds/waiting/", "funds/setting/", "acceptance/suppliers/", "referral-grades/", "referrers/new/",
        "memberships/setting/",
    ],
    "supplier": ["batch/", "goods/new/", "goods/import/", "freight/new/", "earnings/", "orders/?number=999999999"],
    "distributor": ["topups/new/", "ledger/", "keys/", "users/", "waiting/", "goods/why/", "orders/?number=999999999",
                    "selection/?tab=gone", "selection/?q=zzzz"],
    "referrer": [],
}  # fmt: skip
# Behind a detail: what its page leads on to.
BEHIND = r"(edit|change|ledger|credit|limit)/"
OPEN = ["/", "/platform/login/", "/supplier/login/", "/distributor/login/", "/referrer/login/"]
OPEN += ["/guide/", "/guide/en/", "/guide/reference/", "/guide/en/callbacks/", "/guide/clients/", "/guide/python/"]


@dataclass
class Visit:
    """One page in one window, and every fault it showed."""

    page: Page
    own: str
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note what the console says and who is asked."""
        self.page.on("console", lambda said: self._hear(said.type, text=said.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", lambda sent: self._see(sent.url))

    def _hear(self, kind: str, *, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"console: {text}")

    def _see(self, url: str) -> None:
        if not url.startswith((self.own, "data:")):
            self.faults.append(f"asks {url}")

    def open(self, path: str) -> list[str]:
        """Go to a page; return its faults but those of access."""
        self.faults.clear()
        answer = self.page.goto(self.own + path)
        if answer is None or answer.status != 200:
            self.faults.append(f"status {answer.status if answer else 'none'}")
        else:
            self.faults += _loose_policy(answer.header_value("content-security-policy") or "")
        self.faults += wider_than_screen(self.page)
        return list(self.faults)


def _loose_policy(policy: str) -> list[str]:
    is_strict = "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    return [] if is_strict else [f"policy: {policy!r}"]


def visit(context: BrowserContext, own: str) -> Visit:
    """A window's page with an ear on it."""
    made = Visit(context.new_page(), own)
    made.listen()
    return made


def wider_than_screen(page: Page) -> list[str]:
    """What sticks out at the right, when the page can be pushed sideways."""
    widest: dict[str, Any] = page.evaluate(
        """() => {
            const root = document.documentElement;
            const out = [...document.body.querySelectorAll('*')]
                .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
                .map(part => part.tagName.toLowerCase() + '.' + part.className);
            return {over: root.scrollWidth - innerWidth, out: out.slice(0, 3)};
        }"""
    )
    return [f"wider than the screen by {widest['over']} px: {widest['out']}"] if widest["over"] > 0 else []


def axe_faults(page: Page, *, within: str = "html") -> list[str]:
    """What axe finds, with the first place of each fault. What lies behind an open drawer is inert: look within it."""
    page.evaluate(AXE)
    options = {"preload": False, "resultTypes": ["violations"]}
    found = page.evaluate("([place, options]) => axe.run(place, options)", [within, options])["violations"]
    return [f"axe {one['id']} at {one['nodes'][0]['target']}: {one['nodes'][0]['failureSummary']}" for one in found]


def office_paths(page: Page, own: str, *, kind: str) -> list[str]:
    """Every page of a back office: the menu's, one detail of each list and what is behind it, the forms, the account."""
    page.goto(f"{own}/{kind}/")
    paths = menu_paths(page)
    for place, pattern in DETAILS[kind].items():
        page.goto(f"{own}/{kind}/{place}")
        found = links_to(page, pattern)
        assert found, f"no detail in /{kind}/{place}"
        paths.append(found[0])
        page.goto(own + found[0])
        paths += links_to(page, found[0] + BEHIND)
    paths += [f"/{kind}/{more}" for more in MORE[kind]]
    return list(dict.fromkeys([*paths, "/account/"]))


def weight(url: str, *, state: StorageState | None = None) -> int:
    """How many bytes travel for an address when the browser takes gzip."""
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in (state or {}).get("cookies", []))
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "Cookie": cookies})
    with urllib.request.urlopen(request, timeout=120) as answer:
        body: bytes = answer.read()
        assert answer.geturl() == url, f"{url} led to {answer.geturl()}"
        if answer.headers["Content-Encoding"] == "gzip":
            assert gzip.decompress(body)
        else:
            assert answer.headers["Content-Encoding"] is None
    return len(body)
