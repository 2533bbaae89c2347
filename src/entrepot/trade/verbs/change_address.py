"""Send an order elsewhere, as long as nothing of it was sent and freight stays what it is."""

from entrepot.base.refusals import Refusal
from entrepot.trade.addresses import ChangeAddress
from entrepot.trade.books import Books
from entrepot.trade.postings import note
from entrepot.trade.terms import Answer, Fault, conflict, nothing, refuse
from entrepot.trade.verbs.place_freight import freight_to

OPEN = ("held", "awaiting_funds", "confirmed")


def change_address(ask: ChangeAddress, *, books: Books) -> Answer:
    """Put another consignee in the place of an order's; whether it is another one is known to who can unseal both.

    Refused once a piece was sent, where a line is not sent to, and where freight would be another: no money moves here.
    """
    order = books.own_order(ask.order_id, ask.distributor_id)
    if order is None:
        return nothing()
    if order.state not in OPEN or any(line.shipped_qty for line in order.lines.values()):
        return conflict(order)
    found, faults = freight_to(ask.consignee, lines=order.lines, books=books)
    if faults:
        return refuse(*faults, order=order)
    if found.freight_fen != order.freight_fen:
        facts = {"old": order.freight_fen, "new": found.freight_fen}
        return refuse(Fault("/consignee", Refusal.FREIGHT_CHANGED, facts), order=order)
    books.moved[order.id] = ask.consignee
    note(order, "order.address_changed", books=books, actor=ask.actor, before=order.state)
    return Answer(order=order)
