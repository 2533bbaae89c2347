"""Every write of the room, one function per business verb; lines of orders change through the desk alone."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Sku
from entrepot.events.operations import changes, record
from entrepot.fulfilment import rules
from entrepot.fulfilment.models import HouseTerms, Substitute
from entrepot.fulfilment.queries import acceptance_terms, candidates, house_terms, policy_of
from entrepot.parties.models import Supplier
from entrepot.trade import desk
from entrepot.trade.acceptances import Accept, CannotSupply
from entrepot.trade.terms import Answer

AT_ONCE = 100


def set_terms(
    supplier_id: int, *, minutes: int | None, policy: str, actor: str, reason: str = "", address: str = ""
) -> None:
    """Agree with a supplier how long he has to take lines on (接单时限), None for at once, and what follows a refusal.

    An empty policy is the platform's. Orders drawn before keep what was agreed then. Refuses a time outside 1 minute to
    30 days, and the platform as its own supplier. Raises Supplier.DoesNotExist.
    """
    if rules.minutes_fault(minutes):
        raise Mistake("minutes", _("Between 1 minute and 30 days."))
    if policy and policy not in rules.POLICIES:
        raise Mistake("policy", _("There is no such way."))
    with scope.platform():
        supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
        if supplier.is_platform and minutes is not None:
            raise Mistake("minutes", _("The platform takes its own goods on at once."))
        known = acceptance_terms().filter(pk=supplier_id).first()
        before = {"acceptance_minutes": known.minutes if known else None, "unsupplied": known.policy if known else ""}
        old, new = changes(before, {"acceptance_minutes": minutes, "unsupplied": policy})
        if not new:
            return
        acceptance_terms().update_or_create(
            supplier=supplier, defaults={"minutes": minutes, "policy": policy, "changed_at": Now()}
        )
        record(
            actor=actor,
            verb="acceptance.terms",
            object_kind="supplier",
            object_id=supplier_id,
            label=f"{supplier.number} {supplier.name}",
            before=old,
            after=new,
            reason=reason,
            address=address,
        )


def set_house_terms(*, policy: str, minutes: int, actor: str, address: str = "") -> None:
    """Say what the platform does with refused lines where a supplier has no terms of his own."""
    if rules.minutes_fault(minutes):
        raise Mistake("minutes", _("Between 1 minute and 30 days."))
    if policy not in rules.POLICIES:
        raise Mistake("policy", _("There is no such way."))
    with scope.platform():
        known = house_terms()
        before = {"acceptance_minutes": known.minutes, "unsupplied": known.policy}
        old, new = changes(before, {"acceptance_minutes": minutes, "unsupplied": policy})
        if not new:
            return
        HouseTerms.objects.update_or_create(id=1, defaults={"policy": policy, "minutes": minutes})
        record(
            actor=actor,
            verb="acceptance.house_terms",
            object_kind="setting",
            object_id="acceptance",
            before=old,
            after=new,
            address=address,
        )


def name_substitute(
    code: str, *, substitute: str, place: int, may_lose: bool, actor: str, address: str = ""
) -> Substitute:
    """Name a SKU that may go out in place of another (替代规格); named before, its place and terms are changed.

    Refuses codes that are not there, and a SKU in its own place.
    """
    with scope.platform():
        first = _sku(code, field="sku")
        second = _sku(substitute, field="substitute")
        if first.pk == second.pk:
            raise Mistake("substitute", _("A SKU cannot stand in for itself."))
        known = Substitute.objects.filter(sku=first, substitute=second).first()
        before = {"place": known.place, "may_lose": known.may_lose} if known else {}
        old, new = changes(before, {"place": place, "may_lose": may_lose})
        row, _made = Substitute.objects.update_or_create(
            sku=first, substitute=second, defaults={"place": place, "may_lose": may_lose}
        )
        if new:
            record(
                actor=actor,
                verb="substitute.changed" if known else "substitute.added",
                object_kind="sku",
                object_id=first.pk,
                label=f"{first.code} → {second.code}",
                before=old if known else None,
                after=new,
                address=address,
            )
    return row


def drop_substitute(substitute_id: int, *, actor: str, address: str = "") -> None:
    """Let a SKU no longer stand in for another. Raises Substitute.DoesNotExist."""
    with scope.platform():
        row = Substitute.objects.select_related("sku", "substitute").get(pk=substitute_id)
        row.delete()
        record(
            actor=actor,
            verb="substitute.removed",
            object_kind="sku",
            object_id=row.sku_id,
            label=f"{row.sku.code} → {row.substitute.code}",
            before={"place": row.place, "may_lose": row.may_lose},
            address=address,
        )


def _sku(code: str, *, field: str) -> Sku:
    found = Sku.objects.filter(code=code.strip()).first()
    if found is None:
        raise Mistake(field, _("There is no SKU with this code."))
    return found


def accept_lines(
    supplier_id: int,
    *,
    orders: Mapping[int, Sequence[int]],
    actor: str,
    ship_by: date | None = None,
    reason: str = "",
) -> dict[int, Answer]:
    """Take lines on (接单), or with a date back-order them (缺货待发), by order; no lines: all that wait.

    Returns the desk's answer for each order. Outside any transaction; raises desk.Busy.
    """
    asks = [
        Accept(order_id, supplier_id, actor, list(lines), ship_by, reason[:200]) for order_id, lines in orders.items()
    ]
    answers: list[Answer] = []
    for start in range(0, len(asks), AT_ONCE):
        answers += desk.run(asks[start : start + AT_ONCE])
    return {ask.order_id: answer for ask, answer in zip(asks, answers, strict=True)}


def refuse_lines(supplier_id: int, *, order_id: int, lines: Sequence[int], reason: str, actor: str) -> Answer:
    """Say that a supplier cannot supply lines (无法供货); they go out by a substitute, back to the balance, or wait for
    the platform, as agreed with him.

    Refuses an empty reason. Facts of the answer: `rerouted`, `refunded` and `undecided`. Outside any transaction.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.desk(read_only=True):
        policy = policy_of(supplier_id)
        by = candidates([(order_id, number) for number in lines])
    substitutes: dict[int, Any] = {number: by[order_id, number] for number in lines}
    ask = CannotSupply(order_id, supplier_id, list(lines), policy, reason.strip()[:200], actor, substitutes)
    (answer,) = desk.run([ask])
    return answer
