-- The yardstick: one `direct` order of one piece, one transaction, inside the database. It reads the same terms, keeps the
-- same rules and leaves the same rows as the product does for such an order; only sealing the address and signing are left
-- out. Locks on stock and money are taken as late as can be, as one would who wants it fast.
create schema if not exists bench;
grant usage on schema bench to public;

drop table if exists bench.distributor, bench.sku;
create table bench.distributor (n int primary key, id bigint not null);
create table bench.sku (n int primary key, code text not null);
grant select on bench.distributor, bench.sku to public;

create or replace function bench.place_order(distributor_n int, sku_n int) returns bigint
language plpgsql as $$
declare
    party record;
    article record;
    prepaid record;
    clearing_id bigint;
    new_level_id bigint;
    new_id bigint;
    new_number text;
    now_at timestamptz := clock_timestamp();
    fee bigint;
    agreed bigint;
    who text;
begin
    perform set_config('role', 'entrepot_desk', true);
    select d.id, d.state, d.funds_policy, t.fee_rate_bps into strict party
    from bench.distributor b join parties_distributor d on d.id = b.id join parties_tier t on t.id = d.tier_id
    where b.n = distributor_n;
    select k.id, k.code, k.spec, k.goods_id, k.supplier_price_fen, k.supply_price_fen, k.is_active, g.goods_no, g.name,
           coalesce(g.images[1], '') as image, g.supplier_id, g.state, g.min_quantity, g.visible_tiers,
           g.visible_distributors, s.is_platform, s.state as supplier_state
    into strict article
    from bench.sku b join catalog_sku k on k.code = b.code join catalog_goods g on g.id = k.goods_id
    join parties_supplier s on s.id = g.supplier_id
    where b.n = sku_n;
    if party.state <> 'active' or article.state <> 'on_sale' or not article.is_active
       or article.supplier_state <> 'active' or article.min_quantity > 1 then
        raise exception 'not for sale';
    end if;
    fee := (article.supply_price_fen * party.fee_rate_bps + 5000) / 10000;
    agreed := article.supply_price_fen + fee;
    new_id := nextval('orders_order_number');
    new_number := 'bench-' || md5(new_id::text);
    who := 'api/' || party.id || '/bench';

    insert into orders_order (id, distributor_id, out_order_no, state, mode, hold_minutes, held_until, fee_rate_bps,
        currency, goods_amount_fen, freight_fen, total_fen, held_fen, drawn_fen, refunded_fen, version, content_hash,
        remark, created_at, confirmed_at)
    values (new_id, party.id, new_number, 'confirmed', 'direct', null, null, party.fee_rate_bps, 'CNY', agreed, 0, agreed,
        0, agreed, 0, 1, sha256(new_number::bytea), '', now_at, now_at);
    insert into orders_line (order_id, line_no, distributor_id, supplier_id, sku_id, goods_id, sku_code, goods_no,
        goods_name, spec, image, qty, supplier_price_fen, supply_price_fen, fee_fen, agreed_price_fen, amount_fen,
        promotion, shipped_qty, refunded_qty)
    values (new_id, 1, party.id, article.supplier_id, article.id, article.goods_id, article.code, article.goods_no,
        article.name, article.spec, article.image, 1, article.supplier_price_fen, article.supply_price_fen, fee, agreed,
        agreed, '', 0, 0);
    insert into orders_supplyorder (order_id, supplier_id, distributor_id, state, pieces, payable_fen, freight_fen,
        created_at)
    values (new_id, article.supplier_id, party.id, 'confirmed', 1,
        case when article.is_platform then 0 else article.supplier_price_fen end, 0, now_at);
    insert into orders_consignee (order_id, distributor_id, sealed, name_masked, phone_masked, phone_hash, province, city,
        district)
    values (new_id, party.id, decode(repeat(md5(new_number), 13), 'hex'), '王*', '138****0000', sha256('13800000000'),
        '浙江省', '杭州市', '西湖区');

    update stock_level set reserved = reserved + 1, changed_xid = pg_current_xact_id()
    where id = (select l.id from stock_level l where l.sku_id = article.id and l.allotment_id is null
                order by l.id limit 1)
      and on_hand - reserved >= 1
    returning id into new_level_id;
    if new_level_id is null then
        raise exception 'out of stock';
    end if;
    insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, order_id, line_no, allotment_id, cause, actor,
        remark, at)
    values (new_level_id, 'take', 0, 1, new_id, 1, null, null, who, '', now_at);

    select id into strict clearing_id from ledger_account where kind = 'clearing' and distributor_id = party.id;
    update ledger_account set balance_fen = balance_fen - agreed
    where kind = 'prepaid' and distributor_id = party.id and balance_fen - held_fen + credit_limit_fen >= agreed
    returning id, balance_fen into prepaid;
    if prepaid.id is null then
        raise exception 'out of money';
    end if;
    insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, debit_balance_fen, credit_balance_fen,
        distributor_id, supplier_id, order_id, cause, actor, remark, at)
    values ('draw', prepaid.id, clearing_id, agreed, prepaid.balance_fen, null, party.id, null, new_id, 'order:' || new_id,
        who, '', now_at);
    insert into events_event (at, type, object_kind, object_id, version, distributor_id, data, actor, reason)
    values (now_at, 'order.confirmed', 'order', new_id, 1, party.id,
        jsonb_build_object('object', 'order', 'id', new_id::text, 'out_order_no', new_number, 'version', 1, 'state',
            'confirmed', 'from', '', 'total', agreed, 'drawn', agreed, 'balance', prepaid.balance_fen), who, '');
    return new_id;
end
$$;
grant execute on function bench.place_order(int, int) to public;
