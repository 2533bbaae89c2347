"""Referrers: admission and state."""

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import changes, record
from entrepot.parties import rules
from entrepot.parties.actions.users import NewUser, create_head
from entrepot.parties.models import PartyState, Referrer


def create_referrer(
    name: str, *, username: str, actor: str, contact: str = "", is_active: bool = True, address: str = ""
) -> tuple[Referrer, NewUser]:
    """Admit a referrer (推荐人) with his first user, whose one-time password is returned.

    The login link is `/referrer/`. Refuses an empty name and a taken user name.
    """
    if not name.strip():
        raise Mistake("name", _("Enter a name."))
    with scope.platform():
        referrer = Referrer.objects.create(
            number=_next_number(),
            name=name.strip(),
            contact=contact.strip(),
            state=PartyState.ACTIVE if is_active else PartyState.PENDING,
        )
        user = create_head("referrer", party=referrer, username=username, actor=actor, address=address)
        record(
            actor=actor,
            verb="referrer.created",
            object_kind="referrer",
            object_id=referrer.pk,
            label=f"{referrer.number} {referrer.name}",
            after={"number": referrer.number, "state": referrer.state, "name": referrer.name},
            address=address,
        )
    return referrer, user


def change_referrer(
    referrer_id: int,
    *,
    actor: str,
    name: str | None = None,
    contact: str | None = None,
    reason: str = "",
    address: str = "",
) -> Referrer:
    """Change name or contact of a referrer. Refuses an empty name. Raises Referrer.DoesNotExist."""
    if name is not None and not name.strip():
        raise Mistake("name", _("Enter a name."))
    with scope.platform():
        referrer = Referrer.objects.select_for_update(no_key=True).get(pk=referrer_id)
        before = {"name": referrer.name, "contact": referrer.contact}
        referrer.name = referrer.name if name is None else name.strip()
        referrer.contact = referrer.contact if contact is None else contact.strip()
        old, new = changes(before, {"name": referrer.name, "contact": referrer.contact})
        if not new:
            return referrer
        referrer.save(update_fields=["name", "contact"])
        record(
            actor=actor,
            verb="referrer.changed",
            object_kind="referrer",
            object_id=referrer.pk,
            label=f"{referrer.number} {referrer.name}",
            before=old,
            after=new,
            reason=reason,
            address=address,
        )
    return referrer


def activate_referrer(referrer_id: int, *, actor: str, reason: str = "", address: str = "") -> Referrer:
    """Let a referrer bring parties and be paid; active already, nothing happens. Raises Referrer.DoesNotExist."""
    return _set_state(referrer_id, state=PartyState.ACTIVE, actor=actor, reason=reason, address=address)


def suspend_referrer(referrer_id: int, *, actor: str, reason: str, address: str = "") -> Referrer:
    """Stop payouts to a referrer, and new attachments; what he brought already goes on earning until it is ended.

    Refuses an empty reason. Raises Referrer.DoesNotExist.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    return _set_state(referrer_id, state=PartyState.SUSPENDED, actor=actor, reason=reason, address=address)


def _set_state(referrer_id: int, *, state: str, actor: str, reason: str, address: str) -> Referrer:
    with scope.platform():
        referrer = Referrer.objects.select_for_update(no_key=True).get(pk=referrer_id)
        before = referrer.state
        if before == state:
            return referrer
        referrer.state = state
        referrer.save(update_fields=["state"])
        record(
            actor=actor,
            verb="referrer.activated" if state == PartyState.ACTIVE else "referrer.suspended",
            object_kind="referrer",
            object_id=referrer.pk,
            label=f"{referrer.number} {referrer.name}",
            before={"state": before},
            after={"state": state},
            reason=reason,
            address=address,
        )
    return referrer


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('parties_referrer_serial')")
        return rules.party_number("referrer", serial=cursor.fetchone()[0])
