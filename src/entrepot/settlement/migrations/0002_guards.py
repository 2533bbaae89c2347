"""The number series, the terms for everybody, row-level security, and lines whose amounts nobody changes."""

from django.db import migrations

from entrepot.base.guards import row_security

_ROLES = "'entrepot_app', 'entrepot_desk', 'entrepot_platform'"
_MAY_CHANGE = "left_by, left_note, dispute_reason, disputed_at, ruling, ruling_note, ruled_at"


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial"), ("parties", "0002_guards"), ("ledger", "0002_guards")]
    operations = [
        migrations.RunSQL(
            "create sequence settlement_bill_serial; grant usage on sequence settlement_bill_serial to public;",
            "drop sequence settlement_bill_serial;",
        ),
        migrations.RunSQL(
            # Checked at once: a table with checks to come cannot be altered below.
            "set constraints all immediate; insert into settlement_terms (supplier_id, cycle, rights_days, answer_days, is_silence_consent,"
            " is_sent_at_once) values (null, 'month', 7, 7, false, false); set constraints all deferred",
            "delete from settlement_terms where supplier_id is null",
        ),
        row_security("settlement_terms", supplier="supplier_id = {party} or supplier_id is null"),
        row_security("settlement_bill", supplier="supplier_id = {party} and state <> 'draft'"),
        row_security(
            "settlement_billline",
            supplier="supplier_id = {party} and exists (select 1 from settlement_bill b where b.id = bill_id)",
        ),
        row_security("settlement_run"),
        migrations.RunSQL(
            "do $$ declare who text; begin for who in select rolname from pg_roles"
            f" where rolname in ({_ROLES}) loop"
            " execute format('revoke update, delete, truncate on settlement_billline from %I', who);"
            f" execute format('grant update ({_MAY_CHANGE}) on settlement_billline to %I', who);"
            " execute format('revoke delete, truncate on settlement_bill, settlement_run from %I', who);"
            " end loop; end $$;",
            migrations.RunSQL.noop,
        ),
    ]
