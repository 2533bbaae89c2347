-- Statements of `fill`, each under `-- name:`. They write what the desk writes, many orders at once: every figure is
-- reckoned here from the prices of the SKU, the rate of the tier and the state an order is to have.

-- name: staging
create temp table fill_party (n int, id bigint, rate int, prepaid bigint, clearing bigint, balance bigint)
    on commit drop;
create temp table fill_payable (supplier_id bigint, account_id bigint, balance bigint) on commit drop;
create temp table fill_sku (n int, sku_id bigint, level_id bigint, goods_id bigint, supplier_id bigint, is_own boolean,
    code text, goods_no text, name text, spec text, supplier_price bigint, supply_price bigint) on commit drop;
create temp table fill_buyer (n int, sealed bytea, name_masked text, phone_masked text, phone_hash bytea, province text,
    city text, district text) on commit drop;

-- name: parties
insert into fill_party
select row_number() over (order by d.id) - 1, d.id, t.fee_rate_bps, p.id, c.id, p.balance_fen
from parties_distributor d
join parties_tier t on t.id = d.tier_id
join ledger_account p on p.kind = 'prepaid' and p.distributor_id = d.id
join ledger_account c on c.kind = 'clearing' and c.distributor_id = d.id
where d.id = any(%(parties)s::bigint[]);

-- name: payables
insert into fill_payable
select a.supplier_id, a.id, a.balance_fen from ledger_account a
where a.kind = 'supplier_payable' and a.supplier_id = any(%(suppliers)s::bigint[]);

-- name: skus
insert into fill_sku
select row_number() over (order by k.id) - 1, k.id, v.id, g.id, g.supplier_id, s.is_platform, k.code, g.goods_no, g.name,
    k.spec, k.supplier_price_fen, k.supply_price_fen
from catalog_goods g
join catalog_sku k on k.goods_id = g.id
join stock_level v on v.sku_id = k.id and v.allotment_id is null
join parties_supplier s on s.id = g.supplier_id
where g.id between %(first)s and %(last)s
    and (s.id = any(%(suppliers)s::bigint[]) or s.is_platform);
create index on fill_sku (n);
analyze fill_party; analyze fill_sku; analyze fill_buyer;

-- name: goods
insert into catalog_goods (goods_no, supplier_id, name, subtitle, kind, category_id, state, min_quantity, images,
    detail_images, allowed_promotions, visible_tiers, visible_distributors, version, review_note, search_terms, attributes)
select goods_no, supplier_id, name, '', 'physical', category_id, 'on_sale', 1, '{}', '{}', %(promotions)s::text[], '{}',
    '{}', 1, '', search_terms, '{}'
from fill_goods order by n;

-- name: skus_of_goods
insert into catalog_sku (goods_id, code, spec, supplier_price_fen, supply_price_fen, weight_g, position, is_active)
select g.id, f.goods_no, f.spec, f.supplier_price, f.supply_price, 500, 0, true
from fill_goods f join catalog_goods g on g.goods_no = f.goods_no order by f.n;

-- name: levels
with fresh as (
    insert into stock_level (sku_id, warehouse_id, on_hand, reserved)
    select k.id, w.id, %(pieces)s, 0
    from fill_goods f join catalog_sku k on k.code = f.goods_no
    join stock_warehouse w on w.supplier_id = f.supplier_id and w.name = %(warehouse)s
    order by f.n
    returning id
)
insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, cause, actor, remark, at)
select id, 'restock', %(pieces)s, 0, 'fill:' || id, 'system', 'fill', %(at)s::timestamptz from fresh;

-- name: orders
create temp table fill_order on commit drop as
with numbered as (
    select i, nextval('orders_order_number') as id from generate_series(%(first)s::bigint, %(last)s::bigint) i
), drawn as (
    select i, id, (i * 7919 + 13) %% 100 as die,
        %(from)s::timestamptz + (i - %(first)s) * %(step)s::interval as created_at
    from numbered
)
select o.i, o.id, p.id as distributor_id, p.n as party, p.rate, o.created_at,
    case when die < 66 then 'completed' when die < 74 then 'received' when die < 84 then 'shipped'
         when die < 93 then 'confirmed' when die < 96 then 'cancelled' when die < 98 then 'refunded'
         else 'expired' end as state,
    least(o.created_at + interval '1 minute' * (20 + die), %(until)s) as touched_at,
    least(o.created_at + interval '1 hour' * (18 + die %% 50), %(until)s) as shipped_at,
    least(o.created_at + interval '1 hour' * (90 + die), %(until)s) as received_at,
    least(o.created_at + interval '1 hour' * (260 + die), %(until)s) as completed_at
from drawn o join fill_party p on p.n = (o.i * 31 + o.i / 97) %% (select count(*) from fill_party);
create temp table fill_line on commit drop as
select o.id as order_id, part as line_no, o.distributor_id, o.state, k.*, 1 + (o.i + part) %% 3 as qty, o.rate,
    (k.supply_price * o.rate + 5000) / 10000 as fee
from fill_order o
cross join generate_series(1, 2) part
join fill_sku k on k.n = (o.i * 104729 + part * 50021 + o.i / 13) %% (select count(*) from fill_sku)
where part = 1 or o.i %% 5 = 0;
create temp table fill_total on commit drop as
select order_id, sum((supply_price + fee) * qty)::bigint as total, sum(fee * qty)::bigint as fee,
    sum((supply_price - case when is_own then 0 else supplier_price end) * qty)::bigint as goods
from fill_line group by order_id;
analyze fill_order; analyze fill_line; analyze fill_total;
insert into orders_order (id, distributor_id, out_order_no, state, mode, fee_rate_bps, currency, goods_amount_fen,
    freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash, remark, created_at, confirmed_at,
    shipped_at, received_at, completed_at, closed_at)
select o.id, o.distributor_id, 'F' || o.id, o.state, case when o.state in ('cancelled', 'expired') then 'hold' else 'direct' end,
    o.rate, 'CNY', t.total, 0, t.total, 0, case when o.state in ('cancelled', 'expired') then 0 else t.total end,
    case when o.state = 'refunded' then t.total else 0 end,
    case o.state when 'confirmed' then 1 when 'received' then 3 when 'completed' then 4 else 2 end, 'fill', '', o.created_at,
    case when o.state not in ('cancelled', 'expired') then o.created_at end,
    case when o.state in ('shipped', 'received', 'completed') then o.shipped_at end,
    case when o.state in ('received', 'completed') then o.received_at end,
    case when o.state = 'completed' then o.completed_at end,
    case when o.state = 'completed' then o.completed_at
         when o.state in ('cancelled', 'expired', 'refunded') then o.touched_at end
from fill_order o join fill_total t on t.order_id = o.id;

-- name: lines
insert into orders_line (order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name,
    spec, image, qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen, promotion, shipped_qty,
    refunded_qty)
select order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, code, goods_no, name, spec, '', qty,
    supplier_price, supply_price, fee, supply_price + fee, (supply_price + fee) * qty, '',
    case when state in ('shipped', 'received', 'completed') then qty else 0 end,
    case when state = 'refunded' then qty else 0 end
from fill_line;
insert into orders_supplyorder (order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen, created_at,
    received_at, completed_at)
select l.order_id, l.supplier_id, o.distributor_id, o.state, sum(l.qty),
    sum(case when l.is_own then 0 else l.supplier_price * l.qty end), 0, o.created_at,
    case when o.state in ('received', 'completed') then o.received_at end,
    case when o.state = 'completed' then o.completed_at end
from fill_line l join fill_order o on o.id = l.order_id
group by l.order_id, l.supplier_id, o.distributor_id, o.state, o.created_at, o.received_at, o.completed_at;
insert into orders_consignee (order_id, distributor_id, sealed, name_masked, phone_masked, phone_hash, province, city,
    district)
select o.id, o.distributor_id, b.sealed, b.name_masked, b.phone_masked, b.phone_hash, b.province, b.city, b.district
from fill_order o join fill_buyer b on b.n = o.i %% (select count(*) from fill_buyer);

-- name: parcels
with fresh as (
    insert into orders_shipment (order_id, distributor_id, supplier_id, carrier, tracking_no, actor, shipped_at)
    select distinct on (l.order_id, l.supplier_id) l.order_id, l.distributor_id, l.supplier_id, 'sf',
        'SF' || l.order_id || '-' || l.supplier_id, 'system', o.shipped_at
    from fill_line l join fill_order o on o.id = l.order_id
    where l.state in ('shipped', 'received', 'completed')
    returning id, order_id, supplier_id
)
insert into orders_shipmentline (shipment_id, line_no, qty)
select f.id, l.line_no, l.qty from fresh f join fill_line l using (order_id, supplier_id);
with fresh as (
    insert into orders_refund (order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor, at)
    select o.id, o.distributor_id, 'fill-' || o.id, 'before_shipping', t.total, 0, 'fill', 'system', o.touched_at
    from fill_order o join fill_total t on t.order_id = o.id where o.state = 'refunded'
    returning id, order_id
)
insert into orders_refundline (refund_id, line_no, qty, amount_fen)
select f.id, l.line_no, l.qty, (l.supply_price + l.fee) * l.qty from fresh f join fill_line l using (order_id);

-- name: money
create temp table fill_transfer on commit drop as
with owed as (
    select l.order_id, l.supplier_id, sum(l.supplier_price * l.qty)::bigint as amount
    from fill_line l where l.state = 'completed' and not l.is_own group by l.order_id, l.supplier_id
), every as (
    select 1 as rank, 'draw' as kind, p.prepaid as debit_id, p.clearing as credit_id, t.total as amount, o.created_at as at,
        'order:' || o.id as cause, o.distributor_id, null::bigint as supplier_id, o.id as order_id
    from fill_order o join fill_total t on t.order_id = o.id join fill_party p on p.n = o.party
    where o.state not in ('cancelled', 'expired')
    union all
    select 2, 'refund', p.clearing, p.prepaid, t.total, o.touched_at, 'refund:' || o.id || ':fill-' || o.id,
        o.distributor_id, null, o.id
    from fill_order o join fill_total t on t.order_id = o.id join fill_party p on p.n = o.party where o.state = 'refunded'
    union all
    select 3, 'settle_supplier', p.clearing, y.account_id, w.amount, o.completed_at,
        'order:' || o.id || ':' || w.supplier_id, null, w.supplier_id, o.id
    from owed w join fill_order o on o.id = w.order_id join fill_party p on p.n = o.party
    join fill_payable y on y.supplier_id = w.supplier_id
    union all
    select 4, 'settle_fee', p.clearing, %(fee_income)s, t.fee, o.completed_at, 'order:' || o.id, null, null, o.id
    from fill_order o join fill_total t on t.order_id = o.id join fill_party p on p.n = o.party
    where o.state = 'completed' and t.fee > 0
    union all
    select 5, 'settle_goods', p.clearing, %(goods_income)s, t.goods, o.completed_at, 'order:' || o.id, null, null, o.id
    from fill_order o join fill_total t on t.order_id = o.id join fill_party p on p.n = o.party
    where o.state = 'completed' and t.goods > 0
)
select row_number() over (order by at, order_id, rank) as place, e.* from every e;
insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen, distributor_id,
    supplier_id, order_id, cause, actor, remark, at)
select x.kind, x.debit_id, x.credit_id, x.amount,
    case when x.kind = 'draw' then p.balance + x.run end, case when x.kind = 'refund' then p.balance + x.run
        when x.kind = 'settle_supplier' then y.balance + x.run end,
    x.distributor_id, x.supplier_id, x.order_id, x.cause, 'system', case x.kind when 'refund' then 'fill' else '' end, x.at
from (
    select t.*, sum(case when kind = 'draw' then -amount else amount end) over (
        partition by case when kind in ('draw', 'refund') then distributor_id else -coalesce(supplier_id, 0) end,
            kind in ('settle_fee', 'settle_goods') order by place) as run
    from fill_transfer t
) x
left join fill_party p on p.id = x.distributor_id
left join fill_payable y on y.supplier_id = x.supplier_id
order by x.place;
update fill_party p set balance = p.balance + m.change from (
    select distributor_id, sum(case when kind = 'draw' then -amount else amount end) as change
    from fill_transfer where distributor_id is not null group by distributor_id
) m where m.distributor_id = p.id;
update fill_payable y set balance = y.balance + m.change from (
    select supplier_id, sum(amount) as change from fill_transfer where supplier_id is not null group by supplier_id
) m where m.supplier_id = y.supplier_id;
update ledger_account a set balance_fen = p.balance from fill_party p where a.id = p.prepaid;
update ledger_account a set balance_fen = y.balance from fill_payable y where a.id = y.account_id;

-- name: stock
insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, actor, remark, at)
select level_id, kind, on_hand, reserved, order_id, line_no, 'system', '', at from (
    select 1 as rank, l.level_id, 'take' as kind, 0 as on_hand, l.qty as reserved, l.order_id, l.line_no, o.created_at as at
    from fill_line l join fill_order o on o.id = l.order_id
    union all
    select 2, l.level_id, 'ship', -l.qty, -l.qty, l.order_id, l.line_no, o.shipped_at
    from fill_line l join fill_order o on o.id = l.order_id where l.state in ('shipped', 'received', 'completed')
    union all
    select 3, l.level_id, 'release', 0, -l.qty, l.order_id, l.line_no, o.touched_at
    from fill_line l join fill_order o on o.id = l.order_id where l.state in ('cancelled', 'expired', 'refunded')
) m order by at, order_id, line_no, rank;
update stock_level v set on_hand = v.on_hand - m.gone, reserved = v.reserved + m.kept from (
    select level_id, sum(case when state in ('shipped', 'received', 'completed') then qty else 0 end) as gone,
        sum(case when state = 'confirmed' then qty else 0 end) as kept
    from fill_line group by level_id
) m where v.id = m.level_id;

-- name: events
insert into events_event (at, type, object_kind, object_id, version, distributor_id, data, actor, reason)
select e.at, e.type, 'order', o.id, e.version, o.distributor_id,
    jsonb_build_object('object', 'order', 'id', o.id::text, 'out_order_no', 'F' || o.id, 'version', e.version,
        'state', e.state, 'from', e.before, 'total', t.total), 'system', ''
from fill_order o
join fill_total t on t.order_id = o.id
cross join lateral (
    values (case when o.state in ('cancelled', 'expired') then 'order.held' else 'order.confirmed' end, 1,
            case when o.state in ('cancelled', 'expired') then 'held' else 'confirmed' end, '', o.created_at),
        (case when o.state in ('cancelled', 'expired', 'refunded') then 'order.' || o.state else 'order.shipped' end, 2,
            case when o.state in ('cancelled', 'expired', 'refunded') then o.state else 'shipped' end,
            case when o.state in ('cancelled', 'expired') then 'held' else 'confirmed' end,
            case when o.state in ('cancelled', 'expired', 'refunded') then o.touched_at else o.shipped_at end),
        ('order.delivered', 3, 'received', 'shipped', o.received_at),
        ('order.completed', 4, 'completed', 'received', o.completed_at)
) e(type, version, state, before, at)
where e.version <= case o.state when 'confirmed' then 1 when 'received' then 3 when 'completed' then 4 else 2 end
order by e.at, o.id, e.version;

-- name: cleared
drop table fill_order; drop table fill_line; drop table fill_total; drop table fill_transfer;

-- name: what_to_lift
select format('alter table %%s drop constraint %%I', c.conrelid::regclass, c.conname),
    format('alter table %%s add constraint %%I %%s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
from pg_constraint c where c.contype = 'f' and c.conrelid = any(%s::regclass[])
union all
select format('drop index %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid = any(%s::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid);
