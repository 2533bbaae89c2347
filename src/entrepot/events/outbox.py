"""Facts of the rooms outside the desk, written in the transaction of the fact."""

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Now

from entrepot.base import scope
from entrepot.events.models import Event


def note(
    event_type: str,
    *,
    object_kind: str,
    object_id: int,
    data: dict[str, Any],
    actor: str,
    version: int = 1,
    distributor_ids: Iterable[int | None] = (None,),
    reason: str = "",
) -> None:
    """Write a fact down, once for each distributor it is told to; None stands for every mall that may hear it.

    `data` holds ids, numbers and states, never personal data.
    """
    with scope.desk():
        Event.objects.bulk_create(
            Event(
                at=Now(),
                type=event_type,
                object_kind=object_kind,
                object_id=object_id,
                version=version,
                distributor_id=distributor_id,
                data=data,
                actor=actor[:80],
                reason=reason[:200],
            )
            for distributor_id in distributor_ids
        )


def note_each(
    event_type: str,
    *,
    object_kind: str,
    facts: Iterable[tuple[int, int, dict[str, Any]]],
    actor: str,
    reason: str = "",
) -> None:
    """Write the same kind of fact down for many objects, each as id, version and data, for every mall that may hear it."""
    with scope.desk():
        Event.objects.bulk_create(
            [
                Event(
                    at=Now(),
                    type=event_type,
                    object_kind=object_kind,
                    object_id=object_id,
                    version=version,
                    data=data,
                    actor=actor[:80],
                    reason=reason[:200],
                )
                for object_id, version, data in facts
            ],
            batch_size=2_000,
        )
