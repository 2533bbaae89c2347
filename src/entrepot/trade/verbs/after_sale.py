"""Give back money for pieces that were shipped: whole prices, or what a claim was settled at."""

from entrepot.base.money import BPS, share_half_up
from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, LineRow, OrderRow, RefundRow, ReturnedRow, SupplyOrderRow, TransferRow
from entrepot.trade.postings import give_back, note, note_balance
from entrepot.trade.terms import Answer, Fault, ReturnMoney, conflict, nothing, refuse

SHIPPED_STATES = ("partly_shipped", "shipped", "received", "completed")


def return_money(ask: ReturnMoney, *, books: Books) -> Answer:
    """Return amounts for shipped pieces to the prepaid balance and say who bears them, to the fen.

    Before completion the money comes out of clearing, and completion shares out the less; after it supplier, fee and
    goods income give back their shares first. A piece is settled once; the supplier never bears more than he is owed for
    the pieces. One refund number has one effect per order.
    """
    order = books.own_order(ask.order_id, None)
    if order is None:
        return nothing()
    if ask.refund_no in order.refunds:
        asked_fen = sum(amount for _, amount in ask.amounts.values())
        done_fen = order.refunds[ask.refund_no]
        if asked_fen > done_fen or done_fen - asked_fen > order.freight_fen:
            return refuse(Fault("", Refusal.NUMBER_REUSED), order=order)
        return Answer(order=order, is_replay=True, facts={"refunded": done_fen})
    if order.state not in SHIPPED_STATES:
        return conflict(order)
    faults = _faults(order, ask=ask)
    if faults:
        return refuse(*faults, order=order)
    taken = {"supplier": 0, "fee": 0, "goods": 0}
    for line_no, (qty, amount_fen) in ask.amounts.items():
        _take_back(order.lines[line_no], qty, amount_fen, ask=ask, order=order, taken=taken)
    last = order.lines[max(ask.amounts)]
    freight_fen, supplier_freight_fen = _freight(order, line=last, ask=ask)
    if freight_fen:
        row = order.returned[last.line_no]
        row.freight_fen += freight_fen
        row.supplier_freight_fen += supplier_freight_fen
        taken["supplier"] += supplier_freight_fen
        taken["goods"] += freight_fen - supplier_freight_fen
    amount_fen = sum(amount for _, amount in ask.amounts.values()) + freight_fen
    part = order.supply_orders[last.supplier_id]
    if is_shared_out(order, part=part):
        _reverse(order, supplier_id=last.supplier_id, taken=taken, ask=ask, books=books)
    _give(order, amount_fen, freight_fen=freight_fen, ask=ask, books=books)
    return Answer(order=order, facts={"refunded": amount_fen, "freight": freight_fen, **taken})


def split(line: LineRow, qty: int, amount_fen: int, *, supplier_bps: int) -> tuple[int, int]:
    """Return what of an amount for some pieces of a line the supplier bears, and what of it was fee; both in fen.

    What remains is the platform's own. The supplier bears his share, at most his price of the pieces, nothing of own
    goods. A whole price that he bears takes back exactly what the pieces would have brought everybody.
    """
    owed_fen = 0 if line.is_own else line.supplier_price_fen * qty
    supplier_fen = min(share_half_up(amount_fen, rate_bps=supplier_bps), owed_fen)
    whole_fen = line.agreed_price_fen * qty
    fee_fen = line.fee_fen * qty
    if amount_fen == whole_fen:
        return owed_fen if supplier_bps == BPS else supplier_fen, fee_fen
    part_fen = (2 * fee_fen * amount_fen + whole_fen) // (2 * whole_fen) if whole_fen else 0
    return supplier_fen, min(part_fen, amount_fen - supplier_fen)


def is_shared_out(order: OrderRow, *, part: SupplyOrderRow) -> bool:
    """Return whether what a shipper's part drew has been shared out, so that the shares must give back."""
    return order.state == "completed" or part.state == "completed"


def _faults(order: OrderRow, *, ask: ReturnMoney) -> list[Fault]:
    if ask.kind not in ("after_sale", "claim") or not 0 <= ask.supplier_bps <= BPS or not ask.amounts:
        return [Fault("", Refusal.VALIDATION_FAILED, {"why": "after_sale_terms"})]
    faults: list[Fault] = []
    shippers = {order.lines[number].supplier_id for number in ask.amounts if number in order.lines}
    if len(shippers) > 1:
        faults.append(Fault("/lines", Refusal.VALIDATION_FAILED, {"why": "several_shippers"}))
    for number, (qty, amount_fen) in ask.amounts.items():
        line = order.lines.get(number)
        if line is None:
            faults.append(Fault(f"/lines/{number}", Refusal.VALIDATION_FAILED, {"why": "unknown_line"}))
            continue
        open_qty = line.shipped_qty - (order.returned[number].qty if number in order.returned else 0)
        if not 0 < qty <= open_qty:
            facts = {"why": "more_than_open", "open": open_qty, "qty": qty}
            faults.append(Fault(f"/lines/{number}/qty", Refusal.VALIDATION_FAILED, facts))
        elif not 0 <= amount_fen <= line.agreed_price_fen * qty:
            facts = {"why": "more_than_paid", "at_most": line.agreed_price_fen * qty, "amount": amount_fen}
            faults.append(Fault(f"/lines/{number}/amount", Refusal.VALIDATION_FAILED, facts))
        elif ask.kind == "after_sale" and amount_fen != line.agreed_price_fen * qty:
            faults.append(Fault(f"/lines/{number}/amount", Refusal.VALIDATION_FAILED, {"why": "whole_price"}))
    return faults


def _take_back(
    line: LineRow, qty: int, amount_fen: int, *, ask: ReturnMoney, order: OrderRow, taken: dict[str, int]
) -> None:
    supplier_fen, fee_fen = split(line, qty, amount_fen, supplier_bps=ask.supplier_bps)
    row = order.returned.get(line.line_no)
    if row is None:
        row = order.returned[line.line_no] = ReturnedRow(order.id, line.line_no, line.supplier_id)
    row.qty += qty
    row.amount_fen += amount_fen
    row.supplier_fen += supplier_fen
    row.fee_fen += fee_fen
    row.is_touched = True
    taken["supplier"] += supplier_fen
    taken["fee"] += fee_fen
    taken["goods"] += amount_fen - supplier_fen - fee_fen


def _freight(order: OrderRow, *, line: LineRow, ask: ReturnMoney) -> tuple[int, int]:
    """Return the freight that comes back and what of it the supplier bears: with the last fen of his part's goods."""
    part = order.supply_orders[line.supplier_id]
    lines = [row for row in order.lines.values() if row.supplier_id == line.supplier_id]
    back = [order.returned[row.line_no] for row in lines if row.line_no in order.returned]
    given_fen = sum(row.amount_fen for row in back) + sum(row.agreed_price_fen * row.refunded_qty for row in lines)
    is_done = any(row.freight_fen for row in back)
    if not ask.freight_by or is_done or given_fen != sum(row.amount_fen for row in lines):
        return 0, 0
    return part.freight_fen, part.freight_fen if ask.freight_by == "shipper" and not line.is_own else 0


def _reverse(order: OrderRow, *, supplier_id: int, taken: dict[str, int], ask: ReturnMoney, books: Books) -> None:
    """Bring the shares of a completed order back into clearing; a loss that is undone runs the other way."""
    clearing = books.clearing[order.distributor_id]
    cause = _cause(ask)
    if taken["supplier"]:
        account = books.payable[supplier_id]
        account.balance_fen -= taken["supplier"]
        account.is_touched = True
        books.transfers.append(
            TransferRow(
                kind="reverse_supplier",
                debit_id=account.id,
                credit_id=clearing,
                amount_fen=taken["supplier"],
                cause=cause,
                actor=ask.actor,
                order_id=order.id,
                debit_balance_fen=account.balance_fen,
                supplier_id=supplier_id,
                remark=ask.reason,
            )
        )
    for kind, share, house in (("reverse_fee", "fee", "fee_income"), ("reverse_goods", "goods", "goods_income")):
        amount_fen = taken[share]
        if amount_fen:
            of_house = books.house_of(house, order.distributor_id)
            debit, credit = (of_house, clearing) if amount_fen > 0 else (clearing, of_house)
            books.transfers.append(
                TransferRow(kind, debit, credit, abs(amount_fen), cause, ask.actor, order_id=order.id)
            )


def _give(order: OrderRow, amount_fen: int, *, freight_fen: int, ask: ReturnMoney, books: Books) -> None:
    if amount_fen:
        give_back(order, amount_fen, cause=_cause(ask), books=books, actor=ask.actor, remark=ask.reason)
    order.refunds[ask.refund_no] = amount_fen
    books.refunds.append(
        RefundRow(
            order_id=order.id,
            distributor_id=order.distributor_id,
            refund_no=ask.refund_no,
            kind=ask.kind,
            amount_fen=amount_fen,
            freight_fen=freight_fen,
            reason=ask.reason,
            actor=ask.actor,
            lines=dict(ask.amounts),
        )
    )
    facts = {"refunded": amount_fen, "refund": ask.kind}
    note(order, "order.refunded", books=books, actor=ask.actor, before=order.state, reason=ask.reason, **facts)
    if amount_fen:
        note_balance(
            order.distributor_id,
            "balance.refunded",
            books=books,
            actor=ask.actor,
            reason=ask.reason,
            amount_fen=amount_fen,
        )


def _cause(ask: ReturnMoney) -> str:
    return f"refund:{ask.order_id}:{ask.refund_no}"
