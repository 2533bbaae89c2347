-- Statements of `fill` for goods, each under `-- name:`. `n` counts the goods; ids were set aside for all of them.

-- name: staging
create temp table fill_goods (n int, goods_no text, supplier_id bigint, name text, category_id bigint,
    search_terms text[], spec text, supplier_price bigint, supply_price bigint) on commit drop;
grant all on fill_goods to entrepot_desk;

-- name: goods
insert into catalog_goods (id, goods_no, supplier_id, name, subtitle, kind, category_id, state, min_quantity, images,
    detail_images, allowed_promotions, visible_tiers, visible_distributors, version, review_note, search_terms, attributes)
select %(goods)s + n, goods_no, supplier_id, name, '', 'physical', category_id, 'on_sale', 1, '{}', '{}',
    %(promotions)s::text[], '{}', '{}', 1, '', search_terms, '{}'
from fill_goods order by n;

-- name: skus
insert into catalog_sku (id, goods_id, code, spec, supplier_price_fen, supply_price_fen, weight_g, position, is_active)
select %(skus)s + n, %(goods)s + n, goods_no, spec, supplier_price, supply_price, 500, 0, true
from fill_goods order by n;

-- name: levels
insert into stock_level (id, sku_id, warehouse_id, on_hand, reserved)
select %(levels)s + n, %(skus)s + n, w.id, %(pieces)s, 0
from fill_goods f join stock_warehouse w on w.supplier_id = f.supplier_id and w.name = %(warehouse)s
order by n;

-- name: moves
insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, cause, actor, remark, at)
select %(levels)s + n, 'restock', %(pieces)s, 0, 'fill:' || %(levels)s + n, 'system', 'fill', %(at)s::timestamptz
from fill_goods order by n;
