"""What malls are told, type by type, as the contract lists it: one example of each callback."""

from typing import Any

from entrepot.callbacks.rules import TYPES

_ORDER = {"object": "order", "id": "10000042", "out_order_no": "M20260101-0001", "version": 3, "total": 2100}
_GOODS = {"object": "product", "id": "7", "version": 4}
_SKU = {"object": "sku", "id": "9", "version": 12}
_BALANCE = {"object": "balance", "version": 31, "amount": 2100, "balance": 100_000}
# What an event holds beside the general of its object; a type that is not named has nothing more.
_DATA: dict[str, dict[str, Any]] = {
    "aftersale.updated": {
        "object": "aftersale",
        "id": "301",
        "out_refund_no": "R20260103-0001",
        "out_order_no": "M20260101-0001",
        "order_id": "10000042",
        "type": "return",
        "version": 2,
        "state": "waiting_return",
        "amount": 1050,
        "refunded": 0,
    },
    "claim.updated": {
        "object": "claim",
        "id": "301",
        "out_refund_no": "R20260103-0001",
        "out_order_no": "M20260101-0001",
        "version": 2,
        "state": "offered",
        "demand": 1050,
        "offer": 800,
        "settled": None,
        "settled_by": "",
    },
    "statement.ready": {"object": "statement", "id": "12", "month": "2026-01", "opening": 0, "closing": 97_900},
    "tier.changed": {"object": "tier", "id": "2", "from_bps": 500, "fee_rate_bps": 300},
    "key.expiring": {
        "object": "key",
        "id": "5",
        "key": "ek_live_8f3kQ2",
        "days": 7,
        "ends_at": "2026-02-01T15:59:59+00:00",
    },
    "endpoint.disabled": {"object": "endpoint", "state": "disabled"},
    "digest.daily": {
        "object": "digest",
        "id": "1",
        "day": "2026-01-05",
        "version": 739_256,
        "skus": 203,
        "digest": "9f86d081884c7d65",
    },
    "webhook.test": {"object": "webhook", "hello": "集散"},
}
_OF_KIND = {"order": _ORDER, "product": _GOODS, "price": _GOODS, "stock": _SKU, "balance": _BALANCE}


def callbacks(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the contract's callbacks by their types; `schema` is that of an event."""
    return {name: {"post": _callback(name, schema)} for name in TYPES}


def _callback(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": name,
        "description": "Signed by Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature).",
        "tags": ["events"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": event_example(name)}},
        },
        "responses": {"200": {"description": "Any 2xx within 10 s: it is heard"}},
        "security": [],
    }


def event_example(name: str) -> dict[str, Any]:
    """Return a callback of a type as it is sent."""
    kind, _, word = name.partition(".")
    data = _DATA.get(name) or dict(_OF_KIND.get(kind, {"object": kind}))
    if kind == "order":
        data["state"] = word
    return {
        "id": "evt_9001",
        "seq": 42,
        "type": name,
        "timestamp": "2026-01-01T07:30:00+00:00",
        "api": "v1",
        "data": data,
    }
