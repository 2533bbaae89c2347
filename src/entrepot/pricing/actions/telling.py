"""What every price change writes down: the fact for the malls and the line of the log."""

from typing import Any

from entrepot.events.operations import record
from entrepot.events.outbox import note
from entrepot.pricing.models import ChangeField, PriceChange


def tell(change: PriceChange, *, actor: str, until: str | None = None) -> None:
    """Write down for the malls what is to become, or became, of a price; a supplier's own price is not their business.

    A tier's rate is told to its distributors; `until` is how long the old price is honoured, once it is known. The price
    is an object of its own beside the SKU, whose version counts its stock.
    """
    if change.field == ChangeField.SUPPLIER_PRICE:
        return
    data: dict[str, Any] = {
        "object": "tier_price" if change.tier_id else "price",
        "id": str(change.tier_id or change.sku_id),
        "field": change.field,
        "state": change.state,
        "old": change.old_value,
        "new": change.new_value,
        "effective_at": change.effective_at.isoformat(),
    }
    if change.sku is not None:
        data |= {"sku": change.sku.code, "product_id": str(change.sku.goods_id)}
    if until is not None:
        data["old_until"] = until
    if change.tier_id:
        # One fact for the whole tier: thousands of malls, and all their prices, are told of it by their own queues.
        data |= {"tier_id": str(change.tier_id), "hint": "changes"}
    note(
        "price.changed",
        object_kind="tier" if change.tier_id else "sku",
        object_id=change.tier_id or change.sku_id or 0,
        data=data,
        actor=actor,
        reason=change.reason,
    )


def log(
    change: PriceChange, *, verb: str, actor: str, before_state: str | None, reason: str = "", address: str = ""
) -> None:
    """Put a step of a price change on record: what was, what is to be, and from when."""
    label = change.sku.code if change.sku else change.tier.name if change.tier else ""
    name = "fee_rate_bps" if change.field == ChangeField.FEE_RATE else f"{change.field}_fen"
    record(
        actor=actor,
        verb=verb,
        object_kind="price_change",
        object_id=change.pk,
        label=label,
        before={"state": before_state, name: change.old_value},
        after={
            "state": change.state,
            name: change.new_value,
            "effective_at": change.effective_at.isoformat(),
            "grace_minutes": change.grace_minutes,
        },
        reason=reason or change.reason,
        address=address,
    )
