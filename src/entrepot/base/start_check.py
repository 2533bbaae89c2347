"""What must hold before anybody is served: the database itself keeps the parties apart."""

from django.apps import apps
from django.db import connection

from entrepot.base import scope

# Tables of the platform that belong to no party, or are read before it is known whose request it is.
_SHARED = frozenset(
    {
        *("catalog_category", "catalog_brand", "catalog_attribute", "catalog_catalogsetting", "pricing_pricesetting"),
        *("parties_role", "parties_user", "parties_user_roles"),
    }
)
_ROLE = """
select rolname, rolsuper, rolbypassrls, pg_has_role(rolname, d.datdba, 'member')
from pg_roles, pg_database d where rolname = current_user and d.datname = current_database()
"""
_HATS = """
select rolname from pg_roles
where rolname <> current_user and pg_has_role(current_user, oid, 'member') and (rolsuper or rolbypassrls)
"""
_TABLES = """
select c.relname, c.relrowsecurity and c.relforcerowsecurity, pg_has_role(current_user, c.relowner, 'member'),
       exists (select from pg_policy p where p.polrelid = c.oid),
       exists (select from pg_policy p where p.polrelid = c.oid
               and (0 = any(p.polroles)
                    or (select oid from pg_roles where rolname = current_user) = any(p.polroles)))
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
_YOUNGER = """
select max(xid), pg_snapshot_xmax(pg_current_snapshot()) from events_event
having max(xid) >= pg_snapshot_xmax(pg_current_snapshot())
"""


def problems() -> list[str]:
    """Return why this process must not serve, in sentences; empty when it may.

    It may not as superuser, as a role that passes row-level security, or as owner of database or tables; nor when a
    table of a room lacks row-level security that binds its owner too.
    """
    found: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        role, is_super, bypasses, owns = cursor.fetchone()
        cursor.execute(_HATS)
        hats = [row[0] for row in cursor.fetchall()]
        cursor.execute(_TABLES)
        tables = {row[0]: row[1:] for row in cursor.fetchall()}
    if is_super:
        found.append(f"the role {role} is a superuser, whom row-level security does not bind")
    elif bypasses:
        found.append(f"the role {role} passes row-level security (BYPASSRLS)")
    elif owns:
        found.append(f"the role {role} owns the database: serve as another role")
    if not is_super:
        found += [f"the role {role} may become {hat}, which row-level security does not bind" for hat in hats]
    for table in party_tables():
        if table not in tables:
            found.append(f"the table {table} is missing: run the migrations")
            continue
        is_forced, is_own, has_policy, is_meant = tables[table]
        if not (is_forced and has_policy):
            found.append(f"the table {table} is not under forced row-level security")
        elif not is_meant and not is_super:
            found.append(f"the table {table} shows the role {role} nothing: its policies are for other roles")
        if is_own and not is_super and not owns:
            found.append(f"the role {role} owns the table {table}: serve as another role")
    if "events_event" in tables and not is_super and not owns:
        found += _younger()
    return found


def _younger() -> list[str]:
    """Feeds, callbacks and referral go by transaction numbers: in a server that is behind its rows they would pass over all."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_YOUNGER)
        return [
            f"the newest event is of transaction {told}, and this server is only at {now}: the database was loaded from"
            " a dump; restore a physical copy instead"
            for told, now in cursor.fetchall()
        ]


def party_tables() -> list[str]:
    """Return the tables of the rooms that must be under row-level security: all but those shared by everybody."""
    models = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("entrepot.")]
    tables = {model._meta.db_table for model in models if model._meta.managed}
    return sorted(table for table in tables - _SHARED if not table.startswith("parties_user_"))
