"""Send a line by another SKU, at the price the mall has agreed to."""

from dataclasses import replace

from entrepot.base.refusals import Refusal
from entrepot.stock.rules import allocate
from entrepot.trade.acceptances import FormerLineRow, Reroute
from entrepot.trade.books import Books, LineRow, OrderRow, SkuRow, SupplyOrderRow
from entrepot.trade.postings import ask_shipper, free_pieces, note, note_stock, reserve, stock_for, unreserve
from entrepot.trade.terms import Answer, Fault, conflict, nothing, refuse
from entrepot.trade.verbs.ship import settle_shipping_state


def reroute(ask: Reroute, *, books: Books) -> Answer:
    """Re-route (改派) what is open of a line; gone that way before, it is answered again.

    Stock is taken from the substitute and given back on the first, both or neither. The agreed price stays, so that
    the margin becomes supply price − the substitute's supplier price; refused when that is below 0, unless it may be.
    """
    order = books.own_order(ask.order_id, None)
    line = None if order is None else order.lines.get(ask.line_no)
    if order is None or line is None:
        return nothing()
    if line.sku_code == ask.sku:
        return Answer(order=order, is_replay=True)
    if order.state not in ("confirmed", "partly_shipped"):
        return conflict(order)
    fault = substitute_fault(line, ask.sku, may_lose=ask.may_lose, order=order, books=books)
    if fault is not None:
        return refuse(fault, order=order)
    move_line(line, books.skus[ask.sku], order=order, books=books, actor=ask.actor, reason=ask.reason)
    return Answer(order=order)


def substitute_fault(line: LineRow, code: str, *, may_lose: bool, order: OrderRow, books: Books) -> Fault | None:
    """Return why a line cannot go out by a SKU, None when it can."""
    sku = books.skus.get(code)
    facts: dict[str, object] = {"sku": code, "line": line.line_no}
    if sku is None or sku.id == line.sku_id:
        return Fault("/sku", Refusal.VALIDATION_FAILED, facts | {"why": "unknown_sku"})
    if not line.open_qty:
        return Fault("", Refusal.VALIDATION_FAILED, facts | {"why": "nothing_open"})
    if not sku.is_active or sku.goods_state != "on_sale" or sku.supplier_state != "active":
        return Fault("/sku", Refusal.PRODUCT_DELISTED, facts)
    if not may_lose and not sku.is_own and sku.supplier_price_fen > line.supply_price_fen:
        prices = {"supply_price": line.supply_price_fen, "supplier_price": sku.supplier_price_fen}
        return Fault("/sku", Refusal.VALIDATION_FAILED, facts | prices | {"why": "at_a_loss"})
    joined = order.supply_orders.get(sku.supplier_id)
    if sku.supplier_id != line.supplier_id and joined is not None and joined.state == "refunded" and joined.freight_fen:
        # His freight went back with his last line; with a new one it would go back, or be owed, a second time.
        return Fault("/sku", Refusal.VALIDATION_FAILED, facts | {"why": "freight_went_back"})
    party = books.distributors[order.distributor_id]
    _, _, pieces = stock_for(sku.id, distributor_id=party.id, tier_id=party.tier_id, books=books)
    if pieces < line.open_qty:
        return Fault("/sku", Refusal.INSUFFICIENT_STOCK, facts | {"available": pieces, "wanted": line.open_qty})
    return None


def move_line(line: LineRow, sku: SkuRow, *, order: OrderRow, books: Books, actor: str, reason: str) -> None:
    """Let what is open of a line go out by a SKU that was judged fit; its shipper is asked if he wants to be.

    Where pieces were sent already, they stay with who sent them and the rest goes out as a line of its own.
    """
    free = {sku_id: free_pieces(sku_id, books=books) for sku_id in (line.sku_id, sku.id)}
    unreserve(line, line.open_qty, order=order, books=books, actor=actor)
    sent_no, is_split = line.line_no, line.shipped_qty > 0
    if is_split:
        line = _rest_of(line, order=order)
    _take_stock(line, sku, order=order, books=books, actor=actor)
    note_stock(free, books=books, actor=actor)
    books.former_lines.append(
        FormerLineRow(
            *(order.id, line.line_no, order.distributor_id, line.supplier_id, line.sku_id, line.goods_id),
            *(line.sku_code, line.goods_no, line.goods_name, line.spec, line.image, line.qty),
            *(line.supplier_price_fen, reason, actor),
        )
    )
    _move_part(line, sku, order=order)
    line.supplier_id, line.sku_id, line.goods_id, line.is_own = sku.supplier_id, sku.id, sku.goods_id, sku.is_own
    line.sku_code, line.goods_no, line.goods_name = sku.code, sku.goods_no, sku.goods_name
    line.spec, line.image, line.supplier_price_fen = sku.spec, sku.image, sku.supplier_price_fen
    line.acceptance_minutes = sku.acceptance_minutes
    line.is_rerouted = True
    if sku.acceptance_minutes is not None:
        ask_shipper(line, minutes=sku.acceptance_minutes, order=order, books=books)
    elif line.acceptance is not None:
        line.acceptance.supplier_id, line.acceptance.state = sku.supplier_id, "accepted"
        line.acceptance.ship_by, line.acceptance.reason = None, ""
        line.acceptance.is_touched = True
    before = order.state
    settle_shipping_state(order, books=books)
    note(
        order,
        "order.line_rerouted",
        books=books,
        actor=actor,
        before=before,
        reason=reason,
        lines=[{"line": line.line_no, "qty": line.open_qty} | ({"from": sent_no} if is_split else {})],
    )


def _rest_of(line: LineRow, *, order: OrderRow) -> LineRow:
    """Return the open pieces of a line as a new line of the order at the same prices; the line keeps what it has sent."""
    rest = replace(
        line,
        line_no=max(order.lines) + 1,
        qty=line.open_qty,
        shipped_qty=0,
        refunded_qty=0,
        acceptance=None,
        is_touched=False,
        is_new=True,
        split_from=line.line_no,
    )
    order.lines[rest.line_no] = rest
    line.qty -= rest.qty
    line.is_resized = True
    if line.acceptance is not None:
        # What was sent had been taken on; nothing of the line is left to say no to.
        line.acceptance.state, line.acceptance.is_touched = "accepted", True
    return rest


def _take_stock(line: LineRow, sku: SkuRow, *, order: OrderRow, books: Books, actor: str) -> None:
    pieces = line.open_qty
    party = books.distributors[order.distributor_id]
    levels, own, _ = stock_for(sku.id, distributor_id=party.id, tier_id=party.tier_id, books=books)
    takes = allocate(levels, qty=pieces, own=own)
    if takes is None:
        raise AssertionError(f"stock of {sku.code} was judged enough and is not")
    allotment_id = own.id if own is not None else None
    for level, some in takes:
        reserve(line, level, some, allotment_id=allotment_id, order=order, books=books, actor=actor)


def _move_part(line: LineRow, sku: SkuRow, *, order: OrderRow) -> None:
    """Move the line from one shipper's part of the order to the other's; the last line takes the freight along."""
    left = order.supply_orders[line.supplier_id]
    left.pieces -= line.qty
    left.payable_fen -= 0 if line.is_own else line.supplier_price_fen * line.qty
    left.is_resized = True
    joined = order.supply_orders.get(sku.supplier_id)
    if joined is None:
        joined = SupplyOrderRow(order.id, sku.supplier_id, "confirmed", 0, 0, is_new=True)
        order.supply_orders[sku.supplier_id] = joined
    joined.pieces += line.qty
    joined.payable_fen += 0 if sku.is_own else sku.supplier_price_fen * line.qty
    joined.is_resized = True
    if joined is not left and not _keeps_lines(order, left.supplier_id, but=line):
        left.freight_fen, joined.freight_fen = 0, joined.freight_fen + left.freight_fen


def _keeps_lines(order: OrderRow, supplier_id: int, *, but: LineRow) -> bool:
    """Return whether a shipper sends, or has sent, anything but a line; what was refunded before he sent it is nothing."""
    lines = [line for line in order.lines.values() if line.supplier_id == supplier_id and line is not but]
    return any(line.qty > line.refunded_qty for line in lines)
