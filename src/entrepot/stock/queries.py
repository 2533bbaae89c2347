"""Reads of levels, pools and moves; call them inside the reader's scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from entrepot.stock.models import Allotment, Level, Move, ShelfSwitch, SoldOut


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


_TO_TEND = """
select a.id, k.code from stock_allotment a join catalog_sku k on k.id = a.sku_id
where a.is_open and a.ends_at <= clock_timestamp()
union
select a.id, k.code from stock_allotment a join catalog_sku k on k.id = a.sku_id
where not a.is_open and exists (select from stock_level l where l.allotment_id = a.id and l.on_hand > l.reserved)
union
select a.id, k.code from stock_allotment a join catalog_sku k on k.id = a.sku_id
where a.is_open and a.given < a.floor and exists (
    select from stock_level l where l.sku_id = a.sku_id and l.allotment_id is null and l.on_hand > l.reserved
)
order by 1 limit %s
"""


def allotments_to_tend(limit: int) -> list[tuple[int, str]]:
    """Return ids and SKU codes of allotments that have ended, have pieces left though closed, or lack their floor."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_TEND, [limit])
        return list(cursor.fetchall())


def all_allotments() -> QuerySet[Allotment]:
    """Return every allotment that was ever open, with SKU, goods and party, and what its pool and the shared one hold.

    `pool_free`, `pool_reserved` and `shared_free` are pieces; `shortage` is what the floor still lacks.
    """
    pool = Level.objects.filter(allotment_id=OuterRef("pk")).order_by().values("allotment_id")
    shared = Level.objects.filter(sku_id=OuterRef("sku_id"), allotment__isnull=True).order_by().values("sku_id")
    free = Sum(F("on_hand") - F("reserved"))
    return (
        Allotment.objects.exclude(is_open=False, version=1)
        .select_related("sku__goods__supplier", "distributor", "tier")
        .annotate(
            pool_free=Coalesce(Subquery(pool.annotate(n=free).values("n")), 0, output_field=BigIntegerField()),
            pool_reserved=Coalesce(
                Subquery(pool.annotate(n=Sum("reserved")).values("n")), 0, output_field=BigIntegerField()
            ),
            shared_free=Coalesce(Subquery(shared.annotate(n=free).values("n")), 0, output_field=BigIntegerField()),
            shortage=Greatest(F("floor") - F("given"), 0),
        )
        .order_by("-id")
    )


def own_switches() -> QuerySet[ShelfSwitch]:
    """Return the sold-out switches (售罄开关) that goods have of their own, with the goods."""
    return ShelfSwitch.objects.filter(goods__isnull=False).select_related("goods").order_by("-id")


def sold_out() -> QuerySet[SoldOut]:
    """Return the goods that a switch took off the shelf (售罄下架) and nobody has touched since, the latest first."""
    return (
        SoldOut.objects.filter(goods__state="unlisted", version=F("goods__version"))
        .select_related("goods")
        .order_by("-at")
    )
