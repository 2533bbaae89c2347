"""What rows of freight, after-sale, bills and referral must say about each other, in SQL that shares nothing with the rooms."""

FREIGHT = """
select format('order %%s %%s: freight %%s, charged %%s, of shippers %%s, given back %%s', o.id, o.state, o.freight_fen,
              c.charged, p.parts, r.back)
from orders_order o
cross join lateral (select coalesce(sum(freight_fen), 0) as charged from freight_charge where order_id = o.id) c
cross join lateral (select coalesce(sum(freight_fen), 0) as parts from orders_supplyorder where order_id = o.id) p
cross join lateral (select coalesce(sum(freight_fen), 0) as back from orders_refund where order_id = o.id) r
where o.distributor_id = any(%s) and (
    c.charged <> o.freight_fen or p.parts <> o.freight_fen or r.back > o.freight_fen
    or (o.state = 'refunded' and r.back <> o.freight_fen)
)
"""
ASKED = """
select format('request %%s of order %%s: refunded %%s of %%s, refunds say %%s; the supplier bears %%s of %%s', q.id, q.order_id,
              q.refunded_fen, q.amount_fen, t.amount, q.supplier_fen, t.most)
from aftersale_request q cross join lateral (
    select coalesce(sum(r.amount_fen), 0) as amount, coalesce(sum(r.freight_fen), 0) as freight,
           coalesce(sum(r.freight_fen), 0) + coalesce((
               select sum(i.supplier_price_fen * p.settled_qty) from aftersale_requestline p
               join orders_line i on i.order_id = q.order_id and i.line_no = p.line_no where p.request_id = q.id), 0) as most
    from orders_refund r
    where r.order_id = q.order_id and r.refund_no in ('AS' || q.id, 'AS' || q.id || '-C')
) t
where q.distributor_id = any(%s) and (
    q.refunded_fen <> t.amount or q.supplier_fen > t.most or q.refunded_fen > q.amount_fen + t.freight
    or (q.state in ('requested', 'refused') and t.amount <> 0)
)
"""
COUNTED = """
select format('request %%s line %%s: %%s good and %%s damaged, moves say %%s came and %%s went out again', q.id, l.line_no,
              l.good_qty, l.damaged_qty, t.back, t.sent)
from aftersale_request q join aftersale_requestline l on l.request_id = q.id
cross join lateral (
    select coalesce(sum(m.on_hand_delta) filter (where m.kind = 'return'), 0) as back,
           -coalesce(sum(m.on_hand_delta) filter (where m.kind = 'write_off'), 0) as off,
           -coalesce(sum(m.on_hand_delta) filter (where m.kind = 'resend'), 0) as sent
    from stock_move m where m.cause = format('aftersale:%%s:%%s', q.id, l.line_no)
) t
where q.distributor_id = any(%s) and (
    t.back <> l.good_qty + l.damaged_qty or t.off not in (l.damaged_qty, l.good_qty + l.damaged_qty)
    or t.sent <> case when q.resend_tracking_no <> '' then l.qty else 0 end
)
"""
CLAIMED = """
select format('claim %%s: settled at %%s of at most %%s, refund says %%s', c.request_id, c.settled_fen, c.at_most_fen, t.amount)
from aftersale_claim c join aftersale_request q on q.id = c.request_id
cross join lateral (
    select coalesce(sum(r.amount_fen - r.freight_fen), 0) as amount
    from orders_refund r where r.order_id = q.order_id and r.refund_no = 'AS' || q.id || '-C'
) t
where q.distributor_id = any(%s) and t.amount <> coalesce(c.settled_fen, 0)
"""
PARTED = """
select format('order %%s %%s: supplier %%s has %%s, his lines say %%s', o.id, o.state, t.supplier_id, t.has, l.owed)
from orders_order o
cross join lateral (
    select x.supplier_id, sum(case when x.credit_id = a.id then x.amount_fen else -x.amount_fen end) as has
    from ledger_transfer x join ledger_account a on a.kind = 'supplier_payable' and a.id in (x.debit_id, x.credit_id)
    where x.order_id = o.id group by x.supplier_id
) t
cross join lateral (
    select coalesce(sum(i.supplier_price_fen * (i.qty - i.refunded_qty) - coalesce(b.supplier_fen + b.supplier_freight_fen, 0)), 0)
           + (select p.freight_fen from orders_supplyorder p where p.order_id = o.id and p.supplier_id = t.supplier_id) as owed
    from orders_line i left join orders_returned b on b.order_id = i.order_id and b.line_no = i.line_no
    where i.order_id = o.id and i.supplier_id = t.supplier_id
) l
where o.distributor_id = any(%s) and o.state = 'completed' and t.has <> l.owed
"""
BILLED = """
select format('bill %%s %%s: says %%s, its lines say %%s, paid %%s', b.id, b.state, b.total_fen, t.total, p.paid)
from settlement_bill b
cross join lateral (
    select coalesce(sum(l.amount_fen), 0) as total from settlement_billline l where l.bill_id = b.id
    and l.left_by not in ('put_off', 'ruling')
) t
cross join lateral (
    select coalesce(sum(x.amount_fen), 0) as paid from ledger_transfer x
    where x.kind = 'pay_supplier' and x.cause = 'bill:' || b.id and x.supplier_id = b.supplier_id
) p
where b.supplier_id = any(%s) and (
    b.total_fen <> t.total or p.paid <> case when b.state in ('paid', 'settled') then b.total_fen else 0 end
    or (b.state in ('confirmed', 'paid', 'settled') and exists (
        select from settlement_billline l where l.bill_id = b.id and l.disputed_at is not null and l.ruling = ''))
)
"""
BILLED_ONCE = """
select format('transfer %%s is on %%s bills, for %%s of %%s', x.id, t.live, t.amount, x.amount_fen)
from ledger_transfer x
cross join lateral (
    select count(*) filter (where l.left_by = '') as live, count(*) as ever,
           coalesce(max(abs(l.amount_fen)), 0) as amount, coalesce(min(abs(l.amount_fen)), 0) as least
    from settlement_billline l where l.transfer_id = x.id
) t
where x.supplier_id = any(%s) and t.ever > 0
  and (t.live > 1 or t.amount <> x.amount_fen or t.least <> x.amount_fen or x.kind = 'pay_supplier')
"""
OWED = """
select format('supplier %%s is owed %%s, earned %%s and was paid %%s', a.supplier_id, a.balance_fen, t.earned, t.paid)
from ledger_account a cross join lateral (
    select coalesce(sum(case when x.credit_id = a.id then x.amount_fen else -x.amount_fen end)
                    filter (where x.kind <> 'pay_supplier'), 0) as earned,
           coalesce(sum(x.amount_fen) filter (where x.kind = 'pay_supplier'), 0) as paid
    from ledger_transfer x where a.id in (x.debit_id, x.credit_id)
) t
where a.kind = 'supplier_payable' and a.supplier_id = any(%s) and a.balance_fen <> t.earned - t.paid
"""
REFERRERS = """
select format('referrer %%s is owed %%s, his entries say %%s, his lines %%s', a.referrer_id, a.balance_fen, e.total, e.detailed)
from ledger_account a cross join lateral (
    select coalesce(sum(n.amount_fen), 0) as total,
           coalesce(sum(case when n.kind = 'payout' then n.amount_fen else d.amount end), 0) as detailed
    from referral_entry n
    left join lateral (select sum(l.amount_fen) as amount from referral_entryline l where l.entry_id = n.id) d on true
    where n.referrer_id = a.referrer_id
) e
where a.kind = 'referrer_payable' and (a.balance_fen <> e.total or a.balance_fen <> e.detailed) and a.referrer_id = any(%s)
"""
BY_DISTRIBUTOR = (FREIGHT, ASKED, COUNTED, CLAIMED, PARTED)
BY_SUPPLIER = (BILLED, BILLED_ONCE, OWED)
BY_REFERRER = (REFERRERS,)
