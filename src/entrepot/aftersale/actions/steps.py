"""What every deed of the room does alike: lock, write down the step, tell it, and take all of it back on a refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from entrepot.aftersale.models import Claim, Request, Step
from entrepot.aftersale.rules import By, Cell, Result, refused
from entrepot.base import scope
from entrepot.base.refusals import Refusal
from entrepot.events import operations, outbox
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Fault

Rest = ParamSpec("Rest")


class Refused(Exception):
    """A deed that cannot be done: unwinds the transaction and becomes the result."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result.refusal))
        self.result = result


def deed(act: Callable[Rest, Result]) -> Callable[Rest, Result]:
    """Run a deed in a transaction of the system; when it is refused nothing of it stays."""

    @wraps(act)
    def whole(*args: Rest.args, **kwargs: Rest.kwargs) -> Result:
        try:
            with scope.desk():
                return act(*args, **kwargs)
        except Refused as refusal:
            return refusal.result

    return whole


def on_request(act: Callable[Concatenate[Request, Rest], Result]) -> Callable[Concatenate[int, Rest], Result]:
    """Make a deed on a locked request out of one on its id; `by` says who may see it."""

    @deed
    @wraps(act)
    def whole(request_id: int, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Result:
        by = kwargs["by"]
        if not isinstance(by, By):
            raise TypeError("by says who acts")
        return act(locked(request_id, by=by), *args, **kwargs)

    return whole


def lock_order(order_id: int) -> None:
    """Lock the order first, as the desk does: two requests about it are judged one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("select id from orders_order where id = %s for update", [order_id])


def locked(request_id: int, *, by: By) -> Request:
    """Return a request, locked after its order; refused when it is not there for who acts."""
    found = Request.objects.filter(pk=request_id)
    if by.kind == "distributor":
        found = found.filter(distributor_id=by.party_id)
    elif by.kind == "supplier":
        found = found.filter(supplier_id=by.party_id).exclude(state="requested")
    order_id = found.values_list("order_id", flat=True).first()
    if order_id is None:
        raise Refused(refused(Fault("", Refusal.NOT_FOUND)))
    lock_order(order_id)
    return Request.objects.select_for_update(no_key=True, of=("self",)).get(pk=request_id)


def expect(request: Request, *states: str) -> None:
    """Refuse a deed that the request's state does not allow."""
    if request.state not in states:
        facts = {"state": request.state, "why": "request_state"}
        raise Refused(refused(Fault("", Refusal.STATE_CONFLICT, facts), request_id=request.pk, state=request.state))


def refuse_for(request: Request | None, why: str, *, pointer: str = "", **facts: Any) -> Refused:
    """Return the refusal of what was handed in with a deed."""
    fault = Fault(pointer, Refusal.VALIDATION_FAILED, {"why": why, **facts})
    return Refused(refused(fault, request_id=request.pk if request else None))


def cell_of(request: Request) -> Cell:
    """Return the cell of the table as it stood when the request was made."""
    return Cell(**request.cell)


def ask_desk(request: Request, *asks: Any) -> list[Answer]:
    """Ask the desk within this transaction; one refusal takes the whole deed back."""
    answers = desk.run_within(list(asks))
    for answer in answers:
        if not answer.is_accepted:
            raise Refused(
                Result(request_id=request.pk, state=request.state, refusal=answer.refusal, faults=answer.faults)
            )
    return answers


def add_step(
    request: Request,
    what: str,
    *,
    by: By,
    note: str = "",
    amount_fen: int | None = None,
    is_for_shipper: bool = True,
) -> None:
    """Write down one thing that happened."""
    Step.objects.create(
        request=request,
        what=what,
        amount_fen=amount_fen,
        note=note.strip()[:400],
        is_for_shipper=is_for_shipper,
        actor=by.actor[:80],
    )


@contextmanager
def changing(
    request: Request, *, by: By, verb: str, reason: str = "", figures: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
) -> Iterator[None]:
    """Save a request after a deed, one version on, tell the distributor's mall, and log what staff did.

    `figures` are those of a claim before and after, for the log.
    """
    before = {"state": request.state, "refunded_fen": request.refunded_fen} | figures[0]
    yield
    request.version += 1
    request.changed_at = timezone.now()
    request.save()
    Request.objects.filter(pk=request.pk).update(changed_at=Now())
    tell(request, by=by, reason=reason)
    operations.record(
        actor=by.actor,
        verb=verb,
        object_kind="aftersale",
        object_id=request.pk,
        label=request.out_refund_no,
        before=before,
        after={"state": request.state, "refunded_fen": request.refunded_fen} | figures[1],
        reason=reason,
        address=by.address,
    )


def tell(request: Request, *, by: By, reason: str = "") -> None:
    """Write the fact for the mall: numbers and states, never a buyer's word."""
    outbox.note(
        "aftersale.updated",
        object_kind="aftersale",
        object_id=request.pk,
        version=request.version,
        distributor_ids=[request.distributor_id],
        data={
            "object": "aftersale",
            "id": str(request.pk),
            "out_refund_no": request.out_refund_no,
            "out_order_no": request.out_order_no,
            "order_id": str(request.order_id),
            "type": request.kind,
            "version": request.version,
            "state": request.state,
            "amount": request.amount_fen,
            "refunded": request.refunded_fen,
        },
        actor=by.actor,
        reason=reason,
    )


def tell_claim(claim: Claim, *, request: Request, by: By) -> None:
    """Write the fact of a claim's step for the mall."""
    outbox.note(
        "claim.updated",
        object_kind="claim",
        object_id=claim.pk,
        version=claim.version,
        distributor_ids=[request.distributor_id],
        data={
            "object": "claim",
            "id": str(claim.pk),
            "out_refund_no": request.out_refund_no,
            "out_order_no": request.out_order_no,
            "version": claim.version,
            "state": claim.state,
            "demand": claim.demand_fen,
            "offer": claim.offer_fen,
            "settled": claim.settled_fen,
            "settled_by": claim.settled_by,
        },
        actor=by.actor,
    )


def from_now(**span: int) -> Any:
    """Return the moment so far from now, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0] + timedelta(**span)
