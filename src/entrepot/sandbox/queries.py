"""Reads of a sandbox, by the id of the distributor whose it is; each opens the scope it needs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.base.worlds import SANDBOX_FROM, sandbox_of
from entrepot.sandbox import rules
from entrepot.sandbox.models import Sandbox

_GOODS = """
select g.goods_no, g.name, coalesce(g.images[1], ''), g.min_quantity, g.state, k.code, k.spec,
       k.supply_price_fen + (k.supply_price_fen * t.fee_rate_bps + 5000) / 10000,
       coalesce((select sum(l.on_hand - l.reserved) from stock_level l where l.sku_id = k.id), 0)
from catalog_goods g join catalog_sku k on k.goods_id = g.id join parties_tier t on t.id = g.supplier_id
where g.supplier_id = %s order by g.id, k.position
"""
_ORDERS = """
select o.id, o.out_order_no, o.state, o.total_fen, o.created_at
from orders_order o where o.distributor_id = %s order by o.id desc limit %s
"""
_TO_SHIP = """
select o.id from orders_order o join sandbox_sandbox s on s.distributor_id = o.distributor_id and s.ships_at_once
where o.id >= %s and o.state in ('confirmed', 'partly_shipped', 'shipped', 'received') order by o.id limit %s
"""
_STATE = """
select o.state, o.distributor_id, array(select p.supplier_id from orders_supplyorder p where p.order_id = o.id order by 1)
from orders_order o where o.id = %s
"""


@dataclass(frozen=True, slots=True)
class FakeSku:
    """One SKU of a sandbox as it stands: price in fen as agreed, pieces left."""

    goods_no: str
    name: str
    image: str
    min_quantity: int
    state: str
    code: str
    spec: str
    agreed_price_fen: int
    stock: int
    what_for: str


@dataclass(frozen=True, slots=True)
class FakeOrder:
    """One order placed in a sandbox, with the next step it can be moved on to by hand."""

    id: int
    out_order_no: str
    state: str
    total_fen: int
    created_at: datetime
    next_step: str


@dataclass(slots=True)
class Standing:
    """A sandbox with what is in it."""

    id: int
    number: str
    ships_at_once: bool
    certificate: Any
    certified_at: datetime | None
    made_at: datetime
    skus: list[FakeSku] = field(default_factory=list)
    orders: list[FakeOrder] = field(default_factory=list)


def standing_of(distributor_id: int, *, language: str = "zh", orders: int = 10) -> Standing | None:
    """Return a distributor's sandbox, None when it has not been made."""
    sandbox_id = sandbox_of(distributor_id)
    with scope.desk(), connection.cursor() as cursor:
        kept = Sandbox.objects.select_related("distributor").filter(pk=sandbox_id).first()
        if kept is None:
            return None
        found = Standing(
            sandbox_id, kept.distributor.number, kept.ships_at_once, kept.certificate, kept.certified_at, kept.made_at
        )
        cursor.execute(_GOODS, [sandbox_id])
        for row in cursor.fetchall():
            values = [*row, _what_for(row[0], language=language)]
            found.skus.append(FakeSku(*values))
        cursor.execute(_ORDERS, [sandbox_id, orders])
        for row in cursor.fetchall():
            values = [*row, rules.next_step(row[2])]
            found.orders.append(FakeOrder(*values))
    return found


def kept_of(distributor_id: int) -> Sandbox | None:
    """Return what is kept of a distributor's sandbox beside its goods and orders, None when it has not been made."""
    with scope.desk():
        return Sandbox.objects.filter(pk=sandbox_of(distributor_id)).first()


def _what_for(goods_no: str, *, language: str) -> str:
    words = next((goods.what_for for goods in rules.GOODS if goods_no.endswith(f"-{goods.code}")), ("", ""))
    return words[language == "en"]


def orders_to_move_on(limit: int) -> list[int]:
    """Return orders of sandboxes that ship at once and are not completed, in the scope of the desk."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_SHIP, [SANDBOX_FROM, limit])
        return [row[0] for row in cursor.fetchall()]


def top_ups_to_approve(limit: int) -> list[int]:
    """Return requests for money that wait in sandboxes, in the scope of the desk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from recharge_topup where distributor_id >= %s and state = 'pending' order by id limit %s",
            [SANDBOX_FROM, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def state_of(order_id: int) -> tuple[str, int, list[int]] | None:
    """Return an order's state, whose it is and its shippers, None when there is no such order."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(_STATE, [order_id])
        row: tuple[str, int, list[int]] | None = cursor.fetchone()
        return row
