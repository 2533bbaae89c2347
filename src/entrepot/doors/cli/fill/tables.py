"""Tables as a bulk load wants them: bare, new and read from another connection's rows as they are made."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import pq

_CHUNK = 256 * 1024
_SMALL = 256 * 1024 * 1024
# References from and to the tables first, then keys, then indexes; what was taken off first is put back last.
_LIFTS = """
select format('alter table %%s drop constraint %%I', c.conrelid::regclass, c.conname),
    format('alter table %%s add constraint %%I %%s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
from pg_constraint c
where c.contype = 'f' and (c.conrelid = any(%(tables)s::regclass[]) or c.confrelid = any(%(tables)s::regclass[]))
union all
select format('alter table %%s drop constraint %%I', c.conrelid::regclass, c.conname),
    format('alter table %%s add constraint %%I %%s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
from pg_constraint c where c.contype in ('p', 'u') and c.conrelid = any(%(tables)s::regclass[])
union all
select format('drop index %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid = any(%(tables)s::regclass[])
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
"""
# Their owner is held to row-level security like everybody, and sees nothing of these tables: he could neither copy rows
# into them nor compare references. Both ends of every reference are meant.
_HELD = """
select distinct r::regclass::text from pg_constraint c cross join lateral (values (c.conrelid), (c.confrelid)) t(r)
where c.contype = 'f' and (c.conrelid = any(%(tables)s::regclass[]) or c.confrelid = any(%(tables)s::regclass[]))
    and (select relforcerowsecurity from pg_class where oid = r)
union select oid::regclass::text from pg_class where oid = any(%(tables)s::regclass[]) and relforcerowsecurity
"""
# A column that gives its own numbers has a sequence, whose next value is free for the taking as long as the table is locked.
_RESERVE = "select setval(%(name)s::regclass, nextval(%(name)s::regclass) + %(count)s) - %(count)s"


def statements_in(path: Path) -> dict[str, str]:
    """Return the statements of a file by what stands behind `-- name:`."""
    found = re.findall(r"^-- name: (.+?)\n(.*?)(?=^-- name: |\Z)", path.read_text("utf-8"), re.M | re.S)
    return {name: body.strip().rstrip(";") for name, body in found}


def unhurried(raw: psycopg.Connection[Any]) -> None:
    """Let the open transaction take as long and use as much memory as a bulk load needs."""
    raw.execute("set local statement_timeout = 0")
    raw.execute("set local idle_in_transaction_session_timeout = 0")
    raw.execute("set local work_mem = '256MB'")
    raw.execute("set local maintenance_work_mem = '768MB'")
    raw.execute("set local synchronous_commit = off")


def run(raw: psycopg.Connection[Any], statement: str, values: dict[str, Any] | None = None) -> None:
    """Run statements that travel at once, values and all."""
    psycopg.ClientCursor(raw).execute(statement, values)


def one(raw: psycopg.Connection[Any], statement: str, values: Any = None) -> Any:
    """Return the only figure a statement gives."""
    row = raw.execute(statement, values).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def of_its_owner(raw: psycopg.Connection[Any]) -> Iterator[None]:
    """Work as the owner of the tables for a while."""
    before = one(raw, "select current_setting('role')")
    raw.execute("select set_config('role', 'none', true)")
    yield
    raw.execute("select set_config('role', %s, true)", [before])


class Bare:
    """Tables without references, keys and indexes, which are built at the end: much quicker than row by row.

    All of it happens in the open transaction, so that a load that is broken off leaves the tables as they were; putting
    a key or a reference back looks at every row. Small tables are written anew first: rows that go into a file made by
    the same transaction need no second look later, nor a second copy in the log where the server keeps a minimal one.
    """

    def __init__(self, raw: psycopg.Connection[Any], *, tables: Sequence[str]) -> None:
        self._raw = raw
        self._tables = list(tables)
        self._backs: list[str] = []
        self._held: list[str] = []
        self.fresh: set[str] = set()

    def __enter__(self) -> "Bare":
        with of_its_owner(self._raw):
            self._held = [name for (name,) in self._raw.execute(_HELD, {"tables": self._tables}).fetchall()]
            for table in self._held:
                self._raw.execute(f"alter table {table} no force row level security")
            for table in self._tables:
                self._renew(table)
            lifts = self._raw.execute(_LIFTS, {"tables": self._tables}).fetchall()
            self._backs = [back for _lift, back in reversed(lifts)]
            for lift, _back in lifts:
                self._raw.execute(lift)
        return self

    def __exit__(self, kind: object, failure: object, trace: object) -> None:
        if kind is not None:
            return
        with of_its_owner(self._raw):
            self._raw.execute("set constraints all immediate")
            for back in self._backs:
                began = time.monotonic()
                self._raw.execute(back)
                if time.monotonic() - began > 5:
                    print(f"  {time.monotonic() - began:.0f} s: {back[:100]}", flush=True)
            for table in self._held:
                self._raw.execute(f"alter table {table} force row level security")

    def _renew(self, table: str) -> None:
        if one(self._raw, "select pg_table_size(%s::regclass)", [table]) < _SMALL:
            key = "select conindid::regclass::text from pg_constraint where contype = 'p' and conrelid = %s::regclass"
            self._raw.execute(f"cluster {table} using {one(self._raw, key, [table])}")
            self.fresh.add(table)

    def take(self, source: psycopg.Connection[Any], *, into: str, columns: str, statement: str, values: Any) -> int:
        """Write the rows of a statement of another connection into a table and return how many they are."""
        freeze = ", freeze" if into in self.fresh else ""
        asked = psycopg.ClientCursor(source).mogrify(statement, values)
        with of_its_owner(self._raw):
            writer = self._raw.cursor()
            with writer.copy(f"copy {into} ({columns}) from stdin (format binary{freeze})") as copy:
                for chunk in _binary_rows(source, asked):
                    copy.write(chunk)
            return writer.rowcount


def _binary_rows(source: psycopg.Connection[Any], statement: str) -> Iterator[bytes]:
    """Yield what a statement gives as the database writes it for copying, in large pieces.

    It goes below the driver's cursor, which hands over row by row at several times the cost.
    """
    plain = source.pgconn
    answer = plain.exec_(f"copy ({statement}) to stdout (format binary)".encode())
    if answer.status != pq.ExecStatus.COPY_OUT:
        raise psycopg.OperationalError(answer.error_message.decode())
    pieces, size = bytearray(), 0
    while True:
        size, row = plain.get_copy_data(0)
        if size <= 0:
            break
        pieces += row
        if len(pieces) > _CHUNK:
            yield bytes(pieces)
            pieces = bytearray()
    if pieces:
        yield bytes(pieces)
    while (last := plain.get_result()) is not None:
        if last.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(last.error_message.decode())


def reserve(raw: psycopg.Connection[Any], sequence: str, *, count: int) -> int:
    """Take so many numbers of a sequence in a row and return the first one."""
    with of_its_owner(raw):
        raw.execute(f"alter sequence {sequence} no cycle")  # nobody else takes a number until the transaction ends
        return int(one(raw, _RESERVE, {"name": sequence, "count": count}))


def reserve_ids(raw: psycopg.Connection[Any], table: str, *, count: int) -> int:
    """Take so many ids of a table in a row and return the first one."""
    return reserve(raw, str(one(raw, "select pg_get_serial_sequence(%s, 'id')", [table])), count=count)


@contextmanager
def another_connection() -> Iterator[psycopg.Connection[Any]]:
    """Open a second connection to the same database, as its owner."""
    beside = connection.copy()
    beside.connect()
    try:
        raw: psycopg.Connection[Any] = beside.connection
        raw.execute("select set_config('entrepot.kind', 'desk', false)")
        raw.execute("set statement_timeout = 0")
        raw.execute("set idle_in_transaction_session_timeout = 0")
        raw.execute("set work_mem = '256MB'")
        raw.execute("set temp_buffers = '64MB'")
        yield raw
    finally:
        beside.close()
