"""Paying bills: by hand with a proof, by a file of the bank, and the mark that all is done."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import staff_of
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.catalog.pictures import normalised
from entrepot.settlement.actions.steps import locked, note
from entrepot.settlement.models import Bill, BillState
from entrepot.settlement.rules import numbers_in
from entrepot.trade import desk
from entrepot.trade.terms import PaySupplier

_VOUCHER_SIDE = 1600


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A row of a payment file: the remark that names the bill, the amount (fen), the bank's own number."""

    text: str
    amount_fen: int
    reference: str


def pay_bill(
    bill_id: int,
    *,
    bank_reference: str,
    actor: str,
    voucher: bytes | None = None,
    remark: str = "",
    address: str = "",
) -> Bill:
    """Record that a confirmed bill was paid (打款), with its proof, and post the money, in one transaction.

    Refuses a bill that is not confirmed, an empty bank reference, and a voucher that is no picture. Raises
    Bill.DoesNotExist.
    """
    if not bank_reference.strip():
        raise Mistake("bank_reference", _("Give the number of the bank's transfer."))
    picture = normalised(voucher, field="voucher", side_at_most=_VOUCHER_SIDE) if voucher else None
    with scope.platform():
        bill = locked(bill_id, step="pay")
        bill.bank_reference = bank_reference.strip()[:80]
        ask = PaySupplier(bill.supplier_id, bill.total_fen, f"bill:{bill.pk}", actor, bill.bank_reference)
        (answer,) = desk.run_within([ask])
        if not answer.is_accepted:
            raise Mistake("", _("The desk refuses this amount."))
        bill.state = BillState.PAID
        bill.paid_at = database_now()
        bill.paid_by = actor[:80]
        bill.pay_remark = remark.strip()[:200]
        fields = ["state", "paid_at", "paid_by", "bank_reference", "pay_remark"]
        if picture:
            bill.voucher, bill.voucher_type = picture, "image/webp"
            fields += ["voucher", "voucher_type"]
        bill.save(update_fields=fields)
        note(
            bill,
            "bill.paid",
            actor=actor,
            before={"state": BillState.CONFIRMED},
            address=address,
            amount_fen=bill.total_fen,
            bank_reference=bill.bank_reference,
        )
        return bill


def match_payment(payment: Payment, *, actor: str, address: str = "") -> Bill | None:
    """Pay the bill that a row of a payment file names; None when that very payment is recorded already.

    Refuses a row that names no bill or several, one that does not wait for payment, and another amount than the bill's.
    """
    named = numbers_in(payment.text)
    if len(named) != 1:
        raise Mistake("text", _("It names several bills.") if named else _("It names no bill."))
    with scope.platform():
        bill = Bill.objects.defer("voucher").filter(number=named[0]).first()
        if bill is None:
            raise Mistake("text", _("There is no bill of this number."))
        if bill.state in (BillState.PAID, BillState.SETTLED):
            if bill.bank_reference == payment.reference.strip()[:80]:
                return None
            raise Mistake("text", _("The bill has been paid already, with the number %(reference)s.")
                          % {"reference": bill.bank_reference})  # fmt: skip
        if bill.state != BillState.CONFIRMED:
            raise Mistake("text", _("The bill is not confirmed."))
        if bill.total_fen != payment.amount_fen:
            raise Mistake("amount", _("The bill is for %(total)s.") % {"total": yuan(bill.total_fen)})
        return pay_bill(bill.pk, bank_reference=payment.reference, actor=actor, address=address)


def settle_bill(bill_id: int, *, actor: str, supplier_id: int | None = None, address: str = "") -> Bill:
    """Mark a paid bill as settled (已结算): by the platform, or by its supplier who has the money (`supplier_id`).

    Refuses a bill that is not paid. Raises Bill.DoesNotExist.
    """
    person = staff_of(actor)
    if supplier_id is None and person is not None and person.kind == "supplier":
        raise ValueError("a supplier settles his own bills alone")
    within = scope.platform() if supplier_id is None else scope.supplier(supplier_id)
    with within:
        bill = locked(bill_id, step="settle", supplier_id=supplier_id)
        bill.state = BillState.SETTLED
        bill.settled_at = database_now()
        bill.save(update_fields=["state", "settled_at"])
        note(bill, "bill.settled", actor=actor, before={"state": BillState.PAID}, address=address)
        return bill
