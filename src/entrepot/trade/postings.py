"""What several verbs do to the books alike: holding and drawing money, reserving and releasing stock, noting facts."""

from datetime import timedelta
from typing import Any

from entrepot.base.money import yuan
from entrepot.stock.rules import LevelRow, own_allotment, sellable
from entrepot.trade.acceptances import AcceptanceRow
from entrepot.trade.books import AccountRow, Books, EventRow, LineRow, MoveRow, OrderRow, Take, TransferRow


def hold_money(order: OrderRow, *, books: Books) -> None:
    """Hold the order's total on the distributor's prepaid account."""
    account = books.prepaid[order.distributor_id]
    account.held_fen += order.total_fen
    account.is_touched = True
    order.held_fen = order.total_fen


def release_money(order: OrderRow, *, books: Books) -> None:
    """Let go of what the order holds on the prepaid account, if anything."""
    if order.held_fen:
        account = books.prepaid[order.distributor_id]
        account.held_fen -= order.held_fen
        account.is_touched = True
        order.held_fen = 0


def start_waiting(order: OrderRow, *, books: Books) -> None:
    """Count an order among those that wait for funds."""
    account = books.prepaid[order.distributor_id]
    account.waiting_fen += order.total_fen
    account.is_touched = True


def stop_waiting(order: OrderRow, *, before: str, books: Books) -> None:
    """Count an order no longer among those that wait, if it did in the state before."""
    if before == "awaiting_funds":
        account = books.prepaid[order.distributor_id]
        account.waiting_fen -= order.total_fen
        account.is_touched = True


def draw(order: OrderRow, *, books: Books, actor: str) -> None:
    """Draw the order's total from the prepaid account into the distributor's clearing account."""
    release_money(order, books=books)
    order.drawn_fen = order.total_fen
    order.confirmed_at = books.now
    for line in order.lines.values():
        if line.acceptance_minutes is not None:
            ask_shipper(line, minutes=line.acceptance_minutes, order=order, books=books)
    if order.total_fen == 0:
        return
    account = books.prepaid[order.distributor_id]
    account.balance_fen -= order.total_fen
    account.is_touched = True
    books.transfers.append(
        TransferRow(
            kind="draw",
            debit_id=account.id,
            credit_id=books.clearing[order.distributor_id],
            amount_fen=order.total_fen,
            cause=f"order:{order.id}",
            actor=actor,
            order_id=order.id,
            debit_balance_fen=account.balance_fen,
            distributor_id=order.distributor_id,
        )
    )


def ask_shipper(line: LineRow, *, minutes: int, order: OrderRow, books: Books) -> None:
    """Let a line wait for its shipper to take it on, within some minutes from now."""
    accept_by = books.now + timedelta(minutes=minutes)
    line.acceptance = AcceptanceRow(
        order.id, line.line_no, order.distributor_id, line.supplier_id, "waiting", accept_by, is_touched=True
    )


def give_back(order: OrderRow, amount_fen: int, *, cause: str, books: Books, actor: str, remark: str) -> None:
    """Return a part of what was drawn from clearing to the prepaid account."""
    account = books.prepaid[order.distributor_id]
    account.balance_fen += amount_fen
    account.is_touched = True
    order.refunded_fen += amount_fen
    books.transfers.append(
        TransferRow(
            kind="refund",
            debit_id=books.clearing[order.distributor_id],
            credit_id=account.id,
            amount_fen=amount_fen,
            cause=cause,
            actor=actor,
            order_id=order.id,
            credit_balance_fen=account.balance_fen,
            distributor_id=order.distributor_id,
            remark=remark,
        )
    )


def reserve(
    line: LineRow, level: LevelRow, pieces: int, *, allotment_id: int | None, order: OrderRow, books: Books, actor: str
) -> None:
    """Reserve pieces of a line on a level."""
    level.reserved += pieces
    level.is_touched = True
    if allotment_id is not None:
        allotment = books.allotments[allotment_id]
        allotment.taken += pieces
        allotment.is_touched = True
    order.takes[line.line_no, level.id] = Take(pieces, allotment_id)
    books.moves.append(
        MoveRow(level.id, "take", 0, pieces, actor, order_id=order.id, line_no=line.line_no, allotment_id=allotment_id)
    )


def unreserve(line: LineRow, pieces: int, *, order: OrderRow, books: Books, actor: str) -> None:
    """Give pieces of a line back to the levels they were reserved on, the last taken first."""
    left = pieces
    for (line_no, level_id), take in sorted(order.takes.items(), reverse=True):
        part = min(take.pieces, left) if line_no == line.line_no else 0
        if part == 0:
            continue
        level = books.level(level_id)
        level.reserved -= part
        level.is_touched = True
        take.pieces -= part
        left -= part
        allotment = books.allotments.get(take.allotment_id) if take.allotment_id is not None else None
        if allotment is not None:
            allotment.taken -= part
            allotment.is_touched = True
        books.moves.append(
            MoveRow(
                level.id,
                "release",
                0,
                -part,
                actor,
                order_id=order.id,
                line_no=line.line_no,
                allotment_id=take.allotment_id,
            )
        )
    if left:
        raise AssertionError(f"order {order.id} line {line.line_no} has {left} pieces fewer reserved than open")


def dispatch(line: LineRow, pieces: int, *, order: OrderRow, books: Books, actor: str) -> None:
    """Take pieces of a line out of the house: they leave both what is on hand and what is reserved."""
    left = pieces
    for (line_no, level_id), take in sorted(order.takes.items()):
        part = min(take.pieces, left) if line_no == line.line_no else 0
        if part == 0:
            continue
        level = books.level(level_id)
        level.on_hand -= part
        level.reserved -= part
        level.is_touched = True
        take.pieces -= part
        left -= part
        books.moves.append(MoveRow(level.id, "ship", -part, -part, actor, order_id=order.id, line_no=line.line_no))
    if left:
        raise AssertionError(f"order {order.id} line {line.line_no} has {left} pieces fewer reserved than open")


def release_all(order: OrderRow, *, books: Books, actor: str) -> None:
    """Give back all that the order still holds, stock and money, because it ends without being drawn."""
    before = shared_pieces(order, books=books)
    for line in order.lines.values():
        if line.open_qty:
            unreserve(line, line.open_qty, order=order, books=books, actor=actor)
    note_stock(before, books=books, actor=actor)
    release_money(order, books=books)
    order.closed_at = books.now


def set_state(order: OrderRow, state: str) -> str:
    """Bring the order, and every shipper's part that is not further, into a state; return the state before."""
    before = order.state
    order.state = state
    order.is_touched = True
    for part in order.supply_orders.values():
        if part.state in (before, "held", "awaiting_funds", "confirmed"):
            part.state = state
            part.is_touched = True
    return before


def note(
    order: OrderRow, event_type: str, *, books: Books, actor: str, before: str = "", reason: str = "", **facts: Any
) -> None:
    """Write down a fact about an order; its version goes up by one."""
    if before:
        order.version += 1
    order.is_touched = True
    data: dict[str, Any] = {
        "object": "order",
        "id": str(order.id),
        "out_order_no": order.out_order_no,
        "version": order.version,
        "state": order.state,
        "from": before,
        "total": order.total_fen,
        **facts,
    }
    books.events.append(
        EventRow(
            *(event_type, "order", order.id, order.version, order.distributor_id, data, actor, reason),
            before={"state": before} if before else None,
        )
    )


def free_pieces(sku_id: int, *, books: Books) -> int:
    """Return the pieces of a SKU's shared pool that nobody has reserved, all warehouses together."""
    return sum(level.available for level in books.levels_by_sku.get(sku_id, ()) if level.allotment_id is None)


def shared_pieces(order: OrderRow, *, books: Books) -> dict[int, int]:
    """Return the free pieces of the shared pool by SKU, for `note_stock` after they have changed."""
    return {line.sku_id: free_pieces(line.sku_id, books=books) for line in order.lines.values()}


def note_stock(before: dict[int, int], *, books: Books, actor: str) -> None:
    """Write down which SKUs have sold out or are back; told to nobody in particular, every mall may hear it.

    The shared pool decides: that one distributor has reached his cap, or one warehouse is empty, sells nothing out.
    """
    for sku_id, pieces in before.items():
        left = free_pieces(sku_id, books=books)
        if bool(pieces) != bool(left):
            event_type = "stock.restocked" if left else "stock.sold_out"
            version = stock_version(sku_id, books=books)
            data = {"object": "sku", "id": str(sku_id), "version": version, "stock": left}
            books.events.append(
                EventRow(event_type, "sku", sku_id, version, None, data, actor, before={"stock": pieces})
            )


def stock_version(sku_id: int, *, books: Books) -> int:
    """Return the next version of a SKU's stock, for a fact about it: it rises with every one, whoever writes it.

    It is the sum of the versions of its levels, all of which are locked by whoever may change one of them.
    """
    levels = books.levels_by_sku[sku_id]
    levels[0].version += 1
    levels[0].is_touched = True
    return sum(level.version for level in levels)


def account_version(account: AccountRow) -> int:
    """Return the next version of an account, for a fact about it."""
    account.version += 1
    account.is_touched = True
    return account.version


def note_balance(
    distributor_id: int, event_type: str, *, books: Books, actor: str, reason: str, amount_fen: int
) -> None:
    """Write down that a prepaid balance was credited or refunded."""
    account = books.prepaid[distributor_id]
    version = account_version(account)
    data = {
        "object": "balance",
        "id": str(distributor_id),
        "version": version,
        "amount": amount_fen,
        "balance": account.balance_fen,
        "held": account.held_fen,
        "credit_limit": account.credit_limit_fen,
        "text": yuan(amount_fen),
    }
    before = {"balance": account.balance_fen - amount_fen}
    books.events.append(
        EventRow(event_type, "balance", account.id, version, distributor_id, data, actor, reason, before=before)
    )


def stock_for(sku_id: int, *, distributor_id: int, tier_id: int, books: Books) -> tuple[list[LevelRow], Any, int]:
    """Return the levels of a SKU, the allotment that serves the distributor, and the pieces he may take now."""
    levels = books.levels_by_sku.get(sku_id, [])
    own = own_allotment(
        books.allotments_by_sku.get(sku_id, ()), distributor_id=distributor_id, tier_id=tier_id, now=books.now
    )
    return levels, own, sellable(levels, own=own)
