"""Seals over the ledger: a chain of digests by which any altered, added or removed row is named."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from entrepot.base import scope

ROWS_AT_MOST = 200_000
_LOCK = 0x5EA1
_DIGEST_BYTES = 16
_ID_BYTES = 8
# Every column, in an order that never changes: a new column joins the end of a new form of seal.
_DIGEST = """substring(sha256(convert_to(row(t.id, t.kind, t.debit_id, t.credit_id, t.amount_fen, t.debit_balance_fen,
    t.credit_balance_fen, t.distributor_id, t.supplier_id, t.order_id, t.cause, t.actor, t.remark,
    to_char(t.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), t.xid::text)::text, 'UTF8')) from 1 for 16)"""
_ROWS = f"""
select count(*), coalesce(string_agg(int8send(t.id), ''::bytea order by t.xid, t.id), ''::bytea),
       coalesce(string_agg({_DIGEST}, ''::bytea order by t.xid, t.id), ''::bytea)
from ledger_transfer t where t.xid >= %s::text::xid8 and t.xid < %s::text::xid8
"""  # noqa: S608 — nothing of it comes from outside
# A seal ends where a transaction ends; so many rows are taken at once as a statement can well hold.
_END = """
select coalesce(least((select t.xid from ledger_transfer t where t.xid >= %(start)s::text::xid8
                       order by t.xid offset %(limit)s limit 1), w.xmin), w.xmin)::text,
       w.xmin::text, (clock_timestamp() at time zone 'Asia/Shanghai')::date
from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) w
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One seal: how many transfers it covers, and the hash that covers all before it too."""

    id: int
    day: date
    rows: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing the seals find wrong. `what`: altered, removed, added or broken; the row is named by table and id."""

    table: str
    id: int
    what: str
    seal_id: int


def seal_now() -> Sealed | None:
    """Seal every transfer whose transaction is over and which no seal covers yet; return the seal.

    Only transactions below the oldest one still running are taken, so that nothing can slip in behind a seal. Without
    new transfers a seal is made once a day (Beijing time), otherwise None is returned. One run at a time.
    """
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("select until_xid::text, hash, day from ledger_seal order by id desc limit 1")
        last = cursor.fetchone() or ("0", b"", None)
        start, previous = last[0], bytes(last[1])
        cursor.execute(_END, {"start": start, "limit": ROWS_AT_MOST})
        end, watermark, today = cursor.fetchone()
        if int(end) <= int(start):
            # More rows than one seal takes, all of one transaction: they go together.
            end = watermark
        cursor.execute(_ROWS, [start, end])
        rows, ids, digests = cursor.fetchone()
        if rows == 0 and last[2] == today:
            return None
        end = max(end, start, key=int)
        head = _hash(previous, today, int(start), int(end), bytes(ids), bytes(digests))
        cursor.execute(
            "insert into ledger_seal (day, from_xid, until_xid, rows, row_ids, row_digests, previous_hash, hash)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
            [today, start, end, rows, ids, digests, previous, head],
        )
        return Sealed(cursor.fetchone()[0], today, rows, head)


def check() -> Iterator[Broken]:
    """Compare every sealed transfer with what stands in the ledger now, and the chain with itself; yield the faults.

    Call it inside a scope that sees the whole ledger. Whoever owns the database could write all seals anew: keep the
    last hash (`head`) elsewhere to see that too.
    """
    previous, until = b"", 0
    with connection.cursor() as cursor:
        cursor.execute("select id from ledger_seal order by id")
        seal_ids = [row[0] for row in cursor.fetchall()]
        for seal_id in seal_ids:
            cursor.execute(
                "select day, from_xid, until_xid, row_ids, row_digests, previous_hash, hash, rows"
                " from ledger_seal where id = %s",
                [seal_id],
            )
            day, start, end, *parts, rows = cursor.fetchone()
            ids, digests, before, head = (bytes(part) for part in parts)
            is_whole = (
                before == previous
                and int(start) == until
                and len(ids) == rows * _ID_BYTES
                and head == _hash(before, day, int(start), int(end), ids, digests)
            )
            if not is_whole:
                yield Broken("ledger_seal", seal_id, "broken", seal_id)
            yield from _changed(cursor, seal_id, int(start), int(end), ids=ids, digests=digests)
            previous, until = head, int(end)


def head() -> Sealed | None:
    """Return the last seal, None before the first one."""
    with connection.cursor() as cursor:
        cursor.execute("select id, day, rows, hash from ledger_seal order by id desc limit 1")
        row = cursor.fetchone()
    return None if row is None else Sealed(row[0], row[1], row[2], bytes(row[3]))


def _hash(previous: bytes, day: date, start: int, end: int, ids: bytes, digests: bytes) -> bytes:
    outline = f"{day.isoformat()}|{start}|{end}|{len(ids) // _ID_BYTES}|".encode()
    return hashlib.sha256(previous + outline + ids + digests).digest()


def _changed(cursor: Any, seal_id: int, start: int, end: int, *, ids: bytes, digests: bytes) -> Iterator[Broken]:
    cursor.execute(_ROWS, [str(start), str(end)])
    _count, ids_now, digests_now = cursor.fetchone()
    if ids == bytes(ids_now) and digests == bytes(digests_now):
        return
    sealed, found = _by_id(ids, digests), _by_id(bytes(ids_now), bytes(digests_now))
    missing = [row_id for row_id in sealed if row_id not in found]
    cursor.execute("select id from ledger_transfer where id = any(%s)", [missing])
    moved = {row[0] for row in cursor.fetchall()}
    for row_id, digest in sorted(sealed.items()):
        if row_id not in found:
            yield Broken("ledger_transfer", row_id, "altered" if row_id in moved else "removed", seal_id)
        elif found[row_id] != digest:
            yield Broken("ledger_transfer", row_id, "altered", seal_id)
    for row_id in sorted(found.keys() - sealed.keys()):
        yield Broken("ledger_transfer", row_id, "added", seal_id)


def _by_id(ids: bytes, digests: bytes) -> dict[int, bytes]:
    return {
        int.from_bytes(ids[place * _ID_BYTES : (place + 1) * _ID_BYTES], "big"): digests[
            place * _DIGEST_BYTES : (place + 1) * _DIGEST_BYTES
        ]
        for place in range(len(ids) // _ID_BYTES)
    }
