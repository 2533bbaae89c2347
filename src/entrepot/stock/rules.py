"""Which pools a party may take from, how much, and from which levels: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class AllotmentRow:
    """One open allotment of a SKU as loaded and locked."""

    id: int
    distributor_id: int | None
    tier_id: int | None
    cap: int | None
    buffer: int
    taken: int
    ends_at: datetime | None
    is_touched: bool = False


@dataclass(slots=True)
class LevelRow:
    """One stock level as loaded and locked; `is_touched` is set by those who change it."""

    id: int
    sku_id: int
    warehouse_id: int
    allotment_id: int | None
    on_hand: int
    reserved: int
    is_touched: bool = False

    @property
    def available(self) -> int:
        """Return the pieces that nobody has reserved."""
        return self.on_hand - self.reserved


def own_allotment(
    allotments: Sequence[AllotmentRow], *, distributor_id: int, tier_id: int, now: datetime
) -> AllotmentRow | None:
    """Return the open allotment that serves a distributor: his own before his tier's, None when neither runs."""
    running = [row for row in allotments if row.ends_at is None or row.ends_at > now]
    for row in running:
        if row.distributor_id == distributor_id:
            return row
    for row in running:
        if row.tier_id == tier_id:
            return row
    return None


def sellable(levels: Sequence[LevelRow], *, own: AllotmentRow | None) -> int:
    """Return the pieces a party may take now: his pool less its buffer, plus the shared pool, within his cap."""
    shared = sum(level.available for level in levels if level.allotment_id is None)
    if own is None:
        return shared
    pool = sum(level.available for level in levels if level.allotment_id == own.id)
    pieces = max(0, pool - own.buffer) + shared
    return pieces if own.cap is None else max(0, min(pieces, own.cap - own.taken))


def allocate(levels: Sequence[LevelRow], *, qty: int, own: AllotmentRow | None) -> list[tuple[LevelRow, int]] | None:
    """Return from which levels `qty` pieces come, own pool first, then the shared one; None when there are not enough.

    Nothing is changed. Levels are taken in the order of their ids, so that the same books give the same answer.
    """
    if sellable(levels, own=own) < qty:
        return None
    if len(levels) == 1:
        return [(levels[0], qty)]
    takes: list[tuple[LevelRow, int]] = []
    left = qty
    if own is not None:
        pool = [level for level in levels if level.allotment_id == own.id]
        free = max(0, sum(level.available for level in pool) - own.buffer)
        left -= _take(pool, min(left, free), takes=takes)
    left -= _take([level for level in levels if level.allotment_id is None], left, takes=takes)
    return takes if left == 0 else None


def _take(levels: Sequence[LevelRow], qty: int, *, takes: list[tuple[LevelRow, int]]) -> int:
    taken = 0
    for level in levels:
        pieces = min(level.available, qty - taken)
        if pieces > 0:
            takes.append((level, pieces))
            taken += pieces
    return taken
