"""SQL of the database's own guards: row-level security, append-only tables, and tables that the desk alone writes."""

from django.db import migrations

from entrepot.base.worlds import SANDBOX_FROM

_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_TIER = "(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)"
HATS = ("entrepot_desk", "entrepot_platform")
# Those who put the hats on: the serving role and the owner, whatever they are called. Policies by party are theirs alone.
# Were they everybody's, the planner would join them by `or` to a hat's own, and no index would serve the platform alone.
_SERVING = (
    "(select string_agg(quote_ident(rolname), ', ') from pg_roles where not rolsuper"
    " and pg_has_role(oid, 'entrepot_platform', 'member') and rolname not in ('entrepot_desk', 'entrepot_platform'))"
)


def row_security(
    table: str,
    *,
    supplier: str = "",
    distributor: str = "",
    referrer: str = "",
    hats: tuple[str, ...] = HATS,
) -> migrations.RunSQL:
    """Return the migration that holds a table to the scope of the transaction, its owner included.

    `supplier`, `distributor` and `referrer` are conditions on a row for those scopes, empty for "sees nothing"; `{party}` and
    `{tier}` stand for the ids of the scope. `hats` are the roles that see all rows; theirs is a policy of its own, so
    that the planner meets no condition at all and every index serves them.
    """
    terms = [
        f"({_KIND} = '{kind}' and ({condition.format(party=_PARTY, tier=_TIER)}))"
        for kind, condition in (("supplier", supplier), ("distributor", distributor), ("referrer", referrer))
        if condition
    ]
    forward = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy scope on {table} using ({' or '.join(terms) or 'false'})",
        _for_those_who_serve("scope", table=table),
        *(f"create policy {hat.removeprefix('entrepot_')} on {table} to {hat} using (true)" for hat in hats),
    ]
    backward = [
        f"drop policy scope on {table}",
        *(f"drop policy {hat.removeprefix('entrepot_')} on {table}" for hat in hats),
        f"alter table {table} no force row level security",
        f"alter table {table} disable row level security",
    ]
    return migrations.RunSQL("; ".join(forward), "; ".join(backward))


def _for_those_who_serve(policy: str, *, table: str) -> str:
    return f"do $$ begin execute format('alter policy {policy} on {table} to %s', {_SERVING}); end $$"


def policies_for_those_who_serve() -> migrations.RunSQL:
    """Return the migration that takes policies by party, made before this was done at once, from the hats."""
    return migrations.RunSQL(
        "do $$ declare one record; begin for one in select tablename, policyname from pg_policies"
        " where schemaname = 'public' and roles = '{public}' and policyname in ('scope', 'referrer')"
        f" loop execute format('alter policy %I on %I to %s', one.policyname, one.tablename, {_SERVING});"
        " end loop; end $$;",
        migrations.RunSQL.noop,
    )


def shown_to_referrers(table: str, *, condition: str) -> migrations.RunSQL:
    """Return the migration that lets a referrer read rows of a table that is under row-level security already."""
    return migrations.RunSQL(
        f"create policy referrer on {table} for select"
        f" using ({_KIND} = 'referrer' and ({condition.format(party=_PARTY)}));"
        + _for_those_who_serve("referrer", table=table),
        f"drop policy referrer on {table}",
    )


def live_alone(table: str, *, condition: str) -> migrations.RunSQL:
    """Return the migration that shows the platform the live world's rows of a table and no sandbox's.

    `condition` holds for live rows; `{first}` stands for the first id of sandboxes. Reckon it from ids in the row itself
    where there are any, so that it costs no other table a look. A row that goes with another may be written in one
    statement with it, before the other can be seen, and so is not looked at when it is written.
    """
    check = " with check (true)" if condition.startswith("exists") else ""
    return migrations.RunSQL(
        f"alter policy platform on {table} using ({condition.format(first=SANDBOX_FROM)}){check}",
        f"alter policy platform on {table} using (true)",
    )


def one_world(table: str, *pairs: tuple[str, str]) -> migrations.RunSQL:
    """Return the migration by which a row of one world names no row of the other: each pair of columns lies in one.

    Rows from before are not looked at: none of them is a sandbox's.
    """
    terms = [f"({one} >= {SANDBOX_FROM}) = ({other} >= {SANDBOX_FROM})" for one, other in pairs]
    name = f"{table.partition('_')[2]}_in_one_world"
    return migrations.RunSQL(
        f"alter table {table} add constraint {name} check ({' and '.join(terms)}) not valid",
        f"alter table {table} drop constraint {name}",
    )


def desk_writes_alone(*tables: str) -> migrations.RunSQL:
    """Return the migration that leaves reading these tables to all and writing them to the desk's role."""
    names = ", ".join(tables)
    return migrations.RunSQL(
        "do $$ declare who text; begin for who in select rolname from pg_roles"
        " where rolname in ('entrepot_app', 'entrepot_platform') loop"
        f" execute format('revoke insert, update, delete, truncate on {names} from %I', who); end loop; end $$;",
        migrations.RunSQL.noop,
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
        " do $$ declare who text; begin for who in select rolname from pg_roles"
        " where rolname in ('entrepot_app', 'entrepot_desk', 'entrepot_platform') loop"
        f" execute format('revoke update, delete, truncate on {table} from %I', who); end loop; end $$;",
        f"drop trigger append_only_rows on {table}; drop trigger append_only_table on {table};",
    )
