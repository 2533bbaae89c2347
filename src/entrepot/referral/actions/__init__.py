"""Every write of the room, one function per business verb; money moves through the desk alone."""

from entrepot.referral.actions.attachments import attach, end_attachment
from entrepot.referral.actions.booking import follow
from entrepot.referral.actions.grades import admit_referrer, change_grade, create_grade, set_grade
from entrepot.referral.actions.payouts import pay_out, return_payout

__all__ = [
    "admit_referrer",
    "attach",
    "change_grade",
    "create_grade",
    "end_attachment",
    "follow",
    "pay_out",
    "return_payout",
    "set_grade",
]
