"""Confirm a held order, and let orders that wait for funds go on."""

from entrepot.trade.books import Books, OrderRow
from entrepot.trade.postings import draw, note, set_state, start_waiting, stop_waiting
from entrepot.trade.terms import Answer, Capture, Release, conflict, nothing
from entrepot.trade.verbs.expire import lapse

_CAPTURED = ("awaiting_funds", "confirmed", "partly_shipped", "shipped", "received", "completed", "refunded")


def capture(ask: Capture, *, books: Books) -> Answer:
    """Draw the money of a held order; done before, it is answered again.

    A hold whose time is over by the database's clock lapses here and now. Under the `check` policy an order for which
    the funds do not reach waits for a top-up; so does one that would take what older waiting orders need.
    """
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if order.state in _CAPTURED:
        return Answer(order=order, is_replay=True)
    if order.state != "held":
        return conflict(order)
    if order.held_until is not None and order.held_until <= books.now:
        lapse(order, books=books, actor=ask.actor)
        return conflict(order)
    if not _confirm(
        order, books=books, actor=ask.actor, spendable_fen=books.prepaid[order.distributor_id].unclaimed_fen
    ):
        before = set_state(order, "awaiting_funds")
        start_waiting(order, books=books)
        note(order, "order.awaiting_funds", books=books, actor=ask.actor, before=before)
    return Answer(order=order)


def release(ask: Release, *, books: Books) -> Answer:
    """Confirm the orders of a distributor that wait for funds, oldest first, until the funds no longer reach."""
    return Answer(facts={"released": release_awaiting(ask.distributor_id, books=books, actor=ask.actor)})


def release_awaiting(distributor_id: int, *, books: Books, actor: str) -> int:
    """Return how many waiting orders went on; the first that does not fit keeps its place before those behind it."""
    waiting = [
        order
        for order in books.orders.values()
        if order.state == "awaiting_funds" and order.distributor_id == distributor_id
    ]
    released = 0
    for order in sorted(waiting, key=lambda order: order.id):
        if not _confirm(order, books=books, actor=actor, spendable_fen=books.prepaid[distributor_id].available_fen):
            break
        released += 1
    return released


def _confirm(order: OrderRow, *, books: Books, actor: str, spendable_fen: int) -> bool:
    account = books.prepaid[order.distributor_id]
    missing_fen = order.total_fen - order.held_fen
    if missing_fen > 0 and spendable_fen < missing_fen:
        return False
    before = set_state(order, "confirmed")
    stop_waiting(order, before=before, books=books)
    draw(order, books=books, actor=actor)
    note(
        order,
        "order.confirmed",
        books=books,
        actor=actor,
        before=before,
        drawn=order.drawn_fen,
        balance=account.balance_fen,
    )
    return True
