"""What a supplier's search for orders means: its states and its conditions over `orders_supplyorder s`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.search import pairs_of
from entrepot.orders.consignees import phone_hash

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
_FEW = 5_000
_ORDERS_OF_GOODS = f"(select order_id from orders_line where supplier_id = {PARTY} and goods_id = any(%s))"  # noqa: S608
_OF_PARCEL = f"select order_id from orders_shipment where tracking_no = %s and supplier_id = {PARTY}"  # noqa: S608
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
WORDS: dict[str, str] = {
    "to_accept": "a.state = 'waiting'",
    "to_ship": "coalesce(a.state, 'accepted') in ('accepted', 'back_ordered')",
    "unsupplied": "a.state in ('refused', 'overdue')",
}
OPEN_LINES = """
orders_line l left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
where l.order_id = s.order_id and l.supplier_id = s.supplier_id and l.qty > l.shipped_qty + l.refunded_qty
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

    @cached_property
    def _numbered(self) -> list[int]:
        return _ids_of(self.number)

    @cached_property
    def _of_goods(self) -> tuple[Any, ...]:
        return _of_goods(self.goods)

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

        if with_tab and self.tab in WORDS:
            add(f"exists (select from {OPEN_LINES} and {WORDS[self.tab]})")
        if self.ids is not None:
            add("s.order_id = any(%s)", list(self.ids))
        if self.number:
            add("s.order_id = any(%s)", self._numbered)
        if self.goods:
            add(*self._of_goods)
        if self.phone:
            add("s.order_id in (select order_id from orders_consignee where phone_hash = %s)", phone_hash(self.phone))
        if self.tracking:
            add(f"s.order_id in ({_OF_PARCEL})", self.tracking)
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


def _ids_of(number: str) -> list[int]:
    """Return his orders with a parcel of this number, and the newest of those whose own number ends so."""
    parcels = [row[0] for row in look_as_desk(_OF_PARCEL, [number])]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return parcels
    values = {"whole": 10 ** len(number), "end": int(number), "states": list(EVERY_STATE), "most": _FEW}
    return parcels + [row[0] for row in look_as_desk(_ENDING, values)]
