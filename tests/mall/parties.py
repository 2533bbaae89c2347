"""The platform's side of the tests, and a person at the mall's pages."""

import html
import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from demo.story import Story


class Supply(Story):
    """The platform as its people use it: they admit a distributor, hand over key and secret, list goods, ship."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.platform.sign_in()
        self.distributor = ""
        self.name = f"输送商城 {self.mark}"

    def admit(self, *, funds: str) -> tuple[str, str]:
        """A distributor of a tier that pays 5 %, with prepaid money; his key and secret."""
        self.tier("输送", "5")
        values = {"name": self.name, "tier_id": self.tier_ids["输送"], "username": f"d{self.mark}"}
        self.platform.submit("/platform/distributors/new/", is_active="on", **values)
        at = self._id_of(self.name, "/platform/distributors/")
        answer = self.platform.submit(f"/platform/distributors/{at}/", f"/{at}/keys/", label="mall")
        key, secret = re.search(r"ek_live_\w+", answer.text), re.search(r"whsec_[A-Za-z0-9+/=]+", answer.text)
        assert key is not None and secret is not None
        self.distributor = at
        self.top_up(funds)
        return key[0], secret[0]

    def top_up(self, amount: str) -> None:
        """Money of the distributor comes in."""
        credit: dict[str, Any] = {"kind": "top_up", "amount_fen": amount, "reason": "打款到账"}
        self.platform.submit(f"/platform/distributors/{self.distributor}/credit/", **credit)

    def ship(self, order_id: str, tracking_no: str) -> None:
        """Own goods go out."""
        self.platform.submit(f"/platform/orders/{order_id}/ship/", carrier="sf", tracking_no=tracking_no)


class Person:
    """Somebody at the mall's pages, with a browser's habits and no browser."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=120, trust_env=False)

    def get(self, path: str, *, status: int = 200) -> str:
        """A page as text."""
        answer = self.http.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}"
        return html.unescape(answer.text)

    def send(self, page: str, to: str = "", *, status: int = 200, **values: Any) -> str:
        """Send a form that stands on a page, to `to` or to the page itself; returns where it led."""
        mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page))
        assert mark is not None, f"{page} has no form"
        answer = self.http.post(to or page, data={"csrfmiddlewaretoken": mark[1], **values})
        assert answer.status_code == status, f"{to or page}: {answer.status_code} {answer.text[:500]}"
        self.at = answer.url.path
        return html.unescape(answer.text)


def until(seen: Callable[[], bool], *, within_s: float = 120, what: str = "") -> None:
    """Wait for what the worker does."""
    deadline = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.2)
