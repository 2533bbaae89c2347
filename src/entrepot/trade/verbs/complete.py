"""Complete an order: what was drawn is earned."""

from collections import defaultdict

from entrepot.trade.books import Books, OrderRow, TransferRow
from entrepot.trade.postings import note
from entrepot.trade.terms import Answer, Complete, conflict, nothing


def complete(ask: Complete, *, books: Books) -> Answer:
    """Share out what a received order drew: supplier price to the supplier, fee and margin to the platform.

    agreed = supplier price + margin + fee, to the fen; freight goes to the shipper. Completed before, it is answered
    again.
    """
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if order.state == "completed":
        return Answer(order=order, is_replay=True)
    if order.state != "received":
        return conflict(order)
    _share_out(order, books=books, actor=ask.actor)
    order.state = "completed"
    order.completed_at = order.closed_at = books.now
    for part in order.supply_orders.values():
        if part.state == "received":
            part.state = "completed"
            part.is_touched = True
    note(order, "order.completed", books=books, actor=ask.actor, before="received", reason=ask.reason)
    return Answer(order=order)


def _share_out(order: OrderRow, *, books: Books, actor: str) -> None:
    owed_fen: dict[int, int] = defaultdict(int)
    fee_fen = goods_fen = 0
    for line in order.lines.values():
        kept = line.qty - line.refunded_qty
        fee_fen += line.fee_fen * kept
        if line.is_own:
            goods_fen += line.supply_price_fen * kept
        else:
            owed_fen[line.supplier_id] += line.supplier_price_fen * kept
            goods_fen += (line.supply_price_fen - line.supplier_price_fen) * kept
    for part in order.supply_orders.values():
        if part.freight_fen and part.state != "refunded":
            is_own = all(line.is_own for line in order.lines.values() if line.supplier_id == part.supplier_id)
            if is_own:
                goods_fen += part.freight_fen
            else:
                owed_fen[part.supplier_id] += part.freight_fen
    for back in order.returned.values():
        fee_fen -= back.fee_fen
        owed_fen[back.supplier_id] -= back.supplier_fen + back.supplier_freight_fen
        goods_fen -= back.goods_fen + back.freight_fen - back.supplier_freight_fen
    clearing = books.clearing[order.distributor_id]
    for supplier_id, amount_fen in sorted(owed_fen.items()):
        _pay_supplier(order, supplier_id, amount_fen, clearing=clearing, books=books, actor=actor)
    _pay_house(
        "settle_fee",
        fee_fen,
        order=order,
        clearing=clearing,
        account=books.house_of("fee_income", order.distributor_id),
        books=books,
    )
    _pay_house(
        "settle_goods",
        goods_fen,
        order=order,
        clearing=clearing,
        account=books.house_of("goods_income", order.distributor_id),
        books=books,
    )


def _pay_supplier(
    order: OrderRow, supplier_id: int, amount_fen: int, *, clearing: int, books: Books, actor: str
) -> None:
    if amount_fen == 0:
        return
    account = books.payable[supplier_id]
    account.balance_fen += amount_fen
    account.is_touched = True
    books.transfers.append(
        TransferRow(
            kind="settle_supplier",
            debit_id=clearing,
            credit_id=account.id,
            amount_fen=amount_fen,
            cause=f"order:{order.id}:{supplier_id}",
            actor=actor,
            order_id=order.id,
            credit_balance_fen=account.balance_fen,
            supplier_id=supplier_id,
        )
    )


def _pay_house(kind: str, amount_fen: int, *, order: OrderRow, clearing: int, account: int, books: Books) -> None:
    """Book an income; a loss (supply price below the supplier's) runs the other way."""
    if amount_fen == 0:
        return
    debit, credit = (clearing, account) if amount_fen > 0 else (account, clearing)
    books.transfers.append(
        TransferRow(kind, debit, credit, abs(amount_fen), f"order:{order.id}", "system", order_id=order.id)
    )
