"""The limits of what a distributor may keep on hold, judged while his account is locked."""

from dataclasses import asdict

from entrepot.base.refusals import Refusal
from entrepot.stock.rules import Holdings, over_quota
from entrepot.trade.books import Books, DistributorRow, LineRow, OrderRow
from entrepot.trade.terms import Fault, Place


def quota_faults(
    ask: Place, *, party: DistributorRow, lines: dict[int, LineRow], total_fen: int, books: Books
) -> list[Fault]:
    """Return the limits that this hold would pass, each with its figures; an order that draws at once holds nothing."""
    if party.quota is None or ask.mode != "hold" or not lines:
        return []
    account = books.prepaid[party.id]
    found = over_quota(
        party.quota,
        holdings=books.holdings.get(party.id) or Holdings(),
        pieces=_pieces(lines),
        buyer=ask.consignee.phone_hash,
        held_fen=account.held_fen,
        own_fen=account.balance_fen + account.credit_limit_fen,
        fen=total_fen,
    )
    codes = {line.sku_id: (number, line.sku_code) for number, line in lines.items()}
    faults = []
    for over in found:
        facts = {name: value for name, value in asdict(over).items() if name != "sku_id"}
        pointer = ""
        if over.sku_id is not None:
            number, facts["sku"] = codes[over.sku_id]
            pointer = f"/lines/{number - 1}/qty"
        faults.append(Fault(pointer, Refusal.HOLD_QUOTA_EXCEEDED, facts))
    return faults


def count_hold(order: OrderRow, *, party: DistributorRow, buyer: bytes, books: Books) -> None:
    """Count an order that was just put on hold, for those behind it in the batch."""
    if party.quota is not None and party.quota.is_counting and order.mode == "hold":
        holdings = books.holdings.setdefault(party.id, Holdings())
        holdings.add(_pieces(order.lines), buyer=buyer)


def hold_s(ask: Place, *, party: DistributorRow) -> int:
    """Return how long a hold lasts, in seconds: as asked or as agreed, no longer than his lapsed holds allow."""
    asked_s = ask.hold_minutes * 60 if ask.hold_minutes else party.hold_ttl_s
    if party.quota is None or party.quota.lapse_s is None:
        return asked_s
    return min(asked_s, party.quota.lapse_s)


def _pieces(lines: dict[int, LineRow]) -> dict[int, int]:
    pieces: dict[int, int] = {}
    for line in lines.values():
        pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.qty
    return pieces
