"""What the auditor keeps: parties, articles, pools and orders; money in fen."""

from dataclasses import dataclass, field

SHARED = ""


@dataclass(kw_only=True)
class Party:
    """A distributor's terms and money in fen; policy `hold` keeps money at submit, `check` looks at confirmation."""

    number: str
    tier: str
    fee_rate_bps: int
    balance: int = 0
    held: int = 0
    credit_limit: int = 0
    policy: str = "hold"

    @property
    def available(self) -> int:
        return self.balance - self.held + self.credit_limit


@dataclass(kw_only=True)
class Pool:
    """Pieces of one SKU set apart for `distributor` or `tier` (neither: the shared pool)."""

    on_hand: int
    reserved: int = 0
    distributor: str | None = None
    tier: str | None = None
    cap: int | None = None
    buffer: int = 0
    taken: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(kw_only=True)
class Article:
    """A SKU: its shipper, its prices in fen and its pools by name; `split_known` while pools can be told apart."""

    sku: str
    supplier: str
    supplier_price: int
    supply_price: int
    min_quantity: int
    is_own: bool
    pools: dict[str, Pool]
    split_known: bool = True

    @property
    def available(self) -> int:
        return sum(pool.available for pool in self.pools.values())


@dataclass(kw_only=True)
class Piece:
    """An order's line with the prices it was taken at and the pools its pieces came from, while that `is_sure`."""

    sku: str
    qty: int
    supplier: str
    supplier_price: int
    supply_price: int
    fee: int
    shipped: int = 0
    refunded: int = 0
    takes: dict[str, int] = field(default_factory=dict)
    is_sure: bool = True

    @property
    def agreed(self) -> int:
        return self.supply_price + self.fee

    @property
    def open(self) -> int:
        return self.qty - self.shipped - self.refunded


@dataclass(kw_only=True)
class Kept:
    """An order as the auditor keeps it; `content` is what a repeat must equal, `place` its turn among those waiting."""

    party: str
    number: str
    content: object
    state: str
    lines: dict[int, Piece]
    place: int = 0
    freight: int = 0
    held: int = 0
    drawn: int = 0
    refunded: int = 0
    parcels: set[tuple[str, str]] = field(default_factory=set)
    refunds: dict[str, int] = field(default_factory=dict)
    refunded_as: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(line.agreed * line.qty for line in self.lines.values()) + self.freight
