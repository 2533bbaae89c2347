"""Sale prices: from a rule or by hand, always inside the platform's band; prices by steps of quantity."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot_mall.base.money import BPS, fen, share_half_up

Step = tuple[int, int]
STEPS_AT_MOST = 5


@dataclass(frozen=True)
class Cost:
    """What the platform says of one article, in fen."""

    agreed_fen: int
    suggested_fen: int | None = None
    floor_fen: int | None = None
    ceiling_fen: int | None = None


@dataclass(frozen=True)
class Price:
    """A sale price, or the code of why there is none."""

    sale_fen: int | None
    fault: str = ""


def price_by_rule(cost: Cost, *, pricing: str, pricing_bps: int = 0, fixed_fen: int | None = None) -> Price:
    """The sale price by a rule: mark-up on the agreed price, the suggested price, or one amount.

    What a mark-up gives is moved to the edge of the band; an amount a person typed is refused outside of it.
    """
    if pricing == "percent":
        if pricing_bps < 0:
            return Price(None, "markup_negative")
        return Price(_into_band(cost, share_half_up(cost.agreed_fen, rate_bps=BPS + pricing_bps)))
    if pricing == "suggested":
        if cost.suggested_fen is None:
            return Price(None, "no_suggested_price")
        return Price(_into_band(cost, cost.suggested_fen))
    if fixed_fen is None or fixed_fen <= 0:
        return Price(None, "not_a_price")
    fault = band_fault(cost, sale_fen=fixed_fen)
    return Price(None, fault) if fault else Price(fixed_fen)


def band_fault(cost: Cost, *, sale_fen: int) -> str:
    """Why a price may not be asked, empty when it may."""
    if cost.floor_fen is not None and sale_fen < cost.floor_fen:
        return "below_floor"
    if cost.ceiling_fen is not None and sale_fen > cost.ceiling_fen:
        return "above_ceiling"
    return ""


def _into_band(cost: Cost, sale_fen: int) -> int:
    if cost.floor_fen is not None:
        sale_fen = max(sale_fen, cost.floor_fen)
    return sale_fen if cost.ceiling_fen is None else min(sale_fen, cost.ceiling_fen)


def read_steps(text: str) -> list[Step] | None:
    """Steps as a person types them, `10:9.50 50:9.00`: from how many pieces which price; None when unreadable."""
    steps = []
    for part in text.replace("，", " ").replace(",", " ").replace("：", ":").split():
        pieces, colon, price = part.partition(":")
        price_fen = fen(price) if colon else None
        if price_fen is None or not pieces.isascii() or not pieces.isdigit():
            return None
        steps.append((int(pieces), price_fen))
    return steps


def steps_fault(steps: Sequence[Step], *, cost: Cost, min_quantity: int) -> str:
    """Why prices by steps may not be asked: more pieces must never cost more a piece, nor begin below the minimum."""
    if len(steps) > STEPS_AT_MOST:
        return "too_many_steps"
    pieces = [step[0] for step in steps]
    if pieces != sorted(set(pieces)):
        return "steps_out_of_order"
    if steps and steps[0][0] < min_quantity:
        return "below_minimum"
    prices = [step[1] for step in steps]
    if any(price <= 0 for price in prices) or prices != sorted(prices, reverse=True):
        return "steps_must_fall"
    faults = [fault for price in prices if (fault := band_fault(cost, sale_fen=price))]
    return faults[0] if faults else ""


def least_pieces(steps: Sequence[Step], *, min_quantity: int) -> int:
    """From how many pieces on something may be bought."""
    return max(min_quantity, steps[0][0]) if steps else min_quantity


def piece_price(qty: int, *, sale_fen: int | None, steps: Sequence[Step]) -> int | None:
    """The price of one piece when so many are bought: that of the highest step reached."""
    reached = [price for pieces, price in steps if pieces <= qty]
    if reached:
        return reached[-1]
    return None if steps else sale_fen
