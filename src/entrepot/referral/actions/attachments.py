"""Who brought whom: begun, ended, never changed."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from psycopg.errors import ExclusionViolation

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import record
from entrepot.parties.models import Distributor, PartyState, Referrer, Supplier
from entrepot.referral.actions.grades import moment
from entrepot.referral.models import Attachment, GradeStay

_SLACK = timedelta(minutes=2)
"""A form that says "now" was filled in a moment ago."""


def attach(
    referrer_id: int,
    *,
    actor: str,
    supplier_id: int | None = None,
    distributor_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
    address: str = "",
) -> Attachment:
    """Note that a referrer brought a supplier or a distributor: he earns on orders placed from `since` (now) to `until`.

    Refuses a beginning in the past, since what was earned then is booked; an end before the beginning; the platform's
    own goods; a referrer who is not active or in no grade; and a party that has a referrer at that time. Raises
    Referrer.DoesNotExist.
    """
    with scope.platform():
        now = moment()
        referrer = Referrer.objects.get(pk=referrer_id)
        if referrer.state != PartyState.ACTIVE:
            raise Mistake("", _("Activate the referrer first."))
        if not GradeStay.objects.filter(referrer_id=referrer_id).exists():
            raise Mistake("", _("Put the referrer into a grade first."))
        party = _party(supplier_id, distributor_id)
        begin = now if since is None or now - _SLACK <= since < now else since
        if begin < now:
            raise Mistake("since", _("What was earned before is booked already; begin now or later."))
        if until is not None and until <= begin:
            raise Mistake("until", _("The end lies after the beginning."))
        made = Attachment(
            referrer=referrer,
            supplier_id=supplier_id,
            distributor_id=distributor_id,
            party_number=party.number,
            party_name=party.name,
            since=begin,
            until=until,
        )
        _save(made)
        record(
            actor=actor,
            verb="referral.attached",
            object_kind="referrer",
            object_id=referrer_id,
            label=f"{referrer.number} {referrer.name}",
            before={"party": None},
            after=_facts(made),
            reason=reason,
            address=address,
        )
    return made


def end_attachment(
    attachment_id: int, *, actor: str, reason: str, until: datetime | None = None, address: str = ""
) -> Attachment:
    """End an attachment now or at a later moment: orders placed from then on earn the referrer nothing.

    Refuses an empty reason, an end in the past, and one that is over already. Raises Attachment.DoesNotExist.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform():
        now = moment()
        row = (
            Attachment.objects.select_for_update(no_key=True, of=("self",))
            .select_related("referrer")
            .get(pk=attachment_id)
        )
        if row.until is not None and row.until <= now:
            raise Mistake("", _("It is over already."))
        before = _facts(row)
        end = now if until is None or now - _SLACK <= until < now else until
        if end < now:
            raise Mistake("until", _("What was earned before is booked already; end it now or later."))
        row.until = max(end, row.since)
        _save(row)
        record(
            actor=actor,
            verb="referral.ended",
            object_kind="referrer",
            object_id=row.referrer_id,
            label=f"{row.referrer.number} {row.referrer.name}",
            before=before,
            after=_facts(row),
            reason=reason,
            address=address,
        )
    return row


def _party(supplier_id: int | None, distributor_id: int | None) -> Supplier | Distributor:
    found: Supplier | Distributor | None = None
    if supplier_id is not None and distributor_id is None:
        found = Supplier.objects.filter(pk=supplier_id).first()
        if found is not None and found.is_platform:
            raise Mistake("party", _("Nobody brought the platform's own goods."))
    elif distributor_id is not None and supplier_id is None:
        found = Distributor.objects.filter(pk=distributor_id).first()
    if found is None:
        raise Mistake("party", _("Choose a supplier or a distributor."))
    return found


def _save(row: Attachment) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if isinstance(error.__cause__, ExclusionViolation):
            raise Mistake("party", _("It has a referrer at that time already.")) from error
        raise


def _facts(row: Attachment) -> dict[str, object]:
    return {
        "party": f"{row.party_number} {row.party_name}",
        "since": row.since.isoformat(),
        "until": None if row.until is None else row.until.isoformat(),
    }
