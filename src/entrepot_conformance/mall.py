"""A fake mall that does everything right, save for the one fault that is switched on."""

import json
import queue
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from entrepot_conformance import signing
from entrepot_conformance.wire import Answer, Reply, Request, Server, call

TRIES_AT_MOST = 6

FAULTS: dict[str, str] = {
    "answers_no_challenge": "callback.challenge",
    "refuses_genuine": "callback.genuine",
    "takes_unsigned": "callback.bad_signature",
    "signs_parsed_json": "callback.raw_body",
    "checks_no_time": "callback.old_timestamp",
    "is_slow": "callback.quick",
    "refuses_unknown_types": "callback.growth",
    "knows_one_signature": "callback.rotation",
    "walks_one_product": "catalogue.walk",
    "ignores_changes": "catalogue.changes",
    "ignores_tombstones": "catalogue.tombstones",
    "ignores_410": "catalogue.cursor_expired",
    "counts_repeats": "events.repeated",
    "drops_lower_seq": "events.shuffled",
    "keeps_the_last": "events.version",
    "ignores_gaps": "events.gap",
    "signs_calls_wrongly": "calls.signed",
    "reuses_nonces": "calls.nonce",
    "new_number_after_busy": "orders.busy",
    "new_number_after_silence": "orders.lost_answer",
    "ignores_retry_after": "orders.retry_after",
    "insists_on_old_price": "orders.price_changed",
    "forgets_after_top_up": "orders.insufficient_balance",
    "repeats_for_ever": "orders.never",
}
"""Each fault, and the check it must turn red."""


@dataclass(slots=True)
class Bought:
    """An order of a buyer as the mall keeps it."""

    out_order_no: str
    wanted: dict[str, Any]
    state: str = "new"
    order_id: str = ""
    version: int = 0
    parcels: int = 0
    waits_for_funds: bool = False


@dataclass(slots=True)
class Kept:
    """What the mall keeps."""

    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, Bought] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    last_seq: int = 0
    feed: str = ""
    cursor: str = ""


class FakeMall:
    """Serves callbacks at `/callback` and lets itself be looked at below `/inspect`."""

    def __init__(self, *, platform: str, key: str, secret: str, callback_secret: str, fault: str = "") -> None:
        if fault and fault not in FAULTS:
            raise ValueError(f"there is no fault {fault}")
        self.platform, self.key, self.secret, self.callback_secret = platform.rstrip("/"), key, secret, callback_secret
        self.fault = fault
        self.kept = Kept()
        self._nonce = secrets.token_hex(16)
        self._lock = threading.RLock()
        self._work: queue.Queue[Any] = queue.Queue()
        self.server = Server(self._answer)
        self.callback, self.inspect = f"{self.server.url}/callback", f"{self.server.url}/inspect"
        threading.Thread(target=self._run, daemon=True, name="mall").start()

    def close(self) -> None:
        """Stop serving."""
        self._work.put(None)
        self.server.close()

    # --- what comes in ---

    def _answer(self, request: Request) -> Reply:
        if request.path == "/callback":
            return self._called(request)
        path = request.path.removeprefix("/inspect")
        if request.method == "POST" and path == "/sync":
            self.sync()
            return Reply(content={"done": True})
        if request.method == "POST" and path == "/orders":
            return self._buy(request.json)
        with self._lock:
            if path == "/catalogue":
                return Reply(content={"items": list(self.kept.products.values())})
            if path.startswith("/orders/"):
                bought = self.kept.orders.get(path.removeprefix("/orders/"))
                if bought is not None:
                    return Reply(
                        content={
                            "out_order_no": bought.out_order_no,
                            "order_id": bought.order_id,
                            "state": bought.state,
                            "version": bought.version,
                            "parcels": bought.parcels,
                        }
                    )
        return Reply(404)

    def _called(self, request: Request) -> Reply:
        if not self._is_genuine(request):
            return Reply(401)
        event = request.json
        if self.fault == "is_slow" and event.get("type") == "webhook.test":
            time.sleep(6)
        if event["type"] == "webhook.verify":
            challenge = "" if self.fault == "answers_no_challenge" else event["data"]["challenge"]
            return Reply(200, challenge, {"Content-Type": "text/plain"})
        if self.fault == "refuses_genuine" and event["data"].get("probe") == "genuine":
            return Reply(500)
        if self.fault == "refuses_unknown_types" and event["type"].startswith("future."):
            return Reply(400)
        self._heard(event)
        return Reply(200)

    def _is_genuine(self, request: Request) -> bool:
        if self.fault == "takes_unsigned" and "webhook-signature" not in request.headers:
            return True
        header, at = request.headers.get("webhook-signature", ""), request.headers.get("webhook-timestamp", "")
        if self.fault == "knows_one_signature":
            header = header.partition(" ")[0]
        payload = request.body
        if self.fault == "signs_parsed_json":
            # What many a framework hands over: the body as it would write it, not as it came.
            payload = json.dumps(request.json, ensure_ascii=False, separators=(",", ":")).encode()
        now = float(at) if self.fault == "checks_no_time" and at.isdigit() else None
        return signing.is_genuine(
            header,
            name=request.headers.get("webhook-id", ""),
            timestamp=at,
            payload=payload,
            secret=self.callback_secret,
            now=now,
        )

    # --- events ---

    def _heard(self, event: dict[str, Any]) -> None:
        with self._lock:
            if event["id"] in self.kept.heard and self.fault != "counts_repeats":
                return
            seq = event.get("seq", 0)
            if self.fault == "drops_lower_seq" and seq < self.kept.last_seq:
                return
            has_gap = seq > self.kept.last_seq + 1
            self._apply(event)
            self.kept.last_seq = max(self.kept.last_seq, seq)
        if has_gap and self.fault != "ignores_gaps":
            self._work.put(("catch_up",))

    def _apply(self, event: dict[str, Any]) -> None:
        self.kept.heard.add(event["id"])
        data = event.get("data") or {}
        bought = self.kept.orders.get(data.get("out_order_no", ""))
        if event["type"].startswith("order.") and bought is not None:
            if event["type"] == "order.shipped":
                bought.parcels += 1
            if data["version"] > bought.version or self.fault == "keeps_the_last":
                bought.state, bought.version = data["state"], data["version"]
        if event["type"] == "balance.credited" and self.fault != "forgets_after_top_up":
            for waiting in [one for one in self.kept.orders.values() if one.waits_for_funds]:
                waiting.waits_for_funds = False
                self._work.put(("place", waiting))

    def _catch_up(self) -> None:
        answer = self._ask("GET", f"/events?cursor={self.kept.feed}" if self.kept.feed else "/events")
        if not answer.is_success:
            return
        with self._lock:
            for event in answer.json["items"]:
                if event["id"] not in self.kept.heard:
                    self._apply(event)
                self.kept.last_seq = max(self.kept.last_seq, event["seq"])
            self.kept.feed = answer.json["next_cursor"] or ""

    # --- catalogue ---

    def sync(self) -> None:
        """Bring the catalogue up to date: a walk, then the changes; an expired cursor begins a new walk."""
        if not self.kept.cursor:
            self._walk()
            return
        answer = self._ask("GET", f"/changes?cursor={self.kept.cursor}")
        if answer.status == 410:
            if self.fault != "ignores_410":
                self._walk()
            return
        with self._lock:
            for change in answer.json["items"]:
                if change.get("deleted"):
                    if self.fault != "ignores_tombstones":
                        self.kept.products.pop(change["id"], None)
                elif self.fault != "ignores_changes":
                    self.kept.products[change["id"]] = _kept(change["object"])
            self.kept.cursor = answer.json["next_cursor"]

    def _walk(self) -> None:
        page = self._ask("GET", "/products?limit=500").json
        items = page["items"][:1] if self.fault == "walks_one_product" and not self.kept.cursor else page["items"]
        with self._lock:
            self.kept.products = {one["id"]: _kept(one) for one in items}
            self.kept.cursor = page["changes_cursor"]

    # --- orders ---

    def _buy(self, wanted: Any) -> Reply:
        number = f"M-{secrets.token_hex(6)}"
        with self._lock:
            prices = {sku["sku"]: sku["agreed_price"] for one in self.kept.products.values() for sku in one["skus"]}
            content = {
                "out_order_no": number,
                "mode": "direct",
                "lines": [line | {"expected_price": prices.get(line["sku"])} for line in wanted["lines"]],
                "consignee": wanted["consignee"],
            }
            bought = self.kept.orders[number] = Bought(number, content)
        self._work.put(("place", bought))
        return Reply(202, {"out_order_no": number})

    def _place(self, bought: Bought) -> None:
        for _try in range(TRIES_AT_MOST):
            answer = self._ask("POST", "/orders", content=bought.wanted)
            if answer.is_success:
                with self._lock:
                    bought.order_id = answer.json["id"]
                    if answer.json["version"] > bought.version:
                        bought.state, bought.version = answer.json["state"], answer.json["version"]
                return
            if answer.status == 0:
                if self.fault == "new_number_after_silence":
                    bought.wanted["out_order_no"] = f"M-{secrets.token_hex(6)}"
                time.sleep(0.1)
                continue
            if not self._goes_on(bought, answer):
                return
        bought.state = "refused"

    def _goes_on(self, bought: Bought, answer: Answer) -> bool:
        """Do what a refusal asks for; return whether the order is to be sent again at once."""
        told = answer.json or {}
        if told.get("retry") == "same":
            if told["code"] == "busy" and self.fault == "new_number_after_busy":
                bought.wanted["out_order_no"] = f"M-{secrets.token_hex(6)}"
            is_hasty = told["code"] == "rate_limited" and self.fault == "ignores_retry_after"
            time.sleep(0.05 if is_hasty else max(0.1, answer.retry_after_s))
            return True
        if told.get("code") == "price_changed":
            if self.fault != "insists_on_old_price":
                for error in told["errors"]:
                    for line in bought.wanted["lines"]:
                        if line["sku"] == error["facts"].get("sku"):
                            line["expected_price"] = error["facts"]["new"]
            return True
        if told.get("code") == "insufficient_balance":
            bought.waits_for_funds, bought.state = True, "waiting"
            return False
        if self.fault == "repeats_for_ever":
            time.sleep(0.05)
            return True
        bought.state = "refused"
        return False

    # --- calls ---

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if work[0] == "catch_up":
                self._catch_up()
            else:
                self._place(work[1])

    def _ask(self, method: str, path: str, *, content: Any = None) -> Answer:
        body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        target = f"/api/v1{path}"
        nonce = self._nonce if self.fault == "reuses_nonces" else secrets.token_hex(16)
        payload = signing.signed_line(method, target=target, body=body)
        if self.fault == "signs_calls_wrongly":
            payload += b" "
        at = int(time.time())
        headers = {
            "Entrepot-Key": self.key,
            "Entrepot-Timestamp": str(at),
            "Entrepot-Nonce": nonce,
            "Entrepot-Signature": signing.sign(nonce, timestamp=at, payload=payload, secret=self.secret),
            "Content-Type": "application/json",
        }
        return call(method, f"{self.platform}{target}", body=body, headers=headers)


def _kept(product: dict[str, Any]) -> dict[str, Any]:
    """Return what the mall keeps of a product, which is what it shows when it is looked at."""
    skus = [{"sku": sku["sku"], "agreed_price": sku["agreed_price"], "stock": sku["stock"]} for sku in product["skus"]]
    return {"id": product["id"], "skus": skus}
