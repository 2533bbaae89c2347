"""Rows of the rooms as shapes of the contract."""

from datetime import datetime
from typing import Any

import msgspec

from entrepot.doors.api import shapes
from entrepot.reports.told import Told

CURRENCY = "CNY"


def at(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339, None for none."""
    return moment.isoformat() if moment is not None else None


def order_shape(order: Any) -> shapes.Order:
    """Return an order; takes the desk's fresh row or a view from the tables."""
    return shapes.Order(
        id=str(order.id),
        out_order_no=order.out_order_no,
        state=order.state,
        mode=order.mode,
        currency=CURRENCY,
        lines=order_lines(order.lines),
        goods_amount=order.goods_amount_fen,
        freight=order.freight_fen,
        total=order.total_fen,
        drawn=order.drawn_fen,
        refunded=order.refunded_fen,
        held_until=at(order.held_until) if order.state == "held" else None,
        version=order.version,
        created_at=order.created_at.isoformat(),
        shipments=[shipment_shape(shipment) for shipment in getattr(order, "shipments", ())],
        refunds=[_refund(refund) for refund in order.refunds] if isinstance(order.refunds, list) else [],
    )


def order_lines(lines: dict[int, Any]) -> list[shapes.OrderLine]:
    """Return the lines of an order in their order."""
    return [
        shapes.OrderLine(
            line=number,
            sku=line.sku_code,
            qty=line.qty,
            supply_price=line.supply_price_fen,
            fee=line.fee_fen,
            agreed_price=line.agreed_price_fen,
            amount=line.amount_fen,
            shipped_qty=line.shipped_qty,
            refunded_qty=line.refunded_qty,
        )
        for number, line in lines.items()
    ]


def shipment_shape(shipment: Any) -> shapes.Shipment:
    """Return a parcel; its trail begins when it was sent."""
    sent_at = shipment.shipped_at.isoformat()
    return shapes.Shipment(
        id=str(shipment.id),
        carrier=shipment.carrier,
        tracking_no=shipment.tracking_no,
        lines=[shapes.ShipmentLine(line, qty) for line, qty in shipment.lines],
        shipped_at=sent_at,
        trail=[shapes.TrailStep(sent_at, "已发货")],
    )


def _refund(refund: Any) -> shapes.Refund:
    return shapes.Refund(
        id=str(refund.id),
        refund_no=refund.refund_no,
        amount=refund.amount_fen,
        reason=refund.reason,
        at=refund.at.isoformat(),
        lines=[shapes.RefundLine(line, qty, amount) for line, qty, amount in refund.lines],
    )


def as_told(one: Told) -> Any:
    """Return an object that the database has put into JSON already; it goes into the answer as it is."""
    return msgspec.Raw(one.text.encode())
