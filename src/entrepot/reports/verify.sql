-- Each statement stands under `-- check: TABLE FIELD …` and gives one row per row of the table: its id, and what the
-- fields should hold and what they hold, both as arrays in the order of the heading. Nothing here is shared with the
-- code that wrote the rows.

-- check: ledger_account balance_fen held_fen
with moved as (
    select account_id, sum(amount) as total from (
        select credit_id as account_id, amount_fen as amount from ledger_transfer
        union all select debit_id, -amount_fen from ledger_transfer
    ) sides group by account_id
), held as (
    select distributor_id, sum(held_fen) as total from orders_order where state = 'held' group by distributor_id
)
select a.id, array[coalesce(m.total, 0), case when a.kind = 'prepaid' then coalesce(h.total, 0) else 0 end],
       array[a.balance_fen, a.held_fen]::numeric[]
from ledger_account a
left join moved m on m.account_id = a.id
left join held h on h.distributor_id = a.distributor_id
where a.kind in ('prepaid', 'supplier_payable', 'referrer_payable');

-- check: ledger_account clearing_fen
with moved as (
    select account_id, sum(amount) as total from (
        select credit_id as account_id, amount_fen as amount from ledger_transfer
        union all select debit_id, -amount_fen from ledger_transfer
    ) sides group by account_id
), kept as (
    select distributor_id, sum(drawn_fen - refunded_fen) as total from orders_order
    where state <> 'completed' group by distributor_id
)
select a.id, array[coalesce(k.total, 0)], array[coalesce(m.total, 0)]
from ledger_account a
left join moved m on m.account_id = a.id
left join kept k on k.distributor_id = a.distributor_id
where a.kind = 'clearing';

-- check: ledger_transfer balance_after_fen
select t.id, array[sum(t.amount) over (partition by t.account_id order by t.id)], array[t.after]::numeric[]
from (
    select id, credit_id as account_id, amount_fen as amount, credit_balance_fen as after from ledger_transfer
    union all select id, debit_id, -amount_fen, debit_balance_fen from ledger_transfer
) t
join ledger_account a on a.id = t.account_id and a.kind in ('prepaid', 'supplier_payable', 'referrer_payable');

-- check: stock_level on_hand reserved
select l.id, array[coalesce(m.on_hand, 0), coalesce(m.reserved, 0)], array[l.on_hand, l.reserved]::numeric[]
from stock_level l
left join (
    select level_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from stock_move group by level_id
) m on m.level_id = l.id;

-- check: ledger_account waiting_fen
select a.id, array[coalesce(w.total, 0)]::numeric[], array[a.waiting_fen]::numeric[]
from ledger_account a
left join (
    select distributor_id, sum(total_fen) as total from orders_order where state = 'awaiting_funds'
    group by distributor_id
) w on w.distributor_id = a.distributor_id
where a.kind = 'prepaid';

-- check: recharge_statement opening_fen closing_fen moved_fen
with moved as (
    select a.distributor_id, t.id, t.at,
           case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end as amount
    from ledger_account a join ledger_transfer t on a.id in (t.debit_id, t.credit_id) where a.kind = 'prepaid'
)
select s.id,
       array[coalesce(sum(m.amount) filter (where m.at < b.start), 0),
             coalesce(sum(m.amount) filter (where m.at < b.stop), 0),
             coalesce(sum(m.amount) filter (where m.at >= b.start and m.at < b.stop), 0)]::numeric[],
       array[s.opening_fen, s.closing_fen,
             s.top_up_fen + s.draw_fen + s.refund_fen + s.adjustment_fen + s.other_fen]::numeric[]
from recharge_statement s
cross join lateral (
    select s.month::timestamp at time zone 'Asia/Shanghai' as start,
           (s.month + interval '1 month') at time zone 'Asia/Shanghai' as stop
) b
left join moved m on m.distributor_id = s.distributor_id
group by s.id, b.start, b.stop;

-- check: stock_allotment given
select a.id, array[coalesce(m.given, 0)]::numeric[], array[a.given]::numeric[]
from stock_allotment a
left join (
    select l.allotment_id, sum(m.on_hand_delta) as given
    from stock_move m join stock_level l on l.id = m.level_id
    where m.kind = 'allot' and l.allotment_id is not null group by l.allotment_id
) m on m.allotment_id = a.id;

-- check: stock_allotment taken
select a.id, array[coalesce(m.taken, 0)], array[a.taken]::numeric[]
from stock_allotment a
left join (
    select allotment_id, sum(reserved_delta) as taken from stock_move
    where allotment_id is not null and kind in ('take', 'release') group by allotment_id
) m on m.allotment_id = a.id;

-- check: orders_line agreed_price_fen amount_fen fee_fen shipped_by_moves shipped_by_parcels refunded_qty reserved
with moved as (
    select order_id, line_no, sum(reserved_delta) as reserved,
           -sum(on_hand_delta) filter (where kind = 'ship') as shipped
    from stock_move where order_id is not null group by order_id, line_no
), parcelled as (
    select s.order_id, p.line_no, sum(p.qty) as pieces
    from orders_shipment s join orders_shipmentline p on p.shipment_id = s.id group by s.order_id, p.line_no
), returned as (
    select r.order_id, p.line_no, sum(p.qty) as pieces
    from orders_refund r join orders_refundline p on p.refund_id = r.id
    where r.kind = 'before_shipping' group by r.order_id, p.line_no
)
select l.order_id || '/' || l.line_no,
       array[l.supply_price_fen + l.fee_fen, (l.supply_price_fen + l.fee_fen) * l.qty,
             (l.supply_price_fen * coalesce(l.fee_rate_bps, o.fee_rate_bps) + 5000) / 10000, coalesce(m.shipped, 0), coalesce(p.pieces, 0),
             coalesce(r.pieces, 0),
             case when o.state in ('cancelled', 'expired', 'rejected') then 0
                  else l.qty - l.shipped_qty - l.refunded_qty end]::numeric[],
       array[l.agreed_price_fen, l.amount_fen, l.fee_fen, l.shipped_qty, l.shipped_qty, l.refunded_qty,
             coalesce(m.reserved, 0)]::numeric[]
from orders_line l
join orders_order o on o.id = l.order_id
left join moved m on m.order_id = l.order_id and m.line_no = l.line_no
left join parcelled p on p.order_id = l.order_id and p.line_no = l.line_no
left join returned r on r.order_id = l.order_id and r.line_no = l.line_no;

-- check: orders_order goods_amount_fen freight_fen total_fen drawn_fen drawn_by_state refunded_fen refunds clearing_fen supplier_share_fen fee_share_fen goods_share_fen
with priced as (
    select l.order_id, sum(l.amount_fen) as amount, sum(l.fee_fen * (l.qty - l.refunded_qty)) as fee,
           sum(case when s.is_platform then 0 else l.supplier_price_fen end * (l.qty - l.refunded_qty)) as owed,
           sum((l.supply_price_fen - case when s.is_platform then 0 else l.supplier_price_fen end)
               * (l.qty - l.refunded_qty)) as goods
    from orders_line l join parties_supplier s on s.id = l.supplier_id group by l.order_id
), parts as (
    select p.order_id, sum(p.freight_fen) as freight,
           sum(case when p.state = 'refunded' or s.is_platform then 0 else p.freight_fen end) as owed,
           sum(case when p.state <> 'refunded' and s.is_platform then p.freight_fen else 0 end) as goods
    from orders_supplyorder p join parties_supplier s on s.id = p.supplier_id group by p.order_id
), posted as (
    select t.order_id, sum(t.amount_fen) filter (where t.kind = 'draw') as drawn,
           sum(t.amount_fen) filter (where t.kind = 'refund') as refunded,
           sum(case when c.id = t.credit_id then t.amount_fen else -t.amount_fen end) as kept,
           sum(case when c.id = t.debit_id then t.amount_fen else -t.amount_fen end)
               filter (where t.kind in ('settle_supplier', 'reverse_supplier')) as owed,
           sum(case when c.id = t.debit_id then t.amount_fen else -t.amount_fen end)
               filter (where t.kind in ('settle_fee', 'reverse_fee')) as fee,
           sum(case when c.id = t.debit_id then t.amount_fen else -t.amount_fen end)
               filter (where t.kind in ('settle_goods', 'reverse_goods')) as goods
    from ledger_transfer t
    join ledger_account c on c.kind = 'clearing' and c.id in (t.debit_id, t.credit_id)
    where t.order_id is not null group by t.order_id
), refunded as (
    select order_id, sum(amount_fen) as amount from orders_refund group by order_id
), back as (
    select order_id, sum(supplier_fen + supplier_freight_fen) as owed, sum(fee_fen) as fee,
           sum(amount_fen - supplier_fen - fee_fen + freight_fen - supplier_freight_fen) as goods
    from orders_returned group by order_id
)
select o.id,
       array[coalesce(l.amount, 0), coalesce(p.freight, 0), coalesce(l.amount, 0) + coalesce(p.freight, 0),
             coalesce(t.drawn, 0),
             case when o.state in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected') then 0
                  else o.total_fen end,
             coalesce(t.refunded, 0), coalesce(r.amount, 0),
             case when o.state = 'completed' then 0 else o.drawn_fen - o.refunded_fen end,
             case when o.state = 'completed' then l.owed + p.owed - coalesce(b.owed, 0) else 0 end,
             case when o.state = 'completed' then l.fee - coalesce(b.fee, 0) else 0 end,
             case when o.state = 'completed' then l.goods + p.goods - coalesce(b.goods, 0) else 0 end]::numeric[],
       array[o.goods_amount_fen, o.freight_fen, o.total_fen, o.drawn_fen, o.drawn_fen, o.refunded_fen, o.refunded_fen,
             coalesce(t.kept, 0), coalesce(t.owed, 0), coalesce(t.fee, 0), coalesce(t.goods, 0)]::numeric[]
from orders_order o
left join priced l on l.order_id = o.id
left join parts p on p.order_id = o.id
left join posted t on t.order_id = o.id
left join refunded r on r.order_id = o.id
left join back b on b.order_id = o.id;

-- check: orders_order state
with pieces as (
    select order_id, sum(shipped_qty) as shipped, sum(refunded_qty) as refunded,
           sum(qty - shipped_qty - refunded_qty) as open
    from orders_line group by order_id
)
select o.id,
       array[case when o.state in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected')
                       and p.shipped + p.refunded = 0 then o.state
                  when p.shipped > 0 and p.open > 0 then 'partly_shipped'
                  when p.shipped > 0 then case when o.state in ('received', 'completed') then o.state else 'shipped' end
                  when p.open > 0 then 'confirmed' else 'refunded' end]::text[],
       array[o.state]::text[]
from orders_order o left join pieces p on p.order_id = o.id;

-- check: orders_supplyorder state
with pieces as (
    select order_id, supplier_id, sum(shipped_qty) as shipped, sum(refunded_qty) as refunded,
           sum(qty - shipped_qty - refunded_qty) as open
    from orders_line group by order_id, supplier_id
)
select s.order_id || '/' || s.supplier_id,
       array[case when o.state in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected') then o.state
                  when p.shipped > 0 and p.open > 0 then 'partly_shipped'
                  when p.shipped > 0 then case when o.state in ('received', 'completed') then o.state else 'shipped' end
                  when p.open > 0 then 'confirmed' else 'refunded' end]::text[],
       array[s.state]::text[]
from orders_supplyorder s
join orders_order o on o.id = s.order_id
left join pieces p on p.order_id = s.order_id and p.supplier_id = s.supplier_id;

-- check: orders_supplyorder pieces payable_fen
select s.order_id || '/' || s.supplier_id, array[coalesce(l.pieces, 0), coalesce(l.owed, 0)],
       array[s.pieces, s.payable_fen]::numeric[]
from orders_supplyorder s
left join (
    select l.order_id, l.supplier_id, sum(l.qty) as pieces,
           sum(case when p.is_platform then 0 else l.supplier_price_fen * l.qty end) as owed
    from orders_line l join parties_supplier p on p.id = l.supplier_id group by l.order_id, l.supplier_id
) l on l.order_id = s.order_id and l.supplier_id = s.supplier_id;

-- check: orders_refund amount_fen wrong_lines
select r.id,
       array[r.freight_fen + coalesce(sum(case when r.kind = 'claim' then p.amount_fen
                                               else p.qty * l.agreed_price_fen end), 0), 0]::numeric[],
       array[r.amount_fen, count(*) filter (where case when r.kind = 'claim'
             then p.amount_fen not between 0 and p.qty * l.agreed_price_fen
             else p.amount_fen <> p.qty * l.agreed_price_fen end)]::numeric[]
from orders_refund r
left join orders_refundline p on p.refund_id = r.id
left join orders_line l on l.order_id = r.order_id and l.line_no = p.line_no
group by r.id;

-- check: orders_returned qty amount_fen freight_fen beyond
with given as (
    select r.order_id, p.line_no, sum(p.qty) as pieces, sum(p.amount_fen) as amount
    from orders_refund r join orders_refundline p on p.refund_id = r.id
    where r.kind in ('after_sale', 'claim') group by r.order_id, p.line_no
), freight as (
    select order_id, sum(freight_fen) as amount from orders_refund where kind in ('after_sale', 'claim') group by order_id
)
select b.order_id || '/' || b.line_no,
       array[coalesce(g.pieces, 0), coalesce(g.amount, 0), coalesce(f.amount, 0), 0]::numeric[],
       array[b.qty, b.amount_fen, sum(b.freight_fen) over (partition by b.order_id),
             (case when b.qty <= l.shipped_qty and b.amount_fen <= l.agreed_price_fen * b.qty
                        and b.supplier_fen <= case when s.is_platform then 0 else l.supplier_price_fen * b.qty end
                        and b.fee_fen <= l.fee_fen * b.qty then 0 else 1 end)]::numeric[]
from orders_returned b
join orders_line l on l.order_id = b.order_id and l.line_no = b.line_no
join parties_supplier s on s.id = b.supplier_id
left join given g on g.order_id = b.order_id and g.line_no = b.line_no
left join freight f on f.order_id = b.order_id;

-- check: orders_refundline returned_qty
select p.refund_id || '/' || p.line_no, array[sum(p.qty) over (partition by r.order_id, p.line_no)]::numeric[],
       array[coalesce(b.qty, 0)]::numeric[]
from orders_refund r
join orders_refundline p on p.refund_id = r.id
left join orders_returned b on b.order_id = r.order_id and b.line_no = p.line_no
where r.kind in ('after_sale', 'claim');

-- check: recharge_topup credited_fen
select u.id, array[case when u.state = 'approved' then u.amount_fen else 0 end], array[coalesce(t.amount_fen, 0)]
from recharge_topup u
left join ledger_transfer t on t.kind = 'top_up' and t.cause = 'topup:' || u.id;

-- check: settlement_billline amount_fen supplier_id bill_supplier_id
select l.id,
       array[case when t.credit_id = a.id then t.amount_fen when t.debit_id = a.id then -t.amount_fen end, a.supplier_id,
             b.supplier_id]::numeric[],
       array[l.amount_fen, l.supplier_id, l.supplier_id]::numeric[]
from settlement_billline l
join settlement_bill b on b.id = l.bill_id
join ledger_transfer t on t.id = l.transfer_id
left join ledger_account a on a.kind = 'supplier_payable' and a.id in (t.debit_id, t.credit_id);

-- check: settlement_bill total_fen line_count content_hash paid_fen
with said as (
    select bill_id, sum(amount) as total, count(*) as lines,
           string_agg(format('%s|%s|%s|%s', id, kind, order_id, amount), E'\n' order by id) as text
    from (
        select l.bill_id, t.id, t.kind, t.order_id, case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end
        from settlement_billline l
        join ledger_transfer t on t.id = l.transfer_id
        join ledger_account a on a.kind = 'supplier_payable' and a.id in (t.debit_id, t.credit_id)
        where l.left_by in ('', 'carried')
    ) lines(bill_id, id, kind, order_id, amount) group by bill_id
)
select b.id,
       array[coalesce(s.total, 0)::text, coalesce(s.lines, 0)::text,
             case when b.state = 'draft' then '' else encode(sha256(convert_to(concat_ws(E'\n',
                 format('%s|%s|%s|%s', b.number, b.supplier_id, b.period_from, b.period_until), s.text), 'UTF8')), 'hex') end,
             case when b.state in ('paid', 'settled') then b.total_fen else 0 end::text],
       array[b.total_fen::text, b.line_count::text, b.content_hash, coalesce(t.amount_fen, 0)::text]
from settlement_bill b
left join said s on s.bill_id = b.id
left join ledger_transfer t on t.kind = 'pay_supplier' and t.cause = 'bill:' || b.id;

-- check: ledger_transfer paid_bill
select t.id, array[t.cause]::text[], array[coalesce('bill:' || b.id, 'none')]
from ledger_transfer t
left join settlement_bill b on t.cause = 'bill:' || b.id and b.state in ('paid', 'settled') and b.supplier_id = t.supplier_id
where t.kind = 'pay_supplier';

-- check: ledger_account billed_and_unbilled_fen
with owed as (
    select a.id, sum(case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end) as total
    from ledger_account a
    join ledger_transfer t on a.id in (t.debit_id, t.credit_id) and t.kind <> 'pay_supplier'
    left join settlement_billline l on l.transfer_id = t.id and l.left_by = ''
    left join settlement_bill b on b.id = l.bill_id
    where a.kind = 'supplier_payable' and (b.id is null or b.state not in ('paid', 'settled'))
    group by a.id
)
select a.id, array[coalesce(o.total, 0)], array[a.balance_fen]::numeric[]
from ledger_account a left join owed o on o.id = a.id
where a.kind = 'supplier_payable';

-- check: freight_charge freight_fen free
select c.id,
       array[case when c.kind = 'free' or c.free_by <> '' then 0
                  when m.measure <= c.first or c.step = 0 then c.first_fen
                  else c.first_fen + (m.measure - c.first + c.step - 1) / c.step * c.step_fen end,
             case when c.kind = 'free' then 1 else 0 end]::numeric[],
       array[c.freight_fen, case when c.free_by = 'template' then 1 else 0 end]::numeric[]
from freight_charge c
cross join lateral (select case when c.kind = 'weight' then c.weight_g else c.pieces end as measure) m;

-- check: orders_order charged_fen
select o.id, array[coalesce(c.freight, 0)]::numeric[], array[o.freight_fen]::numeric[]
from orders_order o
left join (select order_id, sum(freight_fen) as freight from freight_charge group by order_id) c on c.order_id = o.id;

-- check: orders_supplyorder remark received_at completed_at
select s.order_id || '/' || s.supplier_id,
       array[o.remark, case when s.state in ('received', 'completed') then o.received_at end::text,
             case when s.state = 'completed' then o.completed_at end::text]::text[],
       array[s.remark, s.received_at::text, s.completed_at::text]::text[]
from orders_supplyorder s join orders_order o on o.id = s.order_id;

-- check: orders_acceptance supplier_id distributor_id is_closed
select a.order_id || '/' || a.line_no,
       array[l.supplier_id::text, l.distributor_id::text, (l.qty = l.refunded_qty)::text],
       array[a.supplier_id::text, a.distributor_id::text, (a.state = 'closed')::text]
from orders_acceptance a join orders_line l on l.order_id = a.order_id and l.line_no = a.line_no;

-- check: orders_formerline reserved
select f.order_id || '/' || f.line_no || '/' || f.place, array[0::numeric],
       array[case when l.sku_id = f.sku_id then 0 else (
           select coalesce(sum(m.reserved_delta), 0) from stock_move m join stock_level v on v.id = m.level_id
           where m.order_id = f.order_id and m.line_no = f.line_no and v.sku_id = f.sku_id) end]::numeric[]
from orders_formerline f join orders_line l on l.order_id = f.order_id and l.line_no = f.line_no;

-- check: referral_entry transfer_fen lines_fen
with posted as (
    select t.cause, a.referrer_id, sum(case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end) as amount
    from ledger_account a join ledger_transfer t on a.id in (t.debit_id, t.credit_id)
    where a.kind = 'referrer_payable' group by t.cause, a.referrer_id
), detailed as (
    select entry_id, sum(amount_fen) as amount from referral_entryline group by entry_id
)
select coalesce(e.id::text, p.cause),
       array[e.amount_fen, case e.kind when 'payout' then o.amount_fen * -1 when 'return' then o.amount_fen else e.amount_fen end]::numeric[],
       array[p.amount, case when e.kind in ('payout', 'return') then e.amount_fen else coalesce(d.amount, 0) end]::numeric[]
from referral_entry e
full join posted p on p.cause = e.cause and p.referrer_id = e.referrer_id
left join detailed d on d.entry_id = e.id
left join referral_payout o on o.id = e.payout_id;

-- check: referral_entryline share_fen
-- Orders in transactions that the ledger was not followed to yet are left out: theirs is still to come. What was booked
-- for referrers meanwhile is no news of an order.
with followed as (
    select coalesce(max(until_xid), 0) as until from referral_followed
), news as (
    select distinct t.order_id from ledger_transfer t, followed f
    where t.order_id is not null and t.xid >= f.until::text::xid8
      and t.kind not in ('referral_accrue', 'referral_reverse', 'referral_pay')
), settled as (
    select l.order_id, l.line_no, l.supplier_id, o.distributor_id, o.created_at,
           greatest(0, case when not s.is_platform
                            then (l.agreed_price_fen - l.supplier_price_fen) * (l.qty - l.refunded_qty)
                                 - (coalesce(b.amount_fen, 0) - coalesce(b.supplier_fen, 0))
                            when l.agreed_price_fen > 0 and l.qty > l.refunded_qty
                            then (l.agreed_price_fen - l.supplier_price_fen) * (l.qty - l.refunded_qty)
                                 * (l.agreed_price_fen * (l.qty - l.refunded_qty) - coalesce(b.amount_fen, 0))
                                 / (l.agreed_price_fen * (l.qty - l.refunded_qty))
                            else 0 end) as income
    from orders_line l
    join orders_order o on o.id = l.order_id
    join orders_supplyorder p on p.order_id = l.order_id and p.supplier_id = l.supplier_id
    join parties_supplier s on s.id = l.supplier_id
    left join orders_returned b on b.order_id = l.order_id and b.line_no = l.line_no
    where p.state = 'completed'
      and exists (select from referral_attachment a where a.supplier_id = l.supplier_id or a.distributor_id = o.distributor_id)
), earning as (
    select x.*, a.referrer_id, case when a.supplier_id is null then 'distributor' else 'supplier' end as side
    from settled x
    join referral_attachment a on x.created_at >= a.since and x.created_at < coalesce(a.until, 'infinity')
         and (a.supplier_id = x.supplier_id or a.distributor_id = x.distributor_id)
), shares as (
    select e.order_id, e.line_no, e.side, e.income * (
               select case e.side when 'supplier' then r.supplier_rate_bps else r.distributor_rate_bps end
               from referral_graderate r
               where r.since <= e.created_at and r.grade_id = (
                   select y.grade_id from referral_gradestay y
                   where y.referrer_id = e.referrer_id and y.since <= e.created_at order by y.since desc, y.id desc limit 1
               ) order by r.since desc, r.id desc limit 1
           ) / 10000 as amount
    from earning e
), booked as (
    select e.order_id, d.line_no, e.side, sum(d.amount_fen) as amount
    from referral_entry e join referral_entryline d on d.entry_id = e.id group by e.order_id, d.line_no, e.side
)
select coalesce(s.order_id, b.order_id) || '/' || coalesce(s.line_no, b.line_no) || '/' || coalesce(s.side, b.side),
       array[coalesce(s.amount, 0)]::numeric[], array[coalesce(b.amount, 0)]::numeric[]
from shares s
full join booked b on b.order_id = s.order_id and b.line_no = s.line_no and b.side = s.side
where not exists (select from news n where n.order_id = coalesce(s.order_id, b.order_id));

-- check: membership_membership price_fen
select m.id, array[m.price_fen]::numeric[], array[coalesce(t.amount_fen, 0)]::numeric[]
from membership_membership m
left join ledger_transfer t on t.kind = 'membership' and t.cause = 'membership:' || m.id
    and t.distributor_id = m.distributor_id;

-- check: ledger_transfer paid_membership
select t.id, array[t.cause]::text[], array[coalesce('membership:' || m.id, 'none')]
from ledger_transfer t left join membership_membership m on t.cause = 'membership:' || m.id
where t.kind = 'membership';
