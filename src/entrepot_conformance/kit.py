"""What every check works with: the fake platform, the mall's addresses, and words for what went wrong."""

import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from entrepot_conformance import signing
from entrepot_conformance.platform import FakePlatform
from entrepot_conformance.wire import Answer, Reply, call

CONSIGNEE = {
    "name": "认证测试",
    "phone": "13800000000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "address": "文三路 1 号",
}


class Failed(Exception):
    """The mall did what it must not, or did not what it must."""


class Unchecked(Exception):
    """It cannot be seen from outside: the mall has no such inspection address."""


@dataclass
class Kit:
    """One run against one mall; `patience_s` is how long the mall may take to do what it must."""

    platform: FakePlatform
    callback: str
    callback_secret: str
    inspect: str = ""
    patience_s: float = 10.0
    bought: list[str] = field(default_factory=list)
    _probes: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # --- callbacks ---

    def body(self, event: dict[str, Any]) -> bytes:
        """Return an event as it is sent."""
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()

    def probe(self, event_type: str = "webhook.test", **data: Any) -> dict[str, Any]:
        """Return an event that concerns nothing the mall keeps."""
        return self.platform.note(
            event_type, data={"object": "webhook", "id": "42", "version": next(self._probes), "hello": "集散"} | data
        )

    def send(
        self, event: dict[str, Any], *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Call the mall with an event, signed unless headers are given."""
        raw = self.body(event) if body is None else body
        known = headers
        if known is None:
            known = signing.callback_headers(event["id"], body=raw, secret=self.callback_secret)
        return call("POST", self.callback, body=raw, headers=known, timeout_s=12.0)

    def heard(self, event: dict[str, Any], **more: Any) -> Answer:
        """Call the mall with an event that it must take. Raises Failed."""
        answer = self.send(event, **more)
        if not answer.is_success:
            raise Failed(f"a genuine {event['type']} was answered {answer.status or answer.fault}, not 2xx")
        return answer

    def refused(self, event: dict[str, Any], *, what: str, **more: Any) -> None:
        """Call the mall with what it must refuse. Raises Failed."""
        answer = self.send(event, **more)
        if answer.status == 0:
            raise Failed(f"{what}: the mall gave no answer ({answer.fault})")
        if answer.is_success:
            raise Failed(f"{what} was answered {answer.status}: it must be refused")

    # --- looking at the mall ---

    def look(self, path: str) -> Any:
        """Return what the mall shows at an inspection address, None for 404. Raises Unchecked, Failed."""
        if not self.inspect:
            raise Unchecked("no inspection address was given")
        answer = call("GET", f"{self.inspect}{path}")
        if answer.status == 404:
            return None
        if not answer.is_success or answer.json is None:
            raise Failed(f"GET {{inspect}}{path} was answered {answer.status or answer.fault}")
        return answer.json

    def ask(self, path: str, content: Any) -> Any:
        """Ask the mall to do something. Raises Unchecked when it has no such address, Failed."""
        if not self.inspect:
            raise Unchecked("no inspection address was given")
        body = json.dumps(content).encode()
        answer = call(
            "POST", f"{self.inspect}{path}", body=body, headers={"Content-Type": "application/json"}, timeout_s=30
        )
        if answer.status in (404, 405):
            raise Unchecked(f"the mall has no POST {{inspect}}{path}")
        if not answer.is_success:
            raise Failed(f"POST {{inspect}}{path} was answered {answer.status or answer.fault}")
        return answer.json

    def until(self, condition: Callable[[], bool], *, what: str) -> None:
        """Wait for what the mall must do. Raises Failed with `what` when it does not."""
        end = time.monotonic() + self.patience_s
        while not condition():
            if time.monotonic() > end:
                raise Failed(what)
            time.sleep(0.05)

    # --- catalogue ---

    def sync(self) -> None:
        """Ask the mall to bring its catalogue up to date now."""
        self.ask("/sync", {})

    def compare(self, *, what: str) -> None:
        """Wait until the mall's catalogue is the platform's. Raises Failed, Unchecked."""
        if self.look("/catalogue") is None:
            raise Unchecked("the mall has no GET {inspect}/catalogue")
        self.until(lambda: self._catalogue() == self._wanted(), what=what)

    def _catalogue(self) -> dict[str, Any]:
        shown = self.look("/catalogue") or {"items": []}
        return {str(one["id"]): _figures(one["skus"]) for one in shown["items"]}

    def _wanted(self) -> dict[str, Any]:
        with self.platform.lock:
            return {one["id"]: _figures(one["skus"]) for one in self.platform.fake.products.values()}

    # --- orders ---

    def buy(self, *, sku: str = "SKU-1", on_order: Callable[[dict[str, Any]], Reply | None] | None = None) -> str:
        """Have a buyer order a piece at the mall and return the number it goes by.

        `on_order` answers the mall's POST /orders instead of the platform while it gives an answer.
        """
        self.sync()
        self.platform.on_order = on_order
        answer = self.ask("/orders", {"lines": [{"sku": sku, "qty": 1}], "consignee": CONSIGNEE})
        number = str((answer or {}).get("out_order_no") or "")
        if not number:
            raise Failed("POST {inspect}/orders did not say which number the order goes by")
        self.bought.append(number)
        return number

    def order(self, number: str) -> dict[str, Any]:
        """Return an order as the mall shows it. Raises Failed."""
        found = self.look(f"/orders/{number}")
        if found is None:
            raise Failed(f"the mall does not know its own order {number}")
        return dict(found)

    def placed(self, *, sku: str = "SKU-1") -> str:
        """Have an order placed without any difficulty and return its number."""
        number = self.buy(sku=sku)
        self.until(lambda: bool(self.order(number).get("order_id")), what=f"the order {number} was never placed")
        return number


def stamp() -> str:
    """Return a mark no other event has."""
    return secrets.token_hex(8)


def _figures(skus: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {sku["sku"]: (sku["agreed_price"], sku["stock"]) for sku in skus}
