"""What the desk is asked and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from entrepot.base.refusals import Refusal
from entrepot.trade.acceptances import Accept, CannotSupply, ExtendAcceptance, LapseAcceptance, Reroute
from entrepot.trade.books import OrderRow, SealedConsignee
from entrepot.trade.referrals import AccrueReferral, PayReferrer, ReturnPayout, ReverseReferral

SYSTEM = "system"

# --- asks: one dataclass per verb; `actor` says who asks (see base.actors) ---


@dataclass(slots=True)
class AskLine:
    """One wanted line: pieces of a SKU, the agreed price the mall expects (fen), the promotion it sells under."""

    sku: str
    qty: int
    expected_price_fen: int | None = None
    promotion: str = ""


@dataclass(slots=True)
class Place:
    """Place an order: `hold` keeps stock and money until it lapses, `direct` draws at once."""

    distributor_id: int
    out_order_no: str
    mode: str
    lines: list[AskLine]
    consignee: SealedConsignee
    content_hash: bytes
    actor: str
    hold_minutes: int | None = None
    remark: str = ""


@dataclass(slots=True)
class Capture:
    """Confirm a held order: draw the money. `distributor_id` None means the platform asks."""

    order_id: int
    actor: str
    distributor_id: int | None = None


@dataclass(slots=True)
class Cancel:
    """Cancel an order that is held or waits for funds."""

    order_id: int
    actor: str
    distributor_id: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Expire:
    """Let a held order lapse whose time has come by the database's clock."""

    order_id: int
    actor: str = SYSTEM


@dataclass(slots=True)
class Release:
    """Let the orders of a distributor that wait for funds go on, oldest first, as far as the funds reach."""

    distributor_id: int
    actor: str = SYSTEM


@dataclass(slots=True)
class Ship:
    """Send one parcel of one shipper: pieces by line number; no lines means all that is left of that shipper's."""

    order_id: int
    supplier_id: int
    carrier: str
    tracking_no: str
    actor: str
    pieces: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Receive:
    """Record that the buyer has received a shipped order."""

    order_id: int
    actor: str
    distributor_id: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Complete:
    """Complete a received order: what was drawn is earned by supplier, platform and fee."""

    order_id: int
    actor: str
    distributor_id: int | None = None
    reason: str = ""


@dataclass(slots=True)
class RefundBeforeShipping:
    """Give back what was drawn for pieces not yet shipped; no pieces means all that is left unshipped."""

    order_id: int
    refund_no: str
    actor: str
    reason: str
    pieces: dict[int, int] = field(default_factory=dict)
    distributor_id: int | None = None


@dataclass(slots=True)
class ReturnMoney:
    """Give back money for pieces that were shipped, once per refund number: by line its pieces and an amount in fen.

    `supplier_bps` of each amount is borne by the supplier, never more than he is owed for those pieces; the rest by the
    platform. Freight comes back with the last fen of the shipper's part, borne by the shipper or the platform; not at all
    when `freight_by` is empty. `kind` is `after_sale` for whole prices or `claim` for what was agreed on or ruled.
    """

    order_id: int
    refund_no: str
    kind: str
    actor: str
    reason: str
    amounts: dict[int, tuple[int, int]]
    supplier_bps: int = 10_000
    freight_by: str = ""


@dataclass(slots=True)
class ReturnGoods:
    """Take shipped pieces back into the house, once per cause: by line how many are good and how many written off."""

    order_id: int
    cause: str
    actor: str
    pieces: dict[int, tuple[int, int]]
    remark: str = ""


def one_of_line(cause: str, *, line_no: int) -> str:
    """Return the cause under which the move of one line is counted once."""
    return f"{cause}:{line_no}"


@dataclass(slots=True)
class Resend:
    """Send pieces of shipped lines once more without money, once per cause; they leave the shared pool."""

    order_id: int
    cause: str
    actor: str
    pieces: dict[int, int]
    remark: str = ""


@dataclass(slots=True)
class Credit:
    """Credit (or, below 0, debit) a prepaid balance in fen, once per cause.

    The kind is `top_up`, `adjustment`, or `membership`, which is paid and never credited.
    """

    distributor_id: int
    amount_fen: int
    cause: str
    actor: str
    kind: str = "top_up"
    remark: str = ""


@dataclass(slots=True)
class SetCreditLimit:
    """Change a distributor's credit limit (fen); refused below what he already uses."""

    distributor_id: int
    limit_fen: int
    actor: str
    reason: str = ""


@dataclass(slots=True)
class Restock:
    """Change what is on hand of a SKU in a warehouse's pool by some pieces (or below 0), once per cause.

    With `set_to` the pieces free to sell become that many, whatever `qty` says.
    """

    sku: str
    warehouse_id: int
    qty: int
    cause: str
    actor: str
    allotment_id: int | None = None
    set_to: int | None = None
    remark: str = ""


@dataclass(slots=True)
class Allot:
    """Move pieces between the shared pool and an allotment (below 0: back to the shared pool), once per cause."""

    sku: str
    warehouse_id: int
    allotment_id: int
    qty: int
    cause: str
    actor: str
    remark: str = ""


@dataclass(slots=True)
class SetAllotment:
    """Open an allotment of a SKU for a distributor or a tier, or change the one that is open; once per cause.

    `floor` pieces are moved from the shared pool into it, and back when the floor is lowered, as far as they are free.
    When the shared pool has too few it is refused, unless `is_partial`: then what there is is given, and the rest when
    it comes.
    """

    sku: str
    cause: str
    actor: str
    distributor_id: int | None = None
    tier_id: int | None = None
    floor: int = 0
    cap: int | None = None
    buffer: int = 0
    ends_at: datetime | None = None
    is_partial: bool = False
    reason: str = ""


@dataclass(slots=True)
class CloseAllotment:
    """Close an allotment: what is free in its pool goes back to the shared one, what orders have reserved stays theirs."""

    sku: str
    allotment_id: int
    actor: str
    reason: str = ""


@dataclass(slots=True)
class TendAllotment:
    """Do for an allotment what time asks for: close it at its end, take back what came free since, fill up its floor."""

    sku: str
    allotment_id: int
    actor: str = SYSTEM


@dataclass(slots=True)
class SetWarning:
    """Say below which available funds (fen) a distributor is warned, 0 for never."""

    distributor_id: int
    warn_below_fen: int
    actor: str = SYSTEM


@dataclass(slots=True)
class PaySupplier:
    """Pay a supplier an amount (fen, above 0) of what is owed to him, once per cause; the bank has sent it."""

    supplier_id: int
    amount_fen: int
    cause: str
    actor: str
    remark: str = ""


@dataclass(slots=True)
class AdjustSupplier:
    """Correct what is owed to a supplier by an amount in fen (below 0: less is owed), once per cause."""

    supplier_id: int
    amount_fen: int
    cause: str
    actor: str
    remark: str = ""


Ask: TypeAlias = (
    Place
    | Capture
    | Cancel
    | Expire
    | Release
    | Ship
    | Receive
    | Complete
    | RefundBeforeShipping
    | Accept
    | CannotSupply
    | LapseAcceptance
    | ExtendAcceptance
    | Reroute
    | ReturnMoney
    | ReturnGoods
    | Resend
    | Credit
    | SetCreditLimit
    | PaySupplier
    | AdjustSupplier
    | Restock
    | Allot
    | SetAllotment
    | CloseAllotment
    | TendAllotment
    | SetWarning
    | AccrueReferral
    | ReverseReferral
    | PayReferrer
    | ReturnPayout
)

# --- answers ---


@dataclass(slots=True)
class Fault:
    """One thing wrong: a JSON pointer into the ask, the refusal, and its numbers (fen, pieces, states)."""

    pointer: str
    refusal: Refusal
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What became of one ask: an order or figure, or a refusal with its faults; `is_replay`: done before."""

    order: OrderRow | None = None
    refusal: Refusal | None = None
    faults: list[Fault] = field(default_factory=list)
    is_replay: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Return whether the ask took effect, now or before."""
        return self.refusal is None


def refuse(*faults: Fault, order: OrderRow | None = None) -> Answer:
    """Return the answer that refuses for these faults; the gravest gives the code."""
    gravest = min(faults, key=lambda fault: fault.refusal.precedence)
    return Answer(order=order, refusal=gravest.refusal, faults=list(faults))


def conflict(order: "OrderRow", *, why: str = "") -> Answer:
    """Return the answer that refuses a verb which the order's state does not allow; `why` names the reason more closely."""
    facts = {"state": order.state} | ({"why": why} if why else {})
    return refuse(Fault("", Refusal.STATE_CONFLICT, facts), order=order)


def nothing(pointer: str = "") -> Answer:
    """Return the answer for an object that is not there, or not the asker's."""
    return refuse(Fault(pointer, Refusal.NOT_FOUND))
