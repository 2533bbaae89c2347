"""Signed request bytes, made before the clock runs."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entrepot_sdk import signing


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A distributor's key with its secret's bytes."""

    number: str
    key: str
    secret: bytes

    @classmethod
    def of(cls, row: dict[str, str]) -> "Caller":
        """From a row of `bin/entrepot keys --json`."""
        return cls(number=row["number"], key=row["key"], secret=signing.decode_secret(row["secret"]))


CONSIGNEE = {
    "name": "王小明",
    "phone": "13800000000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "address": "文三路 1 号",
}


def request(caller: Caller, method: str, *, target: str, body: bytes = b"", host: str) -> bytes:
    """The bytes of one signed request with a nonce of its own."""
    headers = signing.request_headers(
        method,
        target=target.encode(),
        body=body,
        key=caller.key,
        secret=caller.secret,
        nonce=signing.new_nonce(),
        timestamp=int(time.time()),
    )
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def order(sku: str, *, qty: int = 1, mode: str = "direct") -> dict[str, object]:
    """An order of one line under a number of its own."""
    return {
        "out_order_no": f"bench-{secrets.token_hex(8)}",
        "mode": mode,
        "lines": [{"sku": sku, "qty": qty}],
        "consignee": CONSIGNEE,
    }


def encode(body: object) -> bytes:
    """A body as a plain client sends it."""
    return json.dumps(body, ensure_ascii=False).encode()


def orders(callers: list[Caller], *, skus: Iterable[str], host: str) -> Iterator[bytes]:
    """One signed `direct` order of one piece per SKU given, callers in turn."""
    for place, sku in enumerate(skus):
        caller = callers[place % len(callers)]
        yield request(caller, "POST", target="/api/v1/orders", body=encode(order(sku)), host=host)


def batches(callers: list[Caller], *, skus: Iterable[list[str]], host: str) -> Iterator[bytes]:
    """One signed batch per list of SKUs given, callers in turn."""
    for place, wanted in enumerate(skus):
        body = {"out_batch_no": f"bench-{secrets.token_hex(8)}", "orders": [order(sku) for sku in wanted]}
        caller = callers[place % len(callers)]
        yield request(caller, "POST", target="/api/v1/orders/batch", body=encode(body), host=host)
