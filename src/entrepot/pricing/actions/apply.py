"""Announced changes take effect, once, when the database's clock says so."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.catalog.actions.steps import keep, locked
from entrepot.catalog.models import Goods, Sku
from entrepot.parties.actions import change_tier
from entrepot.parties.models import Tier
from entrepot.pricing.actions.telling import log, tell
from entrepot.pricing.models import ChangeField, ChangeState, Grace, PriceChange


def apply_next() -> int:
    """Bring the changes of the next SKU or tier whose moment has come into effect; return how many, 0 when none is due.

    All due changes of one SKU take effect together. What another worker has in hand is left to him; what was applied
    or cancelled is never applied again.
    """
    with scope.platform():
        due = PriceChange.objects.filter(state=ChangeState.ANNOUNCED, effective_at__lte=Now())
        first = due.select_for_update(skip_locked=True, no_key=True).order_by("effective_at", "id").first()
        if first is None:
            return 0
        changes = list(
            due.filter(sku=first.sku, tier=first.tier)
            .select_for_update(no_key=True, of=("self",))
            .select_related("sku", "tier")
            .order_by("id")
        )
        with connection.cursor() as cursor:
            cursor.execute("select clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
        until = now + timedelta(minutes=max(change.grace_minutes for change in changes))
        if first.sku_id is not None:
            _apply_to_sku(first.sku_id, changes=changes, until=until if until > now else None)
        elif first.tier_id is not None:
            _apply_to_tier(first.tier_id, change=changes[-1], until=until if until > now else None)
        for change in changes:
            change.state, change.closed_at = ChangeState.APPLIED, now
            change.save(update_fields=["old_value", "state", "closed_at"])
            log(change, verb="price.applied", actor=SYSTEM, before_state="announced")
            tell(change, actor=SYSTEM, until=until.isoformat() if until > now else None)
    return len(changes)


def _apply_to_sku(sku_id: int, *, changes: list[PriceChange], until: datetime | None) -> None:
    goods_id = Sku.objects.values_list("goods_id", flat=True).get(pk=sku_id)
    goods: Goods = locked(goods_id)
    sku = Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
    old: dict[str, Any] = {
        "old_supply_price_fen": sku.supply_price_fen,
        "old_supplier_price_fen": sku.supplier_price_fen,
        "until": until,
    }
    for change in changes:
        name = f"{change.field}_fen"
        change.old_value = getattr(sku, name)
        setattr(sku, name, change.new_value)
    sku.save(update_fields=[f"{change.field}_fen" for change in changes])
    has_new_price = any(change.field != ChangeField.SUGGESTED_PRICE for change in changes)
    if has_new_price and until is not None and old["old_supply_price_fen"] is not None:
        Grace.objects.update_or_create(sku_id=sku_id, defaults=old)
    keep(goods)


def _apply_to_tier(tier_id: int, *, change: PriceChange, until: datetime | None) -> None:
    tier = Tier.objects.select_for_update(no_key=True).get(pk=tier_id)
    change.old_value = tier.fee_rate_bps
    if until is not None:
        Grace.objects.update_or_create(tier_id=tier_id, defaults={"old_rate_bps": tier.fee_rate_bps, "until": until})
    change_tier(tier_id, fee_rate_bps=change.new_value, actor=SYSTEM, reason=change.reason, is_announced=True)
