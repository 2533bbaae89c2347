"""Sold-out goods leave the shelf and come back by themselves, where a switch says so; never while an order is placed."""

from threading import Event
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.catalog.actions.steps import keep, locked, log, tell
from entrepot.catalog.models import Goods, GoodsState
from entrepot.events.operations import record
from entrepot.stock.models import ShelfSwitch, ShelfWatch, SoldOut

REASON = "sold out"
"""The reason that stands in log and event; back offices translate it."""
BACK = "back in stock"
_STALE = 1_000  # transactions after which the mark moves on though nothing was found, so that the next look stays short

# Every level carries the transaction that changed it last. Below the oldest transaction still running none can appear.
_CHANGED = """
select distinct s.goods_id from stock_level l join catalog_sku s on s.id = l.sku_id
where l.changed_xid >= %(since)s::text::xid8 and l.changed_xid < pg_snapshot_xmin(pg_current_snapshot())
"""
_WHOLE = """
select g.id as goods_id from catalog_goods g where g.state = 'on_sale' and not exists (
    select from stock_level l join catalog_sku s on s.id = l.sku_id
    where s.goods_id = g.id and s.is_active and l.on_hand > l.reserved
)
union select goods_id from stock_soldout
"""
# What is left in an open allotment is still for sale to its party, so it keeps the goods on the shelf.
_AVAILABLE = """
select coalesce(sum(l.on_hand - l.reserved), 0)::bigint
from stock_level l
join catalog_sku s on s.id = l.sku_id
left join stock_allotment a on a.id = l.allotment_id
where s.goods_id = {goods} and s.is_active and (l.allotment_id is null or a.is_open)
"""
_AVAILABLE_OF = _AVAILABLE.format(goods="%s")
# Every order changes levels; only goods that may leave the shelf or come back are worth a lock and a transaction.
_TO_JUDGE = f"""
with changed as materialized ({{changed}}), ruled as materialized (
    select c.goods_id from changed c
    where coalesce((select w.unlists from stock_shelfswitch w where w.goods_id = c.goods_id),
        (select w.unlists from stock_shelfswitch w where w.goods_id is null), false)
)
select array(
    select m.goods_id from changed c join stock_soldout m on m.goods_id = c.goods_id
    union
    select r.goods_id from ruled r join catalog_goods g on g.id = r.goods_id
    where g.state = 'on_sale' and ({_AVAILABLE.format(goods="r.goods_id")}) <= 0
), exists (select from changed), pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""  # noqa: S608 - terms of ours


def switch_of(goods_id: int | None) -> ShelfSwitch:
    """Return the switch that rules goods: their own, or the one for all; both off where nobody has set any."""
    rows = ShelfSwitch.objects.filter(goods_id=goods_id) if goods_id is not None else ShelfSwitch.objects.none()
    own = rows.first()
    return own or ShelfSwitch.objects.filter(goods__isnull=True).first() or ShelfSwitch()


def set_switch(
    goods_id: int | None, *, unlists: bool | None, relists: bool, actor: str, reason: str = "", address: str = ""
) -> None:
    """Say whether sold-out goods leave the shelf and come back with stock; `goods_id` None means all without their own.

    `unlists` None takes a switch of goods away, so that the one for all holds again. Raises Goods.DoesNotExist.
    """
    with scope.platform():
        label = ""
        if goods_id is not None:
            goods = Goods.objects.get(pk=goods_id)
            label = f"{goods.goods_no} {goods.name}"
        which: dict[str, Any] = {"goods__isnull": True} if goods_id is None else {"goods_id": goods_id}
        row = ShelfSwitch.objects.select_for_update().filter(**which).first()
        unset = {"is_own": False} if goods_id is not None else {"unlists": False, "relists": False}
        before = {"unlists": row.unlists, "relists": row.relists} if row else unset
        after = unset if unlists is None else {"unlists": unlists, "relists": relists}
        if before == after:
            return
        if row is not None:
            row.delete()
        if unlists is not None:
            ShelfSwitch.objects.create(goods_id=goods_id, unlists=unlists, relists=relists)
        watch, _is_new = ShelfWatch.objects.get_or_create(pk=1)
        watch.is_whole = True
        watch.save(update_fields=["is_whole"])
        record(
            actor=actor,
            verb="shelf.switch",
            object_kind="goods" if goods_id is not None else "shelf",
            object_id=goods_id or 0,
            label=label,
            before=before,
            after=after,
            reason=reason,
            address=address,
        )


def sweep(stop: Event) -> int:
    """Take off the shelf what has sold out since the last time, put back what has stock again; return how many goods.

    A job of the worker: it reads the levels that have changed, and does nothing while every switch is off.
    """
    with scope.platform(read_only=True):
        if not ShelfSwitch.objects.filter(unlists=True).exists() and not SoldOut.objects.exists():
            return 0
        watch = ShelfWatch.objects.filter(pk=1).first() or ShelfWatch(pk=1)
        with connection.cursor() as cursor:
            changed = _WHOLE if watch.is_whole else _CHANGED
            cursor.execute(_TO_JUDGE.format(changed=changed), {"since": str(watch.last_xid)})
            goods_ids, is_changed, until = cursor.fetchone()
    done = 0
    for goods_id in goods_ids:
        if stop.is_set():
            return done
        if _judge(goods_id):
            done += 1
            # Stock that came back before others could see these goods off the shelf may have been passed over by another
            # sweep: whoever took them off looks once more.
            _judge(goods_id)
    if is_changed or watch.is_whole or until > watch.last_xid + _STALE:
        with scope.platform():
            rows = ShelfWatch.objects.filter(pk=1, last_xid__lte=until)
            if not rows.update(last_xid=until, is_whole=False):
                ShelfWatch.objects.get_or_create(pk=1, defaults={"last_xid": until, "is_whole": False})
    return done


def _judge(goods_id: int) -> int:
    with scope.platform():
        goods = locked(goods_id)
        switch = switch_of(goods_id)
        with connection.cursor() as cursor:
            cursor.execute(_AVAILABLE_OF, [goods_id])
            (available,) = cursor.fetchone()
        mark = SoldOut.objects.filter(goods_id=goods_id).first()
        if mark is not None and (goods.state != GoodsState.UNLISTED or goods.version != mark.version):
            # Somebody has decided about these goods meanwhile: that stands.
            mark.delete()
            mark = None
        if goods.state == GoodsState.ON_SALE and switch.unlists and available <= 0:
            _turn(goods, state=GoodsState.UNLISTED, verb="goods.unlisted", event_type="product.delisted", reason=REASON)
            SoldOut.objects.create(goods_id=goods_id, version=goods.version)
            return 1
        if mark is not None and switch.relists and available > 0:
            mark.delete()
            _turn(goods, state=GoodsState.ON_SALE, verb="goods.listed", event_type="product.listed", reason=BACK)
            return 1
    return 0


def _turn(goods: Goods, *, state: str, verb: str, event_type: str, reason: str) -> None:
    before = goods.state
    goods.state = state
    keep(goods, "state")
    log(goods, verb=verb, actor=SYSTEM, before={"state": before}, after={"state": state}, reason=reason)
    tell(goods, event_type=event_type, actor=SYSTEM, reason=reason)
