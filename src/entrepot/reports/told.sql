-- The shelf as malls are told of it: JSON made set by set. `$which` says which SKUs, `$sku_terms` and `$goods_terms` what
-- lets goods be shown; everything a distributor is told depends on %(distributor_id)s alone. It says what `shelf.fill`
-- says in Python; a test holds the two together.

-- name: skus
with me as materialized (
    select d.id, d.tier_id, (select t.fee_rate_bps from parties_tier t where t.id = d.tier_id) as fee_rate_bps
    from parties_distributor d where d.id = %(distributor_id)s::bigint
), k as materialized (
    select id, goods_id, code, spec, supply_price_fen, suggested_price_fen, price_floor_fen, price_ceiling_fen, weight_g,
        position
    from catalog_sku where $sku_terms and $which
), own as (
    select distinct on (a.sku_id) a.sku_id, a.id, a.cap, a.buffer, a.taken
    from stock_allotment a
    where a.is_open and a.sku_id = any(array(select id from k)) and (a.ends_at is null or a.ends_at > clock_timestamp())
        and (a.distributor_id = (select id from me) or a.tier_id = (select tier_id from me))
    order by a.sku_id, a.distributor_id nulls last, a.id
), pools as (
    select l.sku_id, coalesce(sum(l.on_hand - l.reserved) filter (where l.allotment_id is null)::bigint, 0) as shared,
        coalesce(sum(l.on_hand - l.reserved) filter (where l.allotment_id is not null)::bigint, 0) as pool
    from stock_level l left join own on own.sku_id = l.sku_id
    where l.sku_id = any(array(select id from k)) and (l.allotment_id is null or l.allotment_id = own.id)
    group by l.sku_id
), rates as (
    select f.goods_id,
        coalesce(max(f.rate_bps) filter (where f.distributor_id = (select id from me)), max(f.rate_bps)) as rate_bps
    from pricing_feerate f
    where f.goods_id = any(array(select goods_id from k))
        and (f.tier_id = (select tier_id from me) or f.distributor_id = (select id from me))
    group by f.goods_id
), s as (
    select k.*, priced.fee, k.supply_price_fen + priced.fee as agreed,
        case when own.id is null then coalesce(pools.shared, 0)
             else greatest(0, least(greatest(0, coalesce(pools.pool, 0) - own.buffer) + coalesce(pools.shared, 0),
                                    coalesce(own.cap - own.taken, 9223372036854775807))) end as stock
    from k left join own on own.sku_id = k.id left join pools on pools.sku_id = k.id
    left join rates on rates.goods_id = k.goods_id
    cross join lateral (
        select (k.supply_price_fen * coalesce(rates.rate_bps, (select fee_rate_bps from me)) + 5000) / 10000
    ) as priced(fee)
    where exists (select from me)
)

-- name: texts
, j as (
    select s.goods_id, count(*) as pieces, string_agg(concat('{"sku":', to_json(s.code), ',"spec":', to_json(s.spec),
        ',"supply_price":', s.supply_price_fen, ',"fee":', s.fee, ',"agreed_price":', s.agreed, ',"suggested_price":',
        coalesce(s.suggested_price_fen::text, 'null'), ',"price_floor":', coalesce(s.price_floor_fen::text, 'null'),
        ',"price_ceiling":', coalesce(s.price_ceiling_fen::text, 'null'), ',"stock":', s.stock, ',"weight_g":',
        s.weight_g, '}'), ',' order by s.position, s.id) as skus
    from s group by s.goods_id
), t as (
    select g.id, coalesce(j.pieces, 0) as pieces, concat('{"id":"', g.id, '","goods_no":', to_json(g.goods_no),
        ',"name":', to_json(g.name), ',"category_id":"', g.category_id, '","brand_id":', coalesce('"' || g.brand_id || '"', 'null'), ',"kind":"', g.kind,
        '","images":', case when g.images = '{}' then '[]'
            else concat('["', %(media)s::text, array_to_string(g.images, concat('","', %(media)s::text)), '"]') end,
        ',"detail_images":', case when g.detail_images = '{}' then '[]'
            else concat('["', %(media)s::text, array_to_string(g.detail_images, concat('","', %(media)s::text)), '"]') end,
        ',"min_quantity":', g.min_quantity, ',"freight_template_id":', coalesce('"' || f.template_id || '"', 'null'),
        ',"state":"', g.state, '","version":', g.version, ',"currency":"CNY","allowed_promotions":',
        to_json(g.allowed_promotions), ',"skus":[', j.skus, ']}') as text
    from catalog_goods g left join j on j.goods_id = g.id left join freight_goodstemplate f on f.goods_id = g.id
    where g.id = any(%(ids)s::bigint[]) and $goods_terms
)

-- name: products
select id, pieces, text from t order by id

-- name: pages
-- Each page is one text: its products by rising id, with $between between them.
select p.place, convert_to(string_agg(t.text, $between order by t.id), 'UTF8')
from unnest(%(places)s::int[], %(ids)s::bigint[]) as p(place, id) join t on t.id = p.id group by p.place

-- name: prices
select s.code, concat('{"sku":', to_json(s.code), ',"supply_price":', s.supply_price_fen, ',"fee":', s.fee,
    ',"agreed_price":', s.agreed, ',"suggested_price":', coalesce(s.suggested_price_fen::text, 'null'), '}')
from s join catalog_goods g on g.id = s.goods_id and g.id = any(%(ids)s::bigint[])
where $goods_terms order by s.goods_id, s.position, s.id

-- name: stocks
select s.code, concat('{"sku":', to_json(s.code), ',"agreed_price":', s.agreed, ',"stock":', s.stock,
    ',"min_quantity":', g.min_quantity, ',"state":"on_sale"}')
from s join catalog_goods g on g.id = s.goods_id and g.id = any(%(ids)s::bigint[])
where $goods_terms order by s.goods_id, s.position, s.id

-- name: figures
select s.code, s.agreed, s.stock from s join catalog_goods g on g.id = s.goods_id and g.id = any(%(ids)s::bigint[])
where $goods_terms
