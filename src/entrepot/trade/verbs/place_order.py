"""Place an order: stock and money together, both or neither."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from entrepot.base.refusals import Refusal
from entrepot.base.worlds import SANDBOX_FROM, is_sandbox, same_world
from entrepot.freight.rules import Quote
from entrepot.stock.rules import allocate
from entrepot.trade.books import AccountRow, Books, ChargeRow, DistributorRow, LineRow, OrderRow, SkuRow, SupplyOrderRow
from entrepot.trade.postings import draw, hold_money, note, note_stock, reserve, shared_pieces, start_waiting, stock_for
from entrepot.trade.terms import Answer, Fault, Place, nothing, refuse
from entrepot.trade.verbs.place_freight import freight_of
from entrepot.trade.verbs.place_price import price_of
from entrepot.trade.verbs.place_quota import count_hold, hold_s, quota_faults

MAX_QTY = 1_000_000


def place_order(ask: Place, *, books: Books) -> Answer:
    """Judge one order against the books and, when nothing is wrong, put it on them.

    The mall's number decides first: the same content was done before and is answered again, other content is refused.
    Every faulty line is named with its numbers; the fee is that of the distributor's tier or of the goods, rounded per
    piece; freight is what the shippers' templates ask, without fee.
    """
    known = books.order_by_number.get((ask.distributor_id, ask.out_order_no))
    if known is not None:
        if known.content_hash == ask.content_hash:
            return Answer(order=known, is_replay=True)
        return refuse(Fault("", Refusal.NUMBER_REUSED), order=known)
    party = books.distributors.get(ask.distributor_id)
    if party is None:
        return nothing()
    if party.state != "active":
        return refuse(Fault("", Refusal.DISTRIBUTOR_SUSPENDED, {"state": party.state}))
    shapeless = _shapeless(ask)
    if shapeless:
        return refuse(*shapeless)
    faults = _line_faults(ask, party=party, books=books)
    lines = {} if faults else _lines(ask, party=party, books=books)
    freight, unserved = freight_of(ask, lines=lines, books=books)
    faults += unserved
    faults += _stock_faults(ask, party=party, books=books)
    total_fen = sum(line.amount_fen for line in lines.values()) + freight.freight_fen
    faults += quota_faults(ask, party=party, lines=lines, total_fen=total_fen, books=books)
    short = lines and books.prepaid[party.id].unclaimed_fen < total_fen
    if short and party.funds_policy == "hold":
        faults.append(_too_poor(books.prepaid[party.id], total_fen=total_fen))
    if faults:
        return refuse(*faults)
    order = _order(ask, party=party, lines=lines, freight=freight, books=books)
    _take_stock(order, party=party, books=books, actor=ask.actor)
    _settle_money(order, ask=ask, is_short=bool(short), party=party, books=books)
    count_hold(order, party=party, buyer=ask.consignee.phone_hash, books=books)
    return Answer(order=order)


def _too_poor(account: AccountRow, *, total_fen: int) -> Fault:
    """Return the refusal for want of money; what older orders wait for is theirs and named beside what is there."""
    facts = {"needed": total_fen, "available": account.available_fen}
    if account.waiting_fen:
        facts["waiting"] = account.waiting_fen
    return Fault("", Refusal.INSUFFICIENT_BALANCE, facts)


def _shapeless(ask: Place) -> list[Fault]:
    """Return what no door lets through: an order without lines, pieces that are none or more than a column holds."""
    if not ask.lines:
        return [Fault("/lines", Refusal.VALIDATION_FAILED, {"why": "no_lines"})]
    return [
        Fault(f"/lines/{place}/qty", Refusal.VALIDATION_FAILED, {"sku": line.sku, "qty": line.qty, "why": "qty"})
        for place, line in enumerate(ask.lines)
        if not 1 <= line.qty <= MAX_QTY
    ]


def _line_faults(ask: Place, *, party: DistributorRow, books: Books) -> list[Fault]:
    faults: list[Fault] = []
    pieces_of_goods: dict[int, int] = defaultdict(int)
    for line in ask.lines:
        sku = _sku(line.sku, party=party, books=books)
        if sku is not None:
            pieces_of_goods[sku.goods_id] += line.qty
    for place, line in enumerate(ask.lines):
        pointer = f"/lines/{place}"
        sku = _sku(line.sku, party=party, books=books)
        if sku is None:
            faults.append(Fault(f"{pointer}/sku", Refusal.VALIDATION_FAILED, {"sku": line.sku, "why": "unknown_sku"}))
            continue
        if not _is_on_sale(sku):
            faults.append(Fault(f"{pointer}/sku", Refusal.PRODUCT_DELISTED, {"sku": line.sku}))
            continue
        if not _is_shown_to(sku, party=party):
            faults.append(Fault(f"{pointer}/sku", Refusal.NOT_AUTHORISED_FOR_TIER, {"sku": line.sku}))
            continue
        facts: dict[str, Any]
        if line.promotion and line.promotion not in sku.allowed_promotions:
            facts = {"sku": line.sku, "promotion": line.promotion, "allowed": sku.allowed_promotions}
            faults.append(Fault(f"{pointer}/promotion", Refusal.PROMOTION_NOT_ALLOWED, facts))
        wanted = pieces_of_goods[sku.goods_id]
        if wanted < sku.min_quantity:
            facts = {"sku": line.sku, "min_quantity": sku.min_quantity, "qty": wanted}
            faults.append(Fault(f"{pointer}/qty", Refusal.BELOW_MIN_QUANTITY, facts))
        now_fen = price_of(line, sku=sku, party=party, books=books).agreed_price_fen
        if line.expected_price_fen is not None and line.expected_price_fen != now_fen:
            facts = {"sku": line.sku, "old": line.expected_price_fen, "new": now_fen}
            faults.append(Fault(f"{pointer}/expected_price", Refusal.PRICE_CHANGED, facts))
    return faults


def _stock_faults(ask: Place, *, party: DistributorRow, books: Books) -> list[Fault]:
    wanted: dict[str, int] = defaultdict(int)
    for line in ask.lines:
        wanted[line.sku] += line.qty
    faults: list[Fault] = []
    for place, line in enumerate(ask.lines):
        sku = _sku(line.sku, party=party, books=books)
        if sku is None or not _is_on_sale(sku) or not _is_shown_to(sku, party=party):
            continue
        _, _, pieces = stock_for(sku.id, distributor_id=party.id, tier_id=party.tier_id, books=books)
        if pieces < wanted[line.sku]:
            facts = {"sku": line.sku, "available": pieces, "wanted": wanted[line.sku]}
            faults.append(Fault(f"/lines/{place}/qty", Refusal.INSUFFICIENT_STOCK, facts))
    return faults


def _sku(code: str, *, party: DistributorRow, books: Books) -> SkuRow | None:
    """Return a SKU of the party's own world: to a sandbox there are no live goods and no other sandbox's."""
    sku = books.skus.get(code)
    if sku is None or not same_world(sku.id, party.id):
        return None
    return sku if _is_shown_to(sku, party=party) or not is_sandbox(party.id) else None


def _is_on_sale(sku: SkuRow) -> bool:
    return (
        sku.is_active
        and sku.goods_state == "on_sale"
        and sku.supplier_state == "active"
        and sku.supply_price_fen is not None
    )


def _is_shown_to(sku: SkuRow, *, party: DistributorRow) -> bool:
    if not sku.visible_tiers and not sku.visible_distributors:
        return True
    return party.tier_id in sku.visible_tiers or party.id in sku.visible_distributors


def _lines(ask: Place, *, party: DistributorRow, books: Books) -> dict[int, LineRow]:
    lines: dict[int, LineRow] = {}
    for number, wanted in enumerate(ask.lines, start=1):
        sku = books.skus[wanted.sku]
        price = price_of(wanted, sku=sku, party=party, books=books)
        lines[number] = LineRow(
            order_id=0,
            line_no=number,
            supplier_id=sku.supplier_id,
            sku_id=sku.id,
            goods_id=sku.goods_id,
            sku_code=sku.code,
            goods_no=sku.goods_no,
            goods_name=sku.goods_name,
            spec=sku.spec,
            image=sku.image,
            qty=wanted.qty,
            supplier_price_fen=price.supplier_price_fen,
            supply_price_fen=price.supply_price_fen,
            fee_fen=price.fee_fen,
            agreed_price_fen=price.agreed_price_fen,
            promotion=wanted.promotion,
            is_own=sku.is_own,
            fee_rate_bps=price.fee_rate_bps,
            acceptance_minutes=sku.acceptance_minutes,
        )
    return lines


def _order(ask: Place, *, party: DistributorRow, lines: dict[int, LineRow], freight: Quote, books: Books) -> OrderRow:
    goods_fen = sum(line.amount_fen for line in lines.values())
    ttl_s = hold_s(ask, party=party)
    order = OrderRow(
        id=books.order_ids.pop() + (SANDBOX_FROM if is_sandbox(party.id) else 0),
        distributor_id=party.id,
        out_order_no=ask.out_order_no,
        state="held",
        mode=ask.mode,
        hold_minutes=ask.hold_minutes,
        held_until=books.now + timedelta(seconds=ttl_s) if ask.mode == "hold" else None,
        fee_rate_bps=party.fee_rate_bps,
        goods_amount_fen=goods_fen,
        freight_fen=freight.freight_fen,
        total_fen=goods_fen + freight.freight_fen,
        held_fen=0,
        drawn_fen=0,
        refunded_fen=0,
        version=1,
        content_hash=ask.content_hash,
        remark=ask.remark,
        created_at=books.now,
        is_new=True,
        lines=lines,
    )
    for line in lines.values():
        line.order_id = order.id
        part = order.supply_orders.get(line.supplier_id)
        if part is None:
            part = order.supply_orders[line.supplier_id] = SupplyOrderRow(order.id, line.supplier_id, "held", 0, 0)
        part.pieces += line.qty
        part.payable_fen += 0 if line.is_own else line.supplier_price_fen * line.qty
    for part in order.supply_orders.values():
        part.freight_fen = freight.of_shipper(part.supplier_id)
    books.charges += [ChargeRow(order.id, party.id, charge) for charge in freight.parts]
    books.orders[order.id] = order
    books.order_by_number[party.id, ask.out_order_no] = order
    books.consignees[order.id] = ask.consignee
    return order


def _take_stock(order: OrderRow, *, party: DistributorRow, books: Books, actor: str) -> None:
    free = shared_pieces(order, books=books)
    for line in order.lines.values():
        levels, own, _ = stock_for(line.sku_id, distributor_id=party.id, tier_id=party.tier_id, books=books)
        takes = allocate(levels, qty=line.qty, own=own)
        if takes is None:
            raise AssertionError(f"stock of {line.sku_code} was judged enough and is not")
        for level, pieces in takes:
            allotment_id = own.id if own is not None else None
            reserve(line, level, pieces, allotment_id=allotment_id, order=order, books=books, actor=actor)
    note_stock(free, books=books, actor=actor)


def _settle_money(order: OrderRow, *, ask: Place, is_short: bool, party: DistributorRow, books: Books) -> None:
    if ask.mode == "hold":
        if party.funds_policy == "hold":
            hold_money(order, books=books)
        note(order, "order.held", books=books, actor=ask.actor)
        return
    if is_short:
        _set_new_state(order, "awaiting_funds")
        start_waiting(order, books=books)
        note(order, "order.awaiting_funds", books=books, actor=ask.actor)
        return
    _set_new_state(order, "confirmed")
    draw(order, books=books, actor=ask.actor)
    balance_fen = books.prepaid[party.id].balance_fen
    note(order, "order.confirmed", books=books, actor=ask.actor, drawn=order.drawn_fen, balance=balance_fen)


def _set_new_state(order: OrderRow, state: str) -> None:
    order.state = state
    for part in order.supply_orders.values():
        part.state = state
