"""The operation log, as pages write it: who did what to which object, before and after."""

from typing import Any

from entrepot.base import actors
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.party import Party, PartyRequest
from entrepot.events import operations


def actor(party: Party) -> str:
    """Return the line that names the user in orders, transfers and logs."""
    user = party.user
    return actors.staff(party.kind, party_id=party.id, user_id=user.pk, name=user.username)


def record(
    request: PartyRequest,
    *,
    verb: str,
    of: Any,
    before: Any = None,
    after: Any = None,
    reason: str = "",
    label: str = "",
) -> None:
    """Write one line of the log, in the transaction of the change it tells of.

    `of` is the changed row; `before` and `after` hold what changed and never personal data or secrets.
    """
    operations.record(
        actor=actor(request.party),
        verb=verb,
        object_kind=of._meta.model_name,
        object_id=of.pk,
        label=label or str(of),
        before=before,
        after=after,
        reason=reason,
        address=client_ip(request) or "",
    )
