"""Reads of a distributor's queue and of the log of calls."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from entrepot.base import scope
from entrepot.callbacks.models import Attempt, Endpoint, Message, MessageState

# An object without a version of its own has the number of the event: both rise as the object changes, whoever changes it.
CONTENT = (
    "coalesce(case when jsonb_exists(e.data, 'version') then e.data"
    " else e.data || jsonb_build_object('version', e.id) end, m.data)"
)
_PAGE = f"""
select m.seq, coalesce(m.event_id::text, 'm' || m.id), m.type, coalesce(e.at, m.created_at), {CONTENT}, m.state
from callbacks_message m left join events_event e on e.id = m.event_id
where m.distributor_id = %s and m.seq > %s order by m.seq limit %s
"""  # noqa: S608 - terms of ours


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a mall pulls it."""

    seq: int
    event_id: str
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How a queue stands: messages that wait and that were given up."""

    waiting: int
    dead: int


def endpoint_of(distributor_id: int) -> Endpoint:
    """Return a distributor's callback address, one without an address when he has none; inside his scope."""
    return Endpoint.objects.filter(pk=distributor_id).first() or Endpoint(distributor_id=distributor_id)


def standing_of(distributor_id: int) -> Standing:
    """Return how a distributor's queue stands; inside his scope."""
    queue = Message.objects.filter(distributor_id=distributor_id, state__in=[MessageState.WAITING, MessageState.DEAD])
    counted = dict(queue.values_list("state").annotate(Count("id")))
    return Standing(waiting=counted.get(MessageState.WAITING, 0), dead=counted.get(MessageState.DEAD, 0))


_HEARD = Q(status__gte=200, status__lt=300)


def calls_of(distributor_id: int) -> QuerySet[Attempt]:
    """Return the log of calls with their messages, newest first; inside the distributor's scope."""
    return Attempt.objects.filter(distributor_id=distributor_id).select_related("message").order_by("-id")


def failed_of(calls: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Return those of some calls that were not answered well, or not at all."""
    return calls.exclude(_HEARD)


def counted(calls: QuerySet[Attempt]) -> tuple[int, int]:
    """Return how many calls there are, and how many of them failed, by one question."""
    figures = calls.order_by().aggregate(all=Count("id"), heard=Count("id", filter=_HEARD))
    return figures["all"], figures["all"] - figures["heard"]
