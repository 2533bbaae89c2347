"""Take shipped pieces back into stock, and send pieces once more."""

from entrepot.base.refusals import Refusal
from entrepot.stock.rules import LevelRow, allocate
from entrepot.trade.books import Books, LineRow, MoveRow, OrderRow
from entrepot.trade.postings import free_pieces
from entrepot.trade.terms import Answer, Fault, Resend, ReturnGoods, conflict, nothing, one_of_line, refuse
from entrepot.trade.verbs.after_sale import SHIPPED_STATES
from entrepot.trade.verbs.restock import note_change


def return_goods(ask: ReturnGoods, *, books: Books) -> Answer:
    """Put good pieces into the shared pool of the warehouse they left; write the others off as soon as they are in.

    Each line is counted once per cause. Refused for more pieces than the line has sent.
    """
    order = books.own_order(ask.order_id, None)
    if order is None:
        return nothing()
    if order.state not in SHIPPED_STATES:
        return conflict(order)
    faults = _faults(order, pieces={number: good + bad for number, (good, bad) in ask.pieces.items()})
    if faults:
        return refuse(*faults, order=order)
    is_replay = True
    for number, (good, bad) in ask.pieces.items():
        cause = one_of_line(ask.cause, line_no=number)
        if ("return", cause) in books.done_causes or good + bad == 0:
            continue
        is_replay = False
        line = order.lines[number]
        level = _home(line, order=order, books=books)
        free = free_pieces(line.sku_id, books=books)
        _move(level, good + bad, "return", line=line, cause=cause, ask=ask, books=books)
        if bad:
            _move(level, -bad, "write_off", line=line, cause=cause, ask=ask, books=books)
        note_change(line.sku_id, free=free, books=books, actor=ask.actor, reason=ask.remark, delta=good)
    return Answer(order=order, is_replay=is_replay)


def resend(ask: Resend, *, books: Books) -> Answer:
    """Take pieces for an exchange or a second parcel out of the shared pool; refused when it does not hold them."""
    order = books.own_order(ask.order_id, None)
    if order is None:
        return nothing()
    if order.state not in SHIPPED_STATES:
        return conflict(order)
    faults = _faults(order, pieces=ask.pieces)
    if faults:
        return refuse(*faults, order=order)
    due = [n for n in ask.pieces if ("resend", one_of_line(ask.cause, line_no=n)) not in books.done_causes]
    wanted: dict[int, int] = {}
    for number in due:
        sku_id = order.lines[number].sku_id
        wanted[sku_id] = wanted.get(sku_id, 0) + ask.pieces[number]
    for number in due:
        sku_id = order.lines[number].sku_id
        available = sum(level.available for level in _shared(sku_id, books=books))
        if available < wanted[sku_id]:
            facts = {"sku": order.lines[number].sku_code, "available": available, "wanted": wanted[sku_id]}
            return refuse(Fault(f"/lines/{number}/qty", Refusal.INSUFFICIENT_STOCK, facts), order=order)
    for number in due:
        line = order.lines[number]
        free = free_pieces(line.sku_id, books=books)
        takes = allocate(_shared(line.sku_id, books=books), qty=ask.pieces[number], own=None)
        if takes is None:
            raise AssertionError(f"stock of {line.sku_code} was judged enough and is not")
        for level, pieces in takes:
            cause = one_of_line(ask.cause, line_no=number)
            _move(level, -pieces, "resend", line=line, cause=cause, ask=ask, books=books)
        note_change(line.sku_id, free=free, books=books, actor=ask.actor, reason=ask.remark, delta=-ask.pieces[number])
    return Answer(order=order, is_replay=not due)


def _faults(order: OrderRow, *, pieces: dict[int, int]) -> list[Fault]:
    faults: list[Fault] = []
    for number, qty in pieces.items():
        line = order.lines.get(number)
        if line is None:
            faults.append(Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": "unknown_line"}))
        elif not 0 <= qty <= line.shipped_qty:
            facts = {"why": "more_than_open", "open": line.shipped_qty, "qty": qty}
            faults.append(Fault(f"/lines/{number}/qty", Refusal.VALIDATION_FAILED, facts))
    return faults


def _shared(sku_id: int, *, books: Books) -> list[LevelRow]:
    return [level for level in books.levels_by_sku.get(sku_id, []) if level.allotment_id is None]


def _home(line: LineRow, *, order: OrderRow, books: Books) -> LevelRow:
    """Return the shared pool of the warehouse the pieces left; what came out of a pool set apart is free for all now."""
    left = books.level(order.left_from[line.line_no])
    for level in _shared(line.sku_id, books=books):
        if level.warehouse_id == left.warehouse_id:
            return level
    return left


def _move(
    level: LevelRow, pieces: int, kind: str, *, line: LineRow, cause: str, ask: ReturnGoods | Resend, books: Books
) -> None:
    level.on_hand += pieces
    level.is_touched = True
    books.done_causes[kind, cause] = pieces
    books.moves.append(
        MoveRow(
            level.id,
            kind,
            pieces,
            0,
            ask.actor,
            order_id=line.order_id,
            line_no=line.line_no,
            cause=cause,
            remark=ask.remark,
        )
    )
