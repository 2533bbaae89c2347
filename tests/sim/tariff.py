"""What pieces and their sending cost, in whole fen, by the auditor's own reckoning."""

from dataclasses import dataclass, field


def half_up(amount: int, *, bps: int) -> int:
    """A share of an amount; half a fen goes up."""
    return (amount * bps * 2 + 10_000) // 20_000


def fee_of(supply_price: int, *, rate_bps: int) -> int:
    """The service fee of one piece: half a fen goes up."""
    return half_up(supply_price, bps=rate_bps)


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The terms of a template for some regions; without regions those of everywhere else."""

    regions: tuple[str, ...] = ()
    is_served: bool = True
    first: int = 1
    first_fen: int = 0
    step: int = 1
    step_fen: int = 0
    free_from_fen: int | None = None
    free_from_pieces: int | None = None


@dataclass(frozen=True, kw_only=True)
class Template:
    """A shipper's terms of sending: free, by piece or by weight."""

    name: str
    kind: str
    zones: tuple[Zone, ...] = field(default_factory=tuple)

    def zone(self, path: tuple[str, ...]) -> Zone:
        """The zone that names the narrowest region of a path from wide to narrow."""
        for region in reversed(path):
            for zone in self.zones:
                if region in zone.regions:
                    return zone
        return next(zone for zone in self.zones if not zone.regions)

    def charge(self, path: tuple[str, ...], *, pieces: int, weight_g: int, amount: int) -> int:
        """The freight of what one shipper sends under it, in fen."""
        zone = self.zone(path)
        if self.kind == "free" or (zone.free_from_pieces is not None and pieces >= zone.free_from_pieces):
            return 0
        if zone.free_from_fen is not None and amount >= zone.free_from_fen:
            return 0
        over = (weight_g if self.kind == "weight" else pieces) - zone.first
        return zone.first_fen + (max(0, over) + zone.step - 1) // zone.step * zone.step_fen


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one piece of a line costs: the supplier's price, the supply price and the fee."""

    supplier_price: int
    supply_price: int
    fee: int

    @property
    def agreed(self) -> int:
        return self.supply_price + self.fee


def taken_at(
    now: tuple[int, int], *, old: tuple[int, int] | None, rate_bps: int, old_rate_bps: int | None, expected: int | None
) -> Taken:
    """The price a piece is taken at: that of now, unless one still honoured is the one the mall expects.

    `now` and `old` are the supplier's price and the supply price.
    """
    found: list[Taken] = []
    for prices in (now, old):
        for bps in (rate_bps, old_rate_bps):
            if prices is not None and bps is not None:
                fee = fee_of(prices[1], rate_bps=bps)
                found.append(Taken(supplier_price=prices[0], supply_price=prices[1], fee=fee))
    return next((one for one in found if one.agreed == expected), found[0])
