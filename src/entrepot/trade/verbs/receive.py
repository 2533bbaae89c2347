"""Record that the buyer has received an order."""

from entrepot.trade.books import Books
from entrepot.trade.postings import note
from entrepot.trade.terms import Answer, Receive, conflict, nothing


def receive(ask: Receive, *, books: Books) -> Answer:
    """Bring a wholly shipped order to `received`; received before, it is answered again."""
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if order.state in ("received", "completed"):
        return Answer(order=order, is_replay=True)
    if order.state != "shipped":
        return conflict(order)
    order.state = "received"
    order.received_at = books.now
    for part in order.supply_orders.values():
        if part.state == "shipped":
            part.state = "received"
            part.is_touched = True
    note(order, "order.delivered", books=books, actor=ask.actor, before="shipped", reason=ask.reason)
    return Answer(order=order)
