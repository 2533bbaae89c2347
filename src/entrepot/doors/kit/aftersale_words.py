"""After-sale in words: kinds, reasons, the cells of the table, steps, and why a deed was refused."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from entrepot.aftersale.models import Request, Step
from entrepot.aftersale.rules import Cell, Result
from entrepot.base.money import yuan
from entrepot.base.refusals import Refusal
from entrepot.doors.kit.answers import sentence
from entrepot.doors.kit.carriers import carrier_name
from entrepot.doors.kit.history import Entry, actor_name
from entrepot.doors.kit.life_words import AFTER_SALE_STEPS
from entrepot.doors.kit.states import state_of
from entrepot.trade.terms import Fault

KINDS: dict[str, Any] = {
    "refund": gettext_lazy("Refund only"),
    "return": gettext_lazy("Return and refund"),
    "exchange": gettext_lazy("Exchange"),
    "reship": gettext_lazy("Second parcel"),
}
REASONS: dict[str, Any] = {
    "changed_mind": gettext_lazy("Changed his mind"),
    "quality": gettext_lazy("Quality"),
    "wrong_goods": gettext_lazy("Wrong goods"),
    "damaged": gettext_lazy("Damaged"),
    "lost": gettext_lazy("Parcel lost"),
    "not_received": gettext_lazy("Not received"),
    "other": gettext_lazy("Other"),
}
ANY_REASON: Any = gettext_lazy("Every reason")
STAGES: dict[str, Any] = {
    "before_shipping": gettext_lazy("Before shipping"),
    "shipped": gettext_lazy("On its way"),
    "received": pgettext_lazy("after-sale", "Received"),
}
SHIPPERS: dict[str, Any] = {"own": gettext_lazy("Own goods"), "supplier": gettext_lazy("Supplier's goods")}
RETURNS: dict[str, Any] = {
    "always": gettext_lazy("Returns by itself"),
    "claim": gettext_lazy("By a claim"),
    "never": gettext_lazy("Does not return"),
}
CONDITIONS: dict[str, Any] = {
    "at_once": gettext_lazy("At once"),
    "after_return": gettext_lazy("Once the goods are back"),
}
BILLS: dict[str, Any] = {"none": gettext_lazy("Stays as it is"), "reverse": gettext_lazy("Lessened by his price")}
STOCKS: dict[str, Any] = {
    "none": gettext_lazy("Nothing comes back"),
    "back": gettext_lazy("Good pieces are sold again"),
    "write_off": gettext_lazy("All are written off"),
}
FREIGHTS: dict[str, Any] = {
    "distributor": gettext_lazy("Distributor; it does not come back"),
    "shipper": gettext_lazy("Shipper"),
    "platform": gettext_lazy("Platform"),
}
SOURCES: dict[str, Any] = {
    "mall": gettext_lazy("Mall, by the API"),
    "distributor": gettext_lazy("Distributor"),
    "platform": gettext_lazy("Platform"),
}


def cell_name(cell: Cell) -> str:
    """Return which cell of the table it is, in words."""
    reason = REASONS[cell.reason] if cell.reason else ANY_REASON
    return " · ".join(str(word) for word in (STAGES[cell.stage], SHIPPERS[cell.shipper], KINDS[cell.kind], reason))


def cell_why(cell: Cell) -> list[tuple[str, str, str]]:
    """Return why after-sale answers as it does: the cell, and what each of its columns says."""
    if not cell.is_offered:
        return [(_("Row of the table"), "", cell_name(cell)), (_("Can be asked for"), _("No"), "")]
    return [
        (_("Row of the table"), "", cell_name(cell)),
        (
            _("The draw"),
            str(RETURNS[cell.returns]),
            str(CONDITIONS[cell.condition]) if cell.returns == "always" else "",
        ),
        (_("Stock"), str(STOCKS[cell.stock]), ""),
        (_("Freight is borne by"), str(FREIGHTS[cell.freight]), ""),
        (_("Supplier's bill"), str(BILLS[cell.bill]), ""),
    ]


def cell_cells(cell: Cell) -> list[str]:
    """Return the columns of a row of the table: draw, stock, freight, bill."""
    if not cell.is_offered:
        return [_("Cannot be asked for"), "—", "—", "—"]
    draw = str(RETURNS[cell.returns])
    if cell.returns == "always":
        draw = f"{draw} · {CONDITIONS[cell.condition]}"
    return [draw, str(STOCKS[cell.stock]), str(FREIGHTS[cell.freight]), str(BILLS[cell.bill])]


def money(amount_fen: int) -> str:
    """Return an amount of fen as people read it."""
    return f"¥{yuan(amount_fen)}"


def cell_of(request: Request) -> Cell:
    """Return the cell a request was made under."""
    return Cell(**request.cell)


def timeline(steps: list[Step], *, reader: str) -> list[Entry]:
    """Return the steps of a request as a time line, newest first, for a reader of one back office."""
    return [Entry(step.at, _title(step), _text(step), actor_name(step.actor, reader=reader)) for step in steps]


def _title(step: Step) -> str:
    title = str(AFTER_SALE_STEPS.get(step.what, step.what))
    return title if step.amount_fen is None else f"{title} ¥{yuan(step.amount_fen)}"


def _text(step: Step) -> str:
    if step.what in ("return_sent", "resent"):
        code, _gap, number = step.note.partition(" ")
        return f"{carrier_name(code)} {number}"
    return step.note


def why_refused(result: Result) -> str:
    """Return in a sentence why a deed of after-sale was refused."""
    return " ".join(dict.fromkeys(fault_sentence(fault) for fault in result.faults)) or _("This cannot be done.")


def fault_sentence(fault: Fault) -> str:
    """Return one fault as a sentence with its numbers."""
    facts = fault.facts
    why = facts.get("why", "")
    if why == "request_state":
        state = str(state_of("aftersale", str(facts["state"]))[0])
        return _("The request is “%(state)s” by now; that does not allow this.") % {"state": state}
    if why == "rights_over":
        return _("The time for after-sale is over: %(days)d days after completion.") % facts
    if why == "more_than_paid":
        return _("At most ¥%(limit)s.") % {"limit": yuan(facts["at_most"])}
    if why == "more_than_open":
        return _("Only %(open)d pieces of this line can still be asked about, not %(qty)d.") % facts
    if why in _PLAIN:
        return str(_PLAIN[why])
    if fault.refusal is Refusal.NUMBER_REUSED:
        return _("This number was used for another request.")
    return sentence(fault)


_PLAIN: dict[str, Any] = {
    "not_offered": gettext_lazy("The after-sale table does not offer this kind at this stage."),
    "several_shippers": gettext_lazy("One request speaks of goods of one shipper; make one for each."),
    "no_lines": gettext_lazy("Choose at least one piece."),
    "unknown_value": gettext_lazy("Choose one of the values offered."),
    "reason_missing": gettext_lazy("Say why."),
    "tracking_missing": gettext_lazy("Enter carrier and tracking number."),
    "already_moving": gettext_lazy("Money or goods have moved already; it cannot be taken back."),
    "unknown_address": gettext_lazy("This return address is no longer in use."),
    "claim_went_on": gettext_lazy("The claim has gone on meanwhile. Look at it again."),
    "not_your_turn": gettext_lazy("This is not for you to say at this point."),
    "not_due": gettext_lazy("Its time is not over yet."),
    "share": gettext_lazy("The supplier's share lies between 0 and 100 %."),
    "own_goods_have_no_bill": gettext_lazy("Own goods have no supplier who could bear it."),
    "too_many_pictures": gettext_lazy("At most nine pictures."),
}
