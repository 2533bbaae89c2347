"""Row-level security; what was paid for is not changed, only its end is written."""

from django.db import migrations

from entrepot.base.guards import live_alone, row_security

_ROLES = "'entrepot_app', 'entrepot_desk', 'entrepot_platform'"
_MAY_CHANGE = "warned_at, ended_at, outcome"


class Migration(migrations.Migration):
    dependencies = [("membership", "0001_initial"), ("parties", "0002_guards"), ("sandbox", "0002_apart")]
    operations = [
        row_security("membership_membershipterms", distributor="true"),
        row_security("membership_membershipsetting", distributor="true"),
        row_security("membership_membership", distributor="distributor_id = {party}"),
        live_alone("membership_membership", condition="distributor_id < {first}"),
        # What is sold is shown: a distributor sees the tiers he could buy beside his own.
        migrations.RunSQL(
            "create policy sold on parties_tier for select using ((select current_setting('entrepot.kind', true))"
            " = 'distributor' and exists (select from membership_membershipterms t where t.tier_id = id))",
            "drop policy sold on parties_tier",
        ),
        migrations.RunSQL(
            "do $$ declare who text; begin for who in select rolname from pg_roles"
            f" where rolname in ({_ROLES}) loop"
            " execute format('revoke update, delete, truncate on membership_membership from %I', who);"
            f" execute format('grant update ({_MAY_CHANGE}) on membership_membership to %I', who);"
            " end loop; end $$;",
            migrations.RunSQL.noop,
        ),
    ]
