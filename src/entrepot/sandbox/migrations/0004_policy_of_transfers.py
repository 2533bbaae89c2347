"""A party's transfers are walked through newest first; an `or` of settings would have all of them gathered and sorted."""

from django.db import migrations

_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_HIS = (
    f"case {_KIND} when 'supplier' then supplier_id = {_PARTY} when 'distributor' then distributor_id = {_PARTY}"
    " else false end"
)


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0003_policies_of_those_who_serve"), ("ledger", "0007_memberships")]
    operations = [migrations.RunSQL(f"alter policy scope on ledger_transfer using ({_HIS})", migrations.RunSQL.noop)]
