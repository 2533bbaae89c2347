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
    if why == "not_this_shippers_line":
        return _("This line belongs to another shipper.")
    if why == "unknown_line":
        return _("The order has no such line.")
    if fault.refusal is Refusal.STATE_CONFLICT:
        state = str(state_of("order", str(facts.get("state", "")))[0])
        return _("The order is “%(state)s” by now; that does not allow this.") % {"state": state}
    if fault.refusal is Refusal.INSUFFICIENT_BALANCE and "needed" in facts:
        shown = {"needed": yuan(facts["needed"]), "available": yuan(facts["available"])}
        return _("¥%(needed)s is needed and ¥%(available)s is available.") % shown
    if fault.refusal is Refusal.INSUFFICIENT_STOCK:
        return _("Only %(available)s pieces are available.") % {"available": facts.get("available", 0)}
    return str(_WORDS.get(fault.refusal, _("This cannot be done.")))
