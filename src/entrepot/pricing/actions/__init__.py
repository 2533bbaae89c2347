"""Every write of prices besides goods' own forms: rates of goods, announced changes, the setting."""

from entrepot.pricing.actions.apply import apply_next
from entrepot.pricing.actions.changes import (
    ChangeDraft,
    announce,
    approve_proposal,
    cancel_change,
    propose,
    refuse_proposal,
)
from entrepot.pricing.actions.rates import set_fee_rate
from entrepot.pricing.actions.setting import set_price_setting

__all__ = [
    "ChangeDraft",
    "announce",
    "apply_next",
    "approve_proposal",
    "cancel_change",
    "propose",
    "refuse_proposal",
    "set_fee_rate",
    "set_price_setting",
]
