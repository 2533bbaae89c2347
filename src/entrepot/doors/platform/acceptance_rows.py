"""Lines that shippers were asked about, with who they are and what they said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from entrepot.doors.platform.conditions import Conditions

TABS: dict[str, str] = {
    "undecided": "a.state in ('refused', 'overdue')",
    "soon": "a.state = 'waiting' and a.accept_by <= clock_timestamp() + interval '4 hours'",
    "waiting": "a.state = 'waiting'",
    "back_ordered": "a.state = 'back_ordered' and l.qty > l.shipped_qty + l.refunded_qty",
    "late": (
        "a.state = 'back_ordered' and l.qty > l.shipped_qty + l.refunded_qty"
        " and a.ship_by < (clock_timestamp() at time zone 'Asia/Shanghai')::date"
    ),
}
"""The tabs of the list and what each of them holds."""


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One line its shipper was asked about; prices in fen for one piece."""

    order_id: int
    line_no: int
    out_order_no: str
    version: int
    distributor: str
    supplier_id: int
    supplier: str
    sku_id: int
    sku_code: str
    goods_name: str
    spec: str
    image: str
    qty: int
    shipped_qty: int
    open_qty: int
    supply_price_fen: int
    supplier_price_fen: int
    agreed_price_fen: int
    is_own: bool
    order_state: str
    word: str
    accept_by: datetime | None
    ship_by: date | None
    reason: str
    changed_at: datetime | None
    substitutes: int


_ROWS = """
select l.order_id, l.line_no, o.out_order_no, o.version, d.name, l.supplier_id, p.name, l.sku_id, l.sku_code,
    l.goods_name, l.spec, l.image, l.qty, l.shipped_qty, l.qty - l.shipped_qty - l.refunded_qty, l.supply_price_fen,
    l.supplier_price_fen, l.agreed_price_fen, p.is_platform, o.state, coalesce(a.state, ''), a.accept_by, a.ship_by,
    coalesce(a.reason, ''), a.changed_at,
    (select count(*) from fulfilment_substitute s where s.sku_id = l.sku_id)
from {source}
join orders_order o on o.id = l.order_id
join parties_distributor d on d.id = o.distributor_id
join parties_supplier p on p.id = l.supplier_id
"""
_ASKED = "orders_acceptance a join orders_line l on l.order_id = a.order_id and l.line_no = a.line_no"
_ANY = "orders_line l left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no"


def asked_lines(
    conditions: Conditions, *, after: tuple[int, int] | None, limit: int, upwards: bool = True
) -> list[AskedLine]:
    """Return lines under the conditions by order and line, the oldest first unless turned round."""
    if after is not None:
        sign = ">" if upwards else "<"
        conditions = conditions.plus(
            f"(a.order_id, a.line_no) {sign} (%(after_order)s, %(after_line)s)",
            after_order=after[0],
            after_line=after[1],
        )
    way = "asc" if upwards else "desc"
    statement = f"{_ROWS.format(source=_ASKED)} where {conditions.sql} order by a.order_id {way}, a.line_no {way} limit %(limit)s"
    with connection.cursor() as cursor:
        cursor.execute(statement, conditions.values | {"limit": limit})
        return [AskedLine(*row) for row in cursor.fetchall()]


def every_asked_line(conditions: Conditions, *, most: int, size: int = 500) -> Iterator[AskedLine]:
    """Return all lines under the conditions, read piece by piece; ends one row after `most`."""
    after: tuple[int, int] | None = None
    seen = 0
    while seen <= most:
        found = asked_lines(conditions, after=after, limit=size)
        yield from found
        if len(found) < size:
            return
        seen, after = seen + len(found), (found[-1].order_id, found[-1].line_no)


def asked_line(order_id: int, *, line_no: int) -> AskedLine | None:
    """Return one line of an order, whether its shipper was asked or not; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_ROWS.format(source=_ANY)} where l.order_id = %s and l.line_no = %s",
            [order_id, line_no],
        )
        row = cursor.fetchone()
    return AskedLine(*row) if row else None


def tab_counts(conditions: Conditions) -> dict[str, int]:
    """Return how many lines each tab holds under the rest of the search."""
    columns = ", ".join(f"count(*) filter (where {word})" for word in TABS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {columns} from {_ASKED} join parties_supplier p on p.id = a.supplier_id"  # noqa: S608 - our own words
            f" where a.state in ('waiting', 'refused', 'overdue', 'back_ordered') and {conditions.sql}",
            conditions.values,
        )
        return dict(zip(TABS, cursor.fetchone(), strict=True))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SKU that may stand in for a line: who ships it, what it costs (fen) and how many are free."""

    sku_code: str
    goods_name: str
    spec: str
    supplier: str
    is_own: bool
    supplier_price_fen: int
    free: int
    may_lose: bool


def candidates_shown(codes: dict[str, bool]) -> list[Candidate]:
    """Return what is to be known about SKUs that may stand in, in the order of the codes; the value: even at a loss."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select k.code, g.name, k.spec, p.name, p.is_platform, k.supplier_price_fen, coalesce((select"
            " sum(v.on_hand - v.reserved) from stock_level v where v.sku_id = k.id and v.allotment_id is null), 0)::bigint"
            " from catalog_sku k join catalog_goods g on g.id = k.goods_id join parties_supplier p on p.id = g.supplier_id"
            " where k.code = any(%s)",
            [list(codes)],
        )
        found = {row[0]: row for row in cursor.fetchall()}
    return [Candidate(*[*found[code], may_lose]) for code, may_lose in codes.items() if code in found]
