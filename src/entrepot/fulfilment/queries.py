"""Every read of the room; the caller's scope decides which rows there are."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet

from entrepot.fulfilment import rules
from entrepot.fulfilment.models import HouseTerms, Substitute
from entrepot.orders.models import AcceptanceTerms
from entrepot.trade import acceptances

# What the mall has ordered decides which SKUs may stand in; one that the line has left is not tried again.
_CANDIDATES = """
select l.order_id, l.line_no, k.code, s.may_lose
from unnest(%(order_ids)s::bigint[], %(line_nos)s::int[]) w(order_id, line_no)
join orders_line l on l.order_id = w.order_id and l.line_no = w.line_no
left join orders_formerline f on f.order_id = l.order_id and f.line_no = l.line_no and f.place = 1
join fulfilment_substitute s on s.sku_id = coalesce(f.sku_id, l.sku_id)
join catalog_sku k on k.id = s.substitute_id
where s.substitute_id <> l.sku_id and not exists (
    select from orders_formerline n where n.order_id = l.order_id and n.line_no = l.line_no
        and n.sku_id = s.substitute_id)
order by l.order_id, l.line_no, s.place, s.id
"""
_DUE = """
select a.order_id, a.line_no, coalesce(t.policy, '')
from orders_acceptance a left join orders_acceptanceterms t on t.supplier_id = a.supplier_id
where a.state = 'waiting' and a.accept_by <= clock_timestamp() order by a.accept_by limit %s
"""


def acceptance_terms() -> QuerySet[AcceptanceTerms]:
    """Return what is agreed with suppliers about taking lines on; one without a row takes them on at once."""
    return AcceptanceTerms.objects.all()


def house_terms() -> HouseTerms:
    """Return what the platform does where a supplier has no terms of his own."""
    return HouseTerms.objects.first() or HouseTerms()


def policy_of(supplier_id: int) -> str:
    """Return what is done with lines that a supplier cannot supply: `reroute`, `refund` or `ask`."""
    own = acceptance_terms().filter(pk=supplier_id).values_list("policy", flat=True).first()
    return rules.policy_for(own or "", house=house_terms().policy)


def substitutes() -> QuerySet[Substitute]:
    """Return every substitute with both SKUs, their goods and suppliers, in the order they are tried."""
    return Substitute.objects.select_related("sku__goods__supplier", "substitute__goods__supplier")


def candidates(lines: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[acceptances.Substitute]]:
    """Return by order and line which SKUs may stand in, in the order they are to be tried."""
    found: dict[tuple[int, int], list[acceptances.Substitute]] = {line: [] for line in lines}
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES, {"order_ids": [order for order, _ in lines], "line_nos": [number for _, number in lines]}
        )
        for order_id, line_no, code, may_lose in cursor.fetchall():
            found[order_id, line_no].append(acceptances.Substitute(code, may_lose))
    return found


def due_lines(limit: int) -> list[acceptances.LapseAcceptance]:
    """Return what the desk is to be asked about lines whose time is over by the database's clock, the longest over first."""
    house = house_terms().policy
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        due = cursor.fetchall()
    if not due:
        return []
    by = candidates([(order_id, line_no) for order_id, line_no, _ in due])
    return [
        acceptances.LapseAcceptance(order_id, line_no, rules.policy_for(own, house=house), by[order_id, line_no])
        for order_id, line_no, own in due
    ]
