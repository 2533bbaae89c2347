"""What lets a distributor see and order goods: each condition once, as a rule and as its term of SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One SKU of goods as one distributor meets it; prices in fen, stock in pieces he may take now."""

    state: str
    supplier_state: str
    is_supplier_active: bool
    visible_tiers: Sequence[int]
    visible_distributors: Sequence[int]
    is_active: bool
    supply_price_fen: int | None
    stock: int
    min_quantity: int
    distributor_id: int
    distributor_state: str
    tier_id: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: its code, the rule, and the term the shelf asks of `catalog_goods` or `catalog_sku`.

    Without a term the shelf does not ask for it, and the goods are shown though they cannot be ordered.
    """

    code: str
    holds: Callable[[Offer], bool]
    term: str = ""
    is_of_sku: bool = False


def is_visible(offer: Offer) -> bool:
    """Return whether goods are shown to a distributor: to all, to his tier, or to him by name."""
    if not offer.visible_tiers and not offer.visible_distributors:
        return True
    return offer.tier_id in offer.visible_tiers or offer.distributor_id in offer.visible_distributors


CONDITIONS = (
    Condition("on_sale", lambda offer: offer.state == "on_sale", "state = 'on_sale'"),
    Condition("supplier", lambda offer: offer.is_supplier_active, "is_supplier_active"),
    # The database's own row-level security asks this in every distributor's scope.
    Condition("visible", is_visible, "true"),
    Condition("sku", lambda offer: offer.is_active, "is_active", is_of_sku=True),
    Condition(
        "price", lambda offer: offer.supply_price_fen is not None, "supply_price_fen is not null", is_of_sku=True
    ),
    Condition("distributor", lambda offer: offer.distributor_state == "active"),
    Condition("stock", lambda offer: offer.stock > 0),
    Condition("min_quantity", lambda offer: offer.stock >= offer.min_quantity),
)
"""In the order in which they are told."""

GOODS_TERMS = " and ".join(one.term for one in CONDITIONS if one.term and not one.is_of_sku)
SKU_TERMS = " and ".join(one.term for one in CONDITIONS if one.term and one.is_of_sku)


def is_shown(offer: Offer) -> bool:
    """Return whether the SKU is on the distributor's shelf."""
    return all(one.holds(offer) for one in CONDITIONS if one.term)


def failing(offer: Offer) -> list[str]:
    """Return the codes of the conditions that do not hold, empty when the SKU is shown and can be ordered."""
    return [one.code for one in CONDITIONS if not one.holds(offer)]
