"""Who serves a distributor or supplier may not change the terms under which they trade."""

from django.db import migrations

# A distributor issues keys over his own row locked, and locking takes the right to change some column of it: the
# callback address is the one that is his to choose. State, tier, policy and limits are the platform's.
_EACH = (
    "do $$ begin if exists (select from pg_roles where rolname = 'entrepot_app') then"
    " {statements}; end if; end $$"
)


class Migration(migrations.Migration):
    dependencies = [("parties", "0004_referrers")]
    operations = [
        migrations.RunSQL(
            _EACH.format(
                statements="revoke insert, update, delete on parties_distributor, parties_tier from entrepot_app;"
                " grant update (callback_url) on parties_distributor to entrepot_app"
            ),
            _EACH.format(
                statements="grant insert, update, delete on parties_distributor, parties_tier to entrepot_app"
            ),
        )
    ]
