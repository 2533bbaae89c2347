"""Reads of the outbox and the operation log; call them inside the reader's scope."""

from django.db.models import Q, QuerySet

from entrepot.events.models import Event, Operation


def history_of(object_kind: str, *, object_id: int) -> QuerySet[Event]:
    """Return the facts about one object, oldest first."""
    return Event.objects.filter(object_kind=object_kind, object_id=object_id).order_by("id")


def operations_on(object_kind: str, *, object_id: int | str) -> QuerySet[Operation]:
    """Return what staff did to one object, newest first."""
    return Operation.objects.filter(object_kind=object_kind, object_id=str(object_id)).order_by("-id")


def operations(*, kind: str = "", party_id: int | None = None, verb: str = "", text: str = "") -> QuerySet[Operation]:
    """Return the operation log as far as the scope shows it, newest first, narrowed by what is given.

    `text` finds the beginning of an object's id, and any part of its label or of the person's name.
    """
    rows = Operation.objects.order_by("-id")
    if kind:
        rows = rows.filter(kind=kind)
    if party_id is not None:
        rows = rows.filter(party_id=party_id)
    if verb:
        rows = rows.filter(verb=verb)
    if text:
        rows = rows.filter(
            Q(object_id__startswith=text) | Q(object_label__icontains=text) | Q(actor_name__icontains=text)
        )
    return rows
