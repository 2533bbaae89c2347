"""What the rows of an instance say, read by statements of the simulation's own."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from entrepot.base import scope

_ACCOUNTS = """
select a.kind, d.number as distributor, s.number as supplier, r.number as referrer,
       coalesce(a.balance_fen, t.total, 0)::bigint as balance_fen, a.held_fen, a.credit_limit_fen
from ledger_account a
left join (
    select account_id, sum(amount) as total from (
        select credit_id as account_id, amount_fen as amount from ledger_transfer
        union all select debit_id, -amount_fen from ledger_transfer
    ) sides group by account_id
) t on t.account_id = a.id and a.balance_fen is null
left join parties_distributor d on d.id = a.distributor_id
left join parties_supplier s on s.id = a.supplier_id
left join parties_referrer r on r.id = a.referrer_id
order by a.id
"""
_LEVELS = """
select k.code as sku, a.id as allotment, d.number as distributor, t.name as tier, sum(l.on_hand)::bigint as on_hand,
       sum(l.reserved)::bigint as reserved, a.cap, a.buffer, a.taken, a.given, a.is_open
from catalog_sku k
join stock_level l on l.sku_id = k.id
left join stock_allotment a on a.id = l.allotment_id
left join parties_distributor d on d.id = a.distributor_id
left join parties_tier t on t.id = a.tier_id
where k.code = any(%s)
group by k.code, a.id, d.number, t.name
order by k.code, a.id nulls first
"""
_SKUS = """
select k.code as sku, g.id as goods_id, s.number as supplier, s.is_platform as is_own, k.supplier_price_fen,
       k.supply_price_fen, g.min_quantity, k.weight_g, g.state,
       coalesce((select w.unlists from stock_shelfswitch w where w.goods_id = g.id),
                (select w.unlists from stock_shelfswitch w where w.goods_id is null), false) as unlists
from catalog_sku k join catalog_goods g on g.id = k.goods_id join parties_supplier s on s.id = g.supplier_id
where k.code = any(%s) order by k.code
"""
_BILLS = """
select b.id, s.number as supplier, b.number, b.supplier_id, b.period_from, b.period_until, b.state, b.revision,
       b.total_fen, b.content_hash, b.carried_to_id
from settlement_bill b join parties_supplier s on s.id = b.supplier_id where b.id > %s order by b.id
"""
_LINES = """
select l.bill_id, l.id, l.transfer_id, t.kind, t.order_id, l.amount_fen, l.left_by,
       l.disputed_at is not null and l.ruled_at is null as is_open, l.ruling
from settlement_billline l join ledger_transfer t on t.id = l.transfer_id where l.bill_id > %s order by l.id
"""
_WORDS = """
select order_id, line_no, state from orders_acceptance where order_id = any(%s)
"""
_REQUESTS = """
select r.id, r.order_id, r.out_refund_no, r.kind, r.stage, r.state, r.amount_fen, r.refunded_fen, r.supplier_fen,
       c.state as claim_state, c.at_most_fen, c.demand_fen, c.offer_fen, c.supplier_bps, c.settled_fen,
       c.settled_supplier_fen, c.settled_by
from aftersale_request r left join aftersale_claim c on c.request_id = r.id where r.order_id = any(%s) order by r.id
"""
_PIECES = """
select l.request_id, l.line_no, l.qty, l.good_qty, l.damaged_qty, l.missing_qty, l.settled_qty, l.refunded_fen
from aftersale_requestline l join aftersale_request r on r.id = l.request_id where r.order_id = any(%s)
"""


def books(skus: Sequence[str], *, bills_after: int = 0) -> dict[str, Any]:
    """Accounts, the levels and goods of some SKUs, and bills with their lines, as they stood at one moment."""
    with scope.one_moment():
        return {
            "accounts": rows(_ACCOUNTS),
            "levels": rows(_LEVELS, list(skus)),
            "skus": rows(_SKUS, list(skus)),
            "bills": rows(_BILLS, bills_after),
            "bill_lines": rows(_LINES, bills_after),
        }


def orders(ids: list[int]) -> dict[str, dict[str, Any]]:
    """Words and requests of orders, by order id."""
    found: dict[str, dict[str, Any]] = {str(one): {"words": {}, "requests": {}} for one in ids}
    with scope.one_moment():
        for word in rows(_WORDS, ids):
            found[str(word["order_id"])]["words"][word["line_no"]] = word["state"]
        by_id = {}
        for request in rows(_REQUESTS, ids):
            request["pieces"] = {}
            by_id[request["id"]] = request
            found[str(request["order_id"])]["requests"][request["out_refund_no"]] = request
        for piece in rows(_PIECES, ids):
            by_id[piece.pop("request_id")]["pieces"][piece.pop("line_no")] = piece
    return found


def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of a statement by the names of their columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
