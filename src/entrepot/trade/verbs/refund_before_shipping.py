"""Give back what was drawn for pieces that have not been shipped."""

from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, OrderRow, RefundRow
from entrepot.trade.postings import give_back, note, note_balance, note_stock, shared_pieces, unreserve
from entrepot.trade.terms import Answer, Fault, RefundBeforeShipping, conflict, nothing, refuse
from entrepot.trade.verbs.ship import settle_shipping_state


def refund_before_shipping(ask: RefundBeforeShipping, *, books: Books) -> Answer:
    """Return the agreed price of unshipped pieces, whole order or by line and piece, and their stock.

    One refund number has one effect per order: again with the same amount it is answered again, with another refused.
    A shipper's freight goes back when nothing of his part is left to ship and nothing was shipped.
    """
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if ask.refund_no in order.refunds:
        if not _is_same(ask, order=order):
            return refuse(Fault("", Refusal.NUMBER_REUSED), order=order)
        return Answer(order=order, is_replay=True, facts={"refunded": order.refunds[ask.refund_no]})
    if order.state not in ("confirmed", "partly_shipped"):
        return conflict(order)
    pieces = ask.pieces or {line.line_no: line.open_qty for line in order.lines.values() if line.open_qty}
    faults = _faults(order, pieces=pieces)
    if faults:
        return refuse(*faults, order=order)
    lines = _give_back_pieces(order, pieces, books=books, actor=ask.actor)
    before = order.state
    parts = [part for part in order.supply_orders.values() if part.state != "refunded"]
    settle_shipping_state(order, books=books)
    freight_fen = sum(part.freight_fen for part in parts if part.state == "refunded")
    amount_fen = sum(amount for _, amount in lines.values()) + freight_fen
    if order.state == "refunded":
        order.closed_at = books.now
    if amount_fen:
        cause = f"refund:{order.id}:{ask.refund_no}"
        give_back(order, amount_fen, cause=cause, books=books, actor=ask.actor, remark=ask.reason)
    order.refunds[ask.refund_no] = amount_fen
    books.refunds.append(
        RefundRow(
            order_id=order.id,
            distributor_id=order.distributor_id,
            refund_no=ask.refund_no,
            kind="before_shipping",
            amount_fen=amount_fen,
            freight_fen=freight_fen,
            reason=ask.reason,
            actor=ask.actor,
            lines=lines,
        )
    )
    note(order, "order.refunded", books=books, actor=ask.actor, before=before, reason=ask.reason, refunded=amount_fen)
    note_balance(
        order.distributor_id,
        "balance.refunded",
        books=books,
        actor=ask.actor,
        reason=ask.reason,
        amount_fen=amount_fen,
    )
    return Answer(order=order, facts={"refunded": amount_fen})


def _is_same(ask: RefundBeforeShipping, *, order: OrderRow) -> bool:
    """Return whether a number that was used before is asked for with the amount it had then, or with none."""
    if not ask.pieces:
        return True
    done_fen = order.refunds[ask.refund_no]
    lines = order.lines
    asked_fen = sum(lines[number].agreed_price_fen * qty for number, qty in ask.pieces.items() if number in lines)
    freights_fen = {0}
    for part in order.supply_orders.values():
        if part.state == "refunded":
            freights_fen |= {freight_fen + part.freight_fen for freight_fen in freights_fen}
    return done_fen - asked_fen in freights_fen


def _give_back_pieces(
    order: OrderRow, pieces: dict[int, int], *, books: Books, actor: str
) -> dict[int, tuple[int, int]]:
    """Let go of the pieces and return, by line, how many and what they cost."""
    free = shared_pieces(order, books=books)
    lines: dict[int, tuple[int, int]] = {}
    for number, qty in pieces.items():
        line = order.lines[number]
        unreserve(line, qty, order=order, books=books, actor=actor)
        line.refunded_qty += qty
        line.is_touched = True
        if line.acceptance is not None and not line.open_qty and not line.shipped_qty:
            line.acceptance.state = "closed"
            line.acceptance.is_touched = True
        lines[number] = (qty, line.agreed_price_fen * qty)
    note_stock(free, books=books, actor=actor)
    return lines


def _faults(order: OrderRow, *, pieces: dict[int, int]) -> list[Fault]:
    faults: list[Fault] = []
    for number, qty in pieces.items():
        line = order.lines.get(number)
        if line is None:
            faults.append(Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": "unknown_line"}))
        elif not 0 < qty <= line.open_qty:
            facts = {"why": "more_than_open", "open": line.open_qty, "qty": qty}
            faults.append(Fault(f"/lines/{number}/qty", Refusal.VALIDATION_FAILED, facts))
    return faults
