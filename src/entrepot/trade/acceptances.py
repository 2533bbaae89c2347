"""What shippers take on, put off or refuse: the rows of it, and what the desk is asked about it."""

from dataclasses import dataclass, field
from datetime import date, datetime

# --- rows ---


@dataclass(slots=True)
class AcceptanceRow:
    """Whether a shipper takes a line on. A line without one was taken on when its money was drawn."""

    order_id: int
    line_no: int
    distributor_id: int
    supplier_id: int
    state: str
    accept_by: datetime
    ship_by: date | None = None
    reason: str = ""
    is_touched: bool = False


@dataclass(slots=True)
class FormerLineRow:
    """A line as it was before it went to another shipper."""

    order_id: int
    line_no: int
    distributor_id: int
    supplier_id: int
    sku_id: int
    goods_id: int
    sku_code: str
    goods_no: str
    goods_name: str
    spec: str
    image: str
    qty: int
    supplier_price_fen: int
    reason: str
    actor: str


# --- asks ---


@dataclass(slots=True)
class Accept:
    """A shipper takes lines on; with a date they are back-ordered and sent by then. No lines: all that wait for him."""

    order_id: int
    supplier_id: int
    actor: str
    lines: list[int] = field(default_factory=list)
    ship_by: date | None = None
    reason: str = ""


@dataclass(slots=True)
class Substitute:
    """A SKU that may go out in place of another; `may_lose`: even where it costs more than the supply price."""

    sku: str
    may_lose: bool = False


@dataclass(slots=True)
class CannotSupply:
    """A shipper cannot supply what is open of some lines; `policy` says what becomes of them.

    `reroute` sends them by the first substitute that will do and refunds when none will, `refund` refunds at once,
    `ask` leaves them to the platform.
    """

    order_id: int
    supplier_id: int
    lines: list[int]
    policy: str
    reason: str
    actor: str
    substitutes: dict[int, list[Substitute]] = field(default_factory=dict)


@dataclass(slots=True)
class LapseAcceptance:
    """The time to take a line on is over by the database's clock; `policy` as in CannotSupply."""

    order_id: int
    line_no: int
    policy: str
    substitutes: list[Substitute] = field(default_factory=list)
    actor: str = "system"


@dataclass(slots=True)
class ExtendAcceptance:
    """Give the shippers of lines some minutes from now to take them on, those who refused or were late too."""

    order_id: int
    lines: list[int]
    minutes: int
    actor: str
    reason: str = ""


@dataclass(slots=True)
class Reroute:
    """Send a line by another SKU, of another shipper or the same, at the price the mall has agreed to."""

    order_id: int
    line_no: int
    sku: str
    actor: str
    reason: str
    may_lose: bool = False
