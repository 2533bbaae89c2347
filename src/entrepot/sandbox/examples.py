"""Example data of every callback type, in the shapes of the real ones."""

from typing import Any

_ORDER = {"object": "order", "id": "1000000010000001", "out_order_no": "EXAMPLE-1", "version": 7, "total": 2100}
_PRODUCT = {"object": "product", "id": "1000000000000042", "goods_no": "EXAMPLE", "version": 3}
_SKU = {"object": "sku", "id": "1000000000000043", "sku": "EXAMPLE-SKU", "version": 12}
_BALANCE = {"object": "balance", "version": 9, "balance": 1_000_000, "held": 0, "credit_limit": 0}
_REQUEST = {
    "object": "aftersale",
    "id": "77",
    "out_refund_no": "EXAMPLE-R1",
    "order_id": "1000000010000001",
    "version": 2,
}
_STATES = {
    "order.held": ("held", ""),
    "order.confirmed": ("confirmed", "held"),
    "order.rejected": ("rejected", "held"),
    "order.expired": ("expired", "held"),
    "order.cancelled": ("cancelled", "held"),
    "order.split": ("confirmed", "confirmed"),
    "order.merged": ("confirmed", "confirmed"),
    "order.shipped": ("shipped", "confirmed"),
    "order.delivered": ("received", "shipped"),
    "order.completed": ("completed", "received"),
    "order.awaiting_funds": ("awaiting_funds", "held"),
    "order.refunded": ("refunded", "confirmed"),
}
_OTHERS: dict[str, dict[str, Any]] = {
    "product.listed": _PRODUCT | {"state": "on_sale"},
    "product.updated": _PRODUCT | {"state": "on_sale"},
    "product.delisted": _PRODUCT | {"state": "unlisted"},
    "price.changed": _SKU | {"field": "supply_price", "state": "applied", "old": 1000, "new": 1100},
    "stock.changed": _SKU | {"stock": 41},
    "stock.sold_out": _SKU | {"stock": 0},
    "stock.restocked": _SKU | {"stock": 100},
    "aftersale.updated": _REQUEST | {"state": "approved"},
    "claim.updated": _REQUEST | {"object": "claim", "state": "offered", "offer": 500},
    "balance.credited": _BALANCE | {"amount": 100_000},
    "balance.debited": _BALANCE | {"amount": -5000},
    "balance.low": _BALANCE | {"balance": 4000, "warn_below": 5000},
    "balance.refunded": _BALANCE | {"amount": 2100},
    "statement.ready": {"object": "statement", "id": "5", "month": "2026-01", "version": 1},
    "tier.changed": {"object": "tier", "id": "1000000000000001", "fee_rate_bps": 450},
    "key.expiring": {"object": "key", "key": "ek_test_EXAMPLE", "expires_at": "2026-12-31T00:00:00+08:00"},
    "endpoint.disabled": {"object": "webhook", "state": "disabled"},
    "digest.daily": {"object": "digest", "skus": 12, "digest": "0" * 64},
    "webhook.test": {"object": "webhook", "hello": "集散"},
}


def example_of(event_type: str) -> dict[str, Any]:
    """Return what a callback of a type may tell; `example` says that it never happened."""
    if event_type in _STATES:
        state, before = _STATES[event_type]
        data: dict[str, Any] = _ORDER | {"state": state, "from": before}
        if event_type == "order.shipped":
            data |= {"carrier": "sf", "tracking_no": "SF1234567890"}
        return data | {"example": True}
    return _OTHERS.get(event_type, {"object": event_type.partition(".")[0], "version": 1}) | {"example": True}
