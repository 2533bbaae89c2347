"""What is written down stays: neither who serves nor the owner of the tables changes, removes or empties it."""

from typing import Any

import psycopg
import pytest

from entrepot.ledger import seals
from tests.guards.neighbours import Neighbours

TABLES = {  # a column that would change
    "ledger_transfer": "amount_fen",
    "ledger_seal": "rows",
    "freight_charge": "freight_fen",
    "stock_move": "on_hand_delta",
    "events_event": "version",
    "events_operation": "party_id",
    "aftersale_step": "request_id",
    "referral_graderate": "supplier_rate_bps",
    "referral_gradestay": "grade_id",
    "referral_entry": "amount_fen",
    "referral_entryline": "amount_fen",
    "referral_payout": "amount_fen",
    "parties_upload": "size",
}
WRITES = {
    "update": "update {table} set {column} = {column} + 1",
    "delete": "delete from {table}",
    "truncate": "truncate {table} cascade",
}
HATS = ("none", "entrepot_desk", "entrepot_platform")


@pytest.fixture(scope="module", autouse=True)
def _sealed(neighbours: Neighbours) -> None:
    seals.seal_now()


def count(admin: psycopg.Connection[Any], table: str) -> tuple[Any, ...] | None:
    """How many rows a table has, and what they are made of."""
    statement = f"select count(*), md5(string_agg(t::text, '' order by t::text)) from {table} t"
    row: tuple[Any, ...] | None = admin.execute(statement).fetchone()  # type: ignore[arg-type]
    return row


@pytest.mark.parametrize("hat", HATS)
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("table", TABLES)
def test_who_serves_has_no_right_to(
    admin: psycopg.Connection[Any], server: psycopg.Connection[Any], table: str, write: str, hat: str
) -> None:
    before = count(admin, table)
    server.execute("select set_config('role', %s, true)", [hat])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute(WRITES[write].format(table=table, column=TABLES[table]))  # type: ignore[arg-type]
    assert count(admin, table) == before
    assert before is not None
    assert before[0] > 0


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("table", TABLES)
def test_the_owner_is_stopped_too(owner: psycopg.Connection[Any], table: str, write: str) -> None:
    # Row-level security hides the rows from him as well; what he may do as owner is to lift it from himself.
    owner.execute(f"alter table {table} no force row level security")  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        owner.execute(WRITES[write].format(table=table, column=TABLES[table]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table",
    [
        "ledger_account",
        "ledger_transfer",
        "stock_level",
        "stock_move",
        "stock_allotment",
        "orders_order",
        "freight_charge",
    ],
)
@pytest.mark.parametrize("hat", ["none", "entrepot_platform"])
def test_only_the_desk_writes_stock_money_and_orders(
    neighbours: Neighbours, server: psycopg.Connection[Any], table: str, hat: str
) -> None:
    server.execute("select set_config('role', %s, true)", [hat])
    for statement in (f"update {table} set id = id", f"delete from {table}", f"insert into {table} default values"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), server.transaction():
            server.execute(statement)  # type: ignore[arg-type]


def test_the_list_is_complete(admin: psycopg.Connection[Any]) -> None:
    found = admin.execute(
        "select c.relname, count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname in ('append_only_rows', 'append_only_table') and t.tgenabled <> 'D' group by 1"
    ).fetchall()
    assert dict(found) == dict.fromkeys(TABLES, 2)
