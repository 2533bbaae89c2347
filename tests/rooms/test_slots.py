"""Promotion slots: which goods stand in them, in which order, and who sees it when."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, slots
from entrepot.catalog.models import Goods, Slot, SlotGoods
from entrepot.parties.models import Distributor
from tests.rooms.test_parties import refused
from tests.world import STAFF, Article, World, rows


def slot_of(world: World, *articles: Article, **more: Any) -> Slot:
    """A slot with goods in it."""
    slot = actions.save_slot(None, name=world.name("位")[:40], actor=STAFF, **more)
    if articles:
        actions.put_in_slot(slot.pk, numbers=[one.code for one in articles], actor=STAFF)
    return slot


def order_in(slot: Slot) -> list[str]:
    """The goods numbers in a slot, in their order."""
    with scope.platform():
        return [place.goods.goods_no for place in slots.slot_places(slot.pk)]


def seen_by(party: Distributor, slot: Slot) -> list[str]:
    """The goods numbers a distributor finds in a slot."""
    with scope.distributor(party.pk):
        found = slots.in_slot(Goods.objects.all(), slot=str(slot.pk)).order_by("slot_place", "pk")
        return list(found.values_list("goods_no", flat=True))


def last_logged(slot: Slot) -> tuple[Any, ...]:
    """The last line of the log about a slot."""
    verb, *sides = rows(
        "select verb, before, after from events_operation where object_kind = 'slot' and object_id = %s order by id desc",
        str(slot.pk),
    )[0]
    return (verb, *(json.loads(side) if side else None for side in sides))


def test_goods_are_put_in_in_order_moved_and_taken_out(world: World) -> None:
    a, b, c = (world.article() for _ in range(3))
    slot = slot_of(world, a, b)
    assert actions.put_in_slot(slot.pk, numbers=[c.code, a.code, f" {c.code} ", ""], actor=STAFF) == [c.code]
    assert order_in(slot) == [a.code, b.code, c.code]
    assert last_logged(slot) == (
        "slot.goods",
        {"goods": [a.code, b.code]},
        {"goods": [a.code, b.code, c.code]},
    )
    for goods, to, order in (
        (c, "up", [a, c, b]),
        (b, "top", [b, a, c]),
        (b, "down", [a, b, c]),
        (a, "out", [b, c]),
        (a, "up", [b, c]),
    ):
        actions.move_in_slot(slot.pk, goods_id=goods.goods_id, to=to, actor=STAFF)
        assert order_in(slot) == [one.code for one in order]
    assert last_logged(slot)[1:] == ({"goods": [a.code, b.code, c.code]}, {"goods": [b.code, c.code]})
    actions.remove_slot(slot.pk, actor=STAFF)
    assert last_logged(slot) == ("slot.removed", {"name": slot.name, "goods": [b.code, c.code]}, None)
    with scope.platform():
        assert not SlotGoods.objects.filter(slot_id=slot.pk).exists()
        assert Goods.objects.filter(pk=b.goods_id).exists()


def test_numbers_that_are_not_there_are_named_and_nothing_is_put_in(world: World) -> None:
    a, b = world.article(), world.article()
    slot = slot_of(world, a)
    with pytest.raises(Mistake) as refusal:
        actions.put_in_slot(slot.pk, numbers=[b.code, "NO-SUCH-1", "NO-SUCH-2"], actor=STAFF)
    assert "NO-SUCH-1、NO-SUCH-2" in refusal.value.reason and b.code not in refusal.value.reason
    assert refused(actions.put_in_slot, slot.pk, numbers=[" "], actor=STAFF) == "numbers"
    assert order_in(slot) == [a.code]


def test_a_slot_holds_fifty_goods(world: World) -> None:
    supplier = world.supplier()
    many = [world.article(supplier=supplier) for _ in range(51)]
    slot = slot_of(world, *many[:49])
    assert refused(actions.put_in_slot, slot.pk, numbers=[one.code for one in many[49:]], actor=STAFF) == "numbers"
    assert len(order_in(slot)) == 49
    actions.put_in_slot(slot.pk, numbers=[many[49].code], actor=STAFF)
    assert len(order_in(slot)) == 50


def test_a_slot_has_a_name_of_its_own_and_ends_after_it_begins(world: World) -> None:
    now = database_now()
    slot = slot_of(world)
    assert refused(actions.save_slot, None, name=slot.name, actor=STAFF) == "name"
    assert refused(actions.save_slot, None, name=" ", actor=STAFF) == "name"
    times = {"begins_at": now, "ends_at": now}
    assert refused(actions.save_slot, slot.pk, name=slot.name, actor=STAFF, **times) == "ends_at"
    actions.save_slot(slot.pk, name=slot.name, ends_at=now, position=3, actor=STAFF)
    assert last_logged(slot) == (
        "slot.changed",
        {"position": 0, "ends_at": None},
        {"position": 3, "ends_at": now.isoformat()},
    )


def test_a_distributor_sees_live_slots_and_of_their_goods_his_own(world: World) -> None:
    party, other = world.distributor(), world.distributor()
    for_all, for_other = world.article(), world.article(visible_distributors=[other.pk])
    for_tier = world.article(visible_tiers=[party.tier_id])
    draft = world.article(state="draft")
    slot = slot_of(world, draft, for_tier, for_other, for_all)
    assert seen_by(party, slot) == [for_tier.code, for_all.code]
    assert seen_by(other, slot) == [for_other.code, for_all.code]
    ids = [one.goods_id for one in (for_all, for_other, for_tier, draft)]
    with scope.distributor(party.pk):
        (mine,) = [one for one in slots.live_slots(ids) if one.id == slot.pk]
        assert sorted(mine.goods_ids) == sorted([for_all.goods_id, for_tier.goods_id])
        assert SlotGoods.objects.filter(slot_id=slot.pk).count() == 2, "no row tells of goods he may not see"
        either = slots.in_slot(Goods.objects.filter(pk__in=ids), slot=slots.ANY)
        assert set(either.values_list("pk", flat=True)) == {for_all.goods_id, for_tier.goods_id}
        assert not slots.in_slot(Goods.objects.all(), slot="x").exists()
    with scope.platform():
        (row,) = [one for one in slots.slot_rows() if one.slot.pk == slot.pk]
        assert (row.state, row.goods, row.on_sale) == ("live", 4, 3)


@pytest.mark.parametrize("state", ["off", "planned", "over", "live"])
def test_a_slot_is_shown_by_the_databases_clock(world: World, state: str) -> None:
    party, article, now = world.distributor(), world.article(), database_now()
    hour = timedelta(hours=1)
    times: dict[str, tuple[datetime | None, datetime | None]] = {
        "off": (None, None),
        "planned": (now + hour, None),
        "over": (None, now - hour),
        "live": (now - hour, now + hour),
    }
    begins_at, ends_at = times[state]
    slot = slot_of(world, article, begins_at=begins_at, ends_at=ends_at, is_shown=state != "off")
    with scope.platform():
        assert slots.state_now(slot.pk) == state
    is_live = state == "live"
    assert seen_by(party, slot) == ([article.code] if is_live else [])
    with scope.distributor(party.pk):
        assert (slot.pk in [one.id for one in slots.live_slots()]) is is_live
        assert Slot.objects.filter(pk=slot.pk).exists() is is_live
