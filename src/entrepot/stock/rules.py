"""Which pools a party may take from and how much, and how much of it may be on hold: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from entrepot.base.money import BPS

LOW = 10
"""Up to so many pieces free to sell count as low; levels that low have an index of their own."""


@dataclass(slots=True)
class AllotmentRow:
    """One allotment of a SKU as loaded and locked; `given` are the pieces moved into its pool, net of those taken back."""

    id: int
    distributor_id: int | None
    tier_id: int | None
    cap: int | None
    buffer: int
    taken: int
    ends_at: datetime | None
    sku_id: int = 0
    floor: int = 0
    given: int = 0
    is_open: bool = True
    version: int = 1
    is_touched: bool = False

    @property
    def shortage(self) -> int:
        """Return the pieces of the guaranteed floor that the shared pool could not give yet."""
        return max(0, self.floor - self.given)

    def has_ended(self, now: datetime) -> bool:
        """Return whether its end date has come."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(slots=True)
class LevelRow:
    """One stock level as loaded and locked; `is_touched` is set by those who change it."""

    id: int
    sku_id: int
    warehouse_id: int
    allotment_id: int | None
    on_hand: int
    reserved: int
    version: int = 0
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


@dataclass(frozen=True, slots=True)
class HoldQuota:
    """What a distributor may keep on hold (占库限额); None sets no limit. `lapse_s` shortens his holds, in seconds."""

    pieces_of_sku: int | None = None
    holds: int | None = None
    funds_bps: int | None = None
    buyer_pieces_of_sku: int | None = None
    buyer_holds: int | None = None
    lapse_s: int | None = None

    @property
    def is_counting(self) -> bool:
        """Return whether any of the limits needs holds to be counted."""
        return any(
            limit is not None for limit in (self.pieces_of_sku, self.holds, self.buyer_pieces_of_sku, self.buyer_holds)
        )


@dataclass(slots=True)
class Holdings:
    """What a distributor has on hold: orders, pieces by SKU, and both by buyer (the keyed hash of the phone)."""

    holds: int = 0
    pieces: dict[int, int] = field(default_factory=dict)
    buyer_holds: dict[bytes, int] = field(default_factory=dict)
    buyer_pieces: dict[tuple[bytes, int], int] = field(default_factory=dict)

    def add(self, pieces: dict[int, int], *, buyer: bytes) -> None:
        """Count one more hold of so many pieces by SKU."""
        self.holds += 1
        self.buyer_holds[buyer] = self.buyer_holds.get(buyer, 0) + 1
        for sku_id, qty in pieces.items():
            self.pieces[sku_id] = self.pieces.get(sku_id, 0) + qty
            self.buyer_pieces[buyer, sku_id] = self.buyer_pieces.get((buyer, sku_id), 0) + qty


@dataclass(frozen=True, slots=True)
class OverQuota:
    """A limit that one more hold would pass; `held` and `wanted` in the limit's own unit, for a SKU or for all."""

    quota: str
    limit: int
    held: int
    wanted: int
    sku_id: int | None = None


def over_quota(
    quota: HoldQuota, *, holdings: Holdings, pieces: dict[int, int], buyer: bytes, held_fen: int, own_fen: int, fen: int
) -> list[OverQuota]:
    """Return the limits that a hold of `pieces` by SKU and `fen` would pass; empty when it may stand.

    `own_fen` is what the distributor may spend at all (balance and credit), `held_fen` what is held of it already.
    """
    found: list[OverQuota] = []

    def judge(name: str, limit: int | None, held: int, wanted: int, sku_id: int | None = None) -> None:
        if limit is not None and held + wanted > limit:
            found.append(OverQuota(name, limit, held, wanted, sku_id))

    judge("holds", quota.holds, holdings.holds, 1)
    judge("buyer_holds", quota.buyer_holds, holdings.buyer_holds.get(buyer, 0), 1)
    for sku_id, qty in pieces.items():
        judge("pieces_of_sku", quota.pieces_of_sku, holdings.pieces.get(sku_id, 0), qty, sku_id)
        taken = holdings.buyer_pieces.get((buyer, sku_id), 0)
        judge("buyer_pieces_of_sku", quota.buyer_pieces_of_sku, taken, qty, sku_id)
    if quota.funds_bps is not None:
        judge("funds", max(0, own_fen) * quota.funds_bps // BPS, held_fen, fen)
    return found


LAPSE_SAMPLE = 20
"""So many ended holds must stand behind a shorter lapse; fewer prove nothing."""
_PATIENT_BPS, _STRICT_BPS = 3_000, 9_000


def adapted_lapse_s(*, ended: int, lapsed: int, own_s: int, floor_s: int, ceiling_s: int) -> int:
    """Return how long a distributor's holds last, in seconds, by how many of his `ended` holds lapsed unpaid.

    Up to 30 % of them he keeps his own time, from 90 % on he has the floor, in between it falls evenly. It is never
    below the floor and never above the ceiling.
    """
    longest = max(floor_s, min(own_s, ceiling_s))
    if ended < LAPSE_SAMPLE:
        return longest
    ratio = min(max(lapsed * BPS // ended, _PATIENT_BPS), _STRICT_BPS)
    return longest - (longest - floor_s) * (ratio - _PATIENT_BPS) // (_STRICT_BPS - _PATIENT_BPS)
