"""Everything that is done to sandboxes."""

from entrepot.sandbox.actions.making import make_sandbox, restore
from entrepot.sandbox.actions.outcomes import fall_due, is_due, is_first, move_price
from entrepot.sandbox.actions.playing import call_with, keep_certificate, move_on, set_shipping, top_up

__all__ = [
    "call_with",
    "fall_due",
    "is_due",
    "is_first",
    "keep_certificate",
    "make_sandbox",
    "move_on",
    "move_price",
    "restore",
    "set_shipping",
    "top_up",
]
