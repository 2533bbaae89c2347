-- name: steady_plans
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);

-- name: lock_orders
-- Statements that lock read one table alone and get their ids as arrays: with a subquery joined in, a row that another
-- transaction changes while we wait for it may be missing from the result once it is free.
select o.id, o.distributor_id, o.out_order_no, o.state, o.mode, o.hold_minutes, o.held_until, o.fee_rate_bps,
       o.goods_amount_fen, o.freight_fen, o.total_fen, o.held_fen, o.drawn_fen, o.refunded_fen, o.version,
       o.content_hash, o.remark, o.created_at, o.confirmed_at, o.shipped_at, o.received_at, o.completed_at, o.closed_at
from orders_order o
where o.id = any(%(order_ids)s::bigint[] || array(
    select w.id from orders_order w where w.state = 'awaiting_funds' and w.distributor_id = any(%(credited)s::bigint[])
))
order by o.id for update of o;

-- name: known_orders
select o.id, o.distributor_id, o.out_order_no, o.state, o.mode, o.hold_minutes, o.held_until, o.fee_rate_bps,
       o.goods_amount_fen, o.freight_fen, o.total_fen, o.held_fen, o.drawn_fen, o.refunded_fen, o.version,
       o.content_hash, o.remark, o.created_at, o.confirmed_at, o.shipped_at, o.received_at, o.completed_at, o.closed_at
from unnest(%(distributor_ids)s::bigint[], %(numbers)s::text[]) as asked(distributor_id, number)
join orders_order o on o.distributor_id = asked.distributor_id and o.out_order_no = asked.number;

-- name: lines
select l.order_id, l.line_no, l.supplier_id, l.sku_id, l.goods_id, l.sku_code, l.goods_no, l.goods_name, l.spec,
       l.image, l.qty, l.supplier_price_fen, l.supply_price_fen, l.fee_fen, l.agreed_price_fen, l.promotion,
       l.shipped_qty, l.refunded_qty, s.is_platform, l.fee_rate_bps, t.minutes, a.supplier_id, a.state, a.accept_by, a.ship_by,
       a.reason
from orders_line l join parties_supplier s on s.id = l.supplier_id
left join orders_acceptanceterms t on t.supplier_id = l.supplier_id
left join orders_acceptance a on a.order_id = l.order_id and a.line_no = l.line_no
where l.order_id = any(%(order_ids)s::bigint[])
order by l.order_id, l.line_no;

-- name: supply_orders
select order_id, supplier_id, state, pieces, payable_fen, freight_fen
from orders_supplyorder where order_id = any(%(order_ids)s::bigint[]);

-- name: takes
select order_id, line_no, level_id, max(allotment_id), sum(reserved_delta)::bigint
from stock_move where order_id = any(%(order_ids)s::bigint[])
group by order_id, line_no, level_id having sum(reserved_delta) > 0;

-- name: refunds
select order_id, refund_no, amount_fen from orders_refund where order_id = any(%(order_ids)s::bigint[]);

-- name: returned
select r.order_id, r.line_no, r.supplier_id, r.qty, r.amount_fen, r.supplier_fen, r.fee_fen, r.freight_fen,
       r.supplier_freight_fen
from orders_returned r
where r.order_id = any(%(order_ids)s::bigint[]);

-- name: left_from
select order_id, line_no, max(level_id) from stock_move
where order_id = any(%(order_ids)s::bigint[]) and kind = 'ship' group by order_id, line_no;

-- name: tracking_nos
select order_id, supplier_id, tracking_no from orders_shipment where order_id = any(%(order_ids)s::bigint[]);

-- name: distributors
-- His own limits of what he may keep on hold, or else the platform's for all.
select d.id, d.state, d.tier_id, t.fee_rate_bps, d.funds_policy, d.hold_ttl_s, q.pieces_of_sku, q.holds, q.funds_bps,
       q.buyer_pieces_of_sku, q.buyer_holds, q.lapse_s, c.old_rate_bps
from parties_distributor d join parties_tier t on t.id = d.tier_id
left join lateral (
    select x.pieces_of_sku, x.holds, x.funds_bps, x.buyer_pieces_of_sku, x.buyer_holds,
           case when x.is_adaptive then r.lapse_s end as lapse_s
    from stock_holdquota x left join stock_holdrecord r on r.distributor_id = d.id
    where x.distributor_id = d.id or x.distributor_id is null
    order by x.distributor_id nulls last limit 1
) q on true
left join pricing_grace c on c.tier_id = d.tier_id and c.until > clock_timestamp()
where d.id = any(%(distributor_ids)s::bigint[]);

-- name: holdings
with held as (
    select o.id, o.distributor_id, c.phone_hash
    from orders_order o
    left join orders_consignee c on c.order_id = o.id and c.phone_hash = any(%(buyers)s::bytea[])
    where o.state = 'held' and o.distributor_id = any(%(distributor_ids)s::bigint[])
), pieces as (
    select h.distributor_id, l.sku_id, h.phone_hash, sum(l.qty) as qty
    from held h join orders_line l on l.order_id = h.id
    where l.sku_id = any(%(sku_ids)s::bigint[])
    group by 1, 2, 3
)
select distributor_id, null::bigint, null::bytea, count(*) from held group by 1
union all
select distributor_id, null, phone_hash, count(*) from held where phone_hash is not null group by 1, 3
union all
select distributor_id, sku_id, null, sum(qty)::bigint from pieces group by 1, 2
union all
select distributor_id, sku_id, phone_hash, qty::bigint from pieces where phone_hash is not null;

-- name: lock_accounts
select a.id, a.kind, a.distributor_id, a.supplier_id, a.balance_fen, a.held_fen, a.credit_limit_fen, a.waiting_fen,
       a.warn_below_fen, a.is_low, a.version
from ledger_account a
where (a.kind = 'prepaid' and a.distributor_id = any(%(distributor_ids)s::bigint[]))
   or (a.kind = 'supplier_payable' and a.supplier_id = any(%(supplier_ids)s::bigint[]))
order by a.id for update of a;

-- name: plain_accounts
select id, kind, distributor_id from ledger_account
where (kind = 'clearing' and distributor_id = any(%(distributor_ids)s::bigint[]))
   or (kind in ('goods_income', 'fee_income', 'bank', 'adjustment', 'referral_expense', 'membership_income')
       and (distributor_id is null or distributor_id = any(%(distributor_ids)s::bigint[])));

-- name: lock_referrers
select a.referrer_id, a.id, a.balance_fen from ledger_account a
where a.kind = 'referrer_payable' and a.referrer_id = any(%(referrer_ids)s::bigint[])
order by a.id for update of a;

-- name: open_referrers
insert into ledger_account (kind, referrer_id, currency, balance_fen, held_fen, credit_limit_fen)
select 'referrer_payable', r.id, 'CNY', 0, 0, 0
from parties_referrer r where r.id = any(%(referrer_ids)s::bigint[]) order by r.id
on conflict do nothing;

-- name: skus
select k.id, k.code, k.spec, k.goods_id, g.goods_no, g.name, coalesce(g.images[1], ''), g.supplier_id, s.is_platform,
       k.is_active, g.state, s.state, g.min_quantity, k.supplier_price_fen, k.supply_price_fen, g.allowed_promotions,
       g.visible_tiers, g.visible_distributors, t.minutes, k.weight_g, f.template_id,
       exists (select from pricing_feerate r where r.goods_id = k.goods_id), c.old_supply_price_fen,
       c.old_supplier_price_fen
from catalog_sku k
join catalog_goods g on g.id = k.goods_id
join parties_supplier s on s.id = g.supplier_id
left join orders_acceptanceterms t on t.supplier_id = g.supplier_id
left join freight_goodstemplate f on f.goods_id = k.goods_id
left join pricing_grace c on c.sku_id = k.id and c.until > clock_timestamp()
where k.code = any(%(codes)s::text[]);

-- name: fee_rates
select goods_id, tier_id, distributor_id, rate_bps from pricing_feerate
where goods_id = any(%(goods_ids)s::bigint[])
  and (tier_id = any(%(tier_ids)s::bigint[]) or distributor_id = any(%(distributor_ids)s::bigint[]));

-- name: freight_zones
select t.id, t.name, t.kind, z.regions, z.is_served, z.first, z.first_fen, z.step, z.step_fen, z.free_from_fen,
       z.free_from_pieces
from freight_template t left join freight_zone z on z.template_id = t.id
where t.id = any(%(template_ids)s::bigint[])
order by t.id, z.position;

-- name: lock_levels
select l.id, l.sku_id, l.warehouse_id, l.allotment_id, l.on_hand, l.reserved, l.version
from stock_level l
where l.sku_id = any(array(
    select k.id from catalog_sku k where k.code = any(%(codes)s::text[])
    union all
    select i.sku_id from orders_line i where i.order_id = any(%(order_ids)s::bigint[])
))
order by l.id for update of l;

-- name: lock_levels_of_skus
select l.id, l.sku_id, l.warehouse_id, l.allotment_id, l.on_hand, l.reserved, l.version
from stock_level l
where l.sku_id = any(array(select k.id from catalog_sku k where k.code = any(%(codes)s::text[])))
order by l.id for update of l;

-- name: lock_allotments_of_skus
select a.id, a.distributor_id, a.tier_id, a.cap, a.buffer, a.taken, a.ends_at, a.sku_id, a.floor, a.given, a.is_open,
       a.version
from stock_allotment a
where a.is_open and a.sku_id = any(array(select k.id from catalog_sku k where k.code = any(%(codes)s::text[])))
order by a.id for update of a;

-- name: lock_allotments
select a.id, a.distributor_id, a.tier_id, a.cap, a.buffer, a.taken, a.ends_at, a.sku_id, a.floor, a.given, a.is_open,
       a.version
from stock_allotment a
where a.sku_id = any(array(
    select k.id from catalog_sku k where k.code = any(%(codes)s::text[])
    union all
    select i.sku_id from orders_line i where i.order_id = any(%(order_ids)s::bigint[])
))
and (a.is_open or a.id = any(array(
    select m.allotment_id from stock_move m where m.order_id = any(%(order_ids)s::bigint[])
)))
order by a.id for update of a;

-- name: lock_allotments_named
select a.id, a.distributor_id, a.tier_id, a.cap, a.buffer, a.taken, a.ends_at, a.sku_id, a.floor, a.given, a.is_open,
       a.version
from stock_allotment a
where a.sku_id = any(array(
    select k.id from catalog_sku k where k.code = any(%(codes)s::text[])
    union all
    select i.sku_id from orders_line i where i.order_id = any(%(order_ids)s::bigint[])
))
and (a.is_open or a.id = any(%(allotment_ids)s::bigint[] || array(
    select m.allotment_id from stock_move m where m.order_id = any(%(order_ids)s::bigint[])
)))
order by a.id for update of a;

-- name: open_allotments
insert into stock_allotment (sku_id, distributor_id, tier_id, floor, cap, buffer, taken, is_open)
select k.id, d.id, t.id, 0, null, 0, 0, false
from unnest(%(codes)s::text[], %(distributor_ids)s::bigint[], %(tier_ids)s::bigint[])
     as asked(code, distributor_id, tier_id)
join catalog_sku k on k.code = asked.code
left join parties_distributor d on d.id = asked.distributor_id
left join parties_tier t on t.id = asked.tier_id
where (d.id is null) <> (t.id is null) and not exists (
    select from stock_allotment a where a.is_open and a.sku_id = k.id
    and a.distributor_id is not distinct from d.id and a.tier_id is not distinct from t.id
)
order by k.id, d.id, t.id
returning id;

-- name: open_pools
insert into stock_level (id, sku_id, warehouse_id, allotment_id, on_hand, reserved)
select nextval('stock_level_id_seq') + case when l.sku_id >= 1000000000000000 then 1000000000000000 else 0 end,
       l.sku_id, l.warehouse_id, a.id, 0, 0
from catalog_sku k
join stock_level l on l.sku_id = k.id and l.allotment_id is null
join stock_allotment a on a.sku_id = k.id and (a.is_open or a.id = any(%(allotment_ids)s::bigint[]))
where k.code = any(%(codes)s::text[])
order by l.sku_id, l.warehouse_id, a.id
on conflict do nothing;

-- name: done_transfers
select t.kind, t.cause, t.amount_fen from ledger_transfer t
where t.cause = any(%(causes)s::text[]) and t.kind in ('pay_supplier', 'adjust_supplier', 'top_up', 'adjustment',
    'membership', 'referral_accrue', 'referral_reverse', 'referral_pay', 'referral_return');

-- name: done_moves
select m.kind, m.cause, m.on_hand_delta from stock_move m
where m.cause = any(%(causes)s::text[]) and m.kind in ('restock', 'allot', 'return', 'write_off', 'resend');

-- name: order_ids
select nextval('orders_order_number') from generate_series(1, %(count)s::int);

-- name: now
select clock_timestamp();

-- name: open_accounts
-- A sandbox (ids from 10^15 on) has a bank and incomes of its own, so that no amount crosses between the two worlds.
insert into ledger_account (id, kind, distributor_id, supplier_id, currency, balance_fen, held_fen, credit_limit_fen)
select nextval('ledger_account_id_seq')
           + case when coalesce(w.d, w.s) >= 1000000000000000 then 1000000000000000 else 0 end,
       w.kind, w.d, w.s, 'CNY', w.balance, 0, 0
from (
    select 'prepaid' as kind, d, null::bigint as s, 0 as balance from unnest(%(distributor_ids)s::bigint[]) d
    union all
    select 'clearing', d, null, null from unnest(%(distributor_ids)s::bigint[]) d
    union all
    select 'supplier_payable', null, s, 0 from unnest(%(supplier_ids)s::bigint[]) s
    union all
    select k, null, null, null from unnest(array['goods_income', 'fee_income', 'bank', 'adjustment',
        'referral_expense', 'membership_income']) k
    union all
    select k, d, null, null from unnest(array['goods_income', 'fee_income', 'bank', 'adjustment', 'membership_income']) k
    cross join unnest(%(distributor_ids)s::bigint[]) d where d >= 1000000000000000
) w
on conflict do nothing;

-- name: open_levels
insert into stock_level (id, sku_id, warehouse_id, allotment_id, on_hand, reserved)
select nextval('stock_level_id_seq') + case when k.id >= 1000000000000000 then 1000000000000000 else 0 end,
       k.id, w.id, a.id, 0, 0
from unnest(%(codes)s::text[], %(warehouse_ids)s::bigint[], %(allotment_ids)s::bigint[])
     as asked(code, warehouse_id, allotment_id)
join catalog_sku k on k.code = asked.code
join catalog_goods g on g.id = k.goods_id
join stock_warehouse w on w.id = asked.warehouse_id and w.supplier_id = g.supplier_id
left join stock_allotment a on a.id = asked.allotment_id and a.sku_id = k.id
where asked.allotment_id is null or a.id is not null
order by k.id, w.id, a.id
on conflict do nothing;
