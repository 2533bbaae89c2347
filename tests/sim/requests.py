"""Requests of after-sale as the auditor keeps them, and the table as it is delivered; money in fen."""

from dataclasses import dataclass, field

from tests.sim.records import Piece
from tests.sim.tariff import half_up

OPEN = ("requested", "waiting_return", "returning", "claim", "resending")
SINGLED_OUT = (("shipped", "refund"), ("received", "refund"), ("received", "return"))
"""Where the delivered table has a row of its own for a change of mind."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the table says of a stage, shipper, kind and reason; `bears` that the supplier bears his price."""

    is_offered: bool = True
    returns: str = "always"
    waits: bool = False
    bears: bool = False
    stock: str = "none"
    freight: str = ""


@dataclass(kw_only=True)
class Claim:
    """What is negotiated: fen for the whole of it, and the supplier's share in basis points."""

    at_most: int
    demand: int
    bps: int
    state: str = "demanded"
    offer: int | None = None
    settled: int | None = None
    settled_supplier: int | None = None
    settled_by: str = ""


@dataclass(kw_only=True)
class Request:
    """Pieces of one shipper that are asked back; `counted` are good, damaged and missing pieces by line."""

    content: object
    kind: str
    stage: str
    rule: Rule
    supplier: str
    is_own: bool
    pieces: dict[int, int]
    refund_no: str
    amount: int = 0
    demand: int | None = None
    state: str = "requested"
    settled: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    counted: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    refunded: int = 0
    supplier_fen: int = 0
    parcel: object = None
    resent: object = None
    claim: Claim | None = None

    def unsettled(self, line: int) -> int:
        return self.pieces[line] - self.settled.get(line, 0)


def delivered(stage: str, *, is_own: bool, kind: str, reason: str) -> Rule:
    """The table as it is delivered: before shipping the draw returns; on its way own goods return, a supplier's once they
    are back; received, nothing returns by itself."""
    is_whim = reason == "changed_mind"
    bears, freight = not is_own, "" if is_whim else "shipper"
    if stage == "before_shipping":
        return Rule(bears=bears, stock="back", freight="shipper") if kind == "refund" else Rule(is_offered=False)
    if kind == "reship":
        return Rule(returns="never")
    if stage == "shipped":
        return Rule(waits=not is_own, bears=bears, stock="back", freight=freight, is_offered=kind == "refund")
    if kind == "exchange":
        return Rule(returns="never", waits=True, stock="back")
    is_return = kind == "return"
    bears = bears and (is_return or not is_whim)  # goods that come back are his again
    return Rule(returns="claim", waits=is_return, bears=bears, stock="back" if is_return else "none", freight=freight)


def split_by_weight(amount: int, weights: list[int]) -> list[int]:
    """An amount in fen by weights: the odd fen to the largest remainders, the first of equals before the others."""
    total = sum(weights)
    parts = [divmod(amount * weight, total) for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    odd = set(by_remainder[: amount - sum(whole for whole, _ in parts)])
    return [whole + (place in odd) for place, (whole, _) in enumerate(parts)]


def shares_of(line: Piece, *, qty: int, amount: int, bps: int) -> tuple[int, int]:
    """What of an amount for some pieces the supplier bears and what was fee: no more than the pieces brought them."""
    owed = 0 if line.is_own else line.supplier_price * qty
    his = min(half_up(amount, bps=bps), owed)
    whole, fee = line.agreed * qty, line.fee * qty
    if amount == whole:
        return (owed if bps == 10_000 else his), fee
    return his, min((2 * fee * amount + whole) // (2 * whole), amount - his)
