"""What a supplier's search for orders means: its states and its conditions over `orders_supplyorder s`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.search import pairs_of
from entrepot.doors.kit.patterns import like
from entrepot.orders.around import edges
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
"""Up to so many orders that a text stands for are named one by one; behind more the newest orders are walked through."""
_OF_GOODS = "select order_id from orders_line where goods_id = any(%s) limit %s"
_OF_PHONE = "select order_id from orders_consignee where phone_hash = %s limit %s"
_OF_PARCEL = f"select order_id from orders_shipment where tracking_no = %s and supplier_id = {PARTY}"  # noqa: S608
_ENDING = f"""
select order_id from orders_supplyorder
where supplier_id = {PARTY} and state = any(%(states)s) and order_id %% %(whole)s = %(end)s
order by order_id desc limit %(most)s
"""  # noqa: S608 - our own words
FIRST_ID, LAST_ID = edges("orders_supplyorder", party="supplier_id")
"""SQL: the id from which on orders since a moment are found, and the one up to which those before a moment are."""
_SINCE = f"s.created_at >= %s and s.order_id >= {FIRST_ID}".replace("%(since)s", "%s")
_UNTIL = f"s.created_at < %s and s.order_id <= {LAST_ID}".replace("%(until)s", "%s")
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
# Something of an open part is open, and what was never asked about, or was taken on, is to be shipped. So the lines are
# looked at where the supplier was asked and has not taken all of it on: few orders at any time, which an index holds.
_ASKED = f"select a.order_id from orders_acceptance a where a.supplier_id = {PARTY} and a.state"  # noqa: S608
UNDECIDED = f"{_ASKED} in ('waiting', 'refused', 'overdue')"
_HAS_LINES = {tab: f"exists (select from {OPEN_LINES} and {word})" for tab, word in WORDS.items()}
_OF_TAB = {
    "to_accept": f"s.order_id in ({_ASKED} = 'waiting') and {_HAS_LINES['to_accept']}",
    "to_ship": f"(not exists ({UNDECIDED} and a.order_id = s.order_id) or {_HAS_LINES['to_ship']})",
    "unsupplied": f"s.order_id in ({_ASKED} in ('refused', 'overdue')) and {_HAS_LINES['unsupplied']}",
}


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
    def _goods_ids(self) -> list[int] | None:
        """Return his goods that the text stands for, None when they are too many or no index finds them."""
        pairs = pairs_of(self.goods)
        if not pairs:
            return None
        ids = [row[0] for row in look_as_desk(_GOODS_OF_TEXT, [pairs, self.goods, _FEW + 1])]
        return ids if len(ids) <= _FEW else None

    @cached_property
    def _of_goods(self) -> list[int] | None:
        return None if self._goods_ids is None else _few(_OF_GOODS, [self._goods_ids])

    @cached_property
    def _of_phone(self) -> list[int] | None:
        return _few(_OF_PHONE, [phone_hash(self.phone)])

    @cached_property
    def _named(self) -> list[int] | None:
        """Return the orders that the search stands for before days narrow it; None when nothing names them."""
        named = [set(self.ids)] if self.ids is not None else []
        if self.number:
            named.append(set(_ids_of(self.number)))
        if self.tracking:
            named.append({row[0] for row in look_as_desk(_OF_PARCEL, [self.tracking])})
        named += [set(ids) for text, ids in self._texts() if text and ids is not None]
        return sorted(set.intersection(*named)) if named else None

    def _texts(self) -> list[tuple[str, list[int] | None]]:
        return [
            (self.goods, self._of_goods if self.goods else None),
            (self.phone, self._of_phone if self.phone else None),
        ]

    @property
    def is_wide(self) -> bool:
        """Return whether a text stands for so many orders that they are walked through, and nobody counts them."""
        return self._named is None and any(text and ids is None for text, ids in self._texts())

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
            add(_OF_TAB[self.tab])
        if self._named is not None:
            add("s.order_id = any(%s)", self._named)
        if self.goods and self._of_goods is None:
            add(*self._with_goods())
        if self.phone and self._of_phone is None:
            add(
                "exists (select from orders_consignee c where c.order_id = s.order_id and c.phone_hash = %s)",
                phone_hash(self.phone),
            )
        if self.since:
            add(_SINCE, self.since, self.since)
        if self.until:
            add(_UNTIL, self.until, self.until)
        return " and ".join(clauses), values

    def _with_goods(self) -> tuple[Any, ...]:
        """Return the condition that one order after the other is looked at for, and its values."""
        lines = "exists (select from orders_line l where l.order_id = s.order_id and l.supplier_id = s.supplier_id and"
        if self._goods_ids is not None:
            return f"{lines} l.goods_id = any(%s))", self._goods_ids
        part = f"%{like(self.goods)}%"
        return f"{lines} (l.goods_name ilike %s or l.goods_no ilike %s or l.sku_code ilike %s))", part, part, part

    def walk(
        self, *, limit: int, with_tab: bool = True, below: int | None = None, above: int | None = None
    ) -> tuple[str, list[Any]]:
        """Return the statement for the newest supply orders below an order, or the oldest above one, and its values.

        Orders that are named are looked up. Else each state is walked through by its index, and the walks are merged.
        """
        condition, given = self.conditions(with_tab=with_tab)
        for side, order_id in (("<", below), (">", above)):
            if order_id is not None:
                condition, given = f"{condition} and s.order_id {side} %s", [*given, order_id]
        states = self.states if with_tab else EVERY_STATE
        columns = "select s.order_id, s.supplier_id, s.state from orders_supplyorder s"
        order = f"order by order_id {'desc' if above is None else 'asc'} limit %s"
        if self._named is not None:
            return f"{columns} where {condition} and s.state = any(%s) {order}", [*given, list(states), limit]
        walks = " union all ".join(f"({columns} where {condition} and s.state = %s {order})" for _state in states)
        values = [value for state in states for value in (*given, state, limit)]
        return f"select * from ({walks}) w {order}", [*values, limit]  # noqa: S608 - our own words


def _few(statement: str, values: list[Any]) -> list[int] | None:
    """Return the orders a statement gives, None when they are too many. They are ids to be sifted by the party's own."""
    ids = [row[0] for row in look_as_desk(statement, [*values, _FEW + 1], are_ids=True)]
    return ids if len(ids) <= _FEW else None


def _ids_of(number: str) -> list[int]:
    """Return his orders with a parcel of this number, and the newest of those whose own number ends so."""
    parcels = [row[0] for row in look_as_desk(_OF_PARCEL, [number])]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return parcels
    values = {"whole": 10 ** len(number), "end": int(number), "states": list(EVERY_STATE), "most": _FEW}
    return parcels + [row[0] for row in look_as_desk(_ENDING, values)]
