"""Where the orders of some days begin and end among the ids of all."""

from entrepot.base.scope import PARTY
from entrepot.base.worlds import SANDBOX_FROM

# Ids and times of orders rise together, save for a moment's disorder: the middle one of the thousand orders before a day
# tells from which id on the day's may be, and of those behind it up to which. Ids of sandboxes are a world of their own.
# A party with few orders needs no such place to begin.
_AROUND = """(select case when {has_few} then {{edge}}
    when count(*) = 1000 then percentile_disc(0.5) within group (order by id) else {{edge}} end from (
    select id from orders_order where created_at {{side}} and (id >= {sandbox}) = ({party} >= {sandbox})
    order by created_at {{direction}} limit 1000) x)"""


def edges(table: str, *, party: str) -> tuple[str, str]:
    """Return SQL for the id from which on orders since `%(since)s` are, and for the one up to which those before `%(until)s` are.

    It is asked as the desk sees the orders. `table` holds the orders of a party, whose id is in the column `party`.
    """
    has_few = f"(select count(*) from (select from {table} where {party} = {PARTY} limit 2000) f) < 2000"  # noqa: S608
    around = _AROUND.format(has_few=has_few, sandbox=SANDBOX_FROM, party=PARTY)
    return (
        around.format(side="< %(since)s", direction="desc", edge=0),
        around.format(side=">= %(until)s", direction="asc", edge=2**63 - 1),
    )
