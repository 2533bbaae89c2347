"""Promotion slots as the offices read them; what a scope may not see of them, row-level security leaves out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, F, JSONField, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from entrepot.catalog.models import Goods, GoodsState, Slot, SlotGoods
from entrepot.catalog.rules import slot_state

ANY = "any"
"""Instead of a slot: whichever."""


_LIVE = """
select s.id, s.name, array(select x.goods_id from catalog_slotgoods x where x.slot_id = s.id and x.goods_id = any(%s))
from catalog_slot s order by s.position, s.id
"""
_ALL_ALONG = (
    "(select coalesce(jsonb_agg(jsonb_build_array(s.id, s.name) order by s.position, s.id), '[]') from catalog_slot s)"
)
_OWN_ALONG = (
    "(select coalesce(jsonb_agg(x.slot_id), '[]') from catalog_slotgoods x where x.goods_id = catalog_goods.id)"
)
# Asked for once and then looked up by key: a walk through all goods would ask each of them.
_IN_ANY = "catalog_goods.id = any(array(select x.goods_id from catalog_slotgoods x))"


@dataclass(frozen=True, slots=True)
class LiveSlot:
    """A slot that lives now, and which of some goods stand in it."""

    id: int
    name: str
    goods_ids: list[int]


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot with where it stands now, how many goods are in it, and how many of them are on sale."""

    slot: Slot
    state: str
    goods: int
    on_sale: int


def slot_rows() -> list[SlotRow]:
    """Return all promotion slots in their order; in the platform's scope."""
    is_on_sale = Q(places__goods__state=GoodsState.ON_SALE, places__goods__is_supplier_active=True)
    rows = Slot.objects.annotate(
        goods_count=Count("places"), on_sale_count=Count("places", filter=is_on_sale), now=Now()
    ).order_by("position", "id")
    return [SlotRow(row, _state(row, now=row.now), row.goods_count, row.on_sale_count) for row in rows]


def slot_places(slot_id: int) -> list[SlotGoods]:
    """Return the goods in a slot with their suppliers, in the slot's order; in the platform's scope."""
    rows = SlotGoods.objects.filter(slot_id=slot_id).select_related("goods__supplier").defer("goods__search_terms")
    return list(rows.order_by("position", "id"))


def state_now(slot_id: int) -> str:
    """Return where a slot stands by the database's clock. Raises Slot.DoesNotExist."""
    row = Slot.objects.annotate(now=Now()).get(pk=slot_id)
    return _state(row, now=row.now)


def live_slots(goods_ids: Iterable[int] = ()) -> list[LiveSlot]:
    """Return the slots a distributor sees now, in their order, each with those of the goods named that stand in it.

    In his scope.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [list(goods_ids)])
        return [LiveSlot(*row) for row in cursor.fetchall()]


def with_slots(rows: QuerySet[Goods]) -> QuerySet[Goods]:
    """Return goods that bring along what `slots_along` reads, which saves a journey; in a distributor's scope."""
    return rows.annotate(
        slots_now=RawSQL(_ALL_ALONG, [], output_field=JSONField()),  # noqa: S611 - a constant of ours
        slots_own=RawSQL(_OWN_ALONG, [], output_field=JSONField()),  # noqa: S611 - a constant of ours
    )


def slots_along(goods: Sequence[Any]) -> list[LiveSlot]:
    """Return what `live_slots` returns for goods from `with_slots`; of none at all it is asked for."""
    if not goods:
        return live_slots()
    return [LiveSlot(pk, name, [row.pk for row in goods if pk in row.slots_own]) for pk, name in goods[0].slots_now]


def in_slot(rows: QuerySet[Goods], *, slot: str) -> QuerySet[Goods]:
    """Return the goods that stand in a slot now, or in `ANY`, as far as a distributor's scope shows it.

    With one slot named they carry their place in it as `slot_place`. What names no slot keeps nothing.
    """
    if slot == ANY:
        return rows.filter(RawSQL(_IN_ANY, [], output_field=BooleanField()))  # noqa: S611 - a constant of ours
    if not slot.isdecimal() or len(slot) > 18:
        return rows.none().annotate(slot_place=Value(0))
    return rows.filter(places__slot_id=int(slot)).annotate(slot_place=F("places__position"))


def _state(row: Slot, *, now: datetime) -> str:
    return slot_state(is_shown=row.is_shown, begins_at=row.begins_at, ends_at=row.ends_at, now=now)
