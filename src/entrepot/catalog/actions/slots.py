"""Promotion slots, and which goods stand in them in which order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import rules
from entrepot.catalog.actions.naming import named
from entrepot.catalog.models import Goods, Slot, SlotGoods
from entrepot.events.operations import changes, record

_FIELDS = ("name", "position", "begins_at", "ends_at", "is_shown")


def save_slot(
    slot_id: int | None,
    *,
    name: str,
    actor: str,
    position: int = 0,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    is_shown: bool = True,
    address: str = "",
) -> Slot:
    """Write a promotion slot (资源位), new with None; without a beginning it has begun, without an end it does not end.

    Refuses a name that is empty or taken, an end that is not after the beginning, and more than 50 slots. Raises
    Slot.DoesNotExist.
    """
    with scope.platform():
        row = Slot() if slot_id is None else Slot.objects.select_for_update(no_key=True).get(pk=slot_id)
        before = {} if slot_id is None else _values(row)
        if slot_id is None and Slot.objects.count() >= rules.SLOTS_AT_MOST:
            raise Mistake("", _("At most %(count)d promotion slots.") % {"count": rules.SLOTS_AT_MOST})
        if begins_at is not None and ends_at is not None and ends_at <= begins_at:
            raise Mistake("ends_at", _("The end comes after the beginning."))
        row.name, row.position, row.is_shown = named(name), position, is_shown
        row.begins_at, row.ends_at = begins_at, ends_at
        with taken("name", _("There is a promotion slot of that name.")):
            row.save()
        old, new = changes(before, _values(row))
        if new:
            verb = "slot.created" if slot_id is None else "slot.changed"
            _log(row, verb=verb, actor=actor, before=old if before else None, after=new, address=address)
    return row


def remove_slot(slot_id: int, *, actor: str, address: str = "") -> None:
    """Remove a promotion slot; the goods that stood in it stay what they are. Raises Slot.DoesNotExist."""
    with scope.platform():
        row = Slot.objects.select_for_update().get(pk=slot_id)
        before = {"name": row.name, "goods": list(_numbers(slot_id).values())}
        row.delete()
        row.pk = slot_id
        _log(row, verb="slot.removed", actor=actor, before=before, after=None, address=address)


def put_in_slot(slot_id: int, *, numbers: Sequence[str], actor: str, address: str = "") -> list[str]:
    """Put goods by their numbers behind those in a slot, in the order named; return the numbers that are new in it.

    Goods that stand in it keep their place. Refuses numbers there are not, naming them, and more than 50 goods; then
    none is put in. Raises Slot.DoesNotExist.
    """
    wanted = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    with scope.platform():
        row = Slot.objects.select_for_update(no_key=True).get(pk=slot_id)
        if not wanted:
            raise Mistake("numbers", _("Name the goods by their numbers."))
        known = dict(Goods.objects.filter(goods_no__in=wanted).values_list("goods_no", "pk"))
        if unknown := [number for number in wanted if number not in known]:
            named_few = "、".join(unknown[:20]) + ("…" if len(unknown) > 20 else "")
            raise Mistake("numbers", _("There are no goods %(numbers)s. Nothing was put in.") % {"numbers": named_few})
        held = _numbers(slot_id)
        added = [number for number in wanted if known[number] not in held]
        if len(held) + len(added) > rules.SLOT_GOODS_AT_MOST:
            raise Mistake(
                "numbers",
                _("A slot holds at most %(most)d goods; in this one stand %(held)d. Nothing was put in.")
                % {"most": rules.SLOT_GOODS_AT_MOST, "held": len(held)},
            )
        now = held | {known[number]: number for number in added}
        _write(row, ids=list(now), held=held, names=now, actor=actor, address=address)
    return added


def move_in_slot(slot_id: int, *, goods_id: int, to: str, actor: str, address: str = "") -> None:
    """Move goods a place `up` or `down` in a slot, to its `top`, or `out` of it; goods not in it leave it as it is.

    Raises Slot.DoesNotExist.
    """
    with scope.platform():
        row = Slot.objects.select_for_update(no_key=True).get(pk=slot_id)
        held = _numbers(slot_id)
        if goods_id not in held:
            return
        ids = [pk for pk in held if pk != goods_id] if to == "out" else rules.moved(list(held), one=goods_id, to=to)
        _write(row, ids=ids, held=held, names=held, actor=actor, address=address)


def _numbers(slot_id: int) -> dict[int, str]:
    """Return the numbers of the goods in a slot by their ids, in the slot's order."""
    return dict(SlotGoods.objects.filter(slot_id=slot_id).values_list("goods_id", "goods__goods_no"))


def _write(
    slot: Slot, *, ids: list[int], held: dict[int, str], names: dict[int, str], actor: str, address: str
) -> None:
    """Let exactly these goods stand in a locked slot, in this order, and put the change on record."""
    if ids == list(held):
        return
    SlotGoods.objects.filter(slot=slot).exclude(goods_id__in=ids).delete()
    SlotGoods.objects.bulk_create(
        [SlotGoods(slot=slot, goods_id=pk, position=place) for place, pk in enumerate(ids, start=1)],
        update_conflicts=True,
        unique_fields=["slot", "goods"],
        update_fields=["position"],
    )
    before, after = {"goods": list(held.values())}, {"goods": [names[pk] for pk in ids]}
    _log(slot, verb="slot.goods", actor=actor, before=before, after=after, address=address)


def _values(row: Slot) -> dict[str, Any]:
    """Return a slot as the log keeps it: moments as texts."""
    values = {field: getattr(row, field) for field in _FIELDS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _log(
    row: Slot,
    *,
    verb: str,
    actor: str,
    address: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="slot",
        object_id=row.pk,
        label=row.name,
        before=before,
        after=after,
        address=address,
    )
