"""A fake platform: the part of the open API that a mall lives on, over rows in memory, with outcomes to order."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from entrepot_conformance import signing
from entrepot_conformance.wire import Reply, Request, Server

ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it came in."""

    at: float
    method: str
    path: str
    content: Any
    is_signed: bool
    nonce: str


@dataclass(slots=True)
class Fake:
    """What the platform holds; everything is reached under one lock."""

    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    epoch: int = 1


Ordered = Callable[[dict[str, Any]], Reply | None]


class FakePlatform:
    """Serves it. `on_order` may answer a POST /orders instead; while `is_feed_away`, GET /events answers 503."""

    def __init__(self, *, key: str, secret: str, callback_secret: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self.key, self.secret, self.callback_secret = key, secret, callback_secret
        self.fake = Fake()
        self.on_order: Ordered | None = None
        self.is_feed_away = False
        self.lock = threading.RLock()
        # A mall that was judged before remembers what it was told then: nothing of this run may look like that.
        self._first = int(time.time())
        self._fill()
        self.server = Server(self._answer, host=host, port=port)
        self.url = self.server.url

    def close(self) -> None:
        """Stop serving."""
        self.server.close()

    # --- what the kit does to it ---

    def put(self, product_id: str, *, skus: dict[str, tuple[int, int]], version: int = 1) -> None:
        """Put a product on sale, or change it: agreed price in fen and stock of each SKU."""
        with self.lock:
            self.fake.products[product_id] = {
                "id": product_id,
                "goods_no": f"G-{product_id}",
                "name": f"Goods {product_id}",
                "category_id": "1",
                "brand_id": None,
                "kind": "physical",
                "images": [],
                "detail_images": [],
                "min_quantity": 1,
                "state": "on_sale",
                "version": version,
                "currency": "CNY",
                "allowed_promotions": [],
                "skus": [
                    {
                        "sku": code,
                        "spec": "",
                        "supply_price": price,
                        "fee": 0,
                        "agreed_price": price,
                        "suggested_price": None,
                        "price_floor": None,
                        "price_ceiling": None,
                        "stock": stock,
                        "weight_g": 100,
                    }
                    for code, (price, stock) in skus.items()
                ],
            }
            self.fake.changes.append(("product", product_id))

    def drop(self, product_id: str) -> None:
        """Take a product off the shelf: a tombstone from now on."""
        with self.lock:
            del self.fake.products[product_id]
            self.fake.changes.append(("product", product_id))

    def expire_cursors(self) -> None:
        """Begin a new epoch: every cursor handed out before is answered with 410."""
        with self.lock:
            self.fake.epoch += 1

    def note(self, event_type: str, *, data: dict[str, Any]) -> dict[str, Any]:
        """Number an event and keep it for GET /events; returns the body of its callback."""
        with self.lock:
            seq = self._first + len(self.fake.events)
            event = {
                "id": f"evt_{seq}",
                "seq": seq,
                "type": event_type,
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
                "api": "v1",
                "data": data,
            }
            self.fake.events.append(event)
            return event

    def move(self, number: str, *, state: str, version: int) -> dict[str, Any]:
        """Bring an order into a state and return the data of the event that tells of it."""
        with self.lock:
            order = self.fake.orders[number]
            before = order["state"]
            if version > order["version"]:
                order |= {"state": state, "version": version}
            data = {"object": "order", "id": order["id"], "out_order_no": number, "version": version, "state": state}
            data |= {"from": before, "total": order["total"]}
            if state == "shipped":
                lines = [{"line": line["line"], "qty": line["qty"]} for line in order["lines"]]
                data |= {"carrier": "sf", "tracking_no": f"SF{order['id']}", "lines": lines}
            return data

    def attempts(self, number: str = "", *, since: float = 0.0) -> list[Seen]:
        """Return the calls of POST /orders, of one number or of all, since a moment of `time.monotonic`."""
        with self.lock:
            calls = [one for one in self.fake.seen if one.method == "POST" and one.path == f"{ROOT}/orders"]
        named = [one for one in calls if isinstance(one.content, dict) and one.at >= since]
        return [one for one in named if not number or one.content.get("out_order_no") == number]

    def place(self, wanted: dict[str, Any]) -> Reply:
        """Place an order, or answer the one its number has already."""
        with self.lock:
            known = self.fake.orders.get(wanted["out_order_no"])
            if known is not None:
                return Reply(200, known, {"Idempotent-Replayed": "true"})
            prices = {sku["sku"]: sku for product in self.fake.products.values() for sku in product["skus"]}
            lines = []
            for place, line in enumerate(wanted["lines"]):
                sku = prices.get(line["sku"])
                if sku is None:
                    return problem(422, "validation_failed", pointer=f"/lines/{place}/sku")
                expected, price = line.get("expected_price"), sku["agreed_price"]
                if expected is not None and expected != price:
                    facts = {"sku": line["sku"], "old": expected, "new": price}
                    return problem(
                        409,
                        "price_changed",
                        retry="after_action",
                        pointer=f"/lines/{place}/expected_price",
                        facts=facts,
                    )
                lines.append(
                    {
                        "line": place + 1,
                        "sku": line["sku"],
                        "qty": line["qty"],
                        "supply_price": price,
                        "fee": 0,
                        "agreed_price": price,
                        "amount": price * line["qty"],
                        "shipped_qty": 0,
                        "refunded_qty": 0,
                    }
                )
            total = sum(line["amount"] for line in lines)
            mode = wanted.get("mode", "hold")
            order = {
                "id": str(self._first * 1000 + len(self.fake.orders)),
                "out_order_no": wanted["out_order_no"],
                "state": "held" if mode == "hold" else "confirmed",
                "mode": mode,
                "currency": "CNY",
                "lines": lines,
                "goods_amount": total,
                "freight": 0,
                "total": total,
                "held_until": None,
                "version": 1,
                "created_at": "2026-01-01T00:00:00+00:00",
                "shipments": [],
                "refunds": [],
            }
            self.fake.orders[wanted["out_order_no"]] = order
            return Reply(201, order)

    # --- serving ---

    def _fill(self) -> None:
        for number in range(1, 7):
            self.put(str(number), skus={f"SKU-{number}": (1000 * number, 100)})
        self.fake.changes.clear()

    def _answer(self, request: Request) -> Reply:
        headers = request.headers
        name = headers.get("entrepot-nonce", "")
        is_signed = headers.get("entrepot-key") == self.key and signing.is_genuine(
            headers.get("entrepot-signature", ""),
            name=name,
            timestamp=headers.get("entrepot-timestamp", ""),
            payload=signing.signed_line(request.method, target=request.target, body=request.body),
            secret=self.secret,
        )
        with self.lock:
            self.fake.seen.append(Seen(time.monotonic(), request.method, request.path, request.json, is_signed, name))
        # A call that is signed wrongly is answered all the same: one fault of a mall shall show in one place.
        reply = self._routed(request)
        return reply if reply is not None else problem(404, "not_found")

    def _routed(self, request: Request) -> Reply | None:
        path = request.path.removeprefix(ROOT)
        if request.method == "POST" and path == "/orders":
            return self._ordered(request)
        with self.lock:
            if path == "/products":
                cursor = self._cursor()
                items = sorted(self.fake.products.values(), key=lambda one: int(one["id"]))
                return Reply(content={"items": items, "next_cursor": None, "has_more": False, "changes_cursor": cursor})
            if path == "/changes":
                return self._changes(request.query.get("cursor", ""))
            if path == "/events":
                return self._events(request.query.get("cursor", ""))
            if path.startswith("/orders/"):
                return self._order(path.removeprefix("/orders/"), method=request.method)
        return self._others(request, path)

    def _others(self, request: Request, path: str) -> Reply | None:
        if path == "/me":
            return Reply(content={"number": "T1", "name": "conformance", "is_sandbox": True, "currency": "CNY"})
        if path == "/webhook":
            return Reply(
                content={"url": "", "state": "active", "events": [], "secret": self.callback_secret, "reason": ""}
            )
        if path == "/balance":
            figures = {"balance": 1_000_000, "held": 0, "credit_limit": 0, "available": 1_000_000}
            return Reply(content={"currency": "CNY"} | figures)
        if path == "/echo":
            return Reply(
                content={
                    "method": request.method,
                    "path": request.path,
                    "body": request.body.decode("utf-8", "replace"),
                }
            )
        return Reply(content={"status": "ok", "database": "ok"}) if path == "/health" else None

    def _ordered(self, request: Request) -> Reply:
        wanted = request.json
        if not isinstance(wanted, dict) or not wanted.get("out_order_no") or not isinstance(wanted.get("lines"), list):
            return problem(422, "validation_failed")
        answer = None if self.on_order is None else self.on_order(wanted)
        return self.place(wanted) if answer is None else answer

    def _order(self, rest: str, *, method: str) -> Reply | None:
        if rest.startswith("by-out-no/"):
            found = self.fake.orders.get(rest.removeprefix("by-out-no/"))
            return None if found is None else Reply(content=found)
        order_id, _, verb = rest.partition("/")
        found = next((one for one in self.fake.orders.values() if one["id"] == order_id), None)
        if found is None:
            return None
        if verb == "shipments":
            return Reply(content={"items": found["shipments"]})
        to = {"confirm": "confirmed", "cancel": "cancelled", "receipt": "received"}.get(verb)
        if method == "POST" and to and found["state"] != to:
            found |= {"state": to, "version": found["version"] + 1}
        return Reply(content=found)

    def _cursor(self) -> str:
        return f"{self._first}-{self.fake.epoch}.{len(self.fake.changes)}"

    def _changes(self, cursor: str) -> Reply:
        epoch, _, place = cursor.partition(".")
        if epoch != f"{self._first}-{self.fake.epoch}" or not place.isdigit():
            return problem(410, "cursor_expired", retry="after_action")
        items: list[dict[str, Any]] = []
        for kind, product_id in dict.fromkeys(self.fake.changes[int(place) :]):
            product = self.fake.products.get(product_id)
            if product is None:
                items.append({"type": kind, "id": product_id, "deleted": True, "reason": "delisted"})
            else:
                items.append({"type": kind, "id": product_id, "object": product})
        return Reply(content={"items": items, "next_cursor": self._cursor(), "has_more": False, "lag_ms": 0})

    def _events(self, cursor: str) -> Reply:
        if self.is_feed_away:
            return problem(503, "busy", retry="same", headers={"Retry-After": "1"})
        after = int(cursor) if cursor.isdigit() else 0
        items = [event for event in self.fake.events if event["seq"] > after]
        last = str(items[-1]["seq"]) if items else str(after)
        return Reply(content={"items": items, "next_cursor": last, "has_more": False})


def problem(
    status: int,
    code: str,
    *,
    retry: str = "never",
    pointer: str = "",
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Return an error as the API words it."""
    errors = [{"pointer": pointer, "code": code, "detail": code, "facts": facts or {}}] if pointer or facts else []
    body = {
        "type": f"https://entrepot.dev/problems/{code}",
        "title": code,
        "status": status,
        "detail": code,
        "code": code,
        "retry": retry,
        "request_id": "req_conformance",
        "errors": errors,
    }
    return Reply(status, body, {"Content-Type": "application/problem+json"} | (headers or {}))
