"""What every step of a bill has in common: the lock, the frozen content, the record."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base.actors import staff_of
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.events import operations, outbox
from entrepot.settlement.models import Bill, BillLine, BillState, Leaving
from entrepot.settlement.queries import terms_of
from entrepot.settlement.rules import STEPS, LineFacts, Period, content_hash


def locked(bill_id: int, *, step: str, supplier_id: int | None = None) -> Bill:
    """Return a bill locked for a step. Refuses when its state does not allow it. Raises Bill.DoesNotExist."""
    rows = Bill.objects.select_for_update(no_key=True, of=("self",)).select_related("supplier").defer("voucher")
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    bill = rows.get(pk=bill_id)
    if bill.state not in STEPS[step]:
        raise Mistake("", _("The bill has moved on meanwhile; look at it again."))
    return bill


def counted(bill: Bill) -> list[BillLine]:
    """Return the lines that make up a bill: all that did not leave it, save by being carried over as a whole."""
    rows = bill.lines.filter(left_by__in=["", Leaving.CARRIED]).select_related("transfer")
    return list(rows.order_by("transfer_id"))


def recount(bill: Bill) -> None:
    """Bring sum and number of lines up to the lines; the caller saves."""
    lines = counted(bill)
    bill.total_fen = sum(line.amount_fen for line in lines)
    bill.line_count = len(lines)


def freeze(bill: Bill) -> None:
    """Bring a bill up to its lines and freeze what it says as one more revision; the caller saves."""
    lines = counted(bill)
    bill.total_fen = sum(line.amount_fen for line in lines)
    bill.line_count = len(lines)
    bill.revision += 1
    bill.content_hash = content_hash(
        bill.number,
        supplier_id=bill.supplier_id,
        period=Period(bill.period_from, bill.period_until),
        lines=[
            LineFacts(line.transfer_id, line.transfer.kind, line.transfer.order_id, line.amount_fen) for line in lines
        ],
    )


def hand_over(bill: Bill) -> None:
    """Put a frozen bill before the supplier, with the day by which silence counts as yes; the caller saves."""
    terms = terms_of([bill.supplier_id])[bill.supplier_id]
    now = database_now()
    bill.state = BillState.SENT
    bill.sent_at = now
    bill.answer_by = now + timedelta(days=terms.answer_days) if terms.is_silence_consent else None


def note(
    bill: Bill,
    event: str,
    *,
    actor: str,
    before: dict[str, Any] | None = None,
    reason: str = "",
    address: str = "",
    **facts: Any,
) -> None:
    """Write down a step of a bill: an event, and a line of the operation log when a person took it."""
    data: dict[str, Any] = {"object": "bill", "number": bill.number, "state": bill.state} | facts
    outbox.note(
        event,
        object_kind="bill",
        object_id=bill.pk,
        data=data | {"supplier_id": bill.supplier_id, "total_fen": bill.total_fen},
        actor=actor,
        version=max(1, bill.revision),
        reason=reason,
    )
    if staff_of(actor) is not None:
        operations.record(
            actor=actor,
            verb=event,
            object_kind="bill",
            object_id=bill.pk,
            label=f"{bill.number} ¥{yuan(bill.total_fen)}",
            before=before,
            after=data,
            reason=reason,
            address=address,
        )


def said(text: str, *, field: str = "reason") -> str:
    """Return a reason without blanks around it. Refuses an empty one."""
    if not text.strip():
        raise Mistake(field, _("Say why."))
    return text.strip()[:200]
