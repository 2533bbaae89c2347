"""Which malls a fact about goods concerns: found from the goods, so that it costs what it tells and no more."""

# `about` holds id (of the fact), place, type, goods_id and tier_id (None: every tier). Who has a selection hears of what
# is in it; who has none hears of all he may sell, where `hears_all` says so. `wants` says when a type is heard by a mall that
# named its types. What follows gives id, place, type and distributor_id.
CONCERNED = """
callable as materialized (
    select p.distributor_id, d.tier_id, p.types,
        exists (select from catalog_pick x where x.distributor_id = d.id and x.state = 'picked') as has_selection
    from callbacks_endpoint p join parties_distributor d on d.id = p.distributor_id
    where p.state in ('pending', 'active') and d.state = 'active'
), placed as materialized (
    select a.*, g.category_id, g.brand_id, g.visible_tiers, g.visible_distributors
    from about a join catalog_goods g on g.id = a.goods_id
), up as (
    select distinct category_id as leaf, category_id as id from placed
    union select u.leaf, c.parent_id from up u join catalog_category c on c.id = u.id where c.parent_id is not null
), wanted as (
    select a.id, p.distributor_id from placed a join catalog_pick p on p.goods_id = a.goods_id and p.state = 'picked'
    union
    (select a.id, p.distributor_id from placed a join up on up.leaf = a.category_id
        join catalog_pick p on p.category_id = up.id and p.state = 'picked'
     union
     select a.id, p.distributor_id from placed a join catalog_pick p on p.brand_id = a.brand_id and p.state = 'picked'
     except
     select a.id, p.distributor_id from placed a join catalog_pick p on p.goods_id = a.goods_id and p.state = 'left_out')
    union
    select a.id, c.distributor_id from placed a cross join callable c where not c.has_selection and {hears_all}
), concerned as (
    select a.id, a.place, a.type, a.goods_id, c.distributor_id, c.tier_id, c.types, c.has_selection
    from wanted w join placed a on a.id = w.id join callable c on c.distributor_id = w.distributor_id
    where ((a.visible_tiers = '{{}}' and a.visible_distributors = '{{}}') or c.tier_id = any(a.visible_tiers)
            or c.distributor_id = any(a.visible_distributors))
        and (a.goods_id >= 1000000000000000) = (c.distributor_id >= 1000000000000000)
        and (a.tier_id is null or a.tier_id = c.tier_id) and (c.types = '{{}}' or {wants})
)"""
