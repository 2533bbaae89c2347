"""What the auditor keeps: parties, articles, pools and orders; money in fen."""

from dataclasses import dataclass, field
from typing import Any

from tests.sim.tariff import Template

SHARED = ""
UNDECIDED = ("waiting", "refused", "overdue")


@dataclass(kw_only=True)
class Quota:
    """What a distributor may keep on hold: orders, and pieces of one SKU; None sets no limit."""

    holds: int | None = None
    pieces_of_sku: int | None = None


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
    quota: Quota = field(default_factory=Quota)

    @property
    def available(self) -> int:
        return self.balance - self.held + self.credit_limit


@dataclass(kw_only=True)
class Supplier:
    """A shipper: whether he is asked to take lines on, what follows a refusal, and how he is billed."""

    number: str
    is_own: bool = False
    is_asked: bool = False
    policy: str = "ask"
    rights_days: int = 0
    is_silent_consent: bool = False


@dataclass(kw_only=True)
class Pool:
    """Pieces of one SKU set apart for `distributor` or `tier` (neither: the shared pool); a closed one serves nobody."""

    on_hand: int
    reserved: int = 0
    distributor: str | None = None
    tier: str | None = None
    cap: int | None = None
    buffer: int = 0
    taken: int = 0
    given: int = 0
    is_open: bool = True

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(kw_only=True)
class Article:
    """A SKU: its shipper, its prices in fen and its pools by name; `split_known` while pools can be told apart.

    `rates` are fee rates of its own by `tier NAME` or `distributor NUMBER`, `old` the supplier's and the supply price that
    are still honoured. With `unlists` it leaves the shelf when it has sold out.
    """

    sku: str
    supplier: str
    supplier_price: int
    supply_price: int
    min_quantity: int
    is_own: bool
    pools: dict[str, Pool]
    split_known: bool = True
    weight_g: int = 0
    template: Template | None = None
    rates: dict[str, int] = field(default_factory=dict)
    old: tuple[int, int] | None = None
    unlists: bool = False
    is_listed: bool = True
    substitutes: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def available(self) -> int:
        return sum(pool.available for pool in self.pools.values())

    @property
    def for_sale(self) -> int:
        """Pieces free in the shared pool and in every open one."""
        return sum(pool.available for pool in self.pools.values() if pool.is_open)


@dataclass(kw_only=True)
class Piece:
    """An order's line with the prices it was taken at and the pools its pieces came from, while that `is_sure`.

    `under` names the pool under whose cap it counts, `word` is what its shipper says of it, empty when he is not asked; `former` are the SKUs it has left. What after-sale
    gave back for shipped pieces: how many, how much, and of it the supplier's and the fee's share.
    """

    sku: str
    qty: int
    supplier: str
    supplier_price: int
    supply_price: int
    fee: int
    is_own: bool = False
    shipped: int = 0
    refunded: int = 0
    takes: dict[str, int] = field(default_factory=dict)
    under: str = SHARED
    is_sure: bool = True
    word: str = ""
    former: list[str] = field(default_factory=list)
    back_qty: int = 0
    back: int = 0
    back_supplier: int = 0
    back_fee: int = 0

    @property
    def agreed(self) -> int:
        return self.supply_price + self.fee

    @property
    def open(self) -> int:
        return self.qty - self.shipped - self.refunded

    @property
    def kept(self) -> int:
        return self.qty - self.refunded

    @property
    def may_ship(self) -> bool:
        return self.word in ("", "accepted", "back_ordered")


@dataclass(kw_only=True)
class Freight:
    """What a shipper's part of an order pays for sending: in fen, and how much of it went back and who bore that."""

    amount: int = 0
    back: int = 0
    back_supplier: int = 0
    is_back: bool = False


@dataclass(kw_only=True)
class Kept:
    """An order as the auditor keeps it; `content` is what a repeat must equal, `place` its turn among those waiting."""

    party: str
    number: str
    content: object
    state: str
    lines: dict[int, Piece]
    place: int = 0
    freights: dict[str, Freight] = field(default_factory=dict)
    held: int = 0
    drawn: int = 0
    refunded: int = 0
    parcels: set[tuple[str, str]] = field(default_factory=set)
    refunds: dict[str, int] = field(default_factory=dict)
    refunded_as: dict[str, dict[int, int]] = field(default_factory=dict)
    requests: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def freight(self) -> int:
        return sum(part.amount for part in self.freights.values())

    @property
    def total(self) -> int:
        return sum(line.agreed * line.qty for line in self.lines.values()) + self.freight

    def of(self, supplier: str) -> list[Piece]:
        """The lines that a shipper sends."""
        return [line for line in self.lines.values() if line.supplier == supplier]
