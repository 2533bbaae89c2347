"""The desk at an earlier hour, for the demo world's history alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from entrepot.base import scope
from entrepot.trade.apply import write
from entrepot.trade.decide import decide
from entrepot.trade.snapshot import load
from entrepot.trade.terms import Answer


def run_at(now: datetime, *, asks: Sequence[Any]) -> list[Answer]:
    """Do what the desk does inside the caller's open transaction, with the books dated `now`.

    The desk itself takes its time from the database and offers no way to say otherwise; here its three parts are put
    together once more, with an hour of our own between loading and deciding. Refuses outside a demo world.
    """
    if not settings.DEMO:
        raise RuntimeError("only a demo world has a past")
    with scope.desk():
        connection.ensure_connection()
        raw: Any = connection.connection
        with connection.wrap_database_errors:
            books = load(asks, raw=raw)
            books.now = now
            answers = decide(asks, books=books)
            write(books, raw=raw)
    return answers
