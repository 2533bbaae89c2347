"""Whose rows a transaction may see: the database holds every statement to it by row-level security."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
"""The party of the open transaction, for SQL.

Reads over large tables say `supplier_id = {PARTY}` although row-level security holds them to it anyway: its conditions for
several kinds of parties are joined by `or`, which no index serves.
"""

_SET = (
    "select set_config('entrepot.kind', %s, true), set_config('entrepot.party_id', %s, true),"
    " set_config('entrepot.tier_id', %s, true), set_config('role', %s, true)"
)

# The tier is looked up when the settings before it are made, so that the distributor finds his own row.
_SET_WITH_TIER = (
    "select set_config('entrepot.kind', %s, true), set_config('entrepot.party_id', %s, true),"
    " set_config('entrepot.tier_id', coalesce((select tier_id::text from parties_distributor where id = %s), '0'), true),"
    " set_config('role', %s, true)"
)

_HAT_ON = "select set_config('entrepot.role_before', current_setting('role'), true), set_config('role', 'entrepot_desk', true)"
_HAT_OFF = "select set_config('role', current_setting('entrepot.role_before'), true)"

# What a read says besides, in the same statement.
_READ_ONLY = "select set_config('transaction_read_only', 'on', true),"

# What `desk` sends first. Who opens a transaction of his own for the desk may let it travel with his first statements.
AS_DESK = "select set_config('entrepot.kind', 'desk', true), set_config('role', 'entrepot_desk', true)"

# What `distributor` sends first to read alone, for statements that travel together; `party` is the id as text.
AS_DISTRIBUTOR = (
    "select set_config('transaction_read_only', 'on', true), set_config('entrepot.kind', 'distributor', true),"
    " set_config('entrepot.party_id', %(party)s::text, true), set_config('entrepot.tier_id',"
    " coalesce((select tier_id::text from parties_distributor where id = %(party)s::text::bigint), '0'), true),"
    " set_config('role', 'none', true)"
)

# The settings before are read by the statement that makes the new ones: its terms are worked out in their order.
_GET = (
    "select coalesce(current_setting('entrepot.kind', true), ''),"
    " coalesce(current_setting('entrepot.party_id', true), ''), coalesce(current_setting('entrepot.tier_id', true), ''),"
    " current_setting('role'),"
)


# Whether what is done now is done to a sandbox; the platform's own scope shows none of them otherwise.
_sandbox: ContextVar[bool] = ContextVar("sandbox", default=False)


@contextmanager
def _scoped(
    kind: str, *, party_id: int = 0, role: str = "none", read_only: bool = False, opening: str = _SET
) -> Iterator[None]:
    nested = connection.in_atomic_block
    tier_of = party_id if opening is _SET_WITH_TIER else "0"
    with transaction.atomic():
        before = None
        with connection.cursor() as cursor:
            if nested or read_only:
                opening = (_GET if nested else _READ_ONLY) + opening.removeprefix("select")
            cursor.execute(opening, [kind, str(party_id), tier_of, role])
            if nested:
                before = cursor.fetchone()[:4]
        yield
        if before is not None:
            with connection.cursor() as cursor:
                cursor.execute(_SET, before)


@contextmanager
def platform(*, read_only: bool = False) -> Iterator[None]:
    """Open a transaction that sees every live party's rows, save suppliers' own costs, and no sandbox.

    Inside `in_sandbox` it sees what the desk sees, so that the deeds of the rooms reach sandboxes as well.
    """
    role = "entrepot_desk" if _sandbox.get() else "entrepot_platform"
    with _scoped("platform", role=role, read_only=read_only):
        yield


@contextmanager
def in_sandbox() -> Iterator[None]:
    """Let what is done inside, by the platform's scope too, be done to a sandbox; the caller names which by its ids."""
    token = _sandbox.set(True)
    try:
        yield
    finally:
        _sandbox.reset(token)


def enter_world(*, is_sandbox: bool) -> None:
    """Say for the rest of a request in whose world it acts: a sandbox's key, or a live one."""
    _sandbox.set(is_sandbox)


@contextmanager
def supplier(supplier_id: int, *, read_only: bool = False) -> Iterator[None]:
    """Open a transaction that sees one supplier's rows."""
    with _scoped("supplier", party_id=supplier_id, read_only=read_only):
        yield


@contextmanager
def distributor(distributor_id: int, *, read_only: bool = False) -> Iterator[None]:
    """Open a transaction that sees one distributor's rows and the goods shown to him."""
    with _scoped("distributor", party_id=distributor_id, read_only=read_only, opening=_SET_WITH_TIER):
        yield


@contextmanager
def referrer(referrer_id: int, *, read_only: bool = False) -> Iterator[None]:
    """Open a transaction that sees what one referrer has earned, and nothing of the trade itself."""
    with _scoped("referrer", party_id=referrer_id, read_only=read_only):
        yield


def look_as_desk(statement: str, values: Any = (), *, are_ids: bool = False) -> list[tuple[Any, ...]]:
    """Return the rows of a statement as the desk sees them, for ids and figures in the scope of a party.

    Row-level security looks at each row, and an index holds too little for that: counting would read every row it counts.
    So the statement names its party itself (`PARTY`), in every table that has one. Nothing is handed out that is not
    a figure or an id to be read in the scope. The role is put on, used and taken off in one journey.

    Raises ValueError for a statement that names no party, unless it gives ids alone (`are_ids`) which the scope sifts.
    """
    if not are_ids and PARTY not in statement:
        raise ValueError("a statement that is asked as the desk names its party")
    with connection.cursor() as cursor:
        cursor.execute(f"{_HAT_ON};\n{statement};\n{_HAT_OFF}", values)
        cursor.nextset()
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@contextmanager
def desk(*, read_only: bool = False) -> Iterator[None]:
    """Open a transaction of the system itself: the desk, the worker, key look-up."""
    with _scoped("desk", role="entrepot_desk", read_only=read_only):
        yield


@contextmanager
def one_moment(*, distributor_id: int | None = None) -> Iterator[None]:
    """Open a read-only transaction that sees rows as they stood at one moment, however long it takes to read.

    It sees every row, or what a distributor sees.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local statement_timeout = 0")
            cursor.execute("set local idle_in_transaction_session_timeout = 0")
            # A server before PostgreSQL 17 does not know it.
            cursor.execute("select set_config(name, '0', true) from pg_settings where name = 'transaction_timeout'")
        with desk() if distributor_id is None else distributor(distributor_id):
            yield
