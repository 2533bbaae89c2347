-- Statements of `fill` for orders, each under `-- name:`. They write what the desk writes: every figure is reckoned here
-- from the prices of the SKU, the rate of the tier and the state an order is to have.
--
-- Orders come in blocks that are all alike. One block is worked out in full in temporary tables (`i` counts its orders,
-- times are counted from its beginning) and written again and again, each time with other numbers and later times. What
-- happens to an order after the end of its block (`carry` = 1) is written with the next block, among what happens then.

-- name: staging
create temp table fill_party (n int, id bigint, rate int, prepaid bigint, clearing bigint, balance bigint);
create temp table fill_payable (supplier_id bigint, account_id bigint, balance bigint);
create temp table fill_sku (n int, sku_id bigint, level_id bigint, goods_id bigint, supplier_id bigint, is_own boolean,
    code varchar, goods_no varchar, name varchar, spec varchar, supplier_price bigint, supply_price bigint);
create temp table fill_buyer (n int, sealed bytea, name_masked varchar, phone_masked varchar, phone_hash bytea,
    province varchar, city varchar, district varchar);
grant all on fill_party, fill_payable, fill_sku, fill_buyer to entrepot_desk;

-- name: parties
insert into fill_party
select row_number() over (order by d.id) - 1, d.id, t.fee_rate_bps, p.id, c.id, p.balance_fen
from parties_distributor d
join parties_tier t on t.id = d.tier_id
join ledger_account p on p.kind = 'prepaid' and p.distributor_id = d.id
join ledger_account c on c.kind = 'clearing' and c.distributor_id = d.id
where d.id = any(%(parties)s::bigint[]);
insert into fill_payable
select a.supplier_id, a.id, a.balance_fen from ledger_account a
where a.kind = 'supplier_payable' and a.supplier_id = any(%(suppliers)s::bigint[]);
insert into fill_sku
select row_number() over (order by k.id) - 1, k.id, v.id, g.id, g.supplier_id, s.is_platform, k.code, g.goods_no, g.name,
    k.spec, k.supplier_price_fen, k.supply_price_fen
from catalog_goods g
join catalog_sku k on k.goods_id = g.id
join stock_level v on v.sku_id = k.id and v.allotment_id is null
join parties_supplier s on s.id = g.supplier_id
where g.id between %(first)s and %(last)s
    and (s.id = any(%(suppliers)s::bigint[]) or s.is_platform);

-- name: block
analyze fill_party; analyze fill_sku; analyze fill_buyer;
create temp table fill_order as
with drawn as (
    select i, (i * 7919 + 13) %% 100 as die, %(step)s::interval * i as placed
    from generate_series(0::bigint, %(size)s - 1) i
)
select o.i, p.id as distributor_id, p.n as party, p.rate, p.prepaid, p.clearing, p.balance, o.placed,
    (case when die < 66 then 'completed' when die < 74 then 'received' when die < 84 then 'shipped'
          when die < 93 then 'confirmed' when die < 96 then 'cancelled' when die < 98 then 'refunded'
          else 'expired' end)::varchar as state,
    o.placed + interval '1 minute' * (20 + die) as touched, o.placed + interval '1 hour' * (18 + die %% 50) as shipped,
    o.placed + interval '1 hour' * (90 + die) as received, o.placed + interval '1 hour' * (250 + die) as completed
from drawn o join fill_party p on p.n = (o.i * 31 + o.i / 97) %% (select count(*) from fill_party)
order by o.i;
create temp table fill_line as
select o.i, part::smallint as line_no, o.distributor_id, o.state, k.*, (1 + (o.i + part) %% 3)::int as qty, o.rate,
    (k.supply_price * o.rate + 5000) / 10000 as fee
from fill_order o
cross join generate_series(1, 2) part
join fill_sku k on k.n = (o.i * 104729 + part * 50021 + o.i / 13) %% (select count(*) from fill_sku)
where part = 1 or o.i %% 5 = 0
order by o.i, part;
create temp table fill_total as
select i, sum((supply_price + fee) * qty)::bigint as total, sum(fee * qty)::bigint as fee,
    sum((supply_price - case when is_own then 0 else supplier_price end) * qty)::bigint as goods
from fill_line group by i;
create temp table fill_part as
select row_number() over (order by i, supplier_id) - 1 as n, p.* from (
    select i, supplier_id, distributor_id, state, sum(qty)::int as pieces,
        sum(case when is_own then 0 else supplier_price * qty end)::bigint as payable
    from fill_line group by i, supplier_id, distributor_id, state
) p order by i, supplier_id;
create temp table fill_refund as
select row_number() over (order by i) - 1 as n, i, distributor_id, touched from fill_order where state = 'refunded';
analyze fill_order; analyze fill_line; analyze fill_total; analyze fill_part; analyze fill_refund;

-- name: money of a block
create temp table fill_transfer as
with every as (
    select 1 as rank, 'draw' as kind, o.prepaid as debit_id, o.clearing as credit_id, t.total as amount, o.placed as late,
        o.distributor_id, null::bigint as supplier_id, o.i, o.prepaid as account_id, -t.total as change, o.balance
    from fill_order o join fill_total t using (i) where o.state not in ('cancelled', 'expired')
    union all
    select 2, 'refund', o.clearing, o.prepaid, t.total, o.touched, o.distributor_id, null, o.i, o.prepaid, t.total, o.balance
    from fill_order o join fill_total t using (i) where o.state = 'refunded'
    union all
    select 3, 'settle_supplier', o.clearing, y.account_id, p.payable, o.completed, null, p.supplier_id, o.i, y.account_id,
        p.payable, y.balance
    from fill_part p join fill_order o using (i) join fill_payable y on y.supplier_id = p.supplier_id
    where p.state = 'completed'
    union all
    select 4, 'settle_fee', o.clearing, %(fee_income)s, t.fee, o.completed, null, null, o.i, null, null, null
    from fill_order o join fill_total t using (i) where o.state = 'completed' and t.fee > 0
    union all
    select 5, 'settle_goods', o.clearing, %(goods_income)s, t.goods, o.completed, null, null, o.i, null, null, null
    from fill_order o join fill_total t using (i) where o.state = 'completed' and t.goods > 0
), carried as (
    select e.*, case when late >= %(span)s::interval then 1 else 0 end as carry from every e
), placed as (
    select c.*, row_number() over (order by late - carry * %(span)s::interval, i, rank) - 1 as place from carried c
)
select place, carry, i, kind::varchar as kind, debit_id, credit_id, amount, distributor_id, supplier_id,
    late - carry * %(span)s::interval as late, account_id, balance,
    (sum(case when carry = 0 then change else 0 end) over before)::bigint as own_run,
    (sum(case when carry = 1 then change else 0 end) over before)::bigint as carried_run,
    (sum(case when carry = 0 then change else 0 end) over whole)::bigint as own_sum,
    (sum(case when carry = 1 then change else 0 end) over whole)::bigint as carried_sum
from placed window before as (partition by account_id order by place), whole as (partition by account_id);
create temp table fill_posting as select * from fill_transfer order by place;
drop table fill_transfer;

-- name: stock of a block
create temp table fill_move as
with every as (
    select 1 as rank, l.level_id, 'take' as kind, 0 as on_hand, l.qty as reserved, l.i, l.line_no, o.placed as late
    from fill_line l join fill_order o using (i)
    union all
    select 2, l.level_id, 'ship', -l.qty, -l.qty, l.i, l.line_no, o.shipped
    from fill_line l join fill_order o using (i) where l.state in ('shipped', 'received', 'completed')
    union all
    select 3, l.level_id, 'release', 0, -l.qty, l.i, l.line_no, o.touched
    from fill_line l join fill_order o using (i) where l.state in ('cancelled', 'expired', 'refunded')
), carried as (
    select e.*, case when late >= %(span)s::interval then 1 else 0 end as carry from every e
)
select row_number() over (order by late - carry * %(span)s::interval, i, line_no, rank) - 1 as place, carry, i, level_id,
    kind::varchar as kind, on_hand::bigint as on_hand, reserved::bigint as reserved, line_no,
    late - carry * %(span)s::interval as late
from carried order by place;

-- name: events of a block
create temp table fill_event as
with every as (
    select o.i, o.distributor_id, t.total, e.*
    from fill_order o
    join fill_total t using (i)
    cross join lateral (
        values (case when o.state in ('cancelled', 'expired') then 'order.held' else 'order.confirmed' end, 1,
                case when o.state in ('cancelled', 'expired') then 'held' else 'confirmed' end, '', o.placed),
            (case when o.state in ('cancelled', 'expired', 'refunded') then 'order.' || o.state else 'order.shipped' end, 2,
                case when o.state in ('cancelled', 'expired', 'refunded') then o.state else 'shipped' end,
                case when o.state in ('cancelled', 'expired') then 'held' else 'confirmed' end,
                case when o.state in ('cancelled', 'expired', 'refunded') then o.touched else o.shipped end),
            ('order.delivered', 3, 'received', 'shipped', o.received),
            ('order.completed', 4, 'completed', 'received', o.completed)
    ) e(type, version, state, before, late)
    where e.version <= case o.state when 'confirmed' then 1 when 'received' then 3 when 'completed' then 4 else 2 end
), carried as (
    select e.*, case when late >= %(span)s::interval then 1 else 0 end as carry from every e
)
select row_number() over (order by late - carry * %(span)s::interval, i, version) - 1 as place, carry, i, distributor_id,
    total, type::varchar as type, version::int as version, state, before, late - carry * %(span)s::interval as late,
    '{"object": "order", "version": ' || version || ', "state": "' || state || '", "from": "' || before || '", "total": '
        || total || ', "id": "' as head
from carried order by place;

-- name: orders_order
-- columns: id, distributor_id, out_order_no, state, mode, fee_rate_bps, currency, goods_amount_fen, freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash, remark, created_at, confirmed_at, shipped_at, received_at, completed_at, closed_at
select %(first)s + i, o.distributor_id, ('F' || %(first)s + i)::varchar, o.state,
    (case when o.state in ('cancelled', 'expired') then 'hold' else 'direct' end)::varchar, o.rate, 'CNY'::varchar, t.total,
    0::bigint, t.total, 0::bigint, case when o.state in ('cancelled', 'expired') then 0 else t.total end,
    case when o.state = 'refunded' then t.total else 0 end,
    (case o.state when 'confirmed' then 1 when 'received' then 3 when 'completed' then 4 else 2 end)::int,
    sha256(int8send(%(first)s + i)), ''::varchar, %(start)s + o.placed,
    case when o.state not in ('cancelled', 'expired') then %(start)s + o.placed end,
    case when o.state in ('shipped', 'received', 'completed') then least(%(start)s + o.shipped, %(until)s) end,
    case when o.state in ('received', 'completed') then least(%(start)s + o.received, %(until)s) end,
    case when o.state = 'completed' then least(%(start)s + o.completed, %(until)s) end,
    case when o.state = 'completed' then least(%(start)s + o.completed, %(until)s)
         when o.state in ('cancelled', 'expired', 'refunded') then least(%(start)s + o.touched, %(until)s) end
from fill_order o join fill_total t using (i) order by i

-- name: orders_line
-- columns: order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name, spec, image, qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen, promotion, shipped_qty, refunded_qty, fee_rate_bps
select %(first)s + i, line_no, distributor_id, supplier_id, sku_id, goods_id, code, goods_no, name, spec, ''::varchar, qty,
    supplier_price, supply_price, fee, supply_price + fee, (supply_price + fee) * qty, ''::varchar,
    case when state in ('shipped', 'received', 'completed') then qty else 0 end,
    case when state = 'refunded' then qty else 0 end, rate
from fill_line

-- name: orders_supplyorder
-- columns: order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen, created_at, remark, received_at, completed_at
select %(first)s + p.i, p.supplier_id, p.distributor_id, p.state, p.pieces, p.payable, 0::bigint, %(start)s + o.placed,
    ''::varchar, case when o.state in ('received', 'completed') then least(%(start)s + o.received, %(until)s) end,
    case when o.state = 'completed' then least(%(start)s + o.completed, %(until)s) end
from fill_part p join fill_order o using (i) order by p.n

-- name: orders_consignee
-- columns: order_id, distributor_id, sealed, name_masked, phone_masked, phone_hash, province, city, district
select %(first)s + o.i, o.distributor_id, b.sealed, b.name_masked, b.phone_masked, b.phone_hash, b.province, b.city,
    b.district
from fill_order o join fill_buyer b on b.n = (o.i + %(block)s * 7) %% (select count(*) from fill_buyer) order by o.i

-- name: orders_shipment
-- columns: id, order_id, distributor_id, supplier_id, carrier, tracking_no, actor, shipped_at
select %(shipments)s + p.n, %(first)s + p.i, p.distributor_id, p.supplier_id, 'sf'::varchar,
    ('SF' || %(first)s + p.i || '-' || p.supplier_id)::varchar, 'system'::varchar, least(%(start)s + o.shipped, %(until)s)
from fill_part p join fill_order o using (i) where p.state in ('shipped', 'received', 'completed') order by p.n

-- name: orders_shipmentline
-- columns: shipment_id, line_no, qty
select %(shipments)s + p.n, l.line_no, l.qty
from fill_part p join fill_line l using (i, supplier_id) where p.state in ('shipped', 'received', 'completed')
order by p.n, l.line_no

-- name: orders_refund
-- columns: id, order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor, at
select %(refunds)s + r.n, %(first)s + r.i, r.distributor_id, ('fill-' || %(first)s + r.i)::varchar,
    'before_shipping'::varchar, t.total, 0::bigint, 'fill'::varchar, 'system'::varchar,
    least(%(start)s + r.touched, %(until)s)
from fill_refund r join fill_total t using (i) order by r.n

-- name: orders_refundline
-- columns: refund_id, line_no, qty, amount_fen
select %(refunds)s + r.n, l.line_no, l.qty, (l.supply_price + l.fee) * l.qty
from fill_refund r join fill_line l using (i) order by r.n, l.line_no

-- name: ledger_transfer
-- columns: id, kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen, distributor_id, supplier_id, order_id, cause, actor, remark, at, xid
select %(transfers)s + place, kind, debit_id, credit_id, amount, case when kind = 'draw' then after end,
    case when kind in ('refund', 'settle_supplier') then after end, distributor_id, supplier_id, order_id,
    (case kind when 'refund' then 'refund:' || order_id || ':fill-' || order_id
               when 'settle_supplier' then 'order:' || order_id || ':' || supplier_id else 'order:' || order_id end)::varchar,
    'system'::varchar, (case kind when 'refund' then 'fill' else '' end)::varchar, least(%(start)s + late, %(until)s),
    (%(xids)s::xid8[])[1 + place * %(slices)s / %(postings)s]
from (
    select p.*, %(first)s + i - carry * %(size)s as order_id, (balance + %(block)s * own_sum
        + greatest(%(block)s - 1, 0) * carried_sum + %(own)s * own_run + %(carried)s * carried_run)::bigint as after
    from fill_posting p where (%(own)s = 1 and carry = 0) or (%(carried)s = 1 and carry = 1)
) x

-- name: stock_move
-- columns: id, level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, actor, remark, at
select %(moves)s + place, level_id, kind, on_hand, reserved, %(first)s + i - carry * %(size)s, line_no, 'system'::varchar,
    ''::varchar, least(%(start)s + late, %(until)s)
from fill_move where (%(own)s = 1 and carry = 0) or (%(carried)s = 1 and carry = 1)

-- name: events_event
-- columns: id, xid, at, type, object_kind, object_id, version, distributor_id, data, actor, reason
select %(events)s + place, (%(xids)s::xid8[])[1 + place * %(slices)s / %(facts)s], least(%(start)s + late, %(until)s), type,
    'order'::varchar, order_id, version, distributor_id,
    (head || order_id || '", "out_order_no": "F' || order_id || '"}')::jsonb, 'system'::varchar, ''::varchar
from (
    select e.*, %(first)s + i - carry * %(size)s as order_id
    from fill_event e where (%(own)s = 1 and carry = 0) or (%(carried)s = 1 and carry = 1)
) x

-- name: levels
select level_id, (-sum(on_hand) * %(blocks)s)::bigint, (sum(reserved) * %(blocks)s)::bigint from fill_move group by level_id

-- name: accounts
select distinct account_id, ((own_sum + carried_sum) * %(blocks)s)::bigint from fill_posting where account_id is not null

-- name: touched
create temp table fill_level (id bigint, gone bigint, kept bigint) on commit drop;
create temp table fill_account (id bigint, change bigint) on commit drop;
grant all on fill_level, fill_account to entrepot_desk;

-- name: settled
analyze fill_level;
update stock_level v set on_hand = v.on_hand - l.gone, reserved = v.reserved + l.kept, version = v.version + 1,
    changed_xid = pg_current_xact_id()
from fill_level l where v.id = l.id;
update ledger_account a set balance_fen = a.balance_fen + f.change, version = a.version + 1
from fill_account f where a.id = f.id;
