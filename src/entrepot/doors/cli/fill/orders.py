"""A year of orders: one block worked out in the database, written again and again with other numbers and later times."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from entrepot.base import scope
from entrepot.doors.cli.demo.buyers import consignee
from entrepot.doors.cli.fill.tables import (
    Bare,
    another_connection,
    of_its_owner,
    one,
    reserve,
    reserve_ids,
    run,
    statements_in,
    unhurried,
)

BLOCK = 500_000
# What becomes of an order is over in 15 days; no block may be shorter, and there are 365 days in all.
BLOCKS_AT_MOST = 24
_SEALED_AT_ONCE = 150_000
_BUYERS = 20_000
_ONCE = (
    *("orders_order", "orders_line", "orders_supplyorder", "orders_consignee"),
    *("orders_shipment", "orders_shipmentline", "orders_refund", "orders_refundline"),
)
_OVER_TIME = ("ledger_transfer", "stock_move", "events_event")
SQL = statements_in(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class World:
    """What orders are made from: ids of distributors and suppliers, and the first and last id of goods."""

    distributors: Sequence[int]
    suppliers: Sequence[int]
    goods: tuple[int, int]


def write_orders(count: int, *, world: World, since: datetime) -> int:
    """Write orders in one transaction, spread over the time since a moment, and return how many they are.

    A second connection makes the rows while this one writes them. The rows say that each slice of a block was a
    transaction of its own: who follows the ledger or the events by transactions meets steps of a usual size.
    """
    blocks = min(BLOCKS_AT_MOST, -(-count // BLOCK))
    size = -(-count // blocks)
    with another_connection() as source, scope.desk():
        raw: psycopg.Connection[Any] = connection.connection
        unhurried(raw)
        began, until = time.monotonic(), one(raw, "select transaction_timestamp()")
        block = _Block(source, size=size, blocks=blocks, span=(until - since) / blocks, until=until)
        block.work_out(world, houses=_houses(raw))
        print(f"  one block of {size:,} orders worked out in {time.monotonic() - began:.1f} s", flush=True)
        with Bare(raw, tables=[*_ONCE, *_OVER_TIME]) as bare:
            block.set_numbers_aside(raw)
            began = time.monotonic()
            for place in range(blocks + 1):
                block.write(bare, place=place, since=since)
                done, took = min(place + 1, blocks) * size, time.monotonic() - began
                print(f"  {done:,} of {count:,} orders, {done / took:,.0f}/s", flush=True)
            _settle(raw, bare=bare, block=block)
            began = time.monotonic()
        print(f"  keys, indexes and references in {time.monotonic() - began:.1f} s", flush=True)
        _pass_by(raw, block=block, distributors=world.distributors)
    return size * blocks


class _Block:
    """One block of orders in temporary tables of a connection, and where its next writing begins."""

    def __init__(
        self, source: psycopg.Connection[Any], *, size: int, blocks: int, span: timedelta, until: datetime
    ) -> None:
        self.source = source
        self.blocks = blocks
        self._span = span
        self._values: dict[str, Any] = {"size": size, "blocks": blocks, "span": span, "until": until}
        self._values |= {"step": span / size, "slices": 1}
        self._counts: dict[str, int] = {}
        self._firsts: dict[str, int] = {}
        self.last_event: tuple[int, int] = (0, 0)

    def work_out(self, world: World, *, houses: dict[str, int]) -> None:
        """Make the temporary tables; `houses` are the accounts of the platform's income by kind."""
        _stage(self.source, world=world)
        for name in ("block", "money of a block", "stock of a block", "events of a block"):
            run(self.source, SQL[name], self._values | houses)
        tables = {"parts": "fill_part", "refunds": "fill_refund", "postings": "fill_posting"}
        tables |= {"moves": "fill_move", "facts": "fill_event"}
        count = {
            name: int(one(self.source, f"select count(*) from {table}"))  # noqa: S608 - our own names
            for name, table in tables.items()
        }
        self._values |= {"postings": count["postings"], "facts": count["facts"]}
        self._values["slices"] = -(-count["postings"] // _SEALED_AT_ONCE)
        self._counts = {"first": self._values["size"], "shipments": count["parts"], "refunds": count["refunds"]}
        self._counts |= {"transfers": count["postings"], "moves": count["moves"], "events": count["facts"]}

    def set_numbers_aside(self, raw: psycopg.Connection[Any]) -> None:
        """Take the ids of all that will be written."""
        rounds = self.blocks + 1
        self._firsts["first"] = reserve(raw, "orders_order_number", count=self._counts["first"] * rounds)
        for name, table in {"shipments": "orders_shipment", "refunds": "orders_refund"}.items():
            self._firsts[name] = reserve_ids(raw, table, count=self._counts[name] * rounds)
        for name, table in dict(zip(("transfers", "moves", "events"), _OVER_TIME, strict=True)).items():
            self._firsts[name] = reserve_ids(raw, table, count=self._counts[name] * rounds)
        one(raw, "select pg_current_xact_id()::text")  # ours is older than those of the slices, so nobody reads past it

    def write(self, bare: Bare, *, place: int, since: datetime) -> None:
        """Write the block once more; after the last time only what has still to happen to its orders is written."""
        xids = [one(self.source, "select pg_current_xact_id()::text") for _slice in range(self._values["slices"])]
        values = self._values | {name: first + self._counts[name] * place for name, first in self._firsts.items()}
        values |= {"start": since + self._span * place, "block": place, "xids": "{" + ",".join(xids) + "}"}
        values |= {"own": int(place < self.blocks), "carried": int(place > 0)}
        for table in (*(_ONCE if place < self.blocks else ()), *_OVER_TIME):
            self.copy(bare, table, into=table, values=values)
        self.last_event = (int(xids[-1]), values["events"] + self._counts["events"])

    def copy(self, bare: Bare, name: str, *, into: str, columns: str = "", values: dict[str, Any]) -> None:
        """Write the rows of a named statement into a table."""
        heading, _line, statement = SQL[name].partition("\n")
        if not columns:
            columns = heading.removeprefix("-- columns: ")
        else:
            statement = SQL[name]
        bare.take(self.source, into=into, columns=columns, statement=statement, values=self._values | values)


def _stage(source: psycopg.Connection[Any], *, world: World) -> None:
    """Gather what orders are made from, in temporary tables."""
    run(source, SQL["staging"])
    with source.cursor().copy("copy fill_buyer from stdin") as copy:
        for row in _people():
            copy.write_row(row)
    first, last = world.goods
    values = {"parties": list(world.distributors), "suppliers": list(world.suppliers), "first": first, "last": last}
    source.execute("set role entrepot_desk")
    run(source, SQL["parties"], values)
    source.execute("reset role")


def _houses(raw: psycopg.Connection[Any]) -> dict[str, int]:
    found = raw.execute("select kind, id from ledger_account where kind in ('fee_income', 'goods_income')").fetchall()
    return {str(kind): int(account_id) for kind, account_id in found}


def _settle(raw: psycopg.Connection[Any], *, bare: Bare, block: _Block) -> None:
    """Bring the levels and the running balances up to what was written."""
    with of_its_owner(raw):
        run(raw, SQL["touched"])
    block.copy(bare, "levels", into="fill_level", columns="id, gone, kept", values={})
    block.copy(bare, "accounts", into="fill_account", columns="id, change", values={})
    run(raw, SQL["settled"])


def _pass_by(raw: psycopg.Connection[Any], *, block: _Block, distributors: Sequence[int]) -> None:
    """Let the queues of the malls go on behind these events: no mall was there to hear of a year long past."""
    raw.execute(
        "update callbacks_reading r set xid = %s, event_id = %s where not exists (select from events_event e"
        " where (e.xid, e.id) > (r.xid::text::xid8, r.event_id) and e.xid < pg_current_xact_id()"
        " and coalesce(e.distributor_id, 0) <> all(%s))",
        [*block.last_event, list(distributors)],
    )


def _people() -> Iterator[tuple[Any, ...]]:
    dice = random.Random(7)  # noqa: S311 - nothing secret is drawn with it
    for place in range(_BUYERS):
        who = consignee(dice)
        yield (
            *(place, who.sealed, who.name_masked, who.phone_masked, who.phone_hash),
            *(who.province, who.city, who.district),
        )
