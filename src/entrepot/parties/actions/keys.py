"""Keys: what a mall signs its calls with."""

import secrets
import string
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.base.sealing import new_secret, seal
from entrepot.events.operations import record
from entrepot.parties import rules
from entrepot.parties.models import ApiKey, Distributor

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A fresh key with its plain secret, which is shown this once and kept only sealed."""

    row: ApiKey
    key: str
    secret: str


def issue_key(distributor_id: int, *, actor: str, label: str = "", address: str = "") -> NewKey:
    """Issue a key (密钥) and its secret; both begin to work at once, next to the one in use.

    Refuses a third live key: revoke one first. Raises Distributor.DoesNotExist.
    """
    with scope.distributor(distributor_id):
        # The row is locked so that two requests cannot both see room for a second key.
        distributor = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
        if distributor.keys.filter(is_live=True).count() >= rules.LIVE_KEYS_AT_MOST:
            raise Mistake("", _("There are two live keys already; revoke one first."))
        prefix = "ek_test_" if distributor.is_sandbox else "ek_live_"
        key = prefix + "".join(secrets.choice(_LETTERS) for _place in range(24))
        secret = new_secret()
        row = ApiKey.objects.create(
            distributor=distributor, key=key, secret_sealed=seal(secret.encode()), label=label.strip()[:60]
        )
        record(
            actor=actor,
            verb="key.issued",
            object_kind="key",
            object_id=row.pk,
            label=f"{distributor.number} {key}",
            after={"key": key, "label": row.label},
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
