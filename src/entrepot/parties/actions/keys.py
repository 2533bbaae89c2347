"""Keys: what a mall signs its calls with."""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.base.sealing import new_secret, seal
from entrepot.events.operations import record
from entrepot.events.outbox import note
from entrepot.parties import rules
from entrepot.parties.models import ApiKey, Distributor

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A fresh key with its plain secret, which is shown this once and kept only sealed."""

    row: ApiKey
    key: str
    secret: str


def issue_key(
    distributor_id: int, *, actor: str, label: str = "", ends_at: datetime | None = None, address: str = ""
) -> NewKey:
    """Issue a key (密钥) and its secret; both begin to work at once, next to the one in use, until it ends, if it does.

    Refuses a third live key (revoke one first) and an end that is over. Raises Distributor.DoesNotExist.
    """
    with scope.distributor(distributor_id):
        if ends_at is not None and ends_at <= database_now():
            raise Mistake("ends_on", _("The key would have ended already."))
        # The row is locked so that two requests cannot both see room for a second key.
        distributor = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
        if distributor.keys.filter(is_live=True).count() >= rules.LIVE_KEYS_AT_MOST:
            raise Mistake("", _("There are two live keys already; revoke one first."))
        prefix = "ek_test_" if distributor.is_sandbox else "ek_live_"
        key = prefix + "".join(secrets.choice(_LETTERS) for _place in range(24))
        secret = new_secret()
        row = ApiKey.objects.create(
            distributor=distributor,
            key=key,
            secret_sealed=seal(secret.encode()),
            label=label.strip()[:60],
            ends_at=ends_at,
        )
        record(
            actor=actor,
            verb="key.issued",
            object_kind="key",
            object_id=row.pk,
            label=f"{distributor.number} {key}",
            after={"key": key, "label": row.label} | ({} if ends_at is None else {"ends_at": ends_at.isoformat()}),
            address=address,
        )
    return NewKey(row=row, key=key, secret=secret)


def revoke_key(distributor_id: int, *, key_id: int, actor: str, reason: str = "", address: str = "") -> ApiKey:
    """Make a key useless from the next call on; revoked before, nothing happens. Raises ApiKey.DoesNotExist."""
    with scope.distributor(distributor_id):
        row = ApiKey.objects.select_for_update(no_key=True).get(pk=key_id, distributor_id=distributor_id)
        if not row.is_live:
            return row
        ApiKey.objects.filter(pk=row.pk).update(is_live=False, revoked_at=Now())
        row.refresh_from_db()
        record(
            actor=actor,
            verb="key.revoked",
            object_kind="key",
            object_id=row.pk,
            label=row.key,
            before={"is_live": True},
            after={"is_live": False},
            reason=reason,
            address=address,
        )
    return row


def warn_of_end(key_id: int) -> bool:
    """Tell a mall that a key of its ends in so many days, once for each number of days there is a warning for.

    Returns whether it was told now.
    """
    with scope.desk():
        row = ApiKey.objects.select_for_update(no_key=True).get(pk=key_id)
        if not row.is_live or row.ends_at is None:
            return False
        days = rules.warning_due(row.ends_at - database_now(), told=row.warned_days)
        if days is None:
            return False
        row.warned_days = days
        row.save(update_fields=["warned_days"])
        note(
            "key.expiring",
            object_kind="key",
            object_id=row.pk,
            data={"object": "key", "id": str(row.pk), "key": row.key, "days": days, "ends_at": row.ends_at.isoformat()},
            actor=SYSTEM,
            version=rules.WARN_DAYS.index(days) + 1,
            distributor_ids=[row.distributor_id],
        )
    return True


def end_key(key_id: int) -> bool:
    """Put a key whose time is over among the revoked ones, so that another can be issued; returns whether it was not."""
    with scope.desk():
        row = ApiKey.objects.select_for_update(no_key=True).get(pk=key_id)
        if not row.is_live or row.ends_at is None or row.ends_at > database_now():
            return False
        ApiKey.objects.filter(pk=row.pk).update(is_live=False, revoked_at=row.ends_at)
        record(
            actor=SYSTEM,
            verb="key.ended",
            object_kind="key",
            object_id=row.pk,
            label=row.key,
            before={"is_live": True},
            after={"is_live": False},
        )
    return True
