"""Fixtures of the crash tests: an API whose line to its database can be broken."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from entrepot_launch import roles
from tests.crash.lines import Line, statements
from tests.doors.api.conftest import make_mall, mall, served
from tests.doors.api.serving import Served, serving

__all__ = ["make_mall", "mall", "served"]  # fixtures of the API's tests that are used here too


@dataclass
class Wired:
    """An API and the line between it and its database."""

    api: Served
    line: Line


@pytest.fixture(scope="module")
def wired(database: roles.Access) -> Iterator[Wired]:
    """An API that reaches the tests' database over a line that can be broken."""
    parts = conninfo_to_dict(database.app_url)
    with tempfile.TemporaryDirectory(prefix="line-") as folder:
        name = f".s.PGSQL.{parts['port']}"
        address = roles.url(
            user=str(parts["user"]),
            password=str(parts["password"]),
            host=folder,
            port=str(parts["port"]),
            database=str(parts["dbname"]),
        )
        with (
            Line(here=f"{folder}/{name}", there=f"{parts['host']}/{name}", split=statements) as line,
            serving({"DATABASE_URL": address}, log=Path(folder) / "api.log") as api,
        ):
            yield Wired(api, line)
