"""Reads of a distributor's queue and of the log of calls."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.models import Attempt

_PAGE = """
select m.seq, m.event_id, m.type, e.at, e.data, m.state
from callbacks_message m join events_event e on e.id = m.event_id
where m.distributor_id = %s and m.seq > %s order by m.seq limit %s
"""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a mall pulls it."""

    seq: int
    event_id: int
    type: str
    at: Any
    data: Any
    state: str


def events_after(seq: int, *, distributor_id: int, limit: int) -> list[Told]:
    """Return what a distributor was told after a number, in order, called or not.

    His queue decides what he may read: facts about goods are addressed to nobody, and his own scope would hide them.
    """
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_PAGE, [distributor_id, seq, limit])
        return [Told(*row) for row in cursor.fetchall()]


def calls_of(distributor_id: int, *, before_id: int | None = None, limit: int = 50) -> list[Attempt]:
    """Return the log of calls, newest first; inside the distributor's scope."""
    rows = Attempt.objects.filter(distributor_id=distributor_id).order_by("-id")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows[:limit])
