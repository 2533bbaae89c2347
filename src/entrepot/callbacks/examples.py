"""One example of what the events of each type hold."""

from typing import Any

import msgspec

from entrepot.callbacks.shapes import SHAPES

_MALL = "42"
_ORDER = {"object": "order", "id": "10000042", "out_order_no": "M20260101-0001", "total": 2100}
_PRODUCT = {"object": "product", "id": "7", "goods_no": "TEA", "state": "on_sale"}
_SKU = {"object": "sku", "id": "9", "sku": "TEA-250G", "product_id": "7"}
_MONEY = {"object": "balance", "id": _MALL, "version": 31, "balance": 100_000, "held": 0, "credit_limit": 0}
_REQUEST = {"id": "301", "out_refund_no": "R20260103-0001", "out_order_no": "M20260101-0001", "version": 2}
_DATA: dict[str, dict[str, Any]] = {
    "product.listed": _PRODUCT | {"version": 3},
    "product.updated": _PRODUCT | {"version": 4},
    "product.delisted": _PRODUCT | {"version": 5, "state": "unlisted", "reason": "换季"},
    "price.changed": {
        "object": "price",
        "id": "9",
        "version": 9001,
        "sku": "TEA-250G",
        "product_id": "7",
        "field": "supply_price",
        "state": "announced",
        "old": 1000,
        "new": 1100,
        "effective_at": "2026-01-02T00:00:00+08:00",
    },
    "stock.changed": _SKU | {"version": 25, "stock": 98},
    "stock.sold_out": _SKU | {"version": 30, "stock": 0},
    "stock.restocked": _SKU | {"version": 32, "stock": 100},
    "selection.added": {
        "object": "selection",
        "id": _MALL,
        "version": 9002,
        "count": 2,
        "products": ["7"],
        "categories": ["3"],
    },
    "selection.removed": {"object": "selection", "id": _MALL, "version": 9003, "count": 1, "products": ["7"]},
    "order.held": _ORDER | {"version": 1, "state": "held", "from": ""},
    "order.confirmed": _ORDER | {"version": 2, "state": "confirmed", "from": "held", "drawn": 2100, "balance": 97_900},
    "order.rejected": _ORDER | {"version": 2, "state": "rejected", "from": "held"},
    "order.expired": _ORDER | {"version": 2, "state": "expired", "from": "held"},
    "order.cancelled": _ORDER | {"version": 2, "state": "cancelled", "from": "held"},
    "order.split": _ORDER | {"version": 3, "state": "confirmed", "from": "confirmed"},
    "order.merged": _ORDER | {"version": 3, "state": "confirmed", "from": "confirmed"},
    "order.shipped": _ORDER
    | {
        "version": 3,
        "state": "shipped",
        "from": "confirmed",
        "carrier": "sf",
        "tracking_no": "SF1234567890",
        "lines": [{"line": 1, "qty": 2}],
    },
    "order.delivered": _ORDER | {"version": 4, "state": "received", "from": "shipped"},
    "order.completed": _ORDER | {"version": 5, "state": "completed", "from": "received"},
    "order.awaiting_funds": _ORDER | {"version": 2, "state": "awaiting_funds", "from": "held"},
    "order.refunded": _ORDER | {"version": 3, "state": "refunded", "from": "confirmed", "refunded": 2100},
    "aftersale.updated": _REQUEST
    | {
        "object": "aftersale",
        "order_id": "10000042",
        "type": "return",
        "state": "waiting_return",
        "amount": 1050,
        "refunded": 0,
    },
    "claim.updated": _REQUEST
    | {"object": "claim", "state": "offered", "demand": 1050, "offer": 800, "settled": None, "settled_by": ""},
    "balance.credited": _MONEY | {"amount": 50_000, "text": "500.00"},
    "balance.debited": _MONEY | {"amount": -5_000, "text": "-50.00"},
    "balance.refunded": _MONEY | {"amount": 2100, "text": "21.00"},
    "balance.low": _MONEY | {"balance": 4_000, "available": 4_000, "warn_below": 5_000},
    "statement.ready": {
        "object": "statement",
        "id": "12",
        "version": 9004,
        "month": "2026-01",
        "opening": 0,
        "closing": 97_900,
    },
    "tier.changed": {
        "object": "tier",
        "id": "2",
        "version": 9005,
        "tier_id": "2",
        "from_bps": 500,
        "fee_rate_bps": 300,
    },
    "membership.expiring": {
        "object": "membership",
        "id": "8",
        "version": 9006,
        "tier": "高级",
        "until": "2026-02-01T00:00:00+08:00",
    },
    "key.expiring": {
        "object": "key",
        "id": "5",
        "version": 9007,
        "key": "ek_live_8f3kQ2",
        "days": 7,
        "ends_at": "2026-02-01T15:59:59+00:00",
    },
    "endpoint.disabled": {
        "object": "endpoint",
        "id": _MALL,
        "version": 9008,
        "state": "disabled",
        "reason_code": "failing",
    },
    "digest.daily": {
        "object": "digest",
        "id": _MALL,
        "version": 739_256,
        "day": "2026-01-05",
        "skus": 203,
        "digest": "9f86d081884c7d65",
    },
    "webhook.test": {"object": "webhook", "id": _MALL, "version": 9009, "hello": "集散"},
}


def example_of(event_type: str) -> dict[str, Any]:
    """Return what an event of a type may hold, in the type's own shape."""
    example: dict[str, Any] = msgspec.to_builtins(msgspec.convert(_DATA[event_type], SHAPES[event_type]))
    return example
