"""Send a parcel."""

from typing import Any

from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, LineRow, OrderRow, ShipmentRow
from entrepot.trade.postings import dispatch, note
from entrepot.trade.terms import Answer, Fault, Ship, conflict, nothing, refuse

LINES_TOLD_AT_MOST = 500
"""A callback is no longer than 20 kB: of more lines in one parcel these many are named, and that there are more."""


def ship(ask: Ship, *, books: Books) -> Answer:
    """Record one parcel of one shipper; the same tracking number again is answered again.

    Refused when the order is not drawn, when a line is not the shipper's or he has not taken it on, or when more is
    sent than is open. Without pieces all goes that he has taken on.
    """
    order = books.own_order(ask.order_id, None)
    if order is None or ask.supplier_id not in order.supply_orders:
        return nothing()
    if (ask.supplier_id, ask.tracking_no) in order.tracking_nos:
        return Answer(order=order, is_replay=True)
    if order.state not in ("confirmed", "partly_shipped"):
        return conflict(order)
    pieces = ask.pieces or _all_open(order, supplier_id=ask.supplier_id)
    if not pieces:
        return conflict(order)
    faults = _faults(order, supplier_id=ask.supplier_id, pieces=pieces)
    if faults:
        return refuse(*faults, order=order)
    for line_no, qty in pieces.items():
        line = order.lines[line_no]
        dispatch(line, qty, order=order, books=books, actor=ask.actor)
        line.shipped_qty += qty
        line.is_touched = True
    order.tracking_nos.add((ask.supplier_id, ask.tracking_no))
    books.shipments.append(
        ShipmentRow(
            order.id, order.distributor_id, ask.supplier_id, ask.carrier, ask.tracking_no, ask.actor, dict(pieces)
        )
    )
    before = order.state
    settle_shipping_state(order, books=books)
    lines = [{"line": number, "qty": qty} for number, qty in sorted(pieces.items())]
    facts: dict[str, Any] = {
        "carrier": ask.carrier,
        "tracking_no": ask.tracking_no,
        "lines": lines[:LINES_TOLD_AT_MOST],
    }
    if len(lines) > LINES_TOLD_AT_MOST:
        facts["is_shortened"] = True
    note(order, "order.shipped", books=books, actor=ask.actor, before=before, **facts)
    return Answer(order=order)


def _all_open(order: OrderRow, *, supplier_id: int) -> dict[int, int]:
    """Return the pieces a shipper has yet to send, those he may send now, or all when he may send none."""
    lines = [line for line in order.lines.values() if line.supplier_id == supplier_id and line.open_qty]
    return {line.line_no: line.open_qty for line in [line for line in lines if line.is_accepted] or lines}


def _faults(order: OrderRow, *, supplier_id: int, pieces: dict[int, int]) -> list[Fault]:
    faults: list[Fault] = []
    for number, qty in pieces.items():
        line = order.lines.get(number)
        if line is None or line.supplier_id != supplier_id:
            faults.append(Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": "not_this_shippers_line"}))
        elif not line.is_accepted:
            faults.append(Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": "not_accepted"}))
        elif not 0 < qty <= line.open_qty:
            facts = {"why": "more_than_open", "open": line.open_qty, "qty": qty}
            faults.append(Fault(f"/lines/{number}/qty", Refusal.VALIDATION_FAILED, facts))
    return faults


def settle_shipping_state(order: OrderRow, *, books: Books) -> None:
    """Derive the states of the order and of its shippers' parts from what is shipped, refunded and open."""
    for part in order.supply_orders.values():
        lines = [line for line in order.lines.values() if line.supplier_id == part.supplier_id]
        state = _state_of(lines)
        if part.state != state:
            part.state = state
            part.is_touched = True
    order.state = _state_of(list(order.lines.values()))
    order.is_touched = True
    if order.state == "shipped" and order.shipped_at is None:
        order.shipped_at = books.now


def _state_of(lines: list[LineRow]) -> str:
    is_open = any(line.open_qty for line in lines)
    if any(line.shipped_qty for line in lines):
        return "partly_shipped" if is_open else "shipped"
    return "confirmed" if is_open else "refunded"
