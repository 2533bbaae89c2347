"""Supply orders as their shipper may see them: never the agreed price, never what the buyer paid."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.doors.kit.lists import Page, page_of_rows
from entrepot.doors.supplier.order_search import OPEN, Wanted
from entrepot.orders.consignees import PlainConsignee, open_consignee


@dataclass(slots=True)
class LineRow:
    """One line of a supply order; the price is the supplier's own, in fen for one piece."""

    line_no: int
    goods_name: str
    goods_no: str
    sku_code: str
    spec: str
    image: str
    qty: int
    shipped_qty: int
    refunded_qty: int
    supplier_price_fen: int
    word: str = ""
    accept_by: datetime | None = None
    ship_by: date | None = None
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        """Return whether the supplier is asked to take it on and has not said a word."""
        return self.word == "waiting" and self.open_qty > 0

    @property
    def is_askable(self) -> bool:
        """Return whether the supplier may still say something about it: take it on, put it off, refuse it."""
        return self.word in ("waiting", "accepted", "back_ordered") and self.open_qty > 0

    @property
    def sendable_qty(self) -> int:
        """Return the pieces that may be sent now: those of a line that was taken on."""
        return self.open_qty if self.word in ("", "accepted", "back_ordered") else 0

    @property
    def open_qty(self) -> int:
        """Return the pieces that still have to be sent."""
        return self.qty - self.shipped_qty - self.refunded_qty

    @property
    def amount_fen(self) -> int:
        """Return what the line is worth to the supplier, in fen, refunded pieces left out."""
        return self.supplier_price_fen * (self.qty - self.refunded_qty)


@dataclass(slots=True)
class ParcelRow:
    """One parcel of the supplier's, with its pieces by line."""

    carrier: str
    tracking_no: str
    shipped_at: datetime
    lines: list[tuple[int, int]]


@dataclass(slots=True)
class SupplyOrderRow:
    """The supplier's part of an order."""

    order_id: int
    state: str
    freight_fen: int
    created_at: datetime
    name_masked: str
    phone_masked: str
    province: str
    city: str
    district: str
    remark: str
    received_at: datetime | None
    completed_at: datetime | None
    lines: list[LineRow]
    parcels: list[ParcelRow] = field(default_factory=list)

    @property
    def pieces(self) -> int:
        """Return all pieces that were not refunded."""
        return sum(line.qty - line.refunded_qty for line in self.lines)

    @property
    def open_pieces(self) -> int:
        """Return the pieces that still have to be sent."""
        return sum(line.open_qty for line in self.lines)

    @property
    def payable_fen(self) -> int:
        """Return what the supplier earns by it, in fen: his price for every piece kept, and the freight."""
        return sum(line.amount_fen for line in self.lines) + (self.freight_fen if self.pieces else 0)

    @property
    def is_to_ship(self) -> bool:
        """Return whether something can be sent now."""
        return self.state in OPEN and any(line.sendable_qty for line in self.lines)

    @property
    def accept_by(self) -> datetime | None:
        """Return by when the next line has to be taken on, None when none waits."""
        return min((line.accept_by for line in self.lines if line.is_waiting and line.accept_by), default=None)

    @property
    def ship_by(self) -> date | None:
        """Return the first day by which something was promised, None when nothing was."""
        return min((line.ship_by for line in self.lines if line.ship_by and line.sendable_qty), default=None)

    @property
    def askable(self) -> list[LineRow]:
        """Return the lines about which the supplier may still say something."""
        return [line for line in self.lines if line.is_askable] if self.state in OPEN else []

    @property
    def is_gone(self) -> bool:
        """Return whether every line went to another shipper."""
        return not self.lines


_ROWS = """
select s.order_id, s.state, s.freight_fen, s.created_at,
       coalesce(c.name_masked, ''), coalesce(c.phone_masked, ''), coalesce(c.province, ''), coalesce(c.city, ''),
       coalesce(c.district, ''), s.remark, s.received_at, s.completed_at,
       (select json_agg(json_build_array(l.line_no, l.goods_name, l.goods_no, l.sku_code, l.spec, l.image, l.qty,
                                         l.shipped_qty, l.refunded_qty, l.supplier_price_fen, coalesce(a.state, ''),
                                         extract(epoch from a.accept_by), a.ship_by, coalesce(a.reason, ''))
                        order by l.line_no)
          from orders_line l left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
         where l.order_id = s.order_id and l.supplier_id = s.supplier_id),
       (select json_agg(json_build_array(p.carrier, p.tracking_no, extract(epoch from p.shipped_at)::bigint,
                        (select json_agg(json_build_array(n.line_no, n.qty) order by n.line_no)
                           from orders_shipmentline n where n.shipment_id = p.id)) order by p.id)
          from orders_shipment p where p.order_id = s.order_id and p.supplier_id = s.supplier_id)
from orders_supplyorder s left join orders_consignee c on c.order_id = s.order_id
"""


def _rows_of(wanted: Wanted, *, limit: int, below: int | None = None, above: int | None = None) -> list[SupplyOrderRow]:
    """Return the newest supply orders of a search below an order, or the oldest above one."""
    statement, values = wanted.walk(limit=limit, below=below, above=above)
    direction = "desc" if above is None else "asc"
    ids = [row[0] for row in look_as_desk(statement, values)]
    return _rows(
        f"{_ROWS} where s.supplier_id = {PARTY} and s.order_id = any(%s) order by s.order_id {direction}", [ids]
    )


def order_page(wanted: Wanted, *, query: Any) -> Page:
    """Return the page of supply orders that the address asks for, newest first; in the supplier's scope."""

    def fetch(values: list[Any] | None, backwards: bool, limit: int) -> list[SupplyOrderRow]:
        if values is None:
            return _rows_of(wanted, limit=limit)
        order_id = int(values[0])
        return _rows_of(wanted, limit=limit, **({"above": order_id} if backwards else {"below": order_id}))

    return page_of_rows(fetch, key=lambda row: [row.order_id], query=query)


def every_order(wanted: Wanted, *, at_once: int = 500) -> Iterator[SupplyOrderRow]:
    """Return all supply orders of a search, newest first, read piece by piece."""
    below = 2**63 - 1
    while True:
        rows = _rows_of(wanted, limit=at_once, below=below)
        yield from rows
        if len(rows) < at_once:
            return
        below = rows[-1].order_id


def supply_order(order_id: int) -> SupplyOrderRow | None:
    """Return the supplier's part of one order, None when the scope shows none."""
    return next(iter(supply_orders([order_id])), None)


def supply_orders(order_ids: Sequence[int]) -> list[SupplyOrderRow]:
    """Return the supplier's parts of some orders, in the order of their ids."""
    return _rows(
        f"{_ROWS} where s.supplier_id = {PARTY} and s.order_id = any(%s) order by s.order_id", [list(order_ids)]
    )


def _rows(statement: str, values: list[Any]) -> list[SupplyOrderRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(row) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...]) -> SupplyOrderRow:
    *plain, lines, parcels = row
    return SupplyOrderRow(*[*plain, _lines(lines), _parcels(parcels)])


def _lines(value: Any) -> list[LineRow]:
    return [
        LineRow(*[*plain, word, at and datetime.fromtimestamp(at, UTC), day and date.fromisoformat(day), reason])
        for *plain, word, at, day, reason in _listed(value)
    ]


def _parcels(value: Any) -> list[ParcelRow]:
    return [
        ParcelRow(carrier, number, datetime.fromtimestamp(at, UTC), [(line, qty) for line, qty in pieces or ()])
        for carrier, number, at, pieces in _listed(value)
    ]


def _listed(value: Any) -> list[Any]:
    found: list[Any] = json.loads(value) if isinstance(value, str) else value or []
    return found


@dataclass(frozen=True, slots=True)
class FormerRow:
    """A line that went to another shipper."""

    goods_name: str
    sku_code: str
    spec: str
    image: str
    qty: int
    reason: str
    at: datetime


def former_lines(order_id: int) -> list[FormerRow]:
    """Return the lines of an order that were the supplier's once and went to another shipper."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select goods_name, sku_code, spec, image, qty, reason, at from orders_formerline where order_id = %s"
            " order by line_no, place",
            [order_id],
        )
        return [FormerRow(*row) for row in cursor.fetchall()]


def addresses(order_ids: Sequence[int]) -> dict[int, PlainConsignee]:
    """Return the whole addresses of some orders, in clear. Callers put every look on record."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.order_id, c.sealed from orders_consignee c join orders_supplyorder s on s.order_id = c.order_id"
            " where c.order_id = any(%s)",
            [list(order_ids)],
        )
        return {order_id: open_consignee(sealed) for order_id, sealed in cursor.fetchall()}
