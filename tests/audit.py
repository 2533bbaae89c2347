"""What rows must say about each other, recomputed in SQL that shares nothing with the desk."""

from collections.abc import Iterable

from tests import audit_supply
from tests.world import rows

_BALANCES = """
select format('account %%s of %%s: balance %%s, transfers say %%s', a.id, a.distributor_id, a.balance_fen, t.sum)
from ledger_account a cross join lateral (
    select coalesce(sum(case when x.credit_id = a.id then x.amount_fen else -x.amount_fen end), 0) as sum
    from ledger_transfer x where a.id in (x.debit_id, x.credit_id)
) t
where a.kind = 'prepaid' and a.distributor_id = any(%s) and a.balance_fen <> t.sum
"""
_RUNNING = """
select format('transfer %%s: balance after it is %%s, should be %%s', id, said, should) from (
    select x.id, case when x.credit_id = a.id then x.credit_balance_fen else x.debit_balance_fen end as said,
           sum(case when x.credit_id = a.id then x.amount_fen else -x.amount_fen end) over (partition by a.id order by x.id)
               as should
    from ledger_account a join ledger_transfer x on a.id in (x.debit_id, x.credit_id)
    where a.kind = 'prepaid' and a.distributor_id = any(%s)
) t where said is distinct from should
"""
_HELD = """
select format('account of %%s holds %%s, orders hold %%s', a.distributor_id, a.held_fen, t.sum)
from ledger_account a cross join lateral (
    select coalesce(sum(o.held_fen), 0) as sum from orders_order o where o.distributor_id = a.distributor_id
) t
where a.kind = 'prepaid' and a.distributor_id = any(%s) and a.held_fen <> t.sum
"""
_CLEARING = """
select format('order %%s %%s: clearing keeps %%s of drawn %%s refunded %%s', o.id, o.state, t.sum, o.drawn_fen, o.refunded_fen)
from orders_order o cross join lateral (
    select coalesce(sum(case when x.credit_id = c.id then x.amount_fen else -x.amount_fen end), 0) as sum
    from ledger_account c join ledger_transfer x on c.id in (x.debit_id, x.credit_id)
    where c.kind = 'clearing' and c.distributor_id = o.distributor_id and x.order_id = o.id
) t
where o.distributor_id = any(%s)
  and t.sum <> case when o.state = 'completed' then 0 else o.drawn_fen - o.refunded_fen end
"""
_DRAWN = """
select format('order %%s %%s: drawn %%s of %%s, refunded %%s', o.id, o.state, o.drawn_fen, o.total_fen, o.refunded_fen)
from orders_order o
where o.distributor_id = any(%s) and (
    o.drawn_fen <> case when o.state in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected') then 0
                        else o.total_fen end
    or o.refunded_fen <> (select coalesce(sum(r.amount_fen), 0) from orders_refund r where r.order_id = o.id)
    or o.total_fen <> o.freight_fen + (select sum(l.amount_fen) from orders_line l where l.order_id = o.id)
    or (o.state = 'refunded' and o.refunded_fen <> o.drawn_fen)
    or (o.state <> 'held' and o.held_fen <> 0)
)
"""
_PIECES = """
select format('order %%s %%s line %%s: %%s shipped, %%s refunded, %%s still reserved', o.id, o.state, l.line_no, l.shipped_qty,
              l.refunded_qty, t.reserved)
from orders_order o join orders_line l on l.order_id = o.id
cross join lateral (
    select coalesce(sum(m.reserved_delta), 0) as reserved, coalesce(sum(-m.on_hand_delta) filter (where m.kind = 'ship'), 0) as gone
    from stock_move m where m.order_id = l.order_id and m.line_no = l.line_no
) t
where o.distributor_id = any(%s) and (
    t.gone <> l.shipped_qty
    or t.reserved <> case when o.state in ('cancelled', 'expired', 'rejected') then 0
                          else l.qty - l.shipped_qty - l.refunded_qty end
    or l.shipped_qty <> (select coalesce(sum(p.qty), 0) from orders_shipment s join orders_shipmentline p
                         on p.shipment_id = s.id where s.order_id = l.order_id and p.line_no = l.line_no)
    or l.refunded_qty <> (select coalesce(sum(p.qty), 0) from orders_refund r join orders_refundline p
                          on p.refund_id = r.id where r.kind = 'before_shipping' and r.order_id = l.order_id and p.line_no = l.line_no)
)
"""
_RETURNED = """
select format('order %%s line %%s: %%s pieces for %%s returned, refunds say %%s for %%s', l.order_id, l.line_no, b.qty,
              b.amount_fen, t.pieces, t.amount)
from orders_line l join orders_order o on o.id = l.order_id
left join orders_returned b on b.order_id = l.order_id and b.line_no = l.line_no
cross join lateral (
    select coalesce(sum(p.qty), 0) as pieces, coalesce(sum(p.amount_fen), 0) as amount
    from orders_refund r join orders_refundline p on p.refund_id = r.id
    where r.kind <> 'before_shipping' and r.order_id = l.order_id and p.line_no = l.line_no
) t
where o.distributor_id = any(%s) and (
    coalesce(b.qty, 0) <> t.pieces or coalesce(b.amount_fen, 0) <> t.amount or b.qty > l.shipped_qty
    or b.amount_fen > b.qty * l.agreed_price_fen
)
"""
_SHARED = """
select format('order %%s: earned %%s of %%s kept', o.id, t.earned, o.drawn_fen - o.refunded_fen)
from orders_order o cross join lateral (
    select coalesce(sum(case when x.debit_id = c.id then x.amount_fen else -x.amount_fen end), 0) as earned
    from ledger_transfer x join ledger_account c on c.kind = 'clearing' and c.id in (x.debit_id, x.credit_id)
    where x.order_id = o.id and x.kind not in ('draw', 'refund')
) t
where o.distributor_id = any(%s) and o.state = 'completed' and t.earned <> o.drawn_fen - o.refunded_fen
"""
_REFERRED = """
select format('order %%s: referrers are owed %%s of at most %%s', o.id, t.owed, l.most)
from orders_order o
cross join lateral (
    select coalesce(sum(case x.kind when 'referral_accrue' then x.amount_fen when 'referral_reverse' then -x.amount_fen end), 0)
           as owed
    from ledger_transfer x where x.order_id = o.id
) t
cross join lateral (
    select coalesce(sum(greatest(0, (i.agreed_price_fen - i.supplier_price_fen) * (i.qty - i.refunded_qty))), 0) as most
    from orders_line i where i.order_id = o.id
) l
where o.distributor_id = any(%s) and not t.owed between 0 and case when o.state = 'completed' then l.most else 0 end
"""
_VERSIONS = """
select format('order %%s: version %%s, events %%s', o.id, o.version, t.versions)
from orders_order o cross join lateral (
    select array_agg(e.version order by e.id) as versions from events_event e
    where e.object_kind = 'order' and e.object_id = o.id
) t
where o.distributor_id = any(%s)
  and t.versions is distinct from (select array_agg(n) from generate_series(1, o.version) n)
"""
_LEVELS = """
select format('level %%s: %%s on hand, %%s reserved, moves say %%s and %%s', l.id, l.on_hand, l.reserved, t.on_hand, t.reserved)
from stock_level l cross join lateral (
    select coalesce(sum(m.on_hand_delta), 0) as on_hand, coalesce(sum(m.reserved_delta), 0) as reserved
    from stock_move m where m.level_id = l.id
) t
where l.sku_id = any(%s) and (l.on_hand <> t.on_hand or l.reserved <> t.reserved or l.reserved < 0 or l.reserved > l.on_hand)
"""
_RESERVED = """
select format('SKU %%s: %%s reserved, live orders want %%s', s.id, t.reserved, t.open)
from unnest(%s::bigint[]) s(id) cross join lateral (
    select (select coalesce(sum(l.reserved), 0) from stock_level l where l.sku_id = s.id) as reserved,
           (select coalesce(sum(l.qty - l.shipped_qty - l.refunded_qty), 0) from orders_line l join orders_order o
            on o.id = l.order_id where l.sku_id = s.id and o.state not in ('cancelled', 'expired', 'rejected')) as open
) t
where t.reserved <> t.open
"""
_WAITING = """
select format('account of %%s: %%s waits, orders say %%s', a.distributor_id, a.waiting_fen, t.sum)
from ledger_account a cross join lateral (
    select coalesce(sum(o.total_fen), 0) as sum from orders_order o
    where o.distributor_id = a.distributor_id and o.state = 'awaiting_funds'
) t
where a.kind = 'prepaid' and a.distributor_id = any(%s) and a.waiting_fen <> t.sum
"""
_GIVEN = """
select format('allotment %%s: %%s given, moves say %%s', a.id, a.given, t.given)
from stock_allotment a cross join lateral (
    select coalesce(sum(m.on_hand_delta), 0) as given from stock_move m join stock_level l on l.id = m.level_id
    where l.allotment_id = a.id and m.kind = 'allot'
) t
where a.sku_id = any(%s) and a.given <> t.given
"""
# A cap bounds what is taken from now on: what was taken before it was lowered may stand above it, and nothing since.
_TAKEN = """
select format('allotment %%s: %%s taken, moves say %%s', a.id, a.taken, t.taken)
from stock_allotment a cross join lateral (
    select coalesce(max(e.at), '-infinity') as at from events_event e
    where e.object_kind = 'allotment' and e.object_id = a.id and e.type in ('allotment.opened', 'allotment.changed')
) settled cross join lateral (
    select coalesce(sum(r.reserved_delta), 0) as taken,
           coalesce(bool_or(r.kind = 'take' and r.at > settled.at and r.running > a.cap), false) as is_over
    from (
        select m.kind, m.at, m.reserved_delta, sum(m.reserved_delta) over (order by m.id) as running
        from stock_move m where m.allotment_id = a.id and m.kind in ('take', 'release')
    ) r
) t
where a.sku_id = any(%s) and (a.taken <> t.taken or t.is_over)
"""


def faults(
    *,
    distributors: Iterable[int] = (),
    skus: Iterable[int] = (),
    suppliers: Iterable[int] = (),
    referrers: Iterable[int] = (),
) -> list[str]:
    """Every contradiction among the rows of these parties and SKUs, in words; empty when all is well."""
    parties, articles = list(distributors), list(skus)
    by_party = (
        _BALANCES,
        _RUNNING,
        _HELD,
        _CLEARING,
        _DRAWN,
        _PIECES,
        _RETURNED,
        _SHARED,
        _REFERRED,
        _VERSIONS,
        _WAITING,
        *audit_supply.BY_DISTRIBUTOR,
    )
    by_sku = (_LEVELS, _RESERVED, _TAKEN, _GIVEN)
    found: list[str] = []
    for statements, ids in (
        (by_party, parties),
        (by_sku, articles),
        (audit_supply.BY_SUPPLIER, list(suppliers)),
        (audit_supply.BY_REFERRER, list(referrers)),
    ):
        for statement in statements if ids else ():
            found += [text for (text,) in rows(statement, ids)]
    return found
