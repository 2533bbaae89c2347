"""The database roles, the database they share, and copies of it. Works on our own server and on any PostgreSQL ≥ 15."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from entrepot_launch.faults import EXIT_DATABASE, LaunchError

OWNER = "entrepot_owner"  # owns the database and its tables, migrates, never serves
APP = "entrepot_app"  # serves: may read and write rows, bound by row-level security
DESK = "entrepot_desk"  # no login: what the serving role becomes to write stock, money and orders
PLATFORM = "entrepot_platform"  # no login: what the serving role becomes for the platform's own staff
LONGEST = "30s"  # a transaction of those who serve
HATS = (DESK, PLATFORM)  # put on for a transaction by those who serve and migrate, who do not inherit them
DATABASE = "entrepot"
OLDEST_SERVER = 150_000
# Policies by party name those who serve, so that they are none of the hats'. Whoever serves from now on is added to them.
_POLICIES_FOR = sql.SQL(
    """
do $$ declare one record; begin
    for one in select tablename, policyname, roles from pg_policies where schemaname = 'public'
        and policyname in ('scope', 'referrer') and not roles && array['public', {app}]::name[]
    loop
        execute format('alter policy %I on %I to %s', one.policyname, one.tablename,
            (select string_agg(quote_ident(role), ', ') from unnest(one.roles || {app}::name) role));
    end loop;
end $$
"""
)


@dataclass(frozen=True)
class Passwords:
    """The passwords of the two roles, in clear."""

    owner: str
    app: str

    @classmethod
    def random(cls) -> Self:
        """Two fresh passwords."""
        return cls(owner=secrets.token_urlsafe(24), app=secrets.token_urlsafe(24))


@dataclass(frozen=True)
class Access:
    """Addresses of one database for its three users. The admin's is for launcher and test set-up alone."""

    admin_url: str
    owner_url: str
    app_url: str

    def environment(self) -> dict[str, str]:
        """The variables the programs read."""
        return {"DATABASE_URL": self.app_url, "DATABASE_OWNER_URL": self.owner_url}

    def on(self, database: str) -> "Access":
        """The same users' addresses of another database on the same server."""
        return Access(
            admin_url=with_database(self.admin_url, database=database),
            owner_url=with_database(self.owner_url, database=database),
            app_url=with_database(self.app_url, database=database),
        )


def url(*, user: str, password: str, host: str, port: int | str, database: str, **extra: str) -> str:
    """A PostgreSQL address; the host may be a socket folder."""
    query = {"host": host, "port": str(port), **extra}
    return (
        f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{quote(database, safe='')}?{urlencode(query)}"
    )


def with_database(address: str, *, database: str) -> str:
    """The same address with another database name."""
    return _rebuilt(address, dbname=database)


def database_of(address: str) -> str:
    """The database name inside an address, empty if there is none."""
    return str(conninfo_to_dict(address).get("dbname") or "")


def user_of(address: str) -> str:
    """The role inside an address."""
    return str(conninfo_to_dict(address)["user"])


def password_of(address: str) -> str:
    """The password inside an address."""
    return str(conninfo_to_dict(address)["password"])


def prepare(admin_url: str, *, passwords: Passwords, database: str = DATABASE) -> Access:
    """Makes roles and database where they are missing, sets the passwords and rights, and returns the addresses."""
    create_roles(admin_url, passwords=passwords)
    create_database(admin_url, name=database, owner_password=passwords.owner)
    return Access(
        admin_url=with_database(admin_url, database=database),
        owner_url=_rebuilt(admin_url, user=OWNER, password=passwords.owner, dbname=database),
        app_url=_rebuilt(admin_url, user=APP, password=passwords.app, dbname=database),
    )


def create_roles(admin_url: str, *, passwords: Passwords) -> None:
    """Makes the roles, or sets their attributes and passwords anew if they are there."""
    with _admin(admin_url) as connection:
        for name, attributes in (
            (OWNER, sql.SQL("LOGIN NOINHERIT PASSWORD {}").format(sql.Literal(passwords.owner))),
            (APP, sql.SQL("LOGIN NOINHERIT PASSWORD {}").format(sql.Literal(passwords.app))),
            *((hat, sql.SQL("NOLOGIN NOINHERIT")) for hat in HATS),
        ):
            present = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
            verb = sql.SQL("ALTER ROLE" if present else "CREATE ROLE")
            limits = sql.SQL("NOCREATEDB NOCREATEROLE")
            connection.execute(sql.SQL(" ").join([verb, sql.Identifier(name), limits, attributes]))
            _refuse_privileged(connection, name=name)
        if connection.info.server_version >= 170_000:
            # What is committed is told once no older transaction writes any more: none may take for ever. Before
            # PostgreSQL 17 only a single statement and a pause are limited.
            connection.execute(
                sql.SQL("ALTER ROLE {} SET transaction_timeout = {}").format(sql.Identifier(APP), sql.Literal(LONGEST))
            )
        for hat in HATS:
            wearers = sql.SQL(", ").join([sql.Identifier(APP), sql.Identifier(OWNER)])
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(hat), wearers))


def create_database(admin_url: str, *, name: str, owner_password: str) -> bool:
    """Makes the database, owned by the owner role, with the app role's rights on all that will be made in it."""
    with _admin(admin_url) as connection:
        made = not database_exists(admin_url, name=name)
        if made:
            _let_admin_give(connection)
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER), _collation(connection)
                )
            )
            _database_rights(connection, name=name)
    owner_url = _rebuilt(admin_url, user=OWNER, password=owner_password, dbname=name)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        _default_rights(owner)
    return made


def adopt_database(owner_url: str, *, app: str, fresh: bool) -> None:
    """Gives the app role its rights in a database somebody else has made; `fresh` removes everything in it first."""
    try:
        owner = psycopg.connect(owner_url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as refusal:
        raise LaunchError(f"cannot reach PostgreSQL as owner: {refusal}", exit_code=EXIT_DATABASE) from None
    with owner:
        if fresh:
            owner.execute("DROP SCHEMA IF EXISTS launch CASCADE")
            owner.execute("DROP SCHEMA public CASCADE")
            owner.execute("CREATE SCHEMA public")
        _default_rights(owner, app=app)
        owner.execute(_POLICIES_FOR.format(app=sql.Literal(app)))


def clone_database(admin_url: str, *, template: str, name: str) -> None:
    """Makes `name` as an exact copy of `template`, replacing an older copy. Nobody may be connected to the template."""
    drop_database(admin_url, name=name)
    with _admin(admin_url) as connection:
        _let_admin_give(connection)
        # Copying files is much slower than writing the copy to the log as long as the template is small.
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
            )
        )
        _database_rights(connection, name=name)


def drop_database(admin_url: str, *, name: str) -> None:
    """Removes a database and ends whatever is connected to it; nothing happens if there is none."""
    with _admin(admin_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def remark(owner_url: str) -> str:
    """The launcher's note in a database, empty if there is none."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        there = owner.execute("SELECT to_regclass('launch.note') IS NOT NULL").fetchone()
        row = owner.execute("SELECT said FROM launch.note").fetchone() if there and there[0] else None
    return "" if row is None else str(row[0])


def set_remark(owner_url: str, *, text: str) -> None:
    """Replaces the note. It is a table, in a schema of its own, so that a dump and its restore carry it along."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("CREATE SCHEMA IF NOT EXISTS launch")
        owner.execute("CREATE TABLE IF NOT EXISTS launch.note (said text NOT NULL)")
        owner.execute("REVOKE ALL ON launch.note FROM PUBLIC")
        owner.execute("DELETE FROM launch.note")
        owner.execute("INSERT INTO launch.note VALUES (%s)", [text])


def drop_own_database(admin_url: str, *, name: str) -> None:
    """Removes a database if the owner role owns it; refuses to touch anybody else's."""
    with _admin(admin_url) as connection:
        row = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
    if row is None:
        return
    if row[0] != OWNER:
        raise LaunchError(f"the database {name} belongs to {row[0]}, not to us; it is not removed")
    drop_database(admin_url, name=name)


def database_exists(admin_url: str, *, name: str) -> bool:
    """Whether the server has a database of that name."""
    with _admin(admin_url) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def role_exists(admin_url: str, *, name: str) -> bool:
    """Whether the server has a role of that name."""
    with _admin(admin_url) as connection:
        return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def _default_rights(owner: psycopg.Connection, *, app: str = APP) -> None:
    """For the serving roles, by the owner himself, so that a managed server's admin, who is no superuser, needs no rights over the owner."""
    serving = sql.SQL(", ").join(sql.Identifier(name) for name in (app, *HATS))
    for statement in (
        "ALTER SCHEMA public OWNER TO CURRENT_USER",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {serving}",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {serving}",
        "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {serving}",
    ):
        owner.execute(sql.SQL(statement).format(serving=serving))


def _database_rights(connection: psycopg.Connection, *, name: str) -> None:
    database = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _let_admin_give(connection: psycopg.Connection) -> None:
    """An admin who is no superuser may hand a database only to a role he is a member of."""
    if not _is_superuser(connection):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))


def _is_superuser(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return row is not None and bool(row[0])


def _refuse_privileged(connection: psycopg.Connection, *, name: str) -> None:
    row = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if row is not None and row[0]:
        raise LaunchError(
            f"the role {name} is superuser or passes row-level security; take that from it first",
            exit_code=EXIT_DATABASE,
        )


def _collation(connection: psycopg.Connection) -> sql.SQL:
    """Order by code point everywhere: from PostgreSQL 17 by its own provider, which no system library can change."""
    if connection.info.server_version >= 170_000:
        return sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
    return sql.SQL("LOCALE 'C.UTF-8'")


@contextmanager
def _admin(address: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(with_database(address, database="postgres"), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as refusal:
        raise LaunchError(f"cannot reach PostgreSQL as administrator: {refusal}", exit_code=EXIT_DATABASE) from None
    with connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise LaunchError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old; 15 or newer is needed",
                exit_code=EXIT_DATABASE,
            )
        yield connection


def _rebuilt(address: str, **changes: str) -> str:
    parts = {name: str(value) for name, value in conninfo_to_dict(address, **changes).items() if value is not None}
    return url(
        user=parts.pop("user", ""),
        password=parts.pop("password", ""),
        host=parts.pop("host", "localhost"),
        port=parts.pop("port", "5432"),
        database=parts.pop("dbname", "postgres"),
        **parts,
    )
