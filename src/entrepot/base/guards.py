"""SQL of the database's own guards: row-level security and append-only tables."""

from django.db import migrations

_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_TIER = "(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)"


def row_security(
    table: str, *, supplier: str = "", distributor: str = "", everything: str = "desk,platform"
) -> migrations.RunSQL:
    """Return the migration that holds a table to the scope of the transaction, its owner included.

    `supplier` and `distributor` are conditions on a row for those scopes, empty for "sees nothing"; `{party}` and
    `{tier}` stand for the ids of the scope. `everything` names the scopes that see all rows.
    """
    kinds = ", ".join(f"'{kind}'" for kind in everything.split(",") if kind)
    terms = [f"{_KIND} in ({kinds})"] if kinds else ["false"]
    for kind, condition in (("supplier", supplier), ("distributor", distributor)):
        if condition:
            terms.append(f"({_KIND} = '{kind}' and ({condition.format(party=_PARTY, tier=_TIER)}))")
    return migrations.RunSQL(
        f"alter table {table} enable row level security; alter table {table} force row level security;"
        f" create policy scope on {table} using ({' or '.join(terms)});",
        f"drop policy scope on {table}; alter table {table} no force row level security;"
        f" alter table {table} disable row level security;",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration that lets rows of a table be added and never changed, removed or truncated, by anybody."""
    return migrations.RunSQL(
        "create or replace function entrepot_append_only() returns trigger language plpgsql as"
        " $$ begin raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation'; end $$;"
        f" create trigger append_only_rows before update or delete on {table}"
        " for each row execute function entrepot_append_only();"
        f" create trigger append_only_table before truncate on {table}"
        " for each statement execute function entrepot_append_only();"
        " do $$ begin if exists (select from pg_roles where rolname = 'entrepot_app') then"
        f" revoke update, delete, truncate on {table} from entrepot_app; end if; end $$;",
        f"drop trigger append_only_rows on {table}; drop trigger append_only_table on {table};",
    )
