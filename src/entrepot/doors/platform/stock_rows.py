"""The rows of the stock list, and what the stock page of one SKU needs beside the rooms' own reads."""

from dataclasses import dataclass

from django.db import connection

from entrepot.doors.platform.conditions import Conditions


@dataclass(frozen=True, slots=True)
class StockRow:
    """One SKU with its pieces over all warehouses and pools."""

    sku_id: int
    code: str
    spec: str
    goods_id: int
    goods_no: str
    goods_name: str
    goods_state: str
    image: str
    supplier: str
    is_own: bool
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """Return the pieces that nobody has reserved."""
        return self.on_hand - self.reserved


_ROWS = """
select s.id, s.code, s.spec, g.id, g.goods_no, g.name, g.state, coalesce(g.images[1], ''), p.name, p.is_platform,
    l.on_hand, l.reserved
from catalog_sku s
join catalog_goods g on g.id = s.goods_id
join parties_supplier p on p.id = g.supplier_id
left join lateral (
    select coalesce(sum(on_hand), 0)::bigint as on_hand, coalesce(sum(reserved), 0)::bigint as reserved
    from stock_level where sku_id = s.id
) l on true
where s.is_active and {conditions}
order by s.id {direction} limit %(limit)s
"""

_FORM_FACTS = """
select w.id, w.name, m.last
from (
    select coalesce(max(m.id), 0) as last from stock_move m join stock_level l on l.id = m.level_id
    where l.sku_id = %(sku_id)s and m.kind in ('restock', 'allot')
) m
left join stock_warehouse w on w.supplier_id = %(supplier_id)s
order by w.id
"""


def rows(conditions: Conditions, *, limit: int, upwards: bool = False) -> list[StockRow]:
    """Return up to `limit` SKUs in use by their id, newest first or upwards."""
    statement = _ROWS.format(conditions=conditions.sql, direction="asc" if upwards else "desc")
    with connection.cursor() as cursor:
        cursor.execute(statement, conditions.values | {"limit": limit})
        return [StockRow(*row) for row in cursor.fetchall()]


def suppliers() -> list[tuple[int, str]]:
    """Return the suppliers for a select."""
    with connection.cursor() as cursor:
        cursor.execute("select id, name from parties_supplier order by is_platform desc, name")
        return list(cursor.fetchall())


def form_facts(sku_id: int, *, supplier_id: int) -> tuple[list[tuple[int, str]], int]:
    """Return the supplier's warehouses, the first one first, and the id of the last move by which somebody changed
    what is on hand of the SKU, 0 before the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORM_FACTS, {"sku_id": sku_id, "supplier_id": supplier_id})
        found = cursor.fetchall()
    return [(row_id, name) for row_id, name, _last in found if row_id is not None], int(found[0][2])
