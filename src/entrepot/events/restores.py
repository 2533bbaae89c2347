"""Restores of the database: what malls have kept of the time that is gone says no longer what they would be told now."""

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.events.operations import record

VERB = "instance.restored"
LIFE = """
select to_char(max(at), 'YYMMDDHH24MISSUS') from events_operation where object_kind = 'instance' and object_id = 'data'
"""


def read_life() -> str:
    """Return which life of the database this is: empty before it was first restored, then when it was last."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(LIFE)
        return str(cursor.fetchone()[0] or "")


def restored(*, reason: str = "") -> None:
    """Write down that the database was restored: every cursor malls have kept ends, and they begin anew."""
    record(actor=SYSTEM, verb=VERB, object_kind="instance", object_id="data", reason=reason)
