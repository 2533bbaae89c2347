"""Owe a referrer his share, take it back when the order is refunded, pay him, and owe again what came back."""

from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, EventRow, TransferRow
from entrepot.trade.referrals import AccrueReferral, PayReferrer, ReturnPayout, ReverseReferral
from entrepot.trade.terms import Answer, Fault, nothing, refuse

_EVENTS = {
    "referral_accrue": "referrer.accrued",
    "referral_reverse": "referrer.reversed",
    "referral_pay": "referrer.paid",
    "referral_return": "referrer.payout_returned",
}


def accrue_referral(ask: AccrueReferral, *, books: Books) -> Answer:
    """Credit the referrer's account from the referral expense; the same cause again changes nothing."""
    return _book(ask, "referral_accrue", books=books, order_id=ask.of_order_id)


def reverse_referral(ask: ReverseReferral, *, books: Books) -> Answer:
    """Debit the referrer's account back into the referral expense, below 0 if need be, once per cause."""
    return _book(ask, "referral_reverse", books=books, order_id=ask.of_order_id)


def pay_referrer(ask: PayReferrer, *, books: Books) -> Answer:
    """Debit the referrer's account for money that left the bank; refused above what he is owed, once per cause."""
    account = books.referrers.get(ask.referrer_id)
    is_done = ("referral_pay", ask.cause) in books.done_causes
    if account is not None and not is_done and ask.amount_fen > account.balance_fen:
        facts = {"needed": ask.amount_fen, "available": account.balance_fen}
        return refuse(Fault("/amount", Refusal.INSUFFICIENT_BALANCE, facts))
    return _book(ask, "referral_pay", books=books, remark=ask.remark)


def return_payout(ask: ReturnPayout, *, books: Books) -> Answer:
    """Credit the referrer's account with a payout that came back to the bank, once per cause."""
    return _book(ask, "referral_return", books=books, remark=ask.remark)


def _book(
    ask: AccrueReferral | ReverseReferral | PayReferrer | ReturnPayout,
    kind: str,
    *,
    books: Books,
    order_id: int | None = None,
    remark: str = "",
) -> Answer:
    """Move the amount once per cause. Neither supplier nor distributor is named: his statement must not show it."""
    account = books.referrers.get(ask.referrer_id)
    if account is None:
        return nothing("/referrer")
    if (kind, ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"balance": account.balance_fen})
    if ask.amount_fen <= 0:
        return refuse(Fault("/amount", Refusal.VALIDATION_FAILED, {"why": "amount_must_be_positive"}))
    is_in = kind in ("referral_accrue", "referral_return")
    other = books.house["bank" if kind in ("referral_pay", "referral_return") else "referral_expense"]
    account.balance_fen += ask.amount_fen if is_in else -ask.amount_fen
    account.is_touched = True
    books.transfers.append(
        TransferRow(
            kind=kind,
            debit_id=other if is_in else account.id,
            credit_id=account.id if is_in else other,
            amount_fen=ask.amount_fen,
            cause=ask.cause,
            actor=ask.actor,
            order_id=order_id,
            debit_balance_fen=None if is_in else account.balance_fen,
            credit_balance_fen=account.balance_fen if is_in else None,
            remark=remark,
        )
    )
    books.done_causes[kind, ask.cause] = ask.amount_fen
    data = {"object": "referrer", "amount": ask.amount_fen, "balance": account.balance_fen}
    before = {"balance": account.balance_fen + (-ask.amount_fen if is_in else ask.amount_fen)}
    books.events.append(
        EventRow(_EVENTS[kind], "referrer", ask.referrer_id, 1, None, data, ask.actor, remark, before=before)
    )
    return Answer(facts={"balance": account.balance_fen})
