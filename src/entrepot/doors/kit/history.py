"""The life of an order in words: its events as entries of a time line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot.base.actors import SYSTEM, staff_of
from entrepot.doors.kit import life_words
from entrepot.doors.kit.carriers import carrier_name
from entrepot.doors.kit.figures import yuan
from entrepot.doors.kit.states import state_of
from entrepot.reports.life_entry import Entry as Happened

_TITLES: dict[str, Any] = {
    "order.held": gettext_lazy("Placed; stock and money are held"),
    "order.awaiting_funds": gettext_lazy("Paid by the buyer, waits for funds"),
    "order.confirmed": gettext_lazy("Confirmed; the money is drawn"),
    "order.rejected": gettext_lazy("Rejected"),
    "order.expired": gettext_lazy("Lapsed; stock and money are free again"),
    "order.cancelled": gettext_lazy("Cancelled; stock and money are free again"),
    "order.shipped": gettext_lazy("Parcel sent"),
    "order.delivered": gettext_lazy("Delivered"),
    "order.received": gettext_lazy("Received"),
    "order.completed": gettext_lazy("Completed"),
    "order.refunded": gettext_lazy("Refunded before shipping"),
    "order.lines_accepted": gettext_lazy("Accepted by the shipper"),
    "order.lines_back_ordered": gettext_lazy("Back-ordered by the shipper"),
    "order.lines_refused": gettext_lazy("The shipper cannot supply"),
    "order.lines_overdue": gettext_lazy("Not accepted in time"),
    "order.line_rerouted": gettext_lazy("Goes out by a substitute"),
    "order.acceptance_extended": gettext_lazy("More time to accept"),
    "order.address_changed": gettext_lazy("Address changed"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a time line."""

    at: datetime
    title: str
    text: str
    actor: str


def actor_name(actor: str, *, reader: str) -> str:
    """Return who did something, as a reader of one back office may know him: other companies without their people."""
    if actor == SYSTEM:
        return _("System")
    person = staff_of(actor)
    if person is None:
        return _("Mall, by the API")
    if reader in ("platform", person.kind):
        return person.name
    return {"platform": _("Platform"), "supplier": _("Shipper"), "distributor": _("Distributor")}[person.kind]


_BOOKED: dict[str, Any] = {
    "part.placed": gettext_lazy("Came in to be shipped"),
    "take": gettext_lazy("Pieces reserved"),
    "release": gettext_lazy("Pieces let go"),
    "ship": gettext_lazy("Pieces left the shelf"),
    "return": gettext_lazy("Pieces came back by an after-sale"),
    "write_off": gettext_lazy("Pieces came back and were written off"),
    "resend": gettext_lazy("Pieces sent once more by an after-sale"),
    "settle_fee": gettext_lazy("Service fee earned"),
    "settle_goods": gettext_lazy("Goods income earned"),
    "reverse_fee": gettext_lazy("Service fee given back"),
    "reverse_goods": gettext_lazy("Goods income given back"),
}


def lived(life: Iterable[Happened], *, reader: str) -> list[Entry]:
    """Return what happened to an order as a time line in the same order, for a reader of one back office (its kind)."""
    return [
        Entry(one.at, title(one), _told(one), actor_name(one.actor, reader=reader) if one.actor else "") for one in life
    ]


def title(one: Happened) -> str:
    """Return what an entry is called; a transfer by the word its statement uses."""
    if one.what == "order.refunded" and "refund" in one.data:
        return _("Refunded by after-sale")
    word = _BOOKED.get(one.what) or _TITLES.get(one.what) or life_words.title(one.what)
    return str(word or state_of("transfer", one.what)[0])


def _told(one: Happened) -> str:
    data = one.data
    parts = life_words.told(data)
    if "tracking_no" in data:
        parts.append(f"{carrier_name(data['carrier'])} {data['tracking_no']}")
    if one.pieces is not None:
        parts.append(f"×{one.pieces}")
    if one.amount_fen is not None:
        parts.append(yuan(one.amount_fen))
    if one.what.startswith("order.line"):
        numbers = [line["line"] if isinstance(line, dict) else line for line in data.get("lines", ())]
        parts.append(_("line %(numbers)s") % {"numbers": ", ".join(map(str, numbers))})
    if "ship_by" in data:
        parts.append(_("will be sent by %(day)s") % {"day": data["ship_by"]})
    if data.get("supplier"):
        parts.append(data["supplier"])
    if one.reason:
        parts.append(one.reason)
    return " · ".join(parts)
