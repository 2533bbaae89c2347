"""What a distributor or the platform does with a callback address and its queue."""

import secrets
from collections.abc import Sequence

from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.base.sealing import new_secret, seal, unseal
from entrepot.callbacks import queue
from entrepot.callbacks.models import Endpoint, EndpointState, MessageState
from entrepot.callbacks.queries import endpoint_of
from entrepot.callbacks.rules import TYPES
from entrepot.events.operations import record
from entrepot.events.outbox import note
from entrepot.parties.actions.distributors import change_distributor

REPLAYED_AT_MOST = 10_000


def set_endpoint(
    distributor_id: int, *, url: str, actor: str, types: Sequence[str] | None = None, address: str = ""
) -> Endpoint:
    """Have callbacks go to an address, of all types or of those named; an empty one ends them.

    A new address must answer a challenge before anything is told to it. Refuses what is no address (`callback_url`) and
    types there are not (`types`). Raises Distributor.DoesNotExist.
    """
    unknown = [name for name in types or () if name not in TYPES]
    if unknown:
        raise Mistake("types", _("There is no event of the type {name}.").format(name=unknown[0][:40]))
    change_distributor(distributor_id, callback_url=url, actor=actor, address=address)
    queue.adopt_addresses()
    with scope.platform():
        endpoint, _made = Endpoint.objects.get_or_create(distributor_id=distributor_id)
        if types is not None and endpoint.types != list(types):
            before = endpoint.types
            Endpoint.objects.filter(pk=distributor_id).update(types=list(types))
            _record(distributor_id, "webhook.types", actor=actor, before=before, after=list(types), address=address)
    return read_endpoint(distributor_id)


def read_endpoint(distributor_id: int) -> Endpoint:
    """Return a distributor's callback address as it stands; one without an address when he has none."""
    with scope.distributor(distributor_id, read_only=True):
        return endpoint_of(distributor_id)


def secret_of(endpoint: Endpoint) -> str:
    """Return the secret under which callbacks are signed, empty before there is an address."""
    return unseal(bytes(endpoint.secret_sealed)).decode() if endpoint.secret_sealed is not None else ""


def renew_secret(distributor_id: int, *, actor: str, address: str = "") -> str:
    """Sign callbacks under a new secret from now on and return it."""
    secret = new_secret()
    with scope.platform():
        if not Endpoint.objects.filter(pk=distributor_id).update(secret_sealed=seal(secret.encode())):
            raise Mistake("", _("Set a callback address first."))
        _record(distributor_id, "webhook.secret", actor=actor, before=None, after=None, address=address)
    return secret


def try_again(distributor_id: int, *, actor: str, address: str = "") -> None:
    """Ask an address for its challenge once more: one that was given up, or that has not answered yet."""
    with scope.platform():
        rows = Endpoint.objects.filter(pk=distributor_id).exclude(url="")
        before = rows.values_list("state", flat=True).first()
        if before is None:
            raise Mistake("", _("Set a callback address first."))
        rows.update(
            state=EndpointState.PENDING,
            reason="",
            reason_facts={},
            tries=0,
            failures=0,
            failing_since=None,
            next_try_at=Now(),
            challenge=secrets.token_hex(16),
            changed_at=Now(),
        )
        _record(distributor_id, "webhook.retried", actor=actor, before=before, after="pending", address=address)


def send_test(distributor_id: int, *, actor: str, address: str = "") -> None:
    """Put a `webhook.test` into a distributor's queue."""
    data = {"object": "webhook", "id": str(distributor_id), "hello": "集散"}
    with scope.platform():
        note(
            "webhook.test",
            object_kind="endpoint",
            object_id=distributor_id,
            data=data,
            actor=actor,
            distributor_ids=[distributor_id],
        )
        _record(distributor_id, "webhook.tested", actor=actor, before=None, after=None, address=address)


def replay(
    distributor_id: int,
    *,
    actor: str,
    first_seq: int = 1,
    last_seq: int = 2**62,
    only_dead: bool = False,
    address: str = "",
) -> int:
    """Send messages of a distributor's queue once more, whatever became of them, and return how many.

    At most 10,000, the oldest first; those on their way are left alone. With `only_dead` only those given up.
    """
    states = [MessageState.DEAD] if only_dead else [MessageState.DEAD, MessageState.DELIVERED, MessageState.KEPT]
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute(
            "update callbacks_message set state = 'waiting', attempts = 0, next_at = now(), delivered_at = null"
            " where id in (select id from callbacks_message where distributor_id = %s and seq between %s and %s"
            " and state = any(%s) order by seq limit %s)",
            [distributor_id, first_seq, last_seq, [str(state) for state in states], REPLAYED_AT_MOST],
        )
        count = cursor.rowcount
        if count:
            told = {"first_seq": first_seq, "last_seq": min(last_seq, 2**53), "count": count}
            _record(distributor_id, "webhook.replayed", actor=actor, before=None, after=told, address=address)
    return count


def forget_older(*, days: int, at_most: int) -> int:
    """Remove what malls were told longer ago than that many days, and the log of it; return how many rows."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "delete from callbacks_attempt where id in (select id from callbacks_attempt"
            " where at < now() - make_interval(days => %s) limit %s)",
            [days, at_most],
        )
        count = cursor.rowcount
        cursor.execute(
            "delete from callbacks_message where id in (select m.id from callbacks_message m"
            " where m.created_at < now() - make_interval(days => %s) and m.state <> 'waiting'"
            " and not exists (select from callbacks_attempt a where a.message_id = m.id) limit %s)",
            [days, at_most],
        )
        return count + cursor.rowcount


def _record(distributor_id: int, verb: str, *, actor: str, before: object, after: object, address: str) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="distributor",
        object_id=distributor_id,
        before=None if before is None else {"value": before},
        after=after if isinstance(after, dict) else None if after is None else {"value": after},
        address=address,
    )
