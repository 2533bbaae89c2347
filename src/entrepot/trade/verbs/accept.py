"""Take lines on, put them off to a date, refuse them, let the time for it pass, or give more time."""

from collections.abc import Iterable, Sequence
from typing import Any

from entrepot.base.days import day_of
from entrepot.base.refusals import Refusal
from entrepot.trade.acceptances import Accept, CannotSupply, ExtendAcceptance, LapseAcceptance, Substitute
from entrepot.trade.books import Books, LineRow, OrderRow
from entrepot.trade.postings import ask_shipper, note
from entrepot.trade.terms import Answer, Fault, RefundBeforeShipping, conflict, nothing, refuse
from entrepot.trade.verbs.refund_before_shipping import refund_before_shipping
from entrepot.trade.verbs.reroute import move_line, substitute_fault

OPEN_STATES = ("confirmed", "partly_shipped")


def accept(ask: Accept, *, books: Books) -> Answer:
    """Take lines on (接单), or with a date back-order them (缺货待发); done so before, it is answered again.

    Refused once the time is over by the database's clock, and for lines that were refused, re-routed or refunded.
    """
    order = books.own_order(ask.order_id, None)
    if order is None or ask.supplier_id not in order.supply_orders:
        return nothing()
    if order.state not in OPEN_STATES:
        return conflict(order)
    wanted = ask.lines or [
        line.line_no for line in _his(order, supplier_id=ask.supplier_id) if _word(line) == "waiting"
    ]
    if not wanted:
        return Answer(order=order, is_replay=True)
    state = "accepted" if ask.ship_by is None else "back_ordered"
    faults = _word_faults(order, wanted, supplier_id=ask.supplier_id, books=books)
    if ask.ship_by is not None and ask.ship_by < day_of(books.now):
        faults.append(Fault("/ship_by", Refusal.VALIDATION_FAILED, {"why": "date_is_past"}))
    if faults:
        return refuse(*faults, order=order)
    changed = [line for line in _chosen(order, wanted) if (_word(line), _date(line)) != (state, ask.ship_by)]
    if not changed:
        return Answer(order=order, is_replay=True)
    for line in changed:
        _say(line, state)
        if line.acceptance is not None:
            line.acceptance.ship_by = ask.ship_by
            line.acceptance.reason = ask.reason
    facts = {} if ask.ship_by is None else {"ship_by": ask.ship_by.isoformat()}
    event = "order.lines_accepted" if ask.ship_by is None else "order.lines_back_ordered"
    _note(order, event, changed, books=books, actor=ask.actor, reason=ask.reason, **facts)
    return Answer(order=order, facts={"lines": [line.line_no for line in changed]})


def cannot_supply(ask: CannotSupply, *, books: Books) -> Answer:
    """Let a shipper refuse what is open of lines he was asked for; the policy decides what becomes of them, here and now.

    Facts: `rerouted`, `refunded` and `undecided`, line numbers each. A line refused before is answered again.
    """
    order = books.own_order(ask.order_id, None)
    if order is None or ask.supplier_id not in order.supply_orders:
        return nothing()
    if order.state not in OPEN_STATES:
        return conflict(order)
    faults: list[Fault] = []
    for number in ask.lines:
        line = order.lines.get(number)
        if line is None or line.supplier_id != ask.supplier_id:
            faults.append(_fault(number, "not_this_shippers_line"))
        elif line.acceptance is None:
            faults.append(_fault(number, "not_asked"))
        elif not line.open_qty:
            faults.append(_fault(number, "nothing_open"))
        elif _word(line) == "overdue" or _is_late(line, books=books):
            faults.append(_fault(number, "too_late"))
    if faults:
        return refuse(*faults, order=order)
    lines = [line for line in _chosen(order, ask.lines) if _word(line) != "refused"]
    if not lines:
        return Answer(order=order, is_replay=True)
    for line in lines:
        _say(line, "refused", reason=ask.reason)
    _note(order, "order.lines_refused", lines, books=books, actor=ask.actor, reason=ask.reason)
    facts: dict[str, Any] = {"rerouted": [], "refunded": [], "undecided": []}
    for line in lines:
        outcome = _resolve(line, ask.policy, ask.substitutes.get(line.line_no, ()), order=order, books=books)
        facts[outcome].append(line.line_no)
    return Answer(order=order, facts=facts)


def lapse_acceptance(ask: LapseAcceptance, *, books: Books) -> Answer:
    """Let the time to take a line on be over, if it is by the database's clock; the policy decides as for a refusal.

    A line that was taken on, refused, refunded or given more time meanwhile is left as it is.
    """
    order = books.own_order(ask.order_id, None)
    line = None if order is None else order.lines.get(ask.line_no)
    if order is None or line is None:
        return nothing()
    if order.state not in OPEN_STATES or not _is_late(line, books=books):
        return conflict(order)
    _say(line, "overdue")
    _note(order, "order.lines_overdue", [line], books=books, actor=ask.actor)
    outcome = _resolve(line, ask.policy, ask.substitutes, order=order, books=books)
    return Answer(order=order, facts={outcome: [line.line_no]})


def extend_acceptance(ask: ExtendAcceptance, *, books: Books) -> Answer:
    """Let lines wait for their shippers again, for some minutes from now. Refused for lines that are decided."""
    order = books.own_order(ask.order_id, None)
    if order is None:
        return nothing()
    if order.state not in OPEN_STATES:
        return conflict(order)
    faults = []
    for number in ask.lines:
        line = order.lines.get(number)
        if line is None:
            faults.append(_fault(number, "unknown_line"))
        elif not line.open_qty:
            faults.append(_fault(number, "nothing_open"))
        elif _word(line) not in ("waiting", "refused", "overdue"):
            faults.append(_fault(number, "decided"))
    if faults:
        return refuse(*faults, order=order)
    lines = _chosen(order, ask.lines)
    for line in lines:
        ask_shipper(line, minutes=ask.minutes, order=order, books=books)
    until = [line.acceptance.accept_by for line in lines if line.acceptance is not None]
    _note(
        order,
        "order.acceptance_extended",
        lines,
        books=books,
        actor=ask.actor,
        reason=ask.reason,
        accept_by=max(until).isoformat(timespec="seconds"),
    )
    return Answer(order=order)


def _resolve(line: LineRow, policy: str, substitutes: Sequence[Substitute], *, order: OrderRow, books: Books) -> str:
    """Do with an unsupplied line what the policy says and return what it was: rerouted, refunded or undecided."""
    reason = line.acceptance.reason if line.acceptance is not None else ""
    for one in substitutes if policy == "reroute" else ():
        if substitute_fault(line, one.sku, may_lose=one.may_lose, order=order, books=books) is None:
            move_line(line, books.skus[one.sku], order=order, books=books, actor="system", reason=reason)
            return "rerouted"
    if policy == "ask":
        return "undecided"
    refund = RefundBeforeShipping(order.id, _refund_no(order, line), "system", reason, {line.line_no: line.open_qty})
    answer = refund_before_shipping(refund, books=books)
    if not answer.is_accepted:
        raise AssertionError(f"order {order.id} line {line.line_no} was open and its refund is refused: {answer}")
    return "refunded"


def _refund_no(order: OrderRow, line: LineRow) -> str:
    """Return a number no refund of the order has: malls choose theirs freely."""
    number = base = f"unsupplied-{line.line_no}"
    place = 1
    while number in order.refunds:
        place += 1
        number = f"{base}-{place}"
    return number


def _his(order: OrderRow, *, supplier_id: int) -> list[LineRow]:
    return [line for line in order.lines.values() if line.supplier_id == supplier_id]


def _chosen(order: OrderRow, numbers: Iterable[int]) -> list[LineRow]:
    return [order.lines[number] for number in sorted(set(numbers))]


def _word(line: LineRow) -> str:
    return "" if line.acceptance is None else line.acceptance.state


def _date(line: LineRow) -> Any:
    return None if line.acceptance is None else line.acceptance.ship_by


def _is_late(line: LineRow, *, books: Books) -> bool:
    return line.acceptance is not None and line.acceptance.state == "waiting" and line.acceptance.accept_by <= books.now


def _say(line: LineRow, state: str, *, reason: str = "") -> None:
    if line.acceptance is not None:
        line.acceptance.state = state
        line.acceptance.reason = reason
        line.acceptance.is_touched = True


def _word_faults(order: OrderRow, wanted: Sequence[int], *, supplier_id: int, books: Books) -> list[Fault]:
    faults: list[Fault] = []
    for number in wanted:
        line = order.lines.get(number)
        if line is None or line.supplier_id != supplier_id:
            faults.append(_fault(number, "not_this_shippers_line"))
        elif line.acceptance is None:
            faults.append(_fault(number, "not_asked"))
        elif _is_late(line, books=books):
            faults.append(_fault(number, "too_late"))
        elif _word(line) not in ("waiting", "accepted", "back_ordered"):
            faults.append(_fault(number, "too_late" if _word(line) == "overdue" else "decided"))
    return faults


def _fault(number: int, why: str) -> Fault:
    return Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": why, "line": number})


def _note(
    order: OrderRow, event: str, lines: Sequence[LineRow], *, books: Books, actor: str, reason: str = "", **facts: Any
) -> None:
    """Write down a fact about lines: malls hear of the lines and never of shippers or their prices."""
    numbers = [line.line_no for line in lines]
    note(order, event, books=books, actor=actor, before=order.state, reason=reason, lines=numbers, **facts)
