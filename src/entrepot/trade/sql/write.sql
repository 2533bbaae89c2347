-- name: insert_orders
insert into orders_order (id, distributor_id, out_order_no, state, mode, hold_minutes, held_until, fee_rate_bps, currency,
    goods_amount_fen, freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash, remark,
    created_at, confirmed_at)
select id, distributor_id, out_order_no, state, mode, hold_minutes, held_until, fee_rate_bps, 'CNY',
    goods_amount_fen, freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash, remark,
    %(now)s::timestamptz, confirmed_at
from unnest(%(id)s::bigint[], %(distributor_id)s::bigint[], %(out_order_no)s::text[], %(state)s::text[],
    %(mode)s::text[], %(hold_minutes)s::smallint[], %(held_until)s::timestamptz[], %(fee_rate_bps)s::int[],
    %(goods_amount_fen)s::bigint[], %(freight_fen)s::bigint[], %(total_fen)s::bigint[], %(held_fen)s::bigint[],
    %(drawn_fen)s::bigint[], %(refunded_fen)s::bigint[], %(version)s::int[], %(content_hash)s::bytea[],
    %(remark)s::text[], %(confirmed_at)s::timestamptz[])
as t(id, distributor_id, out_order_no, state, mode, hold_minutes, held_until, fee_rate_bps, goods_amount_fen,
    freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash, remark, confirmed_at);

-- name: update_orders
update orders_order o set state = t.state, held_fen = t.held_fen, drawn_fen = t.drawn_fen,
    refunded_fen = t.refunded_fen, version = t.version, confirmed_at = t.confirmed_at, shipped_at = t.shipped_at,
    received_at = t.received_at, completed_at = t.completed_at, closed_at = t.closed_at
from unnest(%(id)s::bigint[], %(state)s::text[], %(held_fen)s::bigint[], %(drawn_fen)s::bigint[],
    %(refunded_fen)s::bigint[], %(version)s::int[], %(confirmed_at)s::timestamptz[], %(shipped_at)s::timestamptz[],
    %(received_at)s::timestamptz[], %(completed_at)s::timestamptz[], %(closed_at)s::timestamptz[])
as t(id, state, held_fen, drawn_fen, refunded_fen, version, confirmed_at, shipped_at, received_at, completed_at,
    closed_at)
where o.id = t.id;

-- name: insert_lines
insert into orders_line (order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no,
    goods_name, spec, image, qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen,
    promotion, fee_rate_bps, shipped_qty, refunded_qty)
select order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name, spec, image,
    qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen, promotion, fee_rate_bps,
    0, 0
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(distributor_id)s::bigint[], %(supplier_id)s::bigint[],
    %(sku_id)s::bigint[], %(goods_id)s::bigint[], %(sku_code)s::text[], %(goods_no)s::text[], %(goods_name)s::text[],
    %(spec)s::text[], %(image)s::text[], %(qty)s::int[], %(supplier_price_fen)s::bigint[],
    %(supply_price_fen)s::bigint[], %(fee_fen)s::bigint[], %(agreed_price_fen)s::bigint[], %(amount_fen)s::bigint[],
    %(promotion)s::text[], %(fee_rate_bps)s::int[])
as t(order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name, spec, image,
    qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen, promotion, fee_rate_bps);

-- name: resize_lines
update orders_line l set qty = t.qty, amount_fen = t.amount_fen
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(qty)s::int[], %(amount_fen)s::bigint[])
as t(order_id, line_no, qty, amount_fen)
where l.order_id = t.order_id and l.line_no = t.line_no;

-- name: update_lines
update orders_line l set shipped_qty = t.shipped_qty, refunded_qty = t.refunded_qty
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(shipped_qty)s::int[], %(refunded_qty)s::int[])
as t(order_id, line_no, shipped_qty, refunded_qty)
where l.order_id = t.order_id and l.line_no = t.line_no;

-- name: insert_supply_orders
insert into orders_supplyorder (order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen,
    remark, created_at)
select order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen, remark, %(now)s::timestamptz
from unnest(%(order_id)s::bigint[], %(supplier_id)s::bigint[], %(distributor_id)s::bigint[], %(state)s::text[],
    %(pieces)s::int[], %(payable_fen)s::bigint[], %(freight_fen)s::bigint[], %(remark)s::text[])
as t(order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen, remark);

-- name: update_supply_orders
update orders_supplyorder s set state = t.state,
    received_at = coalesce(s.received_at, case when t.state = 'received' then %(now)s::timestamptz end),
    completed_at = coalesce(s.completed_at, case when t.state = 'completed' then %(now)s::timestamptz end)
from unnest(%(order_id)s::bigint[], %(supplier_id)s::bigint[], %(state)s::text[]) as t(order_id, supplier_id, state)
where s.order_id = t.order_id and s.supplier_id = t.supplier_id;

-- name: resize_supply_orders
update orders_supplyorder s set pieces = t.pieces, payable_fen = t.payable_fen, freight_fen = t.freight_fen
from unnest(%(order_id)s::bigint[], %(supplier_id)s::bigint[], %(pieces)s::int[], %(payable_fen)s::bigint[],
    %(freight_fen)s::bigint[]) as t(order_id, supplier_id, pieces, payable_fen, freight_fen)
where s.order_id = t.order_id and s.supplier_id = t.supplier_id;

-- name: reroute_lines
update orders_line l set supplier_id = t.supplier_id, sku_id = t.sku_id, goods_id = t.goods_id, sku_code = t.sku_code,
    goods_no = t.goods_no, goods_name = t.goods_name, spec = t.spec, image = t.image,
    supplier_price_fen = t.supplier_price_fen
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(supplier_id)s::bigint[], %(sku_id)s::bigint[],
    %(goods_id)s::bigint[], %(sku_code)s::text[], %(goods_no)s::text[], %(goods_name)s::text[], %(spec)s::text[],
    %(image)s::text[], %(supplier_price_fen)s::bigint[])
as t(order_id, line_no, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name, spec, image, supplier_price_fen)
where l.order_id = t.order_id and l.line_no = t.line_no;

-- name: copy_former_lines
-- What came off a line has left whatever that line had left before: a mall is shown the SKU it ordered.
insert into orders_formerline (order_id, line_no, place, distributor_id, supplier_id, sku_id, goods_id, sku_code,
    goods_no, goods_name, spec, image, qty, supplier_price_fen, reason, actor, at)
select f.order_id, t.line_no, f.place, f.distributor_id, f.supplier_id, f.sku_id, f.goods_id, f.sku_code, f.goods_no,
    f.goods_name, f.spec, f.image, t.qty, f.supplier_price_fen, f.reason, f.actor, f.at
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(split_from)s::smallint[], %(qty)s::int[])
as t(order_id, line_no, split_from, qty)
join orders_formerline f on f.order_id = t.order_id and f.line_no = t.split_from;

-- name: insert_former_lines
insert into orders_formerline (order_id, line_no, place, distributor_id, supplier_id, sku_id, goods_id, sku_code,
    goods_no, goods_name, spec, image, qty, supplier_price_fen, reason, actor, at)
select t.order_id, t.line_no, coalesce(max(f.place), 0) + row_number() over (
        partition by t.order_id, t.line_no order by t.nth), t.distributor_id, t.supplier_id, t.sku_id, t.goods_id,
    t.sku_code, t.goods_no, t.goods_name, t.spec, t.image, t.qty, t.supplier_price_fen, t.reason, t.actor,
    %(now)s::timestamptz
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(distributor_id)s::bigint[], %(supplier_id)s::bigint[],
    %(sku_id)s::bigint[], %(goods_id)s::bigint[], %(sku_code)s::text[], %(goods_no)s::text[], %(goods_name)s::text[],
    %(spec)s::text[], %(image)s::text[], %(qty)s::int[], %(supplier_price_fen)s::bigint[], %(reason)s::text[],
    %(actor)s::text[]) with ordinality
as t(order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no, goods_name, spec, image,
    qty, supplier_price_fen, reason, actor, nth)
left join orders_formerline f on f.order_id = t.order_id and f.line_no = t.line_no
group by t.order_id, t.line_no, t.distributor_id, t.supplier_id, t.sku_id, t.goods_id, t.sku_code, t.goods_no,
    t.goods_name, t.spec, t.image, t.qty, t.supplier_price_fen, t.reason, t.actor, t.nth;

-- name: write_acceptances
insert into orders_acceptance (order_id, line_no, distributor_id, supplier_id, state, accept_by, ship_by, reason,
    changed_at)
select order_id, line_no, distributor_id, supplier_id, state, accept_by, ship_by, reason, %(now)s::timestamptz
from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(distributor_id)s::bigint[], %(supplier_id)s::bigint[],
    %(state)s::text[], %(accept_by)s::timestamptz[], %(ship_by)s::date[], %(reason)s::text[])
as t(order_id, line_no, distributor_id, supplier_id, state, accept_by, ship_by, reason)
on conflict (order_id, line_no) do update set supplier_id = excluded.supplier_id, state = excluded.state,
    accept_by = excluded.accept_by, ship_by = excluded.ship_by, reason = excluded.reason,
    changed_at = excluded.changed_at;

-- name: insert_charges
insert into freight_charge (order_id, distributor_id, supplier_id, template_id, name, kind, region, pieces, weight_g,
    amount_fen, first, first_fen, step, step_fen, free_by, freight_fen)
select * from unnest(%(order_id)s::bigint[], %(distributor_id)s::bigint[], %(supplier_id)s::bigint[],
    %(template_id)s::bigint[], %(name)s::text[], %(kind)s::text[], %(region)s::text[], %(pieces)s::int[],
    %(weight_g)s::bigint[], %(amount_fen)s::bigint[], %(first)s::int[], %(first_fen)s::bigint[], %(step)s::int[],
    %(step_fen)s::bigint[], %(free_by)s::text[], %(freight_fen)s::bigint[]);

-- name: insert_consignees
insert into orders_consignee (order_id, distributor_id, sealed, name_masked, phone_masked, phone_hash, province, city,
    district)
select * from unnest(%(order_id)s::bigint[], %(distributor_id)s::bigint[], %(sealed)s::bytea[],
    %(name_masked)s::text[], %(phone_masked)s::text[], %(phone_hash)s::bytea[], %(province)s::text[],
    %(city)s::text[], %(district)s::text[]);

-- name: update_consignees
update orders_consignee c set sealed = t.sealed, name_masked = t.name_masked, phone_masked = t.phone_masked,
    phone_hash = t.phone_hash, province = t.province, city = t.city, district = t.district, changed_at = %(now)s
from unnest(%(order_id)s::bigint[], %(sealed)s::bytea[], %(name_masked)s::text[], %(phone_masked)s::text[],
    %(phone_hash)s::bytea[], %(province)s::text[], %(city)s::text[], %(district)s::text[])
    as t(order_id, sealed, name_masked, phone_masked, phone_hash, province, city, district)
where c.order_id = t.order_id;

-- name: update_accounts
update ledger_account a set balance_fen = t.balance_fen, held_fen = t.held_fen, credit_limit_fen = t.credit_limit_fen,
    waiting_fen = t.waiting_fen, warn_below_fen = t.warn_below_fen, is_low = t.is_low, version = t.version + 1
from unnest(%(id)s::bigint[], %(balance_fen)s::bigint[], %(held_fen)s::bigint[], %(credit_limit_fen)s::bigint[],
    %(waiting_fen)s::bigint[], %(warn_below_fen)s::bigint[], %(is_low)s::boolean[], %(version)s::bigint[])
as t(id, balance_fen, held_fen, credit_limit_fen, waiting_fen, warn_below_fen, is_low, version)
where a.id = t.id;

-- name: insert_transfers
insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen,
    distributor_id, supplier_id, order_id, cause, actor, remark, at)
select kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen, distributor_id, supplier_id,
    order_id, cause, actor, remark, %(now)s::timestamptz
from unnest(%(kind)s::text[], %(debit_id)s::bigint[], %(credit_id)s::bigint[], %(amount_fen)s::bigint[],
    %(debit_balance_fen)s::bigint[], %(credit_balance_fen)s::bigint[], %(distributor_id)s::bigint[],
    %(supplier_id)s::bigint[], %(order_id)s::bigint[], %(cause)s::text[], %(actor)s::text[], %(remark)s::text[])
with ordinality as t(kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen, distributor_id,
    supplier_id, order_id, cause, actor, remark, place)
order by place;

-- name: update_levels
update stock_level l set on_hand = t.on_hand, reserved = t.reserved, version = t.version + 1,
    changed_xid = pg_current_xact_id()
from unnest(%(id)s::bigint[], %(on_hand)s::bigint[], %(reserved)s::bigint[], %(version)s::bigint[])
as t(id, on_hand, reserved, version)
where l.id = t.id;

-- name: update_allotments
update stock_allotment a set taken = t.taken, given = t.given, floor = t.floor, cap = t.cap, buffer = t.buffer,
    ends_at = t.ends_at, is_open = t.is_open, version = t.version
from unnest(%(id)s::bigint[], %(taken)s::bigint[], %(given)s::int[], %(floor)s::int[], %(cap)s::int[],
    %(buffer)s::int[], %(ends_at)s::timestamptz[], %(is_open)s::boolean[], %(version)s::int[])
as t(id, taken, given, floor, cap, buffer, ends_at, is_open, version)
where a.id = t.id;

-- name: insert_moves
insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, allotment_id, cause, actor,
    remark, at)
select level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, allotment_id, cause, actor, remark,
    %(now)s::timestamptz
from unnest(%(level_id)s::bigint[], %(kind)s::text[], %(on_hand_delta)s::bigint[], %(reserved_delta)s::bigint[],
    %(order_id)s::bigint[], %(line_no)s::smallint[], %(allotment_id)s::bigint[], %(cause)s::text[],
    %(actor)s::text[], %(remark)s::text[])
with ordinality as t(level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, allotment_id, cause, actor,
    remark, place)
order by place;

-- name: insert_events
insert into events_event (at, type, object_kind, object_id, version, distributor_id, data, actor, reason)
select %(now)s::timestamptz, type, object_kind, object_id, version, distributor_id, data::jsonb, actor, reason
from unnest(%(type)s::text[], %(object_kind)s::text[], %(object_id)s::bigint[], %(version)s::int[],
    %(distributor_id)s::bigint[], %(data)s::text[], %(actor)s::text[], %(reason)s::text[])
with ordinality as t(type, object_kind, object_id, version, distributor_id, data, actor, reason, place)
order by place;

-- name: insert_shipments
with fresh as (
    insert into orders_shipment (order_id, distributor_id, supplier_id, carrier, tracking_no, actor, shipped_at)
    select order_id, distributor_id, supplier_id, carrier, tracking_no, actor, %(now)s::timestamptz
    from unnest(%(order_id)s::bigint[], %(distributor_id)s::bigint[], %(supplier_id)s::bigint[], %(carrier)s::text[],
        %(tracking_no)s::text[], %(actor)s::text[])
    as t(order_id, distributor_id, supplier_id, carrier, tracking_no, actor)
    returning id, order_id, supplier_id, tracking_no
)
insert into orders_shipmentline (shipment_id, line_no, qty)
select fresh.id, t.line_no, t.qty
from unnest(%(line_order_id)s::bigint[], %(line_supplier_id)s::bigint[], %(line_tracking_no)s::text[],
    %(line_no)s::smallint[], %(qty)s::int[]) as t(order_id, supplier_id, tracking_no, line_no, qty)
join fresh using (order_id, supplier_id, tracking_no);

-- name: insert_refunds
with fresh as (
    insert into orders_refund (order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor, at)
    select order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor, %(now)s::timestamptz
    from unnest(%(order_id)s::bigint[], %(distributor_id)s::bigint[], %(refund_no)s::text[], %(kind)s::text[],
        %(amount_fen)s::bigint[], %(freight_fen)s::bigint[], %(reason)s::text[], %(actor)s::text[])
    as t(order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor)
    returning id, order_id, refund_no
)
insert into orders_refundline (refund_id, line_no, qty, amount_fen)
select fresh.id, t.line_no, t.qty, t.amount_fen
from unnest(%(line_order_id)s::bigint[], %(line_refund_no)s::text[], %(line_no)s::smallint[], %(qty)s::int[],
    %(line_amount_fen)s::bigint[]) as t(order_id, refund_no, line_no, qty, amount_fen)
join fresh using (order_id, refund_no);

-- name: write_returned
insert into orders_returned (order_id, line_no, distributor_id, supplier_id, qty, amount_fen, supplier_fen, fee_fen,
    freight_fen, supplier_freight_fen)
select * from unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(distributor_id)s::bigint[],
    %(supplier_id)s::bigint[], %(qty)s::int[], %(amount_fen)s::bigint[], %(supplier_fen)s::bigint[],
    %(fee_fen)s::bigint[], %(freight_fen)s::bigint[], %(supplier_freight_fen)s::bigint[])
on conflict (order_id, line_no) do update set qty = excluded.qty, amount_fen = excluded.amount_fen,
    supplier_fen = excluded.supplier_fen, fee_fen = excluded.fee_fen, freight_fen = excluded.freight_fen,
    supplier_freight_fen = excluded.supplier_freight_fen;

-- name: insert_operations
insert into events_operation (at, actor, actor_name, kind, party_id, verb, object_kind, object_id, object_label, before,
    after, reason, address)
select %(now)s::timestamptz, actor, actor_name, kind, party_id, verb, object_kind, object_id,
    case when object_label <> '' then object_label else coalesce(case object_kind
        when 'sku' then (select k.code from catalog_sku k where k.id = object_id::bigint)
        when 'supplier' then (select s.number || ' ' || s.name from parties_supplier s where s.id = object_id::bigint)
        when 'referrer' then (select r.number || ' ' || r.name from parties_referrer r where r.id = object_id::bigint)
        when 'balance' then (select d.number || ' ' || d.name from ledger_account a
            join parties_distributor d on d.id = a.distributor_id where a.id = object_id::bigint)
    end, '') end,
    before::jsonb, after::jsonb, reason, ''
from unnest(%(actor)s::text[], %(actor_name)s::text[], %(kind)s::text[], %(party_id)s::bigint[], %(verb)s::text[],
    %(object_kind)s::text[], %(object_id)s::text[], %(object_label)s::text[], %(before)s::text[], %(after)s::text[],
    %(reason)s::text[]) with ordinality
as t(actor, actor_name, kind, party_id, verb, object_kind, object_id, object_label, before, after, reason, place)
order by place;
