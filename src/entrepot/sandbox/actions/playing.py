"""What a developer does in his sandbox by a button: money, parcels, callbacks, and his certificate."""

import uuid
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.base.worlds import is_sandbox, sandbox_of
from entrepot.callbacks.examples import example_of
from entrepot.callbacks.rules import TYPES
from entrepot.events.operations import record
from entrepot.events.outbox import note
from entrepot.sandbox import rules
from entrepot.sandbox.models import Sandbox
from entrepot.sandbox.queries import state_of
from entrepot.trade import desk
from entrepot.trade.terms import Complete, Credit, Receive, Ship


def top_up(distributor_id: int, *, actor: str) -> int:
    """Add to the money of a sandbox what one press gives and return the new balance in fen.

    Raises Sandbox.DoesNotExist.
    """
    sandbox_id = _made(distributor_id)
    (answer,) = desk.run([Credit(sandbox_id, rules.FUNDS_FEN, f"sandbox:{uuid.uuid4().hex}", actor)])
    return int(answer.facts["balance"])


def set_shipping(distributor_id: int, *, at_once: bool, actor: str, address: str = "") -> None:
    """Have the orders of a sandbox shipped, delivered and completed by themselves, or by the button.

    Raises Sandbox.DoesNotExist.
    """
    with scope.desk():
        kept = Sandbox.objects.select_for_update(no_key=True).get(pk=sandbox_of(distributor_id))
        if kept.ships_at_once == at_once:
            return
        Sandbox.objects.filter(pk=kept.pk).update(ships_at_once=at_once)
        record(
            actor=actor,
            verb="sandbox.shipping",
            object_kind="distributor",
            object_id=distributor_id,
            before={"ships_at_once": not at_once},
            after={"ships_at_once": at_once},
            address=address,
        )


def move_on(order_id: int, *, until: str, actor: str, distributor_id: int | None = None) -> str:
    """Move an order of a sandbox on until it is `shipped`, `received` or `completed`; return where it stands then.

    Refuses an order that is not paid, and every order that is not of a sandbox, or not of this distributor's.
    """
    found = state_of(order_id) if is_sandbox(order_id) else None
    if found is None or (distributor_id is not None and found[1] != sandbox_of(distributor_id)):
        raise Mistake("", _("This order is not of a sandbox."))
    state, _owner_id, shippers = found
    while rules.is_before(state, until):
        step = rules.next_step(state)
        asks: dict[str, list[Any]] = {
            "shipped": [
                Ship(order_id, supplier_id, "sf", f"SANDBOX{uuid.uuid4().hex[:12].upper()}", actor)
                for supplier_id in shippers
            ],
            "received": [Receive(order_id, actor)],
            "completed": [Complete(order_id, actor)],
        }
        if not step or not all(answer.is_accepted for answer in desk.run(asks[step])):
            raise Mistake("", _("The state of the order does not allow this."))
        state = step
    return state


def call_with(distributor_id: int, *, event_type: str, actor: str, address: str = "") -> None:
    """Tell the mall behind a sandbox an event of a type with example data: signed, numbered and repeated as a real one.

    Refuses a type there is not. Raises Sandbox.DoesNotExist.
    """
    if event_type not in TYPES:
        raise Mistake("", _("There is no event of the type {name}.").format(name=event_type[:40]))
    sandbox_id = _made(distributor_id)
    with scope.desk():
        note(
            event_type,
            object_kind="example",
            object_id=sandbox_id,
            data=_example(event_type),
            actor=actor,
            distributor_ids=[sandbox_id],
        )
        record(
            actor=actor,
            verb="webhook.tested",
            object_kind="distributor",
            object_id=distributor_id,
            after={"type": event_type},
            address=address,
        )


def _example(event_type: str) -> dict[str, Any]:
    """Return the example of a type without its version: each that is sent has a newer one, as real events have."""
    example = example_of(event_type) | {"example": True}
    return {name: value for name, value in example.items() if name != "version"}


def keep_certificate(distributor_id: int, *, certificate: Any, actor: str, address: str = "") -> None:
    """Keep the result of a conformance run beside a sandbox. Refuses what is none. Raises Sandbox.DoesNotExist."""
    if not rules.is_certificate(certificate):
        raise Mistake("certificate", _("This is no certificate of bin/conformance."))
    with scope.desk():
        kept = Sandbox.objects.select_for_update(no_key=True).get(pk=sandbox_of(distributor_id))
        before = None if kept.certificate is None else kept.certificate["at"]
        Sandbox.objects.filter(pk=kept.pk).update(certificate=certificate, certified_at=Now())
        record(
            actor=actor,
            verb="sandbox.certified",
            object_kind="distributor",
            object_id=distributor_id,
            before={"certificate": before},
            after={"certificate": certificate["at"], "passed": certificate["passed"]},
            address=address,
        )


def _made(distributor_id: int) -> int:
    """Return the id of a distributor's sandbox. Raises Sandbox.DoesNotExist."""
    sandbox_id = sandbox_of(distributor_id)
    with scope.desk():
        return int(Sandbox.objects.values_list("pk", flat=True).get(pk=sandbox_id))
