"""Fixtures of the guards' tests."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from entrepot_launch import roles
from tests.guards.neighbours import Neighbours, meet


@pytest.fixture(scope="module")
def neighbours(database: roles.Access, django_db_blocker: Any) -> Iterator[Neighbours]:
    """Alice, Bob, Anna and Boris; the database stays open for the whole module."""
    with django_db_blocker.unblock():
        yield meet()


@pytest.fixture
def admin(database: roles.Access) -> Iterator[psycopg.Connection[Any]]:
    """The superuser, who passes all row-level security: he sees what there really is."""
    with psycopg.connect(database.admin_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(database: roles.Access) -> Iterator[psycopg.Connection[Any]]:
    """The owner of the tables; what he tries is never committed."""
    with psycopg.connect(database.owner_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def server(database: roles.Access) -> Iterator[psycopg.Connection[Any]]:
    """The serving role outside of every scope; what it tries is never committed."""
    with psycopg.connect(database.app_url) as connection:
        yield connection
        connection.rollback()
