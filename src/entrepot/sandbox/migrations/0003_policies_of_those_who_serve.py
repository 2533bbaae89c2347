"""Policies by party are for those who serve alone, so that the platform's own condition is one an index answers to."""

from django.db import migrations

from entrepot.base.guards import policies_for_those_who_serve
from entrepot.base.worlds import SANDBOX_FROM

_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_TIER = "(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)"
# The planner takes a comparison with a setting for rare, and two of them for a handful of rows: it would gather and sort
# all that a page may show instead of walking to its first rows. Of a `case` it expects half the rows. No index serves a
# `case`; what is read of these tables names its supplier, its order or its goods itself.
_SHELF = (
    f"case {_KIND} when 'supplier' then supplier_id = {_PARTY} when 'distributor' then"
    " state = 'on_sale' and is_supplier_active and"
    " ((cardinality(visible_tiers) = 0 and cardinality(visible_distributors) = 0)"
    f" or {_TIER} = any(visible_tiers) or {_PARTY} = any(visible_distributors))"
    f" and (id >= {SANDBOX_FROM}) = ({_PARTY} >= {SANDBOX_FROM}) else false end"
)
_PART = (
    f"case {_KIND} when 'supplier' then supplier_id = {_PARTY}"
    " and state not in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected')"
    f" when 'distributor' then distributor_id = {_PARTY} else false end"
)
_LINE = (
    f"case {_KIND} when 'supplier' then supplier_id = {_PARTY} and exists (select from orders_supplyorder s"
    " where s.order_id = orders_line.order_id and s.supplier_id = orders_line.supplier_id)"
    f" when 'distributor' then distributor_id = {_PARTY} else false end"
)


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0002_apart"), ("orders", "0011_order_by_moment")]
    operations = [
        policies_for_those_who_serve(),
        migrations.RunSQL(f"alter policy scope on catalog_goods using ({_SHELF})", migrations.RunSQL.noop),
        migrations.RunSQL(f"alter policy scope on orders_supplyorder using ({_PART})", migrations.RunSQL.noop),
        migrations.RunSQL(f"alter policy scope on orders_line using ({_LINE})", migrations.RunSQL.noop),
    ]
