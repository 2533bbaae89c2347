"""Databases for tests: one server, one migrated template, one copy for each process that runs tests."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from entrepot_launch import postgres, roles

ADMIN_VARIABLE = "ENTREPOT_TEST_ADMIN_URL"
TEMPLATE = "test_entrepot"
TEMPLATE_LOCK = 0x656E_7472  # any number, the same in every process


@contextmanager
def server() -> Iterator[roles.Access]:
    """The server `bin/test` has started, or one of our own for the length of the block."""
    admin_url = os.environ.get(ADMIN_VARIABLE)
    if admin_url is None:
        with postgres.temporary() as access:
            yield access
        return
    yield roles.Access(
        admin_url=admin_url, owner_url=os.environ["DATABASE_OWNER_URL"], app_url=os.environ["DATABASE_URL"]
    )


def template(access: roles.Access, *, migrate: Callable[[roles.Access], None], name: str = TEMPLATE) -> roles.Access:
    """The migrated template database. The first process that asks makes it, the others wait for it.

    `migrate` gets the addresses of the new, empty database, works as the owner and closes its connections.
    """
    there = access.on(name)
    with psycopg.connect(access.admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if not _is_finished(connection, name=name):
            roles.drop_database(access.admin_url, name=name)
            roles.create_database(access.admin_url, name=name, owner_password=roles.password_of(access.owner_url))
            migrate(there)
            # The mark is the last step, so that a template whose migration failed is never copied.
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS 'migrated'").format(sql.Identifier(name)))
    return there


def clone(access: roles.Access, *, worker: str = "main", source: str = TEMPLATE) -> roles.Access:
    """A fresh copy of the template for one test process (`gw0`, `gw1`, … under xdist)."""
    name = f"{source}_{worker}"
    with psycopg.connect(access.admin_url, autocommit=True) as connection:
        # Two copies of one template at the same time would each be refused because of the other's connection.
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        roles.clone_database(access.admin_url, template=source, name=name)
    return access.on(name)


def _is_finished(connection: psycopg.Connection, *, name: str) -> bool:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    return row is not None and row[0] == "migrated"
