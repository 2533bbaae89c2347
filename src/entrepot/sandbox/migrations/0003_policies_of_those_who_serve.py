"""Policies by party are for those who serve alone, so that the platform's own condition is one an index answers to."""

from django.db import migrations

from entrepot.base.guards import policies_for_those_who_serve
from entrepot.base.worlds import SANDBOX_FROM

_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_TIER = "(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)"
# The planner takes a comparison with a setting for rare, and two of them for a handful of rows: it would look for a
# common word through all goods instead of taking the newest that have it. Of a `case` it expects half the rows.
_SHELF = (
    f"case {_KIND} when 'supplier' then supplier_id = {_PARTY} when 'distributor' then"
    " state = 'on_sale' and is_supplier_active and"
    " ((cardinality(visible_tiers) = 0 and cardinality(visible_distributors) = 0)"
    f" or {_TIER} = any(visible_tiers) or {_PARTY} = any(visible_distributors))"
    f" and (id >= {SANDBOX_FROM}) = ({_PARTY} >= {SANDBOX_FROM}) else false end"
)


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0002_apart")]
    operations = [
        policies_for_those_who_serve(),
        migrations.RunSQL(f"alter policy scope on catalog_goods using ({_SHELF})", migrations.RunSQL.noop),
    ]
