"""What the desk's refusals say to people who work in a back office."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot.base.money import yuan
from entrepot.base.refusals import Refusal
from entrepot.doors.kit.states import state_of
from entrepot.trade.terms import Answer, Fault

_WORDS: dict[Refusal, Any] = {
    Refusal.NOT_FOUND: gettext_lazy("There is no such order of yours."),
    Refusal.DISTRIBUTOR_SUSPENDED: gettext_lazy("The distributor is suspended."),
    Refusal.PRODUCT_DELISTED: gettext_lazy("The goods are no longer on sale."),
}
_WHY: dict[str, Any] = {
    "not_this_shippers_line": gettext_lazy("This line belongs to another shipper."),
    "unknown_line": gettext_lazy("The order has no such line."),
    "unknown_sku": gettext_lazy("There is no such SKU to send instead."),
    "not_accepted": gettext_lazy("This line has not been accepted yet; accept it before you ship."),
    "not_asked": gettext_lazy("This line was accepted when it was paid; nobody is asked about it."),
    "too_late": gettext_lazy("The time to accept this line is over; the platform decides now."),
    "decided": gettext_lazy("What becomes of this line is decided already."),
    "nothing_open": gettext_lazy("Nothing of this line is left to send."),
    "freight_went_back": gettext_lazy(
        "The freight of this shipper went back already; another line would owe it again."
    ),
    "date_is_past": gettext_lazy("The date lies in the past."),
}


def reason_of(answer: Answer) -> str:
    """Return in a sentence, with its numbers, why the desk refused; empty when it did not."""
    if answer.is_accepted:
        return ""
    said = dict.fromkeys(sentence(fault) for fault in answer.faults)
    return " ".join(said) or _("This cannot be done.")


def sentence(fault: Fault) -> str:
    """Return one thing that was wrong as a sentence."""
    facts: dict[str, Any] = dict(fault.facts)
    why = facts.get("why", "")
    if why == "more_than_open":
        return _("Only %(open)d pieces of this line are still open, not %(qty)d.") % facts
    if why == "at_a_loss":
        shown = {"cost": yuan(facts["supplier_price"]), "price": yuan(facts["supply_price"])}
        return _("It costs ¥%(cost)s and is sold for ¥%(price)s: allow the loss if it shall be.") % shown
    if why in _WHY:
        return str(_WHY[why])
    if fault.refusal is Refusal.STATE_CONFLICT:
        state = str(state_of("order", str(facts.get("state", "")))[0])
        return _("The order is “%(state)s” by now; that does not allow this.") % {"state": state}
    if fault.refusal is Refusal.INSUFFICIENT_BALANCE and "needed" in facts:
        shown = {"needed": yuan(facts["needed"]), "available": yuan(facts["available"])}
        return _("¥%(needed)s is needed and ¥%(available)s is available.") % shown
    if fault.refusal is Refusal.INSUFFICIENT_STOCK:
        return _("Only %(available)s pieces are available.") % {"available": facts.get("available", 0)}
    return str(_WORDS.get(fault.refusal, _("This cannot be done.")))
