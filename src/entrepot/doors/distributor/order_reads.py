"""Orders of one distributor as his back office shows them, read in his scope."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from entrepot.doors.distributor.order_search import TABS, Wanted
from entrepot.doors.kit.figures import at_most
from entrepot.doors.kit.lists import Page, page_of_rows

COUNT_LIMIT = 9_999
"""Up to so many orders are counted: they are gone through one by one."""


@dataclass(slots=True)
class LineRow:
    """One line as it was ordered, with every price as it stood then, in fen for one piece; `word` is its shipper's."""

    line_no: int
    goods_id: int
    goods_name: str
    goods_no: str
    sku_code: str
    spec: str
    image: str
    qty: int
    shipped_qty: int
    refunded_qty: int
    supply_price_fen: int
    fee_fen: int
    agreed_price_fen: int
    amount_fen: int
    word: str
    ship_by: date | None
    is_rerouted: bool

    @property
    def open_qty(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return self.qty - self.shipped_qty - self.refunded_qty

    @property
    def supply_amount_fen(self) -> int:
        """Return the goods part of the line, in fen."""
        return self.supply_price_fen * self.qty

    @property
    def fee_amount_fen(self) -> int:
        """Return the service fee of the line, in fen."""
        return self.fee_fen * self.qty

    @property
    def open_amount_fen(self) -> int:
        """Return what a refund of all open pieces would give back, in fen."""
        return self.agreed_price_fen * self.open_qty


@dataclass(slots=True)
class ParcelRow:
    """One parcel with its pieces by line."""

    carrier: str
    tracking_no: str
    shipped_at: datetime
    lines: list[tuple[int, int]]


@dataclass(slots=True)
class RefundRow:
    """One refund with pieces by line."""

    refund_no: str
    amount_fen: int
    reason: str
    at: datetime
    lines: list[tuple[int, int]]


@dataclass(slots=True)
class OrderRow:
    """One order; amounts in fen."""

    id: int
    out_order_no: str
    state: str
    mode: str
    held_until: datetime | None
    fee_rate_bps: int
    goods_amount_fen: int
    freight_fen: int
    total_fen: int
    held_fen: int
    drawn_fen: int
    refunded_fen: int
    version: int
    remark: str
    created_at: datetime
    confirmed_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    name_masked: str
    phone_masked: str
    province: str
    city: str
    district: str
    lines: list[LineRow]
    parcels: list[ParcelRow]
    refunds: list[RefundRow]

    @property
    def pieces(self) -> int:
        """Return all pieces ordered."""
        return sum(line.qty for line in self.lines)

    @property
    def fee_amount_fen(self) -> int:
        """Return the service fee of the whole order, in fen."""
        return sum(line.fee_amount_fen for line in self.lines)

    @property
    def supply_amount_fen(self) -> int:
        """Return the goods part of the whole order, in fen."""
        return sum(line.supply_amount_fen for line in self.lines)

    @property
    def open_pieces(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return sum(line.open_qty for line in self.lines)

    @property
    def kept_fen(self) -> int:
        """Return what is drawn and was not given back, in fen."""
        return self.drawn_fen - self.refunded_fen

    @property
    def deeds(self) -> frozenset[str]:
        """Return what the distributor may still do with the order, as far as its state goes."""
        found: set[str] = set()
        if self.state == "held":
            found |= {"confirm", "cancel"}
        elif self.state == "awaiting_funds":
            found |= {"cancel"}
        elif self.state in ("confirmed", "partly_shipped") and self.open_pieces:
            found |= {"refund"}
        elif self.state == "shipped":
            found |= {"receive"}
        elif self.state == "received":
            found |= {"complete"}
        return frozenset(found)


_ROWS = """
select o.id, o.out_order_no, o.state, o.mode, o.held_until, o.fee_rate_bps, o.goods_amount_fen, o.freight_fen,
       o.total_fen, o.held_fen, o.drawn_fen, o.refunded_fen, o.version, o.remark, o.created_at, o.confirmed_at,
       o.shipped_at, o.received_at, o.completed_at, o.closed_at,
       coalesce(c.name_masked, ''), coalesce(c.phone_masked, ''), coalesce(c.province, ''), coalesce(c.city, ''),
       coalesce(c.district, ''),
       (select json_agg(json_build_array(l.line_no, coalesce(f.goods_id, l.goods_id),
                        coalesce(f.goods_name, l.goods_name), coalesce(f.goods_no, l.goods_no),
                        coalesce(f.sku_code, l.sku_code), coalesce(f.spec, l.spec), coalesce(f.image, l.image),
                        l.qty, l.shipped_qty, l.refunded_qty, l.supply_price_fen, l.fee_fen, l.agreed_price_fen,
                        l.amount_fen, coalesce(a.state, ''), a.ship_by, f.order_id is not null) order by l.line_no)
          from orders_line l
          left join orders_formerline f on f.order_id = l.order_id and f.line_no = l.line_no and f.place = 1
          left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
         where l.order_id = o.id),
       (select json_agg(json_build_array(p.carrier, p.tracking_no, extract(epoch from p.shipped_at)::bigint,
                        (select json_agg(json_build_array(n.line_no, n.qty) order by n.line_no)
                           from orders_shipmentline n where n.shipment_id = p.id)) order by p.id)
          from orders_shipment p where p.order_id = o.id),
       (select json_agg(json_build_array(r.refund_no, r.amount_fen, r.reason, extract(epoch from r.at)::bigint,
                        (select json_agg(json_build_array(n.line_no, n.qty) order by n.line_no)
                           from orders_refundline n where n.refund_id = r.id)) order by r.id)
          from orders_refund r where r.order_id = o.id)
from orders_order o left join orders_consignee c on c.order_id = o.id
"""


def order_page(wanted: Wanted, *, query: Mapping[str, str]) -> Page:
    """Return the page of orders that the address asks for, newest first."""

    def fetch(values: list[Any] | None, backwards: bool, limit: int) -> list[OrderRow]:
        edge = {} if values is None else {"above" if backwards else "below": int(values[0])}
        return orders_of(wanted.ids(limit=limit, **edge), upwards=backwards)

    return page_of_rows(fetch, key=lambda row: [row.id], query=query)


@dataclass(frozen=True, slots=True)
class TabCounts:
    """How many orders each tab holds, and their agreed totals in fen; `is_cut`: there are more than were counted."""

    counts: dict[str, int]
    totals_fen: dict[str, int]
    is_cut: bool

    def shown(self, tab: str) -> int | str | None:
        """Return the number of a tab as it is shown: where counting stopped nobody knows more than that of all."""
        if not self.is_cut:
            return self.counts[tab]
        return at_most(self.counts[tab], COUNT_LIMIT) if tab == "all" and self.counts else None

    def total(self, tab: str) -> tuple[int, int] | None:
        """Return number and agreed total of a tab, None where counting stopped."""
        return None if self.is_cut else (self.counts[tab], self.totals_fen[tab])


def tab_counts(wanted: Wanted) -> TabCounts:
    """Return how many orders each tab holds under the rest of the search, gone through newest first up to a limit.

    What a search walks through line by line nobody counts.
    """
    if wanted.is_wide:
        return TabCounts({}, {}, is_cut=True)
    found = wanted.by_state(limit=COUNT_LIMIT + 1)
    counts, totals = {}, {}
    for tab, states in TABS.items():
        rows = [found[state] for state in (states or tuple(found)) if state in found]
        counts[tab], totals[tab] = sum(row[0] for row in rows), sum(row[1] for row in rows)
    return TabCounts(counts, totals, is_cut=counts["all"] > COUNT_LIMIT)


def every_order(wanted: Wanted, *, at_once: int = 500) -> Iterator[OrderRow]:
    """Return all orders of a search, newest first, read piece by piece."""
    below = None
    while True:
        ids = wanted.ids(limit=at_once, below=below)
        yield from orders_of(ids)
        if len(ids) < at_once:
            return
        below = ids[-1]


def orders_of(order_ids: list[int], *, upwards: bool = False) -> list[OrderRow]:
    """Return the orders of these ids that the scope shows, newest first unless upwards."""
    if not order_ids:
        return []
    return _rows(f"{_ROWS} where o.id = any(%s) order by o.id {'asc' if upwards else 'desc'}", [order_ids])


def order(order_id: int) -> OrderRow | None:
    """Return one order, None when the scope shows none."""
    return next(iter(_rows(f"{_ROWS} where o.id = %s", [order_id])), None)


def _rows(statement: str, values: list[Any]) -> list[OrderRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(row) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...]) -> OrderRow:
    *plain, lines, parcels, refunds = row
    return OrderRow(*[*plain, _lines(lines), _parcels(parcels), _refunds(refunds)])


def _lines(value: Any) -> list[LineRow]:
    return [
        LineRow(*[*plain, day and date.fromisoformat(day), is_rerouted]) for *plain, day, is_rerouted in _listed(value)
    ]


def _parcels(value: Any) -> list[ParcelRow]:
    return [
        ParcelRow(carrier, number, datetime.fromtimestamp(at, UTC), [(line, qty) for line, qty in pieces or ()])
        for carrier, number, at, pieces in _listed(value)
    ]


def _refunds(value: Any) -> list[RefundRow]:
    return [
        RefundRow(number, amount, reason, datetime.fromtimestamp(at, UTC), [(line, qty) for line, qty in pieces or ()])
        for number, amount, reason, at, pieces in _listed(value)
    ]


def _listed(value: Any) -> list[Any]:
    found: list[Any] = json.loads(value) if isinstance(value, str) else value or []
    return found
