"""Every write of the room, one function per business verb; money moves through the desk alone."""

from entrepot.settlement.actions.answers import confirm_bill, confirm_by_silence, dispute_lines
from entrepot.settlement.actions.payments import Payment, match_payment, pay_bill, settle_bill
from entrepot.settlement.actions.rulings import rule_line
from entrepot.settlement.actions.runs import bill_now, run_period
from entrepot.settlement.actions.sending import put_off_line, send_bill
from entrepot.settlement.actions.terms import NewTerms, change_terms, forget_terms

__all__ = [
    "NewTerms",
    "Payment",
    "bill_now",
    "change_terms",
    "confirm_bill",
    "confirm_by_silence",
    "dispute_lines",
    "forget_terms",
    "match_payment",
    "pay_bill",
    "put_off_line",
    "rule_line",
    "run_period",
    "send_bill",
    "settle_bill",
]
