"""Let a hold lapse whose time is over."""

from entrepot.trade.books import Books, OrderRow
from entrepot.trade.postings import note, release_all, set_state
from entrepot.trade.terms import Answer, Expire, conflict, nothing


def expire(ask: Expire, *, books: Books) -> Answer:
    """Release stock and money of a held order that is due by the database's clock; not due, it is refused."""
    order = books.own_order(ask.order_id, None)
    if order is None:
        return nothing()
    if order.state == "expired":
        return Answer(order=order, is_replay=True)
    if order.state != "held" or order.held_until is None or order.held_until > books.now:
        return conflict(order)
    lapse(order, books=books, actor=ask.actor)
    return Answer(order=order)


def lapse(order: OrderRow, *, books: Books, actor: str) -> None:
    """Bring a held order to `expired` and give back what it held."""
    before = set_state(order, "expired")
    release_all(order, books=books, actor=actor)
    note(order, "order.expired", books=books, actor=actor, before=before)
