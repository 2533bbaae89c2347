"""The decision table of after-sale, what a request may ask for, and how claims are settled: pure rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from entrepot.base.money import BPS
from entrepot.base.refusals import Refusal
from entrepot.trade.terms import Fault

STAGES = ("before_shipping", "shipped", "received")
SHIPPERS = ("own", "supplier")
KINDS = ("refund", "return", "exchange", "reship")
REASONS = ("changed_mind", "quality", "wrong_goods", "damaged", "lost", "not_received", "other")
RETURNS = ("always", "claim", "never")
CONDITIONS = ("at_once", "after_return")
BILLS = ("none", "reverse")
STOCKS = ("none", "back", "write_off")
FREIGHTS = ("distributor", "shipper", "platform")
OPEN_STATES = ("requested", "waiting_return", "returning", "claim", "resending")
CLOSED_STATES = ("done", "refused", "withdrawn")
STATES = OPEN_STATES + CLOSED_STATES
CONDITIONS_OF_GOODS = ("good", "damaged", "missing")
PIECES_AT_MOST = 1_000_000

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the decision table (售后规则); an empty reason stands for every reason without a row of its own.

    `returns`: whether the draw comes back by itself, by a claim, or not. `condition`: at once, or once the parcel was
    intercepted or came back. `bill`: whether the supplier's bill is lessened by his price. `stock`: whether goods are
    expected back, and whether good ones are sold again. `freight`: who bears the freight that was drawn; the distributor
    when it does not come back.
    """

    stage: str
    shipper: str
    kind: str
    reason: str = ""
    is_offered: bool = True
    returns: str = "always"
    condition: str = "at_once"
    bill: str = "none"
    stock: str = "none"
    freight: str = "distributor"

    @property
    def key(self) -> Key:
        """Return what the cell is found by."""
        return (self.stage, self.shipper, self.kind, self.reason)

    @property
    def expects_goods(self) -> bool:
        """Return whether shipped pieces are to come back to the shipper."""
        return self.stage != "before_shipping" and self.stock != "none"

    @property
    def supplier_bps(self) -> int:
        """Return the share of the money that the supplier bears by the table."""
        return BPS if self.bill == "reverse" else 0

    @property
    def freight_by(self) -> str:
        """Return who gives freight back, as the desk has it: shipper, platform, or nobody."""
        return "" if self.freight == "distributor" else self.freight


def _defaults() -> Iterable[Cell]:
    for shipper in SHIPPERS:
        bill = "reverse" if shipper == "supplier" else "none"
        # Before shipping the draw returns at once, and whatever was reserved is free again.
        yield Cell("before_shipping", shipper, "refund", bill=bill, stock="back", freight="shipper")
        for kind in KINDS[1:]:
            yield Cell("before_shipping", shipper, kind, is_offered=False, returns="never")
        # On its way: own goods return, a supplier's once the parcel was intercepted or came back. Only refunds.
        shipped = Cell("shipped", shipper, "refund", bill=bill, stock="back", freight="shipper")
        if shipper == "supplier":
            shipped = replace(shipped, condition="after_return")
        yield shipped
        yield replace(shipped, reason="changed_mind", freight="distributor")
        for kind in ("return", "exchange"):
            yield Cell("shipped", shipper, kind, is_offered=False, returns="never")
        yield Cell("shipped", shipper, "reship", returns="never")
        # Received: nothing returns by itself; money is a claim.
        refund = Cell("received", shipper, "refund", returns="claim", bill=bill, freight="shipper")
        yield refund
        yield replace(refund, reason="changed_mind", bill="none", freight="distributor")
        back = replace(refund, kind="return", condition="after_return", stock="back")
        yield back
        yield replace(back, reason="changed_mind", freight="distributor")
        yield Cell("received", shipper, "exchange", returns="never", condition="after_return", stock="back")
        yield Cell("received", shipper, "reship", returns="never")


DEFAULT: dict[Key, Cell] = {cell.key: cell for cell in _defaults()}
"""The table as it is delivered (product rule 6)."""


def table_of(changed: Iterable[Cell]) -> dict[Key, Cell]:
    """Return the table in force: the default with the operator's rows in place of, or beside, its own."""
    return DEFAULT | {cell.key: cell for cell in changed}


def look_up(table: Mapping[Key, Cell], *, stage: str, shipper: str, kind: str, reason: str) -> Cell:
    """Return the cell that decides: the row of this very reason before the row of every reason."""
    return table.get((stage, shipper, kind, reason)) or table[stage, shipper, kind, ""]


def cell_faults(cell: Cell) -> list[str]:
    """Return what makes no sense in a row, as codes; empty when it may be saved."""
    found: list[str] = []
    known = (
        (cell.stage, STAGES),
        (cell.shipper, SHIPPERS),
        (cell.kind, KINDS),
        (cell.reason, ("", *REASONS)),
        (cell.returns, RETURNS),
        (cell.condition, CONDITIONS),
        (cell.bill, BILLS),
        (cell.stock, STOCKS),
        (cell.freight, FREIGHTS),
    )
    if any(value not in values for value, values in known):
        found.append("unknown_value")
    if cell.shipper == "own" and cell.bill != "none":
        found.append("own_goods_have_no_bill")
    if cell.kind in ("exchange", "reship") and cell.returns != "never":
        found.append("goods_instead_of_money")
    if cell.condition == "after_return" and not cell.expects_goods and cell.is_offered:
        found.append("nothing_would_come_back")
    if cell.stage == "before_shipping":
        if cell.kind != "refund" and cell.is_offered:
            found.append("nothing_was_sent")
        if cell.kind == "refund" and cell.returns == "claim":
            found.append("nothing_to_claim")
        if cell.kind == "refund" and (cell.bill == "none") != (cell.shipper == "own"):
            found.append("unsent_is_not_owed")
    return found


# --- requests ---


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who acts: platform, distributor, supplier or system, with his party's id and his line for the log."""

    kind: str
    actor: str
    party_id: int = 0
    address: str = ""


@dataclass(slots=True, kw_only=True)
class Wish:
    """What is asked for: pieces by line number of one order. `demand_fen` is what a claim asks for, None for all."""

    order_id: int
    out_refund_no: str
    kind: str
    reason: str
    pieces: dict[int, int]
    remark: str = ""
    demand_fen: int | None = None
    upload_ids: tuple[int, ...] = ()  # pictures sent ahead


@dataclass(slots=True, kw_only=True)
class SubjectLine:
    """A line of the order asked about; prices in fen for one piece. `asked_*` are pieces in other open requests."""

    line_no: int
    supplier_id: int
    is_own: bool
    qty: int
    shipped_qty: int
    refunded_qty: int
    returned_qty: int
    agreed_price_fen: int
    supplier_price_fen: int
    fee_fen: int
    sku_code: str = ""
    goods_name: str = ""
    spec: str = ""
    image: str = ""
    asked_unsent_qty: int = 0
    asked_sent_qty: int = 0

    @property
    def unsent_qty(self) -> int:
        """Return the pieces that can still be asked back before they are sent."""
        return self.qty - self.shipped_qty - self.refunded_qty - self.asked_unsent_qty

    @property
    def sent_qty(self) -> int:
        """Return the sent pieces that no other request speaks of and no money was returned for."""
        return self.shipped_qty - self.returned_qty - self.asked_sent_qty


@dataclass(slots=True, kw_only=True)
class Subject:
    """The order asked about."""

    order_id: int
    distributor_id: int
    out_order_no: str
    state: str
    completed_at: datetime | None
    now: datetime
    lines: dict[int, SubjectLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """The times of after-sale, as the platform has set them."""

    rights_days: int = 7
    claim_hours: int = 72
    return_days: int = 15
    is_silence_consent: bool = True


@dataclass(slots=True, kw_only=True)
class Outlook:
    """What would happen, and which cell says so; faults when the request would be refused. Amounts in fen."""

    stage: str = ""
    shipper: str = ""
    supplier_id: int = 0
    cell: Cell | None = None
    amount_fen: int = 0
    pieces: dict[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_allowed(self) -> bool:
        """Return whether the request would be taken."""
        return not self.faults

    @property
    def refusal(self) -> Refusal | None:
        """Return the gravest refusal, None when there is none."""
        return min((fault.refusal for fault in self.faults), key=lambda one: one.precedence, default=None)


@dataclass(slots=True, kw_only=True)
class Result:
    """What became of a deed: the request it concerns, or a refusal with its faults; `is_replay`: done before."""

    request_id: int | None = None
    state: str = ""
    refusal: Refusal | None = None
    faults: list[Fault] = field(default_factory=list)
    is_replay: bool = False

    @property
    def is_accepted(self) -> bool:
        """Return whether the deed took effect, now or before."""
        return self.refusal is None


def refused(*faults: Fault, request_id: int | None = None, state: str = "") -> Result:
    """Return the result that refuses for these faults; the gravest gives the code."""
    gravest = min(faults, key=lambda fault: fault.refusal.precedence)
    return Result(request_id=request_id, state=state, refusal=gravest.refusal, faults=list(faults))


def judge(
    wish: Wish, *, subject: Subject, table: Mapping[Key, Cell], limits: Limits, is_platform: bool = False
) -> Outlook:
    """Return what the table says to a request, or why it cannot be taken; the platform is held by no time limit.

    Pieces that are not yet sent are meant first. A request speaks of one shipper and one stage.
    """
    outlook = Outlook(pieces=dict(wish.pieces))
    if wish.kind not in KINDS or wish.reason not in REASONS:
        outlook.faults.append(_fault("/kind" if wish.kind not in KINDS else "/reason", "unknown_value"))
    if not wish.pieces:
        outlook.faults.append(_fault("/lines", "no_lines"))
    for number, qty in wish.pieces.items():
        if number not in subject.lines:
            outlook.faults.append(_fault(f"/lines/{number}", "unknown_line"))
        elif not 1 <= qty <= PIECES_AT_MOST:
            outlook.faults.append(_fault(f"/lines/{number}/qty", "qty", qty=qty))
    if outlook.faults:
        return outlook
    lines = [subject.lines[number] for number in wish.pieces]
    if len({line.supplier_id for line in lines}) > 1:
        outlook.faults.append(_fault("/lines", "several_shippers"))
        return outlook
    outlook.supplier_id = lines[0].supplier_id
    outlook.shipper = "own" if lines[0].is_own else "supplier"
    outlook.stage = _stage(wish, subject=subject)
    if not outlook.stage:
        outlook.faults.append(Fault("", Refusal.STATE_CONFLICT, {"state": subject.state}))
        return outlook
    outlook.faults += _piece_faults(wish, subject=subject, stage=outlook.stage)
    cell = look_up(table, stage=outlook.stage, shipper=outlook.shipper, kind=wish.kind, reason=wish.reason)
    outlook.cell = cell
    outlook.amount_fen = sum(subject.lines[number].agreed_price_fen * qty for number, qty in wish.pieces.items())
    if not cell.is_offered or (cell.kind == "refund" and cell.returns == "never"):
        facts = {"why": "not_offered", "state": subject.state, "cell": ":".join(cell.key)}
        outlook.faults.append(Fault("/kind", Refusal.STATE_CONFLICT, facts))
    ended = subject.completed_at is not None and subject.completed_at + timedelta(days=limits.rights_days)
    if ended and ended < subject.now and not is_platform:
        outlook.faults.append(
            Fault(
                "", Refusal.STATE_CONFLICT, {"why": "rights_over", "state": subject.state, "days": limits.rights_days}
            )
        )
    if wish.demand_fen is not None and not 0 <= wish.demand_fen <= outlook.amount_fen:
        outlook.faults.append(_fault("/demand", "more_than_paid", at_most=outlook.amount_fen, amount=wish.demand_fen))
    return outlook


def _stage(wish: Wish, *, subject: Subject) -> str:
    if subject.state in ("received", "completed"):
        return "received"
    if subject.state not in ("confirmed", "partly_shipped", "shipped"):
        return ""
    fits = all(qty <= subject.lines[number].unsent_qty for number, qty in wish.pieces.items())
    was_sent = any(subject.lines[number].shipped_qty for number in wish.pieces)
    if (wish.kind == "refund" and fits) or not was_sent:
        return "before_shipping"
    return "shipped"


def _piece_faults(wish: Wish, *, subject: Subject, stage: str) -> list[Fault]:
    found: list[Fault] = []
    for number, qty in wish.pieces.items():
        line = subject.lines[number]
        free = line.unsent_qty if stage == "before_shipping" else line.sent_qty
        if qty > free:
            found.append(_fault(f"/lines/{number}/qty", "more_than_open", open=max(0, free), qty=qty))
    return found


def _fault(pointer: str, why: str, **facts: int) -> Fault:
    return Fault(pointer, Refusal.VALIDATION_FAILED, {"why": why, **facts})


# --- the way of a request ---


def after_approval(cell: Cell) -> str:
    """Return the state a request goes to once it is agreed to."""
    if cell.expects_goods:
        return "waiting_return"
    if cell.returns == "claim":
        return "claim"
    return "resending" if cell.kind in ("exchange", "reship") else "done"


def pays_at_once(cell: Cell) -> bool:
    """Return whether the draw returns as soon as the request is agreed to."""
    return cell.returns == "always" and cell.condition == "at_once"


def after_inspection(cell: Cell, *, missing: int, is_paid: bool) -> str:
    """Return the state after the shipper has said what came back; what did not come back and is unpaid is a claim."""
    if cell.kind in ("exchange", "reship"):
        return "resending"
    if cell.returns == "claim" or (cell.returns == "always" and missing and not is_paid):
        return "claim"
    return "done"


def stock_back(cell: Cell, *, good: int, damaged: int) -> tuple[int, int]:
    """Return how many of the pieces that came back are sold again and how many are written off."""
    return (0, good + damaged) if cell.stock == "write_off" else (good, damaged)


def share_out(amount_fen: int, *, weights: Sequence[int]) -> list[int]:
    """Return an amount in fen split by weights to the fen: the largest remainders get the odd ones, none over its weight.

    The amount is at most the sum of the weights.
    """
    total = sum(weights)
    if total == 0:
        return [0 for _ in weights]
    shares = [amount_fen * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(amount_fen * weights[place] % total), place))
    for place in order[: amount_fen - sum(shares)]:
        shares[place] += 1
    return shares


def on_silence(state: str, *, demand_fen: int, offer_fen: int | None, is_silence_consent: bool) -> int | None:
    """Return what a claim is settled at when its time is over, in fen; None when it waits for the platform's ruling.

    Who is silent has agreed: the distributor to the offer, the platform to the demand unless it says otherwise.
    """
    if state == "offered":
        return offer_fen
    return demand_fen if is_silence_consent else None
