"""Outcomes that happen to order: whether a number has met its own, and the price that moves for real."""

from collections.abc import Sequence

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.catalog.actions.steps import keep, locked
from entrepot.catalog.models import Sku
from entrepot.events.outbox import note
from entrepot.sandbox import rules
from entrepot.sandbox.models import Turn
from entrepot.sandbox.rules import Script

_CREDITED = """
select exists (
    select from sandbox_turn s join ledger_transfer t on t.distributor_id = s.distributor_id and t.kind = 'top_up'
    where s.distributor_id = %s and s.out_order_no = %s and t.at > s.at
)
"""


def is_first(sandbox_id: int, *, out_order_no: str) -> bool:
    """Note that an order number has met its outcome and return whether it is the first time."""
    with scope.desk():
        _turn, is_new = Turn.objects.get_or_create(distributor_id=sandbox_id, out_order_no=out_order_no)
    return is_new


def fall_due(script: Script, *, sandbox_id: int, out_order_no: str) -> bool:
    """Return whether an order meets the problem its script names now, and note that it did."""
    if script.until_credited:
        if is_first(sandbox_id, out_order_no=out_order_no):
            return True
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(_CREDITED, [sandbox_id, out_order_no])
            return not cursor.fetchone()[0]
    return not script.once or is_first(sandbox_id, out_order_no=out_order_no)


def is_due(script: Script, *, sandbox_id: int, out_order_no: str) -> bool:
    """Return whether an order would meet the problem its script names now; nothing is noted."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        if not Turn.objects.filter(distributor_id=sandbox_id, out_order_no=out_order_no).exists():
            return True
        if not script.until_credited:
            return not script.once
        cursor.execute(_CREDITED, [sandbox_id, out_order_no])
        return not cursor.fetchone()[0]


def move_price(sandbox_id: int, *, skus: Sequence[str], place: int) -> None:
    """Move the supply price of one SKU of an order by 1.00, up, or back down the next time; malls are told.

    A code that is no SKU of the sandbox moves nothing: the desk will say so.
    """
    with scope.in_sandbox(), scope.platform():
        sku = Sku.objects.filter(code=skus[place], goods__supplier_id=sandbox_id).select_related("goods").first()
        if sku is None or sku.supply_price_fen is None:
            return
        goods = locked(sku.goods_id)
        base_fen = sku.supplier_price_fen
        old_fen = sku.supply_price_fen
        new_fen = base_fen + rules.PRICE_STEP_FEN if old_fen == base_fen else base_fen
        Sku.objects.filter(pk=sku.pk).update(supply_price_fen=new_fen)
        keep(goods)
        note(
            "price.changed",
            object_kind="sku",
            object_id=sku.pk,
            version=goods.version,
            data={
                "object": "price",
                "id": str(sku.pk),
                "sku": sku.code,
                "product_id": str(goods.pk),
                "field": "supply_price",
                "state": "applied",
                "old": old_fen,
                "new": new_fen,
                "effective_at": database_now().isoformat(),
            },
            actor=SYSTEM,
            distributor_ids=[sandbox_id],
        )
