"""A draft is looked through and sent."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.settlement.actions.steps import freeze, hand_over, locked, note, recount, said
from entrepot.settlement.models import Bill, BillLine, BillState, Leaving


def send_bill(bill_id: int, *, actor: str, address: str = "") -> Bill:
    """Freeze what a draft says and put it before the supplier. Refuses a bill that is no draft. Raises Bill.DoesNotExist."""
    with scope.platform():
        bill = locked(bill_id, step="send")
        send_locked(bill, actor=actor, address=address)
        return bill


def send_locked(bill: Bill, *, actor: str, address: str = "") -> None:
    """Send a draft inside the caller's transaction, which has it locked or has just made it."""
    freeze(bill)
    hand_over(bill)
    bill.save(update_fields=["total_fen", "line_count", "revision", "content_hash", "state", "sent_at", "answer_by"])
    note(
        bill,
        "statement.ready",
        actor=actor,
        before={"state": BillState.DRAFT},
        address=address,
        bill_lines=bill.line_count,
        content_hash=bill.content_hash,
    )


def put_off_line(bill_id: int, *, line_id: int, reason: str, actor: str, address: str = "") -> Bill:
    """Leave a line of a draft for the next bill (下期再结). Refuses the last line of it, and a bill that is no draft.

    A draft that comes to no more than 0 by it is carried over. Raises BillLine.DoesNotExist.
    """
    reason = said(reason)
    with scope.platform():
        bill = locked(bill_id, step="put_off")
        line = BillLine.objects.get(pk=line_id, bill_id=bill_id, left_by="")
        if bill.line_count == 1:
            raise Mistake("", _("It is the only line of the bill."))
        before = {"amount_fen": bill.total_fen, "bill_lines": bill.line_count}
        line.left_by, line.left_note = Leaving.PUT_OFF, reason
        line.save(update_fields=["left_by", "left_note"])
        recount(bill)
        if bill.total_fen <= 0:
            bill.state = BillState.CARRIED
            freeze(bill)
        bill.save(update_fields=["state", "total_fen", "line_count", "revision", "content_hash"])
        note(
            bill,
            "bill.put_off",
            actor=actor,
            before=before,
            reason=reason,
            address=address,
            transfer_id=line.transfer_id,
            amount_fen=bill.total_fen,
            bill_lines=bill.line_count,
        )
        return bill
