"""Bills and referral by the auditor's own reckoning: what is owed, billed, disputed, paid, and to whom a share is due."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.sim.records import Kept, Piece

if TYPE_CHECKING:
    from tests.sim.model import Auditor

OK, MISTAKE = "ok", "mistake"
ON_PAPER = (
    *("bill", "run", "put_off", "send", "confirm_bill", "consent", "dispute", "judge_line", "pay", "settle_bill"),
    "pay_referrer",
)


@dataclass(kw_only=True, eq=False)
class Movement:
    """What moved a supplier's account: an order earned or given back, or a correction; fen."""

    kind: str
    order: tuple[str, str] | None
    amount: int


@dataclass(kw_only=True, eq=False)
class Line:
    """A movement on a bill; `left_by` says why it is on this bill no longer."""

    movement: Movement
    id: int = 0
    left_by: str = ""
    is_disputed: bool = False
    ruling: str = ""


@dataclass(kw_only=True, eq=False)
class Bill:
    """What is owed to a supplier, line by line."""

    id: int
    supplier: str
    lines: list[Line] = field(default_factory=list)
    state: str = "draft"
    revision: int = 0
    is_carried_on: bool = False

    @property
    def counted(self) -> list[Line]:
        return [line for line in self.lines if line.left_by in ("", "carried")]

    @property
    def total(self) -> int:
        return sum(line.movement.amount for line in self.counted)

    @property
    def open_disputes(self) -> list[Line]:
        return [line for line in self.lines if line.is_disputed and not line.ruling]


def content_hash(head: str, rows: list[tuple[int, str, int | None, int]]) -> str:
    """The digest of a bill: its head, then transfer, kind, order and amount of each line in the order of the transfers."""
    text = [head, *(f"{one}|{kind}|{order or ''}|{amount}" for one, kind, order, amount in sorted(rows))]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


class Settling:
    """The part of the auditor that knows suppliers' bills and referrers' shares."""

    def __init__(self) -> None:
        self.payable: dict[str, int] = {}
        self.goods_income = 0
        self.fee_income = 0
        self.adjusted = 0
        self.paid_out = 0
        self.unbilled: dict[str, list[Movement]] = {}
        self.bills: dict[int, Bill] = {}
        self.runs: dict[tuple[str, int], int | None] = {}
        # Who brought whom, by `supplier NUMBER` or `distributor NUMBER`; rates of both sides by referrer, basis points.
        self.brought: dict[str, str] = {}
        self.rates: dict[str, tuple[int, int]] = {}
        self.paid_referrers: dict[str, int] = {}
        self.owed_before: dict[str, int] = {}

    # --- what is owed to suppliers ---

    def owe(self, supplier: str, amount: int, *, kind: str, order: tuple[str, str] | None) -> None:
        """A movement of a supplier's account that waits to be billed; none when the amount is 0."""
        if amount:
            self.payable[supplier] = self.payable.get(supplier, 0) + amount
            self.unbilled.setdefault(supplier, []).append(Movement(kind=kind, order=order, amount=amount))

    def earn(self: "Auditor", order: Kept) -> None:
        """What was drawn and not given back is earned: the supplier's price and freight by him, margin and fee by us."""
        owed: dict[str, int] = {}
        for line in order.lines.values():
            his = 0 if line.is_own else line.supplier_price * line.kept
            owed[line.supplier] = owed.get(line.supplier, 0) + his - line.back_supplier
            self.fee_income += line.fee * line.kept - line.back_fee
            self.goods_income += line.supply_price * line.kept - his - (line.back - line.back_supplier - line.back_fee)
        for supplier, part in order.freights.items():
            if self.is_given_back(order, supplier):
                continue
            if self.suppliers[supplier].is_own:
                self.goods_income += part.amount - part.back
            else:
                owed[supplier] = owed.get(supplier, 0) + part.amount - part.back_supplier
                self.goods_income -= part.back - part.back_supplier
        for supplier, amount in owed.items():
            self.owe(supplier, amount, kind="settle_supplier", order=(order.party, order.number))

    def unearn(self, order: Kept, supplier: str, *, supplier_fen: int, fee: int, total: int) -> None:
        """A refund after completion takes back what each had of it."""
        self.owe(supplier, -supplier_fen, kind="reverse_supplier", order=(order.party, order.number))
        self.fee_income -= fee
        self.goods_income -= total - supplier_fen - fee

    # --- bills: judging ---

    def judge_paper(self: "Auditor", verb: str, *, more: dict[str, Any]) -> frozenset[str]:
        """What a deed on bills or payouts may be answered."""
        if verb == "pay_referrer":
            is_again = more["once"] in self.causes
            return frozenset({OK if is_again or more["amount"] <= self.referrer_owed(more["referrer"]) else MISTAKE})
        if verb == "bill":
            is_due = self.due(more["supplier"], until_days=None)
            return frozenset({OK if is_due else MISTAKE})
        if verb in ("run", "consent"):
            return frozenset({OK})
        bill = self.bills[more["bill"]]
        allowed = {
            "put_off": ("draft",),
            "send": ("draft",),
            "confirm_bill": ("sent",),
            "dispute": ("sent", "disputed"),
            "judge_line": ("disputed",),
            "pay": ("confirmed",),
            "settle_bill": ("paid",),
        }
        if bill.state == "draft" and verb in ("confirm_bill", "dispute"):
            return frozenset({"not_found"})  # a supplier is shown no draft
        if bill.state not in allowed[verb]:
            return frozenset({MISTAKE})
        return frozenset({OK if self._fits_bill(bill, verb, more=more) else MISTAKE})

    def _fits_bill(self, bill: Bill, verb: str, *, more: dict[str, Any]) -> bool:
        if verb == "put_off":
            return len(bill.counted) > 1
        if verb == "confirm_bill":
            return bool(more["revision"] == bill.revision)
        if verb == "dispute":
            lines = [bill.lines[place] for place in more["lines"]]
            return all(not line.is_disputed and not line.left_by for line in lines)
        if verb == "judge_line":
            line = bill.lines[more["line"]]
            return line.is_disputed and not line.ruling
        return True

    def due(self: "Auditor", supplier: str, *, until_days: int | None) -> list[Movement]:
        """What of a supplier's account is payable: now, or at a run so many days ahead; with an order's credit what takes
        back a part of it. No rights window ends while a simulation runs, unless it has none."""
        is_over = self.suppliers[supplier].rights_days == 0
        if until_days is not None:
            is_over = until_days > self.suppliers[supplier].rights_days
        waiting = self.unbilled.get(supplier, [])
        return [movement for movement in waiting if is_over or movement.order is None]

    # --- bills: doing ---

    def do_paper(self: "Auditor", verb: str, *, more: dict[str, Any], made: int | None = None) -> int | None:
        """Change the books by a deed on bills or payouts; `made` is the id of a bill it made. Returns the bill's id."""
        if verb == "pay_referrer":
            if more["once"] not in self.causes:
                self.causes.add(more["once"])
                referrer = more["referrer"]
                self.paid_referrers[referrer] = self.paid_referrers.get(referrer, 0) + more["amount"]
                self.paid_out += more["amount"]
            return None
        if verb in ("bill", "run"):
            return self._make_bill(verb, more=more, made=made)
        bill = self.bills[more["bill"]]
        if verb == "put_off":
            self._leave(bill, bill.lines[more["line"]], why="put_off")
            bill.state = bill.state if bill.total > 0 else "carried"
            bill.revision += bill.state == "carried"
        elif verb == "send":
            bill.state, bill.revision = "sent", bill.revision + 1
        elif verb == "confirm_bill" or (verb == "consent" and self._is_silent(bill)):
            bill.state = "confirmed"
        elif verb == "dispute":
            bill.state = "disputed"
            for place in more["lines"]:
                bill.lines[place].is_disputed = True
        elif verb == "judge_line":
            self._judge_line(bill, bill.lines[more["line"]], more=more)
        elif verb == "pay":
            bill.state = "paid"
            self.payable[bill.supplier] -= bill.total
            self.paid_out += bill.total
        elif verb == "settle_bill":
            bill.state = "settled"
        return bill.id

    def _is_silent(self: "Auditor", bill: Bill) -> bool:
        return bill.state == "sent" and self.suppliers[bill.supplier].is_silent_consent

    def _make_bill(self: "Auditor", verb: str, *, more: dict[str, Any], made: int | None) -> int | None:
        supplier = more["supplier"]
        if verb == "run":
            key = (supplier, more["days"])
            if key in self.runs:
                return None
            self.runs[key] = made
        due = self.due(supplier, until_days=more["days"] if verb == "run" else None)
        if not due:
            return None
        lines = [Line(movement=one) for one in due]
        for old in self.bills.values():
            if old.supplier == supplier and old.state == "carried" and not old.is_carried_on:
                old.is_carried_on = True
                for line in [line for line in old.lines if not line.left_by]:
                    line.left_by = "carried"
                    lines.append(Line(movement=line.movement))
        self.unbilled[supplier] = [one for one in self.unbilled[supplier] if one not in due]
        bill = Bill(id=made or len(self.bills) + 1, supplier=supplier, lines=lines)
        if bill.total <= 0:
            bill.state, bill.revision = "carried", 1
        self.bills[bill.id] = bill
        return bill.id

    def _leave(self, bill: Bill, line: Line, *, why: str) -> None:
        line.left_by = why
        self.unbilled[bill.supplier].append(line.movement)

    def _judge_line(self: "Auditor", bill: Bill, line: Line, *, more: dict[str, Any]) -> None:
        line.ruling = more["ruling"]
        if line.ruling == "moved":
            self._leave(bill, line, why="ruling")
        if line.ruling == "adjusted":
            amount = more["amount"]
            self.adjusted += amount
            self.payable[bill.supplier] += amount
            correction = Movement(kind="adjust_supplier", order=None, amount=amount)
            bill.lines.append(Line(movement=correction, is_disputed=True, ruling="none"))
        bill.revision += 1
        if not bill.open_disputes:
            bill.state = "sent" if bill.total > 0 else "carried"

    # --- referral ---

    def referrer_owed(self: "Auditor", referrer: str) -> int:
        """What a referrer's account must stand at: his shares of every completed order as it is now, less what was paid."""
        earned = self.owed_before.get(referrer, 0)
        for order in self.orders.values():
            if order.state == "completed":
                for line in order.lines.values():
                    earned += sum(share for one, share in self.shares(order, line) if one == referrer)
        return earned - self.paid_referrers.get(referrer, 0)

    def shares(self: "Auditor", order: Kept, line: Piece) -> list[tuple[str, int]]:
        """Who earns how much of a line: a share of what the platform itself keeps of it, rounded down."""
        found = []
        for side, party in (("supplier", line.supplier), ("distributor", order.party)):
            referrer = self.brought.get(f"{side} {party}")
            if referrer is not None:
                bps = order.rates[referrer][side == "distributor"]
                found.append((referrer, self.own_income(line) * bps // 10_000))
        return found

    def own_income(self, line: Piece) -> int:
        """Margin and fee of the pieces kept, less what the platform gave back; of own goods in proportion to what is left."""
        income = (line.agreed - line.supplier_price) * line.kept
        paid = line.agreed * line.kept
        if line.is_own:
            return max(0, income * (paid - line.back) // paid) if paid else 0
        return max(0, income - (line.back - line.back_supplier))
