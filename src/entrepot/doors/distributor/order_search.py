"""What a mall's search for orders means: its tabs and its conditions over `orders_order o`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.search import pairs_of
from entrepot.doors.kit.patterns import like
from entrepot.orders.around import edges
from entrepot.orders.consignees import phone_hash

TABS: dict[str, tuple[str, ...]] = {
    "all": (),
    "held": ("held",),
    "awaiting_funds": ("awaiting_funds",),
    "to_ship": ("confirmed", "partly_shipped"),
    "shipped": ("shipped",),
    "received": ("received",),
    "completed": ("completed",),
    "closed": ("cancelled", "expired", "rejected", "refunded"),
}
"""The tabs of the list and the states each of them holds; none means every state."""
FIRST_ID, LAST_ID = edges("orders_order", party="distributor_id")
"""SQL: the id from which on orders since a moment are found, and the one up to which those before a moment are."""
FEW = 5_000
"""Up to so many orders that a text stands for are named one by one; behind more the newest orders are walked through."""
SMALL = 10_000
"""A mall with fewer orders looks through the lines of all of them for a word; one with more goes by the goods."""
GOODS_AT_MOST = 20_000
"""Up to so many goods that a word stands for are gone by."""
# All of it is asked as the desk sees the orders, in statements that name the mall, and gives ids and figures. The list goes by
# an index that holds the mall's own orders with what is counted and looked for in them, however many others have.
_NUMBERED = "(o.out_order_no ilike %(number_part)s or o.id::text like %(number_part)s)"
_OF_NUMBER = f"""
(select o.id, false from orders_order o where o.distributor_id = {PARTY} and {_NUMBERED} order by o.id desc limit %(most)s)
union all (select order_id, true from orders_shipment where tracking_no = %(number)s and distributor_id = {PARTY})
"""  # noqa: S608 - our own words
_OF_PARCEL = f"select order_id from orders_shipment where tracking_no = %s and distributor_id = {PARTY}"  # noqa: S608
_OF_PHONE = f"select order_id from orders_consignee where phone_hash = %s and distributor_id = {PARTY} limit %s"  # noqa: S608
_TEXT = "l.goods_name ilike %(part)s or l.goods_no ilike %(part)s or l.sku_code ilike %(part)s"
_OF_TERMS = """
(select id from catalog_goods where search_terms @> %(pairs)s::varchar[] limit %(goods_most)s)
union all (select goods_id from catalog_sku where code = %(text)s)
"""
_LINES = "select l.order_id from orders_line l where l.goods_id = any(array(select id from goods))"
_OF_GOODS = f"""
with mall as materialized (
    select count(*) = %(small)s as is_large from (select from orders_order where distributor_id = {PARTY} limit %(small)s) x
), goods as materialized (
    select g.id from mall cross join lateral ({_OF_TERMS}) g where mall.is_large
)
select is_large, (select count(*) from goods), array({_LINES} and l.distributor_id = {PARTY} limit %(most)s) from mall
"""  # noqa: S608 - our own words
# One order after the other is looked at, newest first, until a page is full. Asked by `exists` the lines of all malls might
# be gathered first.
_HAS_TEXT = f"(select true from orders_line l where l.order_id = o.id and ({_TEXT}) limit 1)"  # noqa: S608 - our own words
_HAS_GOODS = f"""
(select true from orders_line l where l.order_id = o.id and l.goods_id = any(array({_OF_TERMS})) limit 1)
"""  # noqa: S608 - our own words
_HAS_PHONE = "(select true from orders_consignee c where c.order_id = o.id and c.phone_hash = %(phone)s)"


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

    @cached_property
    def _of_goods(self) -> tuple[str, list[int] | None, bool]:
        """Return the condition that orders have the goods, or the orders by name, and whether they are very many."""
        ((is_large, goods, ids),) = look_as_desk(_OF_GOODS, self._terms() | {"small": SMALL, "most": FEW + 1})
        if not is_large:
            return _HAS_TEXT, None, False
        if not pairs_of(self.goods) or goods > GOODS_AT_MOST:
            return _HAS_TEXT, None, True
        return (_HAS_GOODS, None, True) if len(ids) > FEW else ("", ids, False)

    def _terms(self) -> dict[str, Any]:
        """Return the values by which goods are found that the text stands for."""
        return {"pairs": pairs_of(self.goods), "text": self.goods, "goods_most": GOODS_AT_MOST + 1}

    @cached_property
    def _of_number(self) -> tuple[list[int], bool]:
        """Return the orders that hold a text in either number, or have a parcel of it.

        Where very many hold it, which is the second answer, those with a parcel alone.
        """
        values = {"number_part": f"%{like(self.number)}%", "number": self.number, "most": FEW + 1}
        found = look_as_desk(_OF_NUMBER, values)
        is_wide = sum(not is_parcel for _id, is_parcel in found) > FEW
        return [order_id for order_id, is_parcel in found if is_parcel or not is_wide], is_wide

    @cached_property
    def _of_phone(self) -> list[int] | None:
        """Return the orders that go to a phone, None when they are very many."""
        ids = [row[0] for row in look_as_desk(_OF_PHONE, [phone_hash(self.phone), FEW + 1])]
        return ids if len(ids) <= FEW else None

    @cached_property
    def _named(self) -> list[int] | None:
        """Return the orders that the search stands for before tab and days narrow it; None when nothing names them."""
        named: list[set[int]] = []
        if self.number and not self._of_number[1]:
            named.append(set(self._of_number[0]))
        if self.goods and self._of_goods[1] is not None:
            named.append(set(self._of_goods[1]))
        if self.phone and self._of_phone is not None:
            named.append(set(self._of_phone))
        if self.tracking:
            named.append({row[0] for row in look_as_desk(_OF_PARCEL, [self.tracking])})
        return sorted(set.intersection(*named)) if named else None

    @cached_property
    def _ids_of_days(self) -> tuple[int, int]:
        """Return the ids between which the orders of the days are."""
        first, last = FIRST_ID if self.since else "0", LAST_ID if self.until else str(2**63 - 1)
        values = {"since": self.since, "until": self.until}
        ((first_id, last_id),) = look_as_desk(f"select {first}, {last}", values)
        return first_id, last_id

    @property
    def is_wide(self) -> bool:
        """Return whether the lines of very many orders may be looked at one by one, so that nobody counts them."""
        return bool(self.goods) and self._named is None and self._of_goods[2]

    def _conditions(self, *, with_tab: bool) -> tuple[str, dict[str, Any]]:
        """Return the SQL condition over `orders_order o` and its values."""
        clauses = [f"o.distributor_id = {PARTY}"]
        values: dict[str, Any] = {}

        def add(clause: str, **given: Any) -> None:
            clauses.append(clause)
            values.update(given)

        if with_tab and TABS.get(self.tab):
            add("o.state = any(%(states)s)", states=list(TABS[self.tab]))
        if self._named is not None:
            add("o.id = any(%(named)s)", named=self._named)
        if self.number and self._of_number[1]:
            parcels, part = self._of_number[0], f"%{like(self.number)}%"
            add(f"({_NUMBERED} or o.id = any(%(parcels)s))", number_part=part, parcels=parcels)
        if self.goods and (condition := self._of_goods[0]):
            add(condition, part=f"%{like(self.goods)}%", **self._terms())
        if self.phone and self._of_phone is None:
            add(_HAS_PHONE, phone=phone_hash(self.phone))
        if self.since:
            add("o.created_at >= %(since)s and o.id >= %(first_id)s", since=self.since, first_id=self._ids_of_days[0])
        if self.until:
            add("o.created_at < %(until)s and o.id <= %(last_id)s", until=self.until, last_id=self._ids_of_days[1])
        return " and ".join(clauses), values

    def ids(self, *, limit: int, below: int | None = None, above: int | None = None) -> list[int]:
        """Return the newest orders of the search below an order, or the oldest above one."""
        condition, values = self._conditions(with_tab=True)
        for side, order_id in (("<", below), (">", above)):
            if order_id is not None:
                condition, values = f"{condition} and o.id {side} %(edge)s", values | {"edge": order_id}
        order = f"order by o.id {'desc' if above is None else 'asc'} limit %(limit)s"
        statement = f"select o.id from orders_order o where {condition} {order}"  # noqa: S608 - our own words
        return [row[0] for row in look_as_desk(statement, values | {"limit": limit})]

    def by_state(self, *, limit: int) -> dict[str, tuple[int, int]]:
        """Return number and agreed total (fen) of the newest orders of the search in every tab, up to a limit, by state."""
        condition, values = self._conditions(with_tab=False)
        newest = f"select o.state, o.total_fen from orders_order o where {condition} order by o.id desc limit %(limit)s"  # noqa: S608
        statement = f"select x.state, count(*), sum(x.total_fen)::bigint from ({newest}) x group by 1"  # noqa: S608
        return {state: (count, total) for state, count, total in look_as_desk(statement, values | {"limit": limit})}
