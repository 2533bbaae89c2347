"""Who serves: neither superuser nor owner, and nobody starts who is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connections

from entrepot.base import scope, start_check
from entrepot_launch import roles
from tests.guards.neighbours import Neighbours


@contextmanager
def serving_as(address: str) -> Iterator[None]:
    """Let Django connect as another role for a block."""
    chosen = connections.settings["default"]
    before = {name: chosen[name] for name in ("USER", "PASSWORD")}
    connections.close_all()
    chosen.update(USER=roles.user_of(address), PASSWORD=roles.password_of(address))
    try:
        yield
    finally:
        connections.close_all()
        chosen.update(before)


def test_the_serving_role_has_no_power(committed: roles.Access, admin: psycopg.Connection[Any]) -> None:
    found = admin.execute(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit from pg_roles"
        " where rolname like 'entrepot%' order by rolname"
    ).fetchall()
    assert found == [
        ("entrepot_app", False, False, False, False, True, False),
        ("entrepot_desk", False, False, False, False, False, False),
        ("entrepot_owner", False, False, False, False, True, False),
        ("entrepot_platform", False, False, False, False, False, False),
    ]


def test_the_serving_role_owns_nothing_and_cannot_become_the_owner(server: psycopg.Connection[Any]) -> None:
    assert server.execute("select current_user, session_user").fetchone() == ("entrepot_app", "entrepot_app")
    owned = (  # tables of one session alone, which an import works in, end with it
        "select relname from pg_class where pg_get_userbyid(relowner) in ('entrepot_app', 'entrepot_desk')"
        " and relnamespace not in (select oid from pg_namespace where nspname like 'pg_temp_%' or nspname like 'pg_toast_temp_%')"
    )
    assert server.execute(owned).fetchall() == []  # type: ignore[arg-type]
    for role in ("entrepot_owner", "postgres"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), server.transaction():
            server.execute(f"set role {role}")  # type: ignore[arg-type]
    for attempt in (
        "alter table orders_order disable row level security",
        "alter table stock_move disable trigger all",
        "drop policy scope on orders_order",
        "create table mine (id int)",
        "alter role entrepot_app bypassrls",
        "set session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), server.transaction():
            server.execute(attempt)  # type: ignore[arg-type]


def test_a_right_start_is_let_through(committed: roles.Access) -> None:
    assert start_check.problems() == []


def test_a_start_as_superuser_is_refused(committed: roles.Access) -> None:
    with serving_as(committed.admin_url):
        found = start_check.problems()
    assert any("superuser" in problem for problem in found), found


def test_a_start_as_owner_is_refused(committed: roles.Access) -> None:
    with serving_as(committed.owner_url):
        found = start_check.problems()
    assert any("owns" in problem for problem in found), found


def test_a_start_without_row_security_is_refused(fresh_database: roles.Access) -> None:
    with psycopg.connect(fresh_database.owner_url) as owner:
        owner.execute("alter table orders_order no force row level security")
        owner.execute("drop policy scope on stock_level")
        owner.execute("drop policy desk on stock_level")
        owner.execute("drop policy platform on stock_level")
    found = start_check.problems()
    assert {problem.split()[2] for problem in found} == {"orders_order", "stock_level"}


def test_a_look_as_the_desk_leaves_the_scope_as_it_was(neighbours: Neighbours) -> None:
    who, seen = "select current_user", "select count(*) from orders_order"
    for entered, role in (
        (scope.supplier(neighbours.anna.pk), "entrepot_app"),
        (scope.platform(read_only=True), "entrepot_platform"),
    ):
        with entered, connections["default"].cursor() as cursor:
            cursor.execute(seen)
            before = cursor.fetchone()
            assert scope.look_as_desk(f"{who} where %s", [True], are_ids=True) == [("entrepot_desk",)]
            ((every,),) = scope.look_as_desk(seen, are_ids=True)
            cursor.execute(f"{who}, current_setting('entrepot.kind')")
            assert cursor.fetchone() == (role, "supplier" if role == "entrepot_app" else "platform")
            cursor.execute(seen)
            assert cursor.fetchone() == before
            assert every >= before[0]


def test_who_names_no_party_does_not_look_as_the_desk() -> None:
    with pytest.raises(ValueError, match="names its party"), scope.supplier(1, read_only=True):
        scope.look_as_desk("select count(*) from orders_order")


def test_policies_by_party_are_for_those_who_serve_alone(fresh_database: roles.Access) -> None:
    with psycopg.connect(fresh_database.owner_url) as owner:
        found = owner.execute(
            "select tablename, policyname from pg_policies where policyname in ('scope', 'referrer') and roles = '{public}'"
        ).fetchall()
        assert found == []  # or the planner would join them to the platform's own condition by `or`
        owner.execute("alter policy scope on orders_order to entrepot_owner")
    assert [problem.split()[2] for problem in start_check.problems()] == ["orders_order"]
