"""The whole life of one order, read for one of three readers: all that he may see of it and nothing else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection

from entrepot.reports.life_entry import Entry, Reader
from entrepot.reports.life_rooms import other_rooms


@dataclass(slots=True)
class LifeLine:
    """One line. `price_fen` is the reader's own price of one piece, `amount_fen` what the line comes to at it.

    Supply price and fee, the two parts of the agreed price, are not for suppliers.
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
    price_fen: int
    amount_fen: int
    supply_price_fen: int | None
    fee_fen: int | None

    @property
    def open_qty(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return self.qty - self.shipped_qty - self.refunded_qty

    @property
    def small_line(self) -> str:
        """Return SKU, specification and pieces for below the name."""
        return " · ".join(part for part in (self.sku_code, self.spec, f"×{self.qty}") if part)


@dataclass(slots=True)
class Part:
    """One shipper's part of the order. Name and what is owed to him are for the platform and for himself."""

    supplier_id: int
    supplier: str
    is_own: bool
    state: str
    pieces: int
    shipped: int
    refunded: int
    payable_fen: int | None
    freight_fen: int

    @property
    def open(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return self.pieces - self.shipped - self.refunded


@dataclass(slots=True)
class Parcel:
    """One parcel and the pieces in it, by name of the goods."""

    carrier: str
    tracking_no: str
    shipped_at: datetime
    supplier: str
    contents: list[tuple[str, int]]


@dataclass(slots=True)
class Refund:
    """What went back before shipping, in fen, with its pieces by name of the goods."""

    refund_no: str
    amount_fen: int
    reason: str
    at: datetime
    contents: list[tuple[str, int]]


@dataclass(slots=True)
class Hold:
    """What the order keeps from others now: money on the prepaid account (fen), pieces on the shelf."""

    money_fen: int | None
    pieces: int
    until: datetime | None


@dataclass(slots=True)
class Life:
    """An order as its reader may know it; the time line begins with the newest entry."""

    order_id: int
    state: str
    created_at: datetime
    lines: list[LifeLine]
    parts: list[Part]
    parcels: list[Parcel]
    refunds: list[Refund]
    movements: list[Entry]
    hold: Hold
    entries: list[Entry]


class Source(Protocol):
    """Gives the entries of one room; it is called in the reader's own scope."""

    def __call__(self, order_id: int, *, reader: Reader) -> Iterable[Entry]:
        """Return what happened to an order, in any order, as far as the reader may know it."""


_HEAD = """
select o.state, o.created_at, o.held_fen, o.held_until from orders_order o where o.id = %(order)s
"""
_PART_AS_HEAD = """
select s.state, s.created_at, null::bigint, null::timestamptz
from orders_supplyorder s where s.order_id = %(order)s and s.supplier_id = %(party)s
"""
# The names of other shippers are the platform's; a distributor reads nothing of them.
_LINES = """
select l.line_no, l.supplier_id, case when %(names)s then p.name else '' end, coalesce(p.is_platform, false),
    l.goods_id, l.sku_code, l.goods_no, l.goods_name, l.spec, l.image, l.qty, l.shipped_qty, l.refunded_qty,
    case when %(kind)s = 'supplier' then l.supplier_price_fen else l.agreed_price_fen end,
    case when %(kind)s = 'supplier' then l.supplier_price_fen * (l.qty - l.refunded_qty) else l.amount_fen end,
    case when %(kind)s <> 'supplier' then l.supply_price_fen end, case when %(kind)s <> 'supplier' then l.fee_fen end
from orders_line l left join parties_supplier p on p.id = l.supplier_id
where l.order_id = %(order)s order by l.line_no
"""
_PARTS = """
select s.supplier_id, case when %(names)s then p.name else '' end, coalesce(p.is_platform, false), s.state, s.pieces,
    coalesce(l.shipped, 0), coalesce(l.refunded, 0), case when %(names)s then s.payable_fen end, s.freight_fen
from orders_supplyorder s
left join parties_supplier p on p.id = s.supplier_id
left join lateral (
    select sum(shipped_qty) as shipped, sum(refunded_qty) as refunded from orders_line
    where order_id = s.order_id and supplier_id = s.supplier_id
) l on true
where s.order_id = %(order)s order by s.supplier_id
"""
_PARCELS = """
select s.id, s.carrier, s.tracking_no, s.shipped_at, case when %(names)s then coalesce(p.name, '') else '' end,
    concat_ws(' ', l.goods_name, nullif(l.spec, '')), n.qty
from orders_shipment s
join orders_shipmentline n on n.shipment_id = s.id
join orders_line l on l.order_id = s.order_id and l.line_no = n.line_no
left join parties_supplier p on p.id = s.supplier_id
where s.order_id = %(order)s order by s.id, n.line_no
"""
_REFUNDS = """
select r.id, r.refund_no, r.amount_fen, r.reason, r.at, concat_ws(' ', l.goods_name, nullif(l.spec, '')), n.qty
from orders_refund r
join orders_refundline n on n.refund_id = r.id
join orders_line l on l.order_id = r.order_id and l.line_no = n.line_no
where r.order_id = %(order)s order by r.id, n.line_no
"""
_OWN_PART = """
select p.created_at, c.changed_at, p.received_at, p.completed_at
from orders_supplyorder p left join orders_consignee c on c.order_id = p.order_id
where p.order_id = %(order)s and p.supplier_id = %(party)s
"""
# A supplier's scope shows no event. A party sees his own account alone, so the join leaves him the transfers that
# changed it, with their sign; the platform reads the amount that went over, whichever way. What lies on the shelf is
# summed up by moment. What referrers earned is told by their own entries.
_HAPPENED = """
select e.at, 'order', e.type, e.actor, e.reason, e.data, null::int, (e.data->>'refunded')::bigint
from events_event e where e.object_kind = 'order' and e.object_id = %(order)s
union all
select t.at, 'money', t.kind, t.actor, t.remark,
    case when %(kind)s = 'platform' and p.id is not null then jsonb_build_object('supplier', p.name) else '{}' end,
    null, case when %(kind)s = 'platform' or t.credit_id = a.id then t.amount_fen else -t.amount_fen end
from ledger_transfer t
join ledger_account a on a.id = t.credit_id or (%(kind)s <> 'platform' and a.id = t.debit_id)
left join parties_supplier p on p.id = t.supplier_id
where t.order_id = %(order)s and t.kind not in ('referral_accrue', 'referral_reverse')
union all
select m.at, 'stock', m.kind, m.actor, '', '{}', sum(greatest(abs(m.on_hand_delta), abs(m.reserved_delta)))::int, null
from stock_move m where m.order_id = %(order)s group by m.at, m.kind, m.actor
order by 1
"""


def _listed(statement: str, columns: int) -> str:
    """Return a statement's rows as one JSON list, so that several travel together."""
    names = ", ".join(f"c{place}" for place in range(columns))
    return f"(select json_agg(json_build_array({names})) from ({statement}) as rows({names}))"  # noqa: S608 - our own


_ALL = {
    is_supplier: "select "
    + ", ".join(
        [
            _listed(_PART_AS_HEAD if is_supplier else _HEAD, 4),
            _listed(_LINES, 17),
            _listed(_PARTS, 9),
            _listed(_PARCELS, 7),
            _listed(_REFUNDS, 7),
            _listed(_OWN_PART, 4) if is_supplier else "null",
        ]
    )
    for is_supplier in (False, True)
}


def happened(order_id: int, *, reader: Reader) -> Iterable[Entry]:
    """Return the order's events, the transfers a reader may see, and what was reserved, let go and sent off the shelf."""
    for at, lane, what, actor, reason, data, pieces, amount_fen in _rows(_HAPPENED, order_id, reader=reader):
        yield Entry(
            at=at,
            lane=lane,
            what=what,
            amount_fen=amount_fen,
            pieces=pieces,
            data=json.loads(data) if isinstance(data, str) else data,
            actor=actor,
            reason=reason,
        )


def _own_part(parts: Any, *, parcels: Any) -> Iterable[Entry]:
    """Yield what a supplier, who has no events of the order, finds in his part of it: its moments and his parcels."""
    for placed_at, changed_at, received_at, completed_at in parts or ():
        moments = {
            "part.placed": placed_at,
            "order.address_changed": changed_at,
            "order.delivered": received_at,
            "order.completed": completed_at,
        }
        for what, at in moments.items():
            if at is not None:
                yield Entry(at=_moment(at), lane="order", what=what)
    for _id, carrier, tracking_no, at, _name, _goods, qty in parcels or ():
        data = {"carrier": carrier, "tracking_no": tracking_no}
        yield Entry(at=_moment(at), lane="order", what="order.shipped", pieces=qty, data=data)


SOURCES: list[Source] = [happened, other_rooms]
"""Who adds to the time line. A room that has something to tell of an order adds a function of its queries here, and a
word for each new `what` in `doors/kit/history.py`."""


def life_of(order_id: int, *, reader: Reader) -> Life | None:
    """Return the life of an order inside the reader's own scope, None when there is no such order for him."""
    head, lines, parts, parcels, refunds, own_part = _rows(_ALL[reader.is_supplier], order_id, reader=reader)[0]
    if not head:
        return None
    state, created_at, held_fen, held_until = head[0]
    entries = [*_own_part(own_part, parcels=parcels)] if reader.is_supplier else []
    entries += [entry for source in SOURCES for entry in source(order_id, reader=reader)]
    own_lines = [LifeLine(*row) for row in lines or ()]
    is_over = state in ("cancelled", "expired", "rejected")
    return Life(
        order_id=order_id,
        state=state,
        created_at=_moment(created_at),
        lines=own_lines,
        parts=[Part(*row) for row in parts or ()],
        parcels=[Parcel(a, b, c, d, contents) for (a, b, c, d), contents in _gathered(parcels, at=2)],
        refunds=[]
        if reader.is_supplier
        else [Refund(a, b, c, d, contents) for (a, b, c, d), contents in _gathered(refunds, at=3)],
        movements=[entry for entry in entries if entry.lane == "money"],
        hold=Hold(
            held_fen,
            0 if is_over else sum(line.open_qty for line in own_lines),
            _moment(held_until) if held_until else None,
        ),
        entries=_newest_first(entries),
    )


def _newest_first(entries: list[Entry]) -> list[Entry]:
    """Return the time line: of one moment the fact stands above the money and the shelf it moved."""
    rank = {"stock": 0, "money": 1, "order": 2}
    return sorted(entries, key=lambda entry: (entry.at, rank.get(entry.lane, 2)), reverse=True)


def _gathered(rows: Any, *, at: int) -> list[tuple[list[Any], list[tuple[str, int]]]]:
    """Return one row of each parcel or refund, its moment at a place, with the pieces in it."""
    found: dict[int, tuple[list[Any], list[tuple[str, int]]]] = {}
    for row_id, *rest, name, qty in rows or ():
        rest[at] = _moment(rest[at])
        found.setdefault(row_id, (rest, []))[1].append((name, qty))
    return list(found.values())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _rows(statement: str, order_id: int, *, reader: Reader) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {
        "order": order_id,
        "party": reader.party_id,
        "kind": reader.kind,
        "names": reader.kind != "distributor",
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
