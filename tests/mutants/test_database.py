"""Guards taken out of the database, each of which turns a test red."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from entrepot.base import start_check
from entrepot_launch import roles, testing
from tests.conftest import point_django_at
from tests.guards import test_append_only, test_constraints, test_row_security
from tests.guards.neighbours import Neighbours, meet
from tests.mutants.planting import turns_red

SOURCE = "test_entrepot_neighbours"


@dataclass(frozen=True)
class Spoiled:
    """A database with a guard taken out: connections to it, and who trades there."""

    neighbours: Neighbours
    admin: psycopg.Connection[Any]
    owner: psycopg.Connection[Any]
    server: psycopg.Connection[Any]


@pytest.fixture(scope="module")
def neighbours(database: roles.Access, django_db_blocker: Any) -> Iterator[Neighbours]:
    """A database of our own with four who trade in it, for copies to be spoiled."""
    with testing.server() as server, django_db_blocker.unblock():
        access = testing.clone(server, worker="neighbours")
        before = point_django_at(access)
        try:
            made = meet()
        finally:
            point_django_at(before)
        yield made
        roles.drop_database(server.admin_url, name=roles.database_of(access.app_url))


@contextmanager
def spoiled(neighbours: Neighbours, *statements: str) -> Iterator[Spoiled]:
    """A copy in which the superuser has run some statements."""
    with testing.server() as server:
        access = testing.clone(server, source=SOURCE, worker="spoiled")
        before = point_django_at(access)
        try:
            with (
                psycopg.connect(access.admin_url) as admin,
                psycopg.connect(access.owner_url) as owner,
                psycopg.connect(access.app_url) as serving,
            ):
                for statement in statements:
                    admin.execute(statement)  # type: ignore[arg-type]
                admin.commit()
                yield Spoiled(neighbours, admin, owner, serving)
        finally:
            point_django_at(before)
            roles.drop_database(server.admin_url, name=roles.database_of(access.app_url))


def alice_sees(copy: Spoiled, table: str) -> None:
    test_row_security.test_everybody_sees_his_own(copy.neighbours, copy.admin, table, "alice")


def anna_sees(copy: Spoiled, table: str) -> None:
    test_row_security.test_everybody_sees_his_own(copy.neighbours, copy.admin, table, "anna")


def all_but_costs(copy: Spoiled, table: str) -> None:
    test_row_security.test_the_desk_sees_all_and_the_platform_all_that_is_live(copy.neighbours, copy.admin, table)


def nothing_without_a_scope(copy: Spoiled, table: str) -> None:
    test_row_security.test_without_a_scope_there_are_no_rows(copy.neighbours, copy.server, table)


def every_table_judged(copy: Spoiled, _: str) -> None:
    test_row_security.test_every_table_is_judged(copy.admin)


def nothing_of_another_written(copy: Spoiled, write: str) -> None:
    test_row_security.test_nobody_writes_rows_of_another(copy.neighbours, write)


def no_start(copy: Spoiled, _: str) -> None:
    assert start_check.problems() == []


def owner_stopped(copy: Spoiled, write: str) -> None:
    test_append_only.test_the_owner_is_stopped_too(copy.owner, "stock_move", write)


def log_kept_from_owner(copy: Spoiled, write: str) -> None:
    test_append_only.test_the_owner_is_stopped_too(copy.owner, "events_operation", write)


def log_kept_from_server(copy: Spoiled, write: str) -> None:
    test_append_only.test_who_serves_has_no_right_to(
        copy.admin, copy.server, "events_operation", write, "entrepot_desk"
    )


def server_stopped(copy: Spoiled, write: str) -> None:
    test_append_only.test_who_serves_has_no_right_to(copy.admin, copy.server, "ledger_transfer", write, "entrepot_desk")


def desk_alone(copy: Spoiled, table: str) -> None:
    test_append_only.test_only_the_desk_writes_stock_money_and_orders(copy.neighbours, copy.server, table, "none")


def refused(copy: Spoiled, what: str) -> None:
    test_constraints.test_the_database_refuses(copy.neighbours, copy.server, what)


OPENED = "drop policy scope on {0}; create policy scope on {0} using (true)"
ALL_TO_DISTRIBUTORS = "drop policy scope on {0}; create policy scope on {0} using (current_setting('entrepot.kind', true) = 'distributor')"
ANY_ORDER = (
    "drop policy scope on orders_supplyorder; create policy scope on orders_supplyorder using"
    " (supplier_id = nullif(current_setting('entrepot.party_id', true), '')::bigint)"
)
READ_ONLY_GUARD = (
    "drop policy scope on parties_apikey; create policy scope on parties_apikey using (distributor_id ="
    " nullif(current_setting('entrepot.party_id', true), '')::bigint) with check (true)"
)
# name: what is done to the database, the check that must find it, and what the check looks at
MUTANTS: dict[str, tuple[str, Any, str]] = {
    "orders open to all": (OPENED.format("orders_order"), alice_sees, "orders_order"),
    "orders of sandboxes shown to the platform": (
        "alter policy platform on orders_order using (true)",
        all_but_costs,
        "orders_order",
    ),
    "parcels of sandboxes shown to the platform": (
        "alter policy platform on orders_shipmentline using (true)",
        all_but_costs,
        "orders_shipmentline",
    ),
    "orders open to every distributor": (ALL_TO_DISTRIBUTORS.format("orders_order"), alice_sees, "orders_order"),
    "transfers open to all": (OPENED.format("ledger_transfer"), anna_sees, "ledger_transfer"),
    "buyers open to all": (OPENED.format("orders_consignee"), anna_sees, "orders_consignee"),
    "unpaid orders shown to suppliers": (ANY_ORDER, anna_sees, "orders_supplyorder"),
    "buyers of unpaid orders shown to suppliers": (ANY_ORDER, anna_sees, "orders_consignee"),
    "suppliers' cost shown to the platform": (
        "create policy platform on catalog_skucost to entrepot_platform using (true)",
        all_but_costs,
        "catalog_skucost",
    ),
    "orders hidden from their distributor": ("drop policy scope on orders_order", alice_sees, "orders_order"),
    "no row-level security": (
        "alter table stock_level disable row level security",
        nothing_without_a_scope,
        "stock_level",
    ),
    "keys open without a scope": (OPENED.format("parties_apikey"), nothing_without_a_scope, "parties_apikey"),
    "row-level security that spares the owner": (
        "alter table orders_line no force row level security",
        every_table_judged,
        "",
    ),
    "a start without row-level security": ("alter table orders_line no force row level security", no_start, ""),
    "a start as owner": ("alter table orders_line owner to entrepot_app", no_start, ""),
    "a new table without any guard": ("create table orders_gift (id int, distributor_id int)", every_table_judged, ""),
    "rows given to another": (READ_ONLY_GUARD, nothing_of_another_written, "his key, given away"),
    "no trigger on rows": ("drop trigger append_only_rows on stock_move", owner_stopped, "update"),
    "no trigger on the table": ("drop trigger append_only_table on stock_move", owner_stopped, "truncate"),
    "a trigger switched off": ("alter table stock_move disable trigger append_only_rows", owner_stopped, "delete"),
    "the right to change transfers": ("grant update on ledger_transfer to entrepot_desk", server_stopped, "update"),
    "the owner edits the operation log": (
        "drop trigger append_only_rows on events_operation",
        log_kept_from_owner,
        "update",
    ),
    "the right to remove operations": (
        "grant delete on events_operation to entrepot_desk",
        log_kept_from_server,
        "delete",
    ),
    "everybody writes balances": (
        "grant update on ledger_account to entrepot_app",
        desk_alone,
        "ledger_account",
    ),
    "levels may be oversold": (
        "alter table stock_level drop constraint level_never_oversold",
        refused,
        "more reserved than on hand",
    ),
    "balances may be overdrawn": (
        "alter table ledger_account drop constraint prepaid_within_credit_limit",
        refused,
        "a balance beyond its limit",
    ),
    "lines need not add up": (
        "alter table orders_line drop constraint line_identity",
        refused,
        "a fee that is not in the price",
    ),
    "numbers may repeat": (
        "alter table orders_order drop constraint order_number_once",
        refused,
        "a number used twice",
    ),
    "causes may repeat": (
        "alter table ledger_transfer drop constraint transfer_once_per_cause",
        refused,
        "a cause that was paid for",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_found(neighbours: Neighbours, name: str) -> None:
    statement, check, subject = MUTANTS[name]
    with spoiled(neighbours, statement) as copy:
        print(turns_red(check, copy, subject))


def test_an_unspoiled_copy_is_green(neighbours: Neighbours) -> None:
    with spoiled(neighbours) as copy:
        for _, check, subject in MUTANTS.values():
            check(copy, subject)
            for connection in (copy.admin, copy.owner, copy.server):
                connection.rollback()
