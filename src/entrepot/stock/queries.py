"""Reads of levels, pools and moves; call them inside the reader's scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from entrepot.stock.models import Allotment, Level, Move


@dataclass(frozen=True, slots=True)
class Figures:
    """Pieces of one SKU over all pools the reader may see."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        """Return the pieces that nobody has reserved."""
        return self.on_hand - self.reserved


def figures(sku_ids: Iterable[int], *, shared_only: bool = False) -> dict[int, Figures]:
    """Return the figures of every SKU asked for, zeros for one without stock, in one query."""
    wanted = list(sku_ids)
    rows = Level.objects.filter(sku_id__in=wanted)
    if shared_only:
        rows = rows.filter(allotment__isnull=True)
    sums = rows.values("sku_id").annotate(hand=Sum("on_hand"), kept=Sum("reserved"))
    found = {row["sku_id"]: Figures(row["hand"], row["kept"]) for row in sums}
    return {sku_id: found.get(sku_id, Figures()) for sku_id in wanted}


def levels_of(sku_id: int) -> QuerySet[Level]:
    """Return the levels of a SKU with warehouse and pool, the shared pool first."""
    return (
        Level.objects.filter(sku_id=sku_id)
        .select_related("warehouse", "allotment__distributor", "allotment__tier")
        .order_by("warehouse_id", "allotment_id", "id")
    )


def allotments_of(sku_id: int) -> QuerySet[Allotment]:
    """Return the open allotments (配额) of a SKU."""
    return Allotment.objects.filter(sku_id=sku_id, is_open=True).select_related("distributor", "tier").order_by("id")


def moves_of(sku_id: int) -> QuerySet[Move]:
    """Return the moves (库存流水) of a SKU with their levels, newest first."""
    return Move.objects.filter(level__sku_id=sku_id).select_related("level__warehouse").order_by("-id")
