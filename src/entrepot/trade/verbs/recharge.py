"""Credit a prepaid balance, and set its credit limit."""

from entrepot.base.refusals import Refusal
from entrepot.trade.books import Books, EventRow, TransferRow
from entrepot.trade.postings import account_version, note_balance
from entrepot.trade.terms import Answer, Credit, Fault, SetCreditLimit, nothing, refuse
from entrepot.trade.verbs.capture import release_awaiting

_OTHER_SIDE = {"top_up": "bank", "adjustment": "adjustment", "membership": "membership_income"}


def credit(ask: Credit, *, books: Books) -> Answer:
    """Credit (below 0: debit) a balance once per cause, then let orders that wait for funds go on.

    A top-up comes from the bank; an adjustment from the adjustment account, and a membership goes to the platform's
    income of memberships. None may take more than is available.
    """
    account = books.prepaid.get(ask.distributor_id)
    if account is None or ask.distributor_id not in books.distributors:
        return nothing()
    if (ask.kind, ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"balance": account.balance_fen})
    if ask.amount_fen == 0 or (ask.kind == "top_up" and ask.amount_fen < 0) or ask.kind not in _OTHER_SIDE:
        return refuse(Fault("/amount", Refusal.VALIDATION_FAILED, {"why": "amount_must_be_positive"}))
    if ask.kind == "membership" and ask.amount_fen > 0:
        return refuse(Fault("/amount", Refusal.VALIDATION_FAILED, {"why": "a_membership_is_paid"}))
    if account.available_fen + ask.amount_fen < 0 and ask.amount_fen < 0:
        facts = {"needed": -ask.amount_fen, "available": account.available_fen}
        return refuse(Fault("/amount", Refusal.INSUFFICIENT_BALANCE, facts))
    account.balance_fen += ask.amount_fen
    account.is_touched = True
    other = books.house_of(_OTHER_SIDE[ask.kind], ask.distributor_id)
    is_in = ask.amount_fen > 0
    books.transfers.append(
        TransferRow(
            kind=ask.kind,
            debit_id=other if is_in else account.id,
            credit_id=account.id if is_in else other,
            amount_fen=abs(ask.amount_fen),
            cause=ask.cause,
            actor=ask.actor,
            debit_balance_fen=None if is_in else account.balance_fen,
            credit_balance_fen=account.balance_fen if is_in else None,
            distributor_id=ask.distributor_id,
            remark=ask.remark,
        )
    )
    books.done_causes[ask.kind, ask.cause] = ask.amount_fen
    event = "balance.credited" if is_in else "balance.debited"
    note_balance(ask.distributor_id, event, books=books, actor=ask.actor, reason=ask.remark, amount_fen=ask.amount_fen)
    released = release_awaiting(ask.distributor_id, books=books, actor=ask.actor)
    return Answer(facts={"balance": account.balance_fen, "released": released})


def set_credit_limit(ask: SetCreditLimit, *, books: Books) -> Answer:
    """Change a credit limit; refused when the distributor already uses more than the new one."""
    account = books.prepaid.get(ask.distributor_id)
    if account is None or ask.distributor_id not in books.distributors:
        return nothing()
    used_fen = max(0, account.held_fen - account.balance_fen)
    if ask.limit_fen < used_fen:
        return refuse(
            Fault("/credit_limit", Refusal.INSUFFICIENT_BALANCE, {"needed": used_fen, "available": ask.limit_fen})
        )
    before = account.credit_limit_fen
    if before == ask.limit_fen:
        return Answer(is_replay=True, facts={"credit_limit": before})
    account.credit_limit_fen = ask.limit_fen
    account.is_touched = True
    version = account_version(account)
    data = {"object": "balance", "version": version, "from": before, "credit_limit": ask.limit_fen}
    books.events.append(
        EventRow(
            *("balance.limit", "balance", account.id, version, ask.distributor_id, data, ask.actor, ask.reason),
            before={"credit_limit": before},
        )
    )
    released = release_awaiting(ask.distributor_id, books=books, actor=ask.actor)
    return Answer(facts={"credit_limit": ask.limit_fen, "released": released})
