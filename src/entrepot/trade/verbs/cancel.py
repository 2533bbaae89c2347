"""Cancel an order that has not been drawn."""

from entrepot.trade.books import Books
from entrepot.trade.postings import note, release_all, set_state, stop_waiting
from entrepot.trade.terms import Answer, Cancel, conflict, nothing
from entrepot.trade.verbs.expire import lapse

OVER = ("expired", "rejected", "refunded")  # nothing is left of these to claim


def cancel(ask: Cancel, *, books: Books) -> Answer:
    """Release stock and money of an order that is held or waits for funds; cancelled before, it is answered again."""
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if order.state == "cancelled":
        return Answer(order=order, is_replay=True)
    if order.state not in ("held", "awaiting_funds"):
        return conflict(order, why="" if order.state in OVER else "drawn")
    if order.state == "held" and order.held_until is not None and order.held_until <= books.now:
        lapse(order, books=books, actor=ask.actor)
        return conflict(order)
    before = set_state(order, "cancelled")
    stop_waiting(order, before=before, books=books)
    release_all(order, books=books, actor=ask.actor)
    note(order, "order.cancelled", books=books, actor=ask.actor, before=before, reason=ask.reason)
    return Answer(order=order)
