"""Open, change, close and tend allotments of a SKU's stock."""

from typing import Any

from entrepot.base.refusals import Refusal
from entrepot.stock.rules import AllotmentRow, LevelRow
from entrepot.trade.books import Books, EventRow, SkuRow
from entrepot.trade.postings import free_pieces, stock_version
from entrepot.trade.terms import (
    SYSTEM,
    Answer,
    CloseAllotment,
    Fault,
    SetAllotment,
    TendAllotment,
    nothing,
    refuse,
)
from entrepot.trade.verbs.restock import move_pieces, note_change


def set_allotment(ask: SetAllotment, *, books: Books) -> Answer:
    """Open or change the allotment of a distributor or a tier and move pieces until its floor is given.

    Answers with `allotment`, `moved` and `shortage`. Refused when the figures contradict each other, and, unless it is
    partial, when the shared pool has fewer pieces than the floor still needs.
    """
    sku = books.skus.get(ask.sku)
    if sku is None:
        return nothing("/sku")
    row = _wanted(ask, sku=sku, books=books)
    if row is None:
        return nothing("/distributor" if ask.tier_id is None else "/tier")
    if ("allot", ask.cause) in books.done_causes:
        return Answer(is_replay=True, facts={"allotment": row.id, "moved": 0, "shortage": row.shortage})
    why = _contradiction(ask, books=books)
    if why:
        return refuse(Fault(f"/{why.split('_')[0]}", Refusal.VALIDATION_FAILED, {"why": why}))
    free = free_pieces(sku.id, books=books)
    missing = ask.floor - row.given
    if missing > free and not ask.is_partial:
        facts = {"sku": ask.sku, "available": free, "wanted": missing}
        return refuse(Fault("/floor", Refusal.INSUFFICIENT_STOCK, facts))
    before = _figures(row)
    is_new = not row.is_open
    if is_new:
        row.is_open = True
        books.allotments_by_sku.setdefault(sku.id, []).append(row)
    row.floor, row.cap, row.buffer, row.ends_at = ask.floor, ask.cap, ask.buffer, ask.ends_at
    moved = _shift(row, missing, cause=ask.cause, actor=ask.actor, remark=ask.reason, books=books)
    books.done_causes["allot", ask.cause] = moved
    if is_new or _figures(row) != before:
        kind = "allotment.opened" if is_new else "allotment.changed"
        _note(row, kind, sku=sku, before=None if is_new else before, actor=ask.actor, reason=ask.reason, books=books)
    return Answer(facts={"allotment": row.id, "moved": moved, "shortage": row.shortage})


def close_allotment(ask: CloseAllotment, *, books: Books) -> Answer:
    """Close an allotment and give its free pieces back to the shared pool; closed before, it is answered again."""
    sku, row = books.skus.get(ask.sku), books.allotments.get(ask.allotment_id)
    if sku is None or row is None or row.sku_id != sku.id:
        return nothing("/allotment")
    if not row.is_open:
        return Answer(is_replay=True, facts={"allotment": row.id, "moved": 0})
    moved = _close(row, sku=sku, actor=ask.actor, reason=ask.reason, books=books)
    return Answer(facts={"allotment": row.id, "moved": moved})


def tend_allotment(ask: TendAllotment, *, books: Books) -> Answer:
    """Close an allotment at its end, take back what came free in a closed one, or fill up a floor that is short."""
    sku, row = books.skus.get(ask.sku), books.allotments.get(ask.allotment_id)
    if sku is None or row is None or row.sku_id != sku.id:
        return nothing("/allotment")
    if row.is_open and row.has_ended(books.now):
        moved = _close(row, sku=sku, actor=ask.actor, reason="ended", books=books)
    elif not row.is_open:
        moved = _shift(row, -_free_in_pool(row, books=books), cause=None, actor=ask.actor, remark="closed", books=books)
    else:
        moved = _shift(row, row.shortage, cause=None, actor=ask.actor, remark="floor", books=books)
    return Answer(is_replay=not moved and row.is_open, facts={"allotment": row.id, "moved": moved})


def _wanted(ask: SetAllotment, *, sku: SkuRow, books: Books) -> AllotmentRow | None:
    """Return the party's open allotment, or the one that was made to be opened now."""
    own = [
        row
        for row in books.allotments.values()
        if row.sku_id == sku.id and (row.distributor_id, row.tier_id) == (ask.distributor_id, ask.tier_id)
    ]
    opened = [row for row in own if row.is_open]
    fresh = [row for row in own if not row.is_open and not row.given and not row.taken]
    return opened[0] if opened else max(fresh, key=lambda row: row.id, default=None)


def _contradiction(ask: SetAllotment, *, books: Books) -> str:
    if ask.floor < 0:
        return "floor_below_0"
    if ask.buffer < 0 or ask.buffer > ask.floor:
        return "buffer_above_floor"
    if ask.cap is not None and ask.cap < max(1, ask.floor - ask.buffer):
        return "cap_below_floor"
    if ask.ends_at is not None and ask.ends_at <= books.now:
        return "ends_at_is_over"
    return ""


def _close(row: AllotmentRow, *, sku: SkuRow, actor: str, reason: str, books: Books) -> int:
    before = _figures(row)
    row.is_open = False
    books.allotments_by_sku[sku.id] = [other for other in books.allotments_by_sku[sku.id] if other is not row]
    moved = _shift(row, -_free_in_pool(row, books=books), cause=None, actor=actor, remark=reason, books=books)
    _note(row, "allotment.closed", sku=sku, before=before, actor=actor, reason=reason, books=books)
    return moved


def _pool(row: AllotmentRow, *, books: Books) -> list[LevelRow]:
    return [level for level in books.levels_by_sku.get(row.sku_id, ()) if level.allotment_id == row.id]


def _free_in_pool(row: AllotmentRow, *, books: Books) -> int:
    return sum(level.available for level in _pool(row, books=books))


def _shift(row: AllotmentRow, pieces: int, *, cause: str | None, actor: str, remark: str, books: Books) -> int:
    """Move pieces into the pool (below 0: out of it), warehouse by warehouse, as far as they are free; return how many.

    They stay in their warehouse: only the pool they belong to changes.
    """
    shared = {level.warehouse_id: level for level in books.levels_by_sku[row.sku_id] if level.allotment_id is None}
    free = free_pieces(row.sku_id, books=books)
    moved = 0
    for level in _pool(row, books=books):
        other = shared.get(level.warehouse_id)
        if other is None:
            continue
        left = abs(pieces) - abs(moved)
        part = min(left, other.available if pieces > 0 else level.available)
        if part <= 0:
            continue
        part = part if pieces > 0 else -part
        move_pieces(other, -part, kind="allot", cause=cause, actor=actor, remark=remark, books=books)
        move_pieces(level, part, kind="allot", cause=cause, actor=actor, remark=remark, books=books)
        moved += part
    if moved:
        row.given += moved
        row.is_touched = True
        note_change(row.sku_id, free=free, books=books, actor=SYSTEM, reason=remark, delta=-moved)
    return moved


def _figures(row: AllotmentRow) -> dict[str, Any]:
    return {
        "floor": row.floor,
        "cap": row.cap,
        "buffer": row.buffer,
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "given": row.given,
        "state": "open" if row.is_open else "closed",
    }


def _note(
    row: AllotmentRow,
    event_type: str,
    *,
    sku: SkuRow,
    before: dict[str, Any] | None,
    actor: str,
    reason: str,
    books: Books,
) -> None:
    """Write down what became of an allotment: the house's own affair, told to no mall.

    What a mall may take can change by it though no piece has moved, so the SKU's stock has a new version.
    """
    row.version += 1
    row.is_touched = True
    if books.levels_by_sku.get(sku.id):
        stock_version(sku.id, books=books)
    after = _figures(row)
    if before is not None:
        changed = [name for name in after if after[name] != before[name]]
        before, after = {name: before[name] for name in changed}, {name: after[name] for name in changed}
    data = {"object": "allotment", "id": str(row.id), "version": row.version, "sku": sku.code, **after}
    books.events.append(
        EventRow(event_type, "allotment", row.id, row.version, None, data, actor, reason, before=before, label=sku.code)
    )
