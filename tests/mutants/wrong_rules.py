"""Bugs for the rules and verbs: each function stands in for a right one, or spoils an ask before its verb."""

import math
from typing import Any

from entrepot.base import money
from entrepot.trade import postings, terms
from entrepot.trade.decide import VERBS
from entrepot.trade.verbs import capture, complete, place_quota, restock

_share_out = complete._share_out
_pay_house = complete._pay_house
_move = restock.move_pieces
_over_quota = place_quota.over_quota


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def no_faults(*_: Any, **__: Any) -> list[terms.Fault]:
    """Find nothing wrong."""
    return []


# --- wrong rules ---


def rounded_down(amount_fen: int, *, rate_bps: int) -> int:
    return amount_fen * rate_bps // 10_000


def fee_not_rounded_up(supply_price_fen: int, *, fee_rate_bps: int) -> int:
    """Cut off what is less than a fen."""
    return supply_price_fen * fee_rate_bps // 10_000


def rounded_to_even(amount_fen: int, *, rate_bps: int) -> int:
    return round(amount_fen * rate_bps / 10_000)


def rounded_towards_plus(amount_fen: int, *, rate_bps: int) -> int:
    return math.floor((amount_fen * rate_bps + 5_000) / 10_000)


def pool_181(sale_price_fen: int, *, agreed_price_fen: int, qty: int, total_rate_bps: int) -> int:
    fee_fen = agreed_price_fen - round(agreed_price_fen / 1.05)
    return (sale_price_fen - (agreed_price_fen - fee_fen) + fee_fen) * qty * total_rate_bps // 10_000


def pool_below_nothing(sale_price_fen: int, *, agreed_price_fen: int, qty: int, total_rate_bps: int) -> int:
    return money.share_half_up((sale_price_fen - agreed_price_fen) * qty, rate_bps=total_rate_bps)


def all_that_lies_there(levels: Any, *, own: Any) -> int:
    return sum(level.available for level in levels)


def without_cap(levels: Any, *, own: Any) -> int:
    shared = sum(level.available for level in levels if level.allotment_id is None)
    return shared if own is None else shared + max(0, sum(x.available for x in levels if x.allotment_id == own.id))


def on_hand(levels: Any, *, own: Any) -> int:
    return sum(level.on_hand for level in levels if level.allotment_id is None)


def without_end(allotments: Any, *, distributor_id: int, tier_id: int, now: Any) -> Any:
    return next((row for row in allotments if row.distributor_id == distributor_id or row.tier_id == tier_id), None)


# --- wrong verbs ---


def lines_summed_singly(ask: Any, *, party: Any, books: Any) -> list[terms.Fault]:
    faults = []
    for place, line in enumerate(ask.lines):
        sku = books.skus.get(line.sku)
        if sku is None:
            continue
        _, _, pieces = postings.stock_for(sku.id, distributor_id=party.id, tier_id=party.tier_id, books=books)
        if pieces < line.qty:
            facts = {"sku": line.sku, "available": pieces, "wanted": line.qty}
            faults.append(terms.Fault(f"/lines/{place}/qty", terms.Refusal.INSUFFICIENT_STOCK, facts))
    return faults


def only_the_money(order: Any, *, books: Any, actor: str) -> None:
    postings.release_money(order, books=books)
    order.closed_at = books.now


def only_the_stock(order: Any, *, books: Any, actor: str) -> None:
    for line in order.lines.values():
        postings.unreserve(line, line.open_qty, order=order, books=books, actor=actor)
    order.closed_at = books.now


def drawn_without_fee(order: Any, *, books: Any, actor: str) -> None:
    total_fen = order.total_fen
    order.total_fen = sum(line.supply_price_fen * line.qty for line in order.lines.values())
    postings.draw(order, books=books, actor=actor)
    order.total_fen = total_fen


def drawn_but_still_held(order: Any, *, books: Any, actor: str) -> None:
    held_fen, order.held_fen = order.held_fen, 0
    postings.draw(order, books=books, actor=actor)
    order.held_fen = held_fen


def overtaking(distributor_id: int, *, books: Any, actor: str) -> int:
    waiting = [order for order in books.orders.values() if order.state == "awaiting_funds"]
    account = books.prepaid[distributor_id]
    return sum(
        capture._confirm(order, books=books, actor=actor, spendable_fen=account.available_fen) for order in waiting
    )


def unpaid_orders_forgotten(account: Any) -> int:
    """Spend what older orders wait for."""
    available: int = account.available_fen
    return available


def one_too_many(quota: Any, *, holdings: Any, **more: Any) -> list[Any]:
    """Let the limit be passed by the order that reaches it."""
    return [over for over in _over_quota(quota, holdings=holdings, **more) if over.held >= over.limit]


def lines_counted_singly(lines: Any) -> dict[int, int]:
    return {line.sku_id: line.qty for line in lines.values()}


def floor_from_nowhere(row: Any, pieces: int, *, books: Any, **_: Any) -> int:
    """Give a floor without taking it from the shared pool."""
    for level in books.levels.values():
        if level.allotment_id == row.id:
            level.on_hand += pieces
            row.given += pieces
            return pieces
    return 0


def always_told(available_fen: int, *, warn_below_fen: int, was_low: bool) -> bool:
    return not was_low and available_fen < warn_below_fen


def nobody_released(distributor_id: int, *, books: Any, actor: str) -> int:
    return 0


def dropped_when_short(ask: Any, books: Any) -> terms.Answer | None:
    order = books.own_order(ask.order_id, ask.distributor_id)
    if (
        order is not None
        and order.state == "held"
        and books.prepaid[order.distributor_id].available_fen < order.total_fen
    ):
        return VERBS[terms.Cancel](terms.Cancel(order.id, ask.actor), books=books)
    return None


def never_over(ask: Any, books: Any) -> None:
    if ask.order_id in books.orders:
        books.orders[ask.order_id].held_until = None


def always_over(ask: Any, books: Any) -> None:
    if ask.order_id in books.orders:
        books.orders[ask.order_id].held_until = books.now


def any_content(ask: Any, books: Any) -> None:
    known = books.order_by_number.get((ask.distributor_id, ask.out_order_no))
    if known is not None:
        ask.content_hash = known.content_hash


def number_forgotten(ask: Any, books: Any) -> None:
    books.order_by_number.pop((ask.distributor_id, ask.out_order_no), None)


def refund_forgotten(ask: Any, books: Any) -> None:
    if ask.order_id in books.orders:
        books.orders[ask.order_id].refunds.clear()


def parcel_forgotten(ask: Any, books: Any) -> None:
    if ask.order_id in books.orders:
        books.orders[ask.order_id].tracking_nos.clear()


def cause_forgotten(ask: Any, books: Any) -> None:
    books.done_causes.clear()


def received_before_it_was_sent(ask: Any, books: Any) -> None:
    order = books.orders.get(ask.order_id)
    if order is not None and order.state == "confirmed":
        order.state = "shipped"


def anybodys_order(self: Any, order_id: int, distributor_id: int | None) -> Any:
    return self.orders.get(order_id)


def one_fen_more(order: Any, amount_fen: int, *, cause: str, books: Any, actor: str, remark: str) -> None:
    postings.give_back(order, amount_fen + 1, cause=cause, books=books, actor=actor, remark=remark)


def earned_as_ordered(order: Any, *, books: Any, actor: str) -> None:
    """Share out what was ordered, refunded or not."""
    refunded = {number: line.refunded_qty for number, line in order.lines.items()}
    for line in order.lines.values():
        line.refunded_qty = 0
    _share_out(order, books=books, actor=actor)
    for number, line in order.lines.items():
        line.refunded_qty = refunded[number]


def fee_kept_back(kind: str, amount_fen: int, **more: Any) -> None:
    """Book goods income and forget the fee."""
    if kind != "settle_fee":
        _pay_house(kind, amount_fen, **more)


def supplier_paid_the_supply_price(order: Any, *, books: Any, actor: str) -> None:
    """Owe the supplier what the platform asks instead of what he asks."""
    for line in order.lines.values():
        line.supplier_price_fen = line.supply_price_fen
    _share_out(order, books=books, actor=actor)


def count_forgotten(level: Any, pieces: int, **more: Any) -> None:
    """Write no move when nothing changes."""
    if pieces:
        _move(level, pieces, **more)


def limit_set_at_once(ask: Any, books: Any) -> terms.Answer:
    """Set the limit without asking what is used."""
    books.prepaid[ask.distributor_id].credit_limit_fen = ask.limit_fen
    return terms.Answer()


def held_again(ask: Any, books: Any) -> None:
    """Take an order that was paid for one that is held."""
    order = books.orders.get(ask.order_id)
    if order is not None and order.state == "confirmed":
        order.state = "held"


def paid_already(ask: Any, books: Any) -> None:
    """Take an order that is held for one that was paid."""
    order = books.orders.get(ask.order_id)
    if order is not None and order.state == "held":
        order.state = "confirmed"
