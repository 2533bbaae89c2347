"""The supplier's answer to a bill: yes, no to some lines, or silence."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.settlement.actions.steps import locked, note, said
from entrepot.settlement.models import Bill, BillLine, BillState


def confirm_bill(supplier_id: int, *, bill_id: int, revision: int, actor: str, address: str = "") -> Bill:
    """Agree to a bill as it was shown (确认账单). Refuses another revision than the one seen, and a bill already answered.

    Raises Bill.DoesNotExist for somebody else's.
    """
    with scope.supplier(supplier_id):
        bill = locked(bill_id, step="confirm", supplier_id=supplier_id)
        if bill.revision != revision:
            raise Mistake("", _("The bill has changed since you opened it. Look again before you confirm."))
        _confirm(bill, actor=actor, address=address)
        return bill


def confirm_by_silence(bill_id: int) -> bool:
    """Take a bill as agreed whose time for an answer is over; False when it was answered or sent again meanwhile."""
    with scope.platform():
        bill = Bill.objects.select_for_update(no_key=True).defer("voucher").get(pk=bill_id)
        if bill.state != BillState.SENT or bill.answer_by is None or bill.answer_by > database_now():
            return False
        bill.is_silent = True
        _confirm(bill, actor=SYSTEM)
        return True


def _confirm(bill: Bill, *, actor: str, address: str = "") -> None:
    bill.state = BillState.CONFIRMED
    bill.answered_at = database_now()
    bill.answered_by = actor[:80]
    bill.save(update_fields=["state", "answered_at", "answered_by", "is_silent"])
    note(
        bill,
        "bill.confirmed",
        actor=actor,
        before={"state": BillState.SENT},
        address=address,
        content_hash=bill.content_hash,
    )


def dispute_lines(
    supplier_id: int, *, bill_id: int, line_ids: Collection[int], reason: str, actor: str, address: str = ""
) -> Bill:
    """Say no to some lines of a bill and why (提出异议). Each line may be disputed once; its ruling is final.

    Refuses no line, an empty reason, a line ruled on or disputed already. Raises Bill.DoesNotExist for somebody else's.
    """
    reason = said(reason)
    with scope.supplier(supplier_id):
        bill = locked(bill_id, step="dispute", supplier_id=supplier_id)
        lines = BillLine.objects.filter(bill_id=bill_id, pk__in=line_ids, left_by="", adjusts__isnull=True)
        fresh = lines.filter(disputed_at__isnull=True)
        wanted = set(line_ids)
        if not wanted:
            raise Mistake("", _("Choose the lines you do not agree with."))
        if fresh.count() != len(wanted):
            raise Mistake("", _("A line you chose has been disputed before, or is no longer on the bill."))
        before = bill.state
        amount_fen = sum(fresh.values_list("amount_fen", flat=True))
        fresh.update(dispute_reason=reason, disputed_at=database_now())
        bill.state = BillState.DISPUTED
        bill.save(update_fields=["state"])
        note(
            bill,
            "bill.disputed",
            actor=actor,
            before={"state": before},
            reason=reason,
            address=address,
            bill_lines=len(wanted),
            amount_fen=amount_fen,
        )
        return bill
