"""The database's clock, the only authority for money and expiry."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's wall clock, with time zone."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]
