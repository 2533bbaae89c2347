"""Tell of funds that run low, once for every time they do."""

from entrepot.base.actors import SYSTEM
from entrepot.ledger.rules import is_low
from entrepot.trade.books import AccountRow, Books, EventRow
from entrepot.trade.postings import account_version
from entrepot.trade.terms import Answer, SetWarning, nothing


def set_warning(ask: SetWarning, *, books: Books) -> Answer:
    """Set the threshold of the warning; funds below it are told of at once."""
    account = books.prepaid.get(ask.distributor_id)
    if account is None:
        return nothing()
    if account.warn_below_fen == ask.warn_below_fen:
        return Answer(is_replay=True, facts={"is_low": account.is_low})
    account.warn_below_fen = ask.warn_below_fen
    account.is_touched = True
    watch(account, books=books)
    return Answer(facts={"is_low": account.is_low})


def watch_funds(books: Books) -> None:
    """Look at every prepaid account the batch has touched, as it stands at its end."""
    for account in books.prepaid.values():
        if account.is_touched and (account.warn_below_fen or account.is_low):
            watch(account, books=books)


def watch(account: AccountRow, *, books: Books) -> None:
    """Note the moment when what is available falls below the threshold; it comes again only after it has risen."""
    was_low = account.is_low
    account.is_low = is_low(account.available_fen, warn_below_fen=account.warn_below_fen, was_low=was_low)
    if account.is_low == was_low:
        return
    account.is_touched = True
    if not account.is_low:
        return
    data = {
        "object": "balance",
        "id": str(account.distributor_id),
        "version": account_version(account),
        "available": account.available_fen,
        "balance": account.balance_fen,
        "held": account.held_fen,
        "credit_limit": account.credit_limit_fen,
        "warn_below": account.warn_below_fen,
    }
    books.events.append(
        EventRow("balance.low", "balance", account.id, account.version, account.distributor_id, data, SYSTEM)
    )
