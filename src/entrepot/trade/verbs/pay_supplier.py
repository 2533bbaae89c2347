"""Pay a supplier what is owed to him, and correct what is owed."""

from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, EventRow, TransferRow
from entrepot.trade.terms import AdjustSupplier, Answer, Fault, PaySupplier, nothing, refuse


def pay_supplier(ask: PaySupplier, *, books: Books) -> Answer:
    """Move an amount from what is owed to a supplier to the bank, once per cause.

    What is owed may fall below 0 by it: an order refunded since the bill was confirmed is settled by the next bill.
    """
    if ask.amount_fen <= 0:
        return refuse(Fault("/amount", Refusal.VALIDATION_FAILED, {"why": "amount_must_be_positive"}))
    return _move(ask, "pay_supplier", -ask.amount_fen, other="bank", books=books)


def adjust_supplier(ask: AdjustSupplier, *, books: Books) -> Answer:
    """Correct what is owed to a supplier by an amount that may be below 0, once per cause."""
    if ask.amount_fen == 0:
        return refuse(Fault("/amount", Refusal.VALIDATION_FAILED, {"why": "amount_must_not_be_zero"}))
    return _move(ask, "adjust_supplier", ask.amount_fen, other="adjustment", books=books)


def _move(ask: PaySupplier | AdjustSupplier, kind: str, change_fen: int, *, other: str, books: Books) -> Answer:
    account = books.payable.get(ask.supplier_id)
    if account is None:
        # Who has never earned anything has no account, and nothing can be owed to him.
        return nothing()
    if (kind, ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"balance": account.balance_fen})
    before = {"balance": account.balance_fen}
    account.balance_fen += change_fen
    account.is_touched = True
    is_more = change_fen > 0
    house = books.house[other]
    books.transfers.append(
        TransferRow(
            kind=kind,
            debit_id=house if is_more else account.id,
            credit_id=account.id if is_more else house,
            amount_fen=abs(change_fen),
            cause=ask.cause,
            actor=ask.actor,
            debit_balance_fen=None if is_more else account.balance_fen,
            credit_balance_fen=account.balance_fen if is_more else None,
            supplier_id=ask.supplier_id,
            remark=ask.remark,
        )
    )
    books.done_causes[kind, ask.cause] = ask.amount_fen
    data = {"object": "supplier", "amount": ask.amount_fen, "balance": account.balance_fen}
    event = "supplier.paid" if kind == "pay_supplier" else "supplier.adjusted"
    before = {"balance": account.balance_fen - change_fen}
    books.events.append(
        EventRow(event, "supplier", ask.supplier_id, 1, None, data, ask.actor, ask.remark, before=before)
    )
    return Answer(facts={"balance": account.balance_fen})
