"""Orders as a party may read them; the caller's scope decides which rows there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from entrepot.orders.consignees import PlainConsignee, open_consignee
from entrepot.orders.models import Order, OrderState

STATES: tuple[str, ...] = tuple(OrderState.values)


@dataclass(slots=True)
class LineView:
    """One line, prices in fen for one piece; its SKU is the one that was ordered, whatever goes out instead."""

    order_id: int
    line_no: int
    sku_code: str
    qty: int
    supply_price_fen: int
    fee_fen: int
    agreed_price_fen: int
    amount_fen: int
    shipped_qty: int
    refunded_qty: int
    promotion: str


@dataclass(slots=True)
class ShipmentView:
    """One parcel with its pieces by line."""

    id: int
    order_id: int
    carrier: str
    tracking_no: str
    shipped_at: datetime
    lines: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class RefundView:
    """One refund with its pieces and amounts by line, in fen."""

    id: int
    order_id: int
    refund_no: str
    amount_fen: int
    reason: str
    at: datetime
    lines: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class OrderView:
    """One order with all that belongs to it; amounts in fen."""

    id: int
    distributor_id: int
    out_order_no: str
    state: str
    mode: str
    goods_amount_fen: int
    freight_fen: int
    total_fen: int
    drawn_fen: int
    refunded_fen: int
    held_until: datetime | None
    version: int
    remark: str
    created_at: datetime
    lines: dict[int, LineView] = field(default_factory=dict)
    shipments: list[ShipmentView] = field(default_factory=list)
    refunds: list[RefundView] = field(default_factory=list)


_ORDERS = """
select id, distributor_id, out_order_no, state, mode, goods_amount_fen, freight_fen, total_fen, drawn_fen, refunded_fen,
       held_until, version, remark, created_at
from orders_order
"""
_LINES = """
select l.order_id, l.line_no, coalesce(f.sku_code, l.sku_code), l.qty, l.supply_price_fen, l.fee_fen,
       l.agreed_price_fen, l.amount_fen, l.shipped_qty, l.refunded_qty, l.promotion
from orders_line l
left join orders_formerline f on f.order_id = l.order_id and f.line_no = l.line_no and f.place = 1
where l.order_id = any(%s) order by l.order_id, l.line_no
"""
_SHIPMENTS = """
select s.id, s.order_id, s.carrier, s.tracking_no, s.shipped_at, l.line_no, l.qty
from orders_shipment s join orders_shipmentline l on l.shipment_id = s.id
where s.order_id = any(%s) order by s.id, l.line_no
"""
_REFUNDS = """
select r.id, r.order_id, r.refund_no, r.amount_fen, r.reason, r.at, l.line_no, l.qty, l.amount_fen
from orders_refund r left join orders_refundline l on l.refund_id = r.id
where r.order_id = any(%s) order by r.id, l.line_no
"""


def order_views(order_ids: Sequence[int]) -> dict[int, OrderView]:
    """Return the orders of these ids that the scope may see, with lines, shipments and refunds."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_ORDERS} where id = any(%s)", [list(order_ids)])
        views = {row[0]: OrderView(*row) for row in cursor.fetchall()}
    _fill(views)
    return views


def order_by_number(out_order_no: str, *, distributor_id: int) -> OrderView | None:
    """Return the order that a distributor's mall numbered so, None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_ORDERS} where distributor_id = %s and out_order_no = %s", [distributor_id, out_order_no])
        views = {row[0]: OrderView(*row) for row in cursor.fetchall()}
    _fill(views)
    return next(iter(views.values()), None)


def order_id_of(out_order_no: str, *, distributor_id: int) -> int | None:
    """Return the id of the order that a distributor's mall numbered so, None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from orders_order where distributor_id = %s and out_order_no = %s",
            [distributor_id, out_order_no],
        )
        row = cursor.fetchone()
    return None if row is None else row[0]


def numbers_of(order_ids: Iterable[int]) -> dict[int, str]:
    """Return the malls' own numbers of these orders, as far as the scope shows them."""
    with connection.cursor() as cursor:
        cursor.execute("select id, out_order_no from orders_order where id = any(%s)", [list(order_ids)])
        return dict(cursor.fetchall())


def order_page(
    *,
    distributor_id: int,
    limit: int,
    before_id: int | None = None,
    state: str | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
) -> list[OrderView]:
    """Return up to `limit` orders of a distributor, newest first, below `before_id`; times are half open."""
    conditions = ["distributor_id = %s"]
    values: list[Any] = [distributor_id]
    for clause, value in (
        ("id < %s", before_id),
        ("state = %s", state),
        ("created_at >= %s", created_from),
        ("created_at < %s", created_until),
    ):
        if value is not None:
            conditions.append(clause)
            values.append(value)
    with connection.cursor() as cursor:
        cursor.execute(f"{_ORDERS} where {' and '.join(conditions)} order by id desc limit %s", [*values, limit])
        views = {row[0]: OrderView(*row) for row in cursor.fetchall()}
    _fill(views)
    return list(views.values())


def consignee_of(order_id: int) -> PlainConsignee | None:
    """Return the buyer's address in clear, None when the scope may not see the order. Callers log every reveal."""
    with connection.cursor() as cursor:
        cursor.execute("select sealed from orders_consignee where order_id = %s", [order_id])
        row = cursor.fetchone()
    return open_consignee(row[0]) if row else None


def batch_results(out_batch_no: str, *, distributor_id: int) -> tuple[bytes, Any] | None:
    """Return the content hash and the results of a batch of orders by its number, None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select content_hash, results::text from orders_orderbatch where distributor_id = %s and out_batch_no = %s",
            [distributor_id, out_batch_no],
        )
        row = cursor.fetchone()
    return (bytes(row[0]), row[1]) if row else None


def has_ordered(distributor_id: int) -> bool:
    """Return whether a distributor has ever placed an order; in a scope that shows it."""
    return Order.objects.filter(distributor_id=distributor_id).exists()


def _fill(views: dict[int, OrderView]) -> None:
    if not views:
        return
    ids = list(views)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [ids])
        for row in cursor.fetchall():
            line = LineView(*row)
            views[line.order_id].lines[line.line_no] = line
        cursor.execute(_SHIPMENTS, [ids])
        shipments: dict[int, ShipmentView] = {}
        for *values, line_no, qty in cursor.fetchall():
            shipment = shipments.setdefault(values[0], ShipmentView(*values))
            shipment.lines.append((line_no, qty))
        cursor.execute(_REFUNDS, [ids])
        refunds: dict[int, RefundView] = {}
        for *values, line_no, qty, amount_fen in cursor.fetchall():
            refund = refunds.setdefault(values[0], RefundView(*values))
            if line_no is not None:
                refund.lines.append((line_no, qty, amount_fen))
    for shipment in shipments.values():
        views[shipment.order_id].shipments.append(shipment)
    for refund in refunds.values():
        views[refund.order_id].refunds.append(refund)
