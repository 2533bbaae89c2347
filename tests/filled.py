"""Worlds made by the command that fills them: large enough for plans to be looked at, small enough for a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.conninfo import conninfo_to_dict

from entrepot_launch import roles


@contextmanager
def as_owner(access: roles.Access) -> Iterator[None]:
    """Let Django work as the owner of the tables meanwhile, as the command does."""
    from django.db import connections

    chosen = connections.settings["default"]
    before, owner = {name: chosen[name] for name in ("USER", "PASSWORD")}, conninfo_to_dict(access.owner_url)
    connections.close_all()
    chosen.update(USER=owner["user"], PASSWORD=owner["password"])
    try:
        yield
    finally:
        connections.close_all()
        chosen.update(before)
