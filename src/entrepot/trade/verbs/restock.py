"""Change what is on hand, and move pieces between pools."""

from entrepot.base.refusals import Refusal
from entrepot.stock.rules import LevelRow
from entrepot.trade.books import Books, EventRow, MoveRow
from entrepot.trade.postings import free_pieces, stock_version
from entrepot.trade.terms import Allot, Answer, Fault, Restock, nothing, refuse


def restock(ask: Restock, *, books: Books) -> Answer:
    """Add pieces to a pool (below 0: take away), or set what is available, once per cause.

    Refused when fewer pieces are free than are to be taken away: what is reserved stays.
    """
    level = _level(ask.sku, ask.warehouse_id, ask.allotment_id, books=books)
    if level is None:
        return nothing("/sku")
    if ("restock", ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"available": level.available})
    delta = ask.qty if ask.set_to is None else ask.set_to - level.available
    if level.available + delta < 0:
        facts = {"sku": ask.sku, "available": level.available, "wanted": -delta}
        return refuse(Fault("/qty", Refusal.INSUFFICIENT_STOCK, facts))
    free = free_pieces(level.sku_id, books=books)
    # A count that changes nothing is written down too: asked again later, it must not count once more.
    move_pieces(level, delta, kind="restock", cause=ask.cause, actor=ask.actor, remark=ask.remark, books=books)
    if delta:
        note_change(level.sku_id, free=free, books=books, actor=ask.actor, reason=ask.remark, delta=delta)
    books.done_causes["restock", ask.cause] = delta
    return Answer(facts={"available": level.available, "delta": delta})


def allot(ask: Allot, *, books: Books) -> Answer:
    """Move free pieces from the shared pool to an allotment (below 0: back), once per cause."""
    shared = _level(ask.sku, ask.warehouse_id, None, books=books)
    pool = _level(ask.sku, ask.warehouse_id, ask.allotment_id, books=books)
    if shared is None or pool is None:
        return nothing("/sku")
    if ("allot", ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"available": pool.available})
    source = shared if ask.qty > 0 else pool
    if source.available < abs(ask.qty):
        facts = {"sku": ask.sku, "available": source.available, "wanted": abs(ask.qty)}
        return refuse(Fault("/qty", Refusal.INSUFFICIENT_STOCK, facts))
    allotment = books.allotments.get(ask.allotment_id)
    if allotment is None or (ask.qty > 0 and not allotment.is_open):
        return refuse(Fault("/allotment", Refusal.STATE_CONFLICT, {"state": "closed"}))
    allotment.given += ask.qty
    allotment.is_touched = True
    free = free_pieces(shared.sku_id, books=books)
    move_pieces(shared, -ask.qty, kind="allot", cause=ask.cause, actor=ask.actor, remark=ask.remark, books=books)
    move_pieces(pool, ask.qty, kind="allot", cause=ask.cause, actor=ask.actor, remark=ask.remark, books=books)
    note_change(shared.sku_id, free=free, books=books, actor=ask.actor, reason=ask.remark, delta=-ask.qty)
    books.done_causes["allot", ask.cause] = ask.qty
    return Answer(facts={"available": pool.available})


def _level(sku_code: str, warehouse_id: int, allotment_id: int | None, *, books: Books) -> LevelRow | None:
    sku = books.skus.get(sku_code)
    if sku is None:
        return None
    for level in books.levels_by_sku.get(sku.id, ()):
        if level.warehouse_id == warehouse_id and level.allotment_id == allotment_id:
            return level
    return None


def move_pieces(
    level: LevelRow, pieces: int, *, kind: str, cause: str | None, actor: str, remark: str, books: Books
) -> None:
    """Change what is on hand on one level by some pieces."""
    level.on_hand += pieces
    level.is_touched = True
    books.moves.append(MoveRow(level.id, kind, pieces, 0, actor, cause=cause, remark=remark))


def note_change(sku_id: int, *, free: int, books: Books, actor: str, reason: str, delta: int) -> None:
    """Write down how the shared pool stands now; `free` is what it had before, `delta` what was moved."""
    left = free_pieces(sku_id, books=books)
    if not free and left:
        event = "stock.restocked"
    elif free and not left:
        event = "stock.sold_out"
    else:
        event = "stock.changed"
    version = stock_version(sku_id, books=books)
    data = {"object": "sku", "id": str(sku_id), "version": version, "stock": left, "delta": delta}
    books.events.append(EventRow(event, "sku", sku_id, version, None, data, actor, reason, before={"stock": free}))
