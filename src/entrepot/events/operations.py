"""The operation log's only way in."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM, staff_of
from entrepot.events.models import Operation

_SELECTED = """
insert into events_operation (actor, actor_name, kind, party_id, verb, object_kind, object_id, object_label, after,
    reason, address)
select %(actor)s, %(actor_name)s, %(kind)s, %(party_id)s, %(verb)s, %(object_kind)s, x.id, x.label, x.after, '', %(address)s
from ({select}) as x
"""


def record(
    *,
    actor: str,
    verb: str,
    object_kind: str,
    object_id: int | str,
    label: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    address: str = "",
) -> None:
    """Write down who did what to which object, in the transaction of the deed.

    `actor` is a line of `base.actors`; `before` and `after` hold only what the deed changed, never secrets or personal
    data of buyers; `address` is where the request came from. The row shows in the log of the actor's own back office,
    and in the platform's.
    """
    person = staff_of(actor)
    kind, party_id, name = SYSTEM, 0, ""
    if person is not None:
        kind, party_id, name = person.kind, person.party_id, person.name
    elif actor.startswith("api/"):
        kind, party_id = "api", int(actor.split("/", 2)[1])
    with scope.desk():
        Operation.objects.create(
            actor=actor[:80],
            actor_name=name,
            kind=kind,
            party_id=party_id,
            verb=verb,
            object_kind=object_kind,
            object_id=str(object_id),
            object_label=label[:120],
            before=before,
            after=after,
            reason=reason[:200],
            address=address[:64],
        )


def record_selected(
    select: str, *, values: Mapping[str, Any], actor: str, verb: str, object_kind: str, address: str = ""
) -> None:
    """Write down the same deed for many objects at once.

    `select` is a statement that gives the id (text), the label (120 letters at most) and what is there after it (jsonb) of
    each, as `id`, `label` and `after`, with `values`; it is asked as the desk.
    """
    person = staff_of(actor)
    line: dict[str, Any] = {
        "actor": actor[:80],
        "actor_name": person.name if person else "",
        "kind": person.kind if person else SYSTEM,
        "party_id": person.party_id if person else 0,
        "verb": verb,
        "object_kind": object_kind,
        "address": address[:64],
    }
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(_SELECTED.format(select=select), {**values} | line)


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts of two states of an object in which they differ."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
