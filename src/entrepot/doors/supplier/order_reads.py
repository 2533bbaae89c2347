"""Supply orders as their shipper may see them: never the agreed price, never what the buyer paid."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.search import pairs_of
from entrepot.doors.kit.lists import Page, page_of_rows
from entrepot.orders.consignees import PlainConsignee, open_consignee, phone_hash

OPEN = ("confirmed", "partly_shipped")
TABS: dict[str, tuple[str, ...]] = {
    "to_accept": OPEN,
    "to_ship": OPEN,
    "unsupplied": OPEN,
    "shipped": ("shipped",),
    "received": ("received",),
    "completed": ("completed",),
    "refunded": ("refunded",),
    "all": (),
}
"""The tabs of the list and the states each of them holds; none means every state."""
EVERY_STATE = ("confirmed", "partly_shipped", "shipped", "received", "completed", "refunded")
"""The states in which a supplier sees his part of an order."""
COUNT_LIMIT = 9_999
"""Up to so many orders of one state are counted."""
FOUND_LIMIT = 999
"""Up to so many orders that a search finds are counted: they are gone through one by one."""
_FEW = 5_000
_ORDERS_OF_GOODS = f"(select order_id from orders_line where supplier_id = {PARTY} and goods_id = any(%s))"  # noqa: S608
_ENDING = f"""
select order_id from orders_supplyorder
where supplier_id = {PARTY} and state = any(%(states)s) and order_id %% %(whole)s = %(end)s
order by order_id desc limit %(most)s
"""  # noqa: S608 - our own words
_GOODS_OF_TEXT = f"""
select id from catalog_goods where supplier_id = {PARTY} and search_terms @> %s::varchar[]
union select k.goods_id from catalog_sku k join catalog_goods g on g.id = k.goods_id
    where g.supplier_id = {PARTY} and k.code = %s
limit %s
"""  # noqa: S608 - our own words
# What is open of an order is told apart by what the supplier has said about its lines.
_WORDS: dict[str, str] = {
    "to_accept": "a.state = 'waiting'",
    "to_ship": "coalesce(a.state, 'accepted') in ('accepted', 'back_ordered')",
    "unsupplied": "a.state in ('refused', 'overdue')",
}
_OPEN_LINES = """
orders_line l left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
where l.order_id = s.order_id and l.supplier_id = s.supplier_id and l.qty > l.shipped_qty + l.refunded_qty
"""


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


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the search form asks for; empty parts do not narrow."""

    tab: str = "all"
    number: str = ""
    goods: str = ""
    phone: str = ""
    tracking: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ids: Sequence[int] | None = None

    @property
    def is_search(self) -> bool:
        """Return whether more narrows than the tab."""
        return self.ids is not None or any((self.number, self.goods, self.phone, self.tracking, self.since, self.until))

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states of the tab."""
        return TABS.get(self.tab) or EVERY_STATE

    def conditions(self, *, with_tab: bool = True) -> tuple[str, list[Any]]:
        """Return the SQL condition over `orders_supplyorder s` and its values, its state left out."""
        clauses: list[str] = [f"s.supplier_id = {PARTY}"]
        values: list[Any] = []

        def add(clause: str, *given: Any) -> None:
            clauses.append(clause)
            values.extend(given)

        if with_tab and self.tab in _WORDS:
            add(f"exists (select from {_OPEN_LINES} and {_WORDS[self.tab]})")
        if self.ids is not None:
            add("s.order_id = any(%s)", list(self.ids))
        if self.number:
            add(
                "(s.order_id = any(%s) or s.order_id in (select order_id from orders_shipment where tracking_no = %s))",
                _ids_ending(self.number),
                self.number,
            )
        if self.goods:
            add(*_of_goods(self.goods))
        if self.phone:
            add("s.order_id in (select order_id from orders_consignee where phone_hash = %s)", phone_hash(self.phone))
        if self.tracking:
            add("s.order_id in (select order_id from orders_shipment where tracking_no = %s)", self.tracking)
        if self.since:
            add("s.created_at >= %s", self.since)
        if self.until:
            add("s.created_at < %s", self.until)
        return " and ".join(clauses), values


def _plain(text: str) -> str:
    """Return a text in which like has no jokers."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _of_goods(text: str) -> tuple[Any, ...]:
    """Return the condition that an order has goods of this name, number or SKU code, and its values.

    His goods are looked up first, and their orders found by index; a text that stands for very many of them, or has
    words of a single letter, is looked for in one order after the other.
    """
    pairs = pairs_of(text)
    if pairs:
        ids = [row[0] for row in look_as_desk(_GOODS_OF_TEXT, [pairs, text, _FEW + 1])]
        if len(ids) <= _FEW:
            return f"s.order_id in {_ORDERS_OF_GOODS}", ids
    part = f"%{_plain(text)}%"
    found = (
        "exists (select from orders_line l where l.order_id = s.order_id and l.supplier_id = s.supplier_id and"
        " (l.goods_name ilike %s or l.goods_no ilike %s or l.sku_code ilike %s))"
    )
    return found, part, part, part


def _ids_ending(number: str) -> list[int]:
    """Return the newest of his orders whose number ends so, all of them unless a single digit was typed."""
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return []
    values = {"whole": 10 ** len(number), "end": int(number), "states": list(EVERY_STATE), "most": _FEW}
    return [row[0] for row in look_as_desk(_ENDING, values)]


def _rows_of(wanted: Wanted, *, limit: int, below: int | None = None, above: int | None = None) -> list[SupplyOrderRow]:
    """Return the newest supply orders of a search below an order, or the oldest above one.

    Each state is walked through by its index from that order on, and the walks are merged.
    """
    condition, given = wanted.conditions()
    if below is not None:
        condition, given = f"{condition} and s.order_id < %s", [*given, below]
    if above is not None:
        condition, given = f"{condition} and s.order_id > %s", [*given, above]
    direction = "desc" if above is None else "asc"
    walks = " union all ".join(
        f"(select s.order_id from orders_supplyorder s where {condition} and s.state = %s"  # noqa: S608 - our own words
        f" order by s.order_id {direction} limit %s)"
        for _state in wanted.states
    )
    values = [value for state in wanted.states for value in (*given, state, limit)]
    newest = f"select order_id from ({walks}) w order by order_id {direction} limit %s"  # noqa: S608 - our own words
    ids = [row[0] for row in look_as_desk(newest, [*values, limit])]
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


# Counting stops, each state is counted by its index, and what is said about lines is looked up for the open ones alone.
_STATE_COUNT = """
select '{state}', false, false, false, (
    select count(*) from (
        select from orders_supplyorder s where {condition} and s.state = '{state}' order by s.order_id desc limit %s
    ) x
)
"""
_OPEN_COUNT = f"""
select s.state, {", ".join(f"w.{tab}" for tab in _WORDS)}, count(*)
from (
    select s.* from orders_supplyorder s where {{condition}} and s.state = any('{{{{confirmed,partly_shipped}}}}')
    order by s.state desc, s.order_id desc limit %s
) s left join lateral (
    select {", ".join(f"bool_or({word}) as {tab}" for tab, word in _WORDS.items())} from {_OPEN_LINES}
) w on true
group by s.state, {", ".join(f"w.{tab}" for tab in _WORDS)}
"""  # noqa: S608 - our own words
_FOUND_COUNT = f"""
select s.state, {", ".join(f"w.{tab}" for tab in _WORDS)}, count(*)
from (
    select s.* from orders_supplyorder s where {{condition}} and s.state = any('{{{{{",".join(EVERY_STATE)}}}}}')
    order by s.order_id desc limit %s
) s left join lateral (
    select {", ".join(f"bool_or({word}) as {tab}" for tab, word in _WORDS.items())} from {_OPEN_LINES}
) w on s.state in ('confirmed', 'partly_shipped')
group by s.state, {", ".join(f"w.{tab}" for tab in _WORDS)}
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class TabCounts:
    """How many supply orders each tab holds, counted up to a limit."""

    by_tab: dict[str, int]
    limit: int
    is_cut: bool

    def __getitem__(self, tab: str) -> int:
        """Return the figure of a tab, which may be more than that where counting stopped."""
        return self.by_tab[tab]

    def shown(self, tab: str) -> int | str:
        """Return the figure of a tab as it is shown: `999+` where counting stopped."""
        is_more = self.is_cut or self.by_tab[tab] > self.limit
        return f"{min(self.by_tab[tab], self.limit):,}+" if is_more else self.by_tab[tab]

    def exact(self, tab: str) -> int | None:
        """Return the figure of a tab, None where counting stopped."""
        return None if self.is_cut or self.by_tab[tab] > self.limit else self.by_tab[tab]


def tab_counts(wanted: Wanted) -> TabCounts:
    """Return how many supply orders each tab holds under the rest of the search."""
    condition, given = wanted.conditions(with_tab=False)
    limit = FOUND_LIMIT if wanted.is_search else COUNT_LIMIT
    if wanted.is_search:
        parts = [_FOUND_COUNT.format(condition=condition)]
    else:
        done = [state for state in EVERY_STATE if state not in OPEN]
        parts = [_STATE_COUNT.format(condition=condition, state=state) for state in done]
        parts.append(_OPEN_COUNT.format(condition=condition))
    found = look_as_desk(" union all ".join(f"({part})" for part in parts), [*given, limit + 1] * len(parts))
    by_state: Counter[str] = Counter()
    by_word: Counter[str] = Counter()
    for state, *words, count in found:
        by_state[state] += count
        by_word.update({tab: count for tab, is_so in zip(_WORDS, words, strict=True) if is_so})
    is_cut = wanted.is_search and by_state.total() > limit
    by_tab = {
        tab: by_word[tab] if tab in _WORDS else sum(by_state[state] for state in states or tuple(by_state))
        for tab, states in TABS.items()
    }
    return TabCounts(by_tab, limit, is_cut)


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
