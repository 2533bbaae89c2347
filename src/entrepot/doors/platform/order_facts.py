"""Everything the page of one order shows, read in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from entrepot.catalog.pictures import address
from entrepot.orders.consignees import place_line


@dataclass(frozen=True, slots=True)
class Head:
    """An order with its distributor and the masks of its consignee; amounts in fen."""

    id: int
    out_order_no: str
    state: str
    mode: str
    version: int
    fee_rate_bps: int
    goods_amount_fen: int
    freight_fen: int
    total_fen: int
    held_fen: int
    drawn_fen: int
    refunded_fen: int
    remark: str
    held_until: datetime | None
    created_at: datetime
    confirmed_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    distributor_id: int
    distributor: str
    tier: str
    tier_rate_bps: int
    consignee: str
    phone: str
    places: list[str | None]

    @property
    def region(self) -> str:
        """Return province, city and district."""
        return place_line(*self.places)


@dataclass(slots=True)
class LineFacts:
    """One line with its prices as they stood when the order was placed (fen for one piece).

    `word` is what its shipper says when he is asked; `ordered_…` is what the mall has ordered, empty when that goes out.
    """

    line_no: int
    supplier_id: int
    supplier: str
    is_own: bool
    goods_id: int
    sku_code: str
    goods_no: str
    goods_name: str
    spec: str
    image: str
    qty: int
    shipped_qty: int
    refunded_qty: int
    supplier_price_fen: int
    supply_price_fen: int
    fee_fen: int
    agreed_price_fen: int
    amount_fen: int
    promotion: str
    word: str
    accept_by: datetime | None
    ship_by: date | None
    word_reason: str
    ordered_sku: str
    ordered_name: str
    ordered_from: str

    @property
    def open_qty(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return self.qty - self.shipped_qty - self.refunded_qty

    @property
    def picture(self) -> str:
        """Return where the small picture is served."""
        return address(self.image, small=True)

    @property
    def small_line(self) -> str:
        """Return number, specification and pieces for below the name."""
        return " · ".join(part for part in (self.goods_no, self.spec, f"×{self.qty}") if part)


@dataclass(slots=True)
class OrderFacts:
    """One order with all that belongs to it."""

    head: Head
    lines: list[LineFacts]

    @property
    def own_open(self) -> list[LineFacts]:
        """Return the lines of which the platform itself still has pieces to ship."""
        return [line for line in self.lines if line.is_own and line.open_qty]

    @property
    def all_open(self) -> list[LineFacts]:
        """Return the lines with pieces neither shipped nor refunded."""
        return [line for line in self.lines if line.open_qty]


_HEAD = """
select o.id, o.out_order_no, o.state, o.mode, o.version, o.fee_rate_bps, o.goods_amount_fen, o.freight_fen, o.total_fen,
    o.held_fen, o.drawn_fen, o.refunded_fen, o.remark, o.held_until, o.created_at, o.confirmed_at, o.shipped_at,
    o.received_at, o.completed_at, o.closed_at, d.id, d.name, t.name, t.fee_rate_bps, coalesce(c.name_masked, ''),
    coalesce(c.phone_masked, ''), array[c.province, c.city, c.district]
from orders_order o
join parties_distributor d on d.id = o.distributor_id
join parties_tier t on t.id = d.tier_id
left join orders_consignee c on c.order_id = o.id
"""
_LINES = """
select l.line_no, l.supplier_id, p.name, p.is_platform, l.goods_id, l.sku_code, l.goods_no, l.goods_name, l.spec, l.image,
    l.qty, l.shipped_qty, l.refunded_qty, l.supplier_price_fen, l.supply_price_fen, l.fee_fen, l.agreed_price_fen,
    l.amount_fen, l.promotion, coalesce(a.state, ''), a.accept_by, a.ship_by, coalesce(a.reason, ''),
    coalesce(f.sku_code, ''), coalesce(f.goods_name, ''), coalesce(b.name, ''), l.order_id
from orders_line l join parties_supplier p on p.id = l.supplier_id
left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
left join orders_formerline f on f.order_id = l.order_id and f.line_no = l.line_no and f.place = 1
left join parties_supplier b on b.id = f.supplier_id
where l.order_id = any(%s) order by l.order_id, l.line_no
"""


def order_facts(order_id: int) -> OrderFacts | None:
    """Return one order with its lines, None when there is none."""
    found = heads([order_id])
    return OrderFacts(found[0], lines_of([order_id])[order_id]) if found else None


def heads(order_ids: Sequence[int]) -> list[Head]:
    """Return the heads of several orders, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_HEAD} where o.id = any(%s) order by o.id", [list(order_ids)])
        return [Head(*row) for row in cursor.fetchall()]


def lines_of(order_ids: Sequence[int]) -> dict[int, list[LineFacts]]:
    """Return the lines of several orders by order."""
    found: dict[int, list[LineFacts]] = {order_id: [] for order_id in order_ids}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(order_ids)])
        for *values, order_id in cursor.fetchall():
            found[order_id].append(LineFacts(*values))
    return found


def steps(head: Head) -> list[tuple[str, str, datetime | None]]:
    """Return how far an order has come, as the kit draws it."""
    stops = {
        "cancelled": _("Cancelled"),
        "expired": _("Expired"),
        "rejected": _("Rejected by the system"),
        "refunded": _("Refunded"),
    }
    moments: list[tuple[str, datetime | None]] = [
        (pgettext("step", "Placed"), head.created_at),
        (pgettext("step", "Paid"), head.confirmed_at),
        (pgettext("step", "Shipped"), head.shipped_at),
        (pgettext("step", "Received"), head.received_at),
        (pgettext("step", "Completed"), head.completed_at),
    ]
    if head.state in stops:
        done = [(label, "done", at) for label, at in moments if at]
        return [*done, (stops[head.state], "stopped", head.closed_at)]
    reached = sum(1 for _label, at in moments if at)
    return [
        (label, "done" if place < reached else "now" if place == reached else "", at)
        for place, (label, at) in enumerate(moments)
    ]
