"""How each state of a thing of the trade is called and coloured."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES: dict[str, dict[str, tuple[Any, str]]] = {
    "order": {
        "held": (_("Held"), "warn"),
        "awaiting_funds": (_("Awaiting funds"), "bad"),
        "confirmed": (_("To ship"), "info"),
        "partly_shipped": (_("Partly shipped"), "violet"),
        "shipped": (_("Shipped"), "violet"),
        "received": (_("Received"), "ok"),
        "completed": (_("Completed"), "ok"),
        "cancelled": (_("Cancelled"), ""),
        "expired": (_("Expired"), ""),
        "rejected": (pgettext_lazy("order", "Rejected"), "bad"),
        "refunded": (_("Refunded"), ""),
    },
    "goods": {
        "draft": (_("Draft"), ""),
        "submitted": (_("In review"), "warn"),
        "on_sale": (_("On sale"), "ok"),
        "unlisted": (_("Unlisted"), ""),
        "rejected": (pgettext_lazy("goods", "Rejected"), "bad"),
        "sold_out": (_("Sold out"), "bad"),
        "low_stock": (_("Low stock"), "warn"),
    },
    "slot": {
        "live": (pgettext_lazy("slot", "Shown now"), "ok"),
        "planned": (pgettext_lazy("slot", "Planned"), "info"),
        "over": (pgettext_lazy("slot", "Over"), ""),
        "off": (pgettext_lazy("slot", "Not shown"), ""),
    },
    "acceptance": {
        "": (_("Accepted at once"), ""),
        "waiting": (_("To accept"), "warn"),
        "accepted": (_("Accepted"), "ok"),
        "back_ordered": (_("Back-ordered"), "violet"),
        "refused": (_("Cannot be supplied"), "bad"),
        "overdue": (_("Not accepted in time"), "bad"),
        "closed": (_("Refunded"), ""),
    },
    "party": {
        "pending": (_("Not activated"), "warn"),
        "active": (_("Active"), "ok"),
        "suspended": (_("Suspended"), "bad"),
    },
    "pick": {
        "goods": (_("Selected"), "ok"),
        "category": (_("By its category"), "ok"),
        "brand": (_("By its brand"), "ok"),
        "left_out": (_("Left out"), ""),
    },
    "step": {"done": (_("Done"), "ok"), "missing": (_("Missing"), "warn")},
    "endpoint": {
        "none": (_("No address"), ""),
        "pending": (_("Waits for its challenge"), "warn"),
        "active": (_("Active"), "ok"),
        "disabled": (_("Disabled"), "bad"),
    },
    "topup": {
        "pending": (_("To approve"), "warn"),
        "approved": (_("Credited"), "ok"),
        "rejected": (pgettext_lazy("top-up", "Rejected"), "bad"),
        "withdrawn": (_("Withdrawn"), ""),
    },
    "aftersale": {
        "requested": (_("To decide"), "warn"),
        "waiting_return": (_("Waiting for the goods"), "info"),
        "returning": (_("Goods on their way back"), "violet"),
        "claim": (_("Claim open"), "warn"),
        "resending": (_("To send once more"), "info"),
        "done": (_("Finished"), "ok"),
        "refused": (_("Turned down"), "bad"),
        "withdrawn": (_("Withdrawn"), ""),
    },
    "claim": {
        "demanded": (_("The platform's turn"), "warn"),
        "offered": (_("The distributor's turn"), "info"),
        "settled": (_("Settled"), "ok"),
        "dropped": (_("Withdrawn"), ""),
    },
    "transfer": {
        "reverse_supplier": (_("Taken off by an after-sale"), "bad"),
        "draw": (_("Order drawn"), ""),
        "refund": (_("Order refunded"), "ok"),
        "top_up": (_("Top-up"), "ok"),
        "adjustment": (_("Adjustment"), "warn"),
        "membership": (_("Membership paid"), "info"),
        "settle_supplier": (_("Order settled"), "ok"),
        "pay_supplier": (_("Paid by bill"), "info"),
        "adjust_supplier": (_("Adjustment"), "warn"),
    },
    "bill": {
        "draft": (_("Draft"), ""),
        "sent": (_("To confirm"), "warn"),
        "disputed": (_("Disputed"), "bad"),
        "confirmed": (_("To pay"), "info"),
        "paid": (_("Paid"), "ok"),
        "settled": (_("Settled"), "ok"),
        "carried": (_("Carried over"), "violet"),
    },
    "ruling": {
        "kept": (_("Kept"), ""),
        "moved": (_("Moved to the next bill"), "warn"),
        "adjusted": (_("Adjusted"), "info"),
    },
    "membership": {
        "": (_("Running"), "ok"),
        "renewed": (_("Renewed"), ""),
        "replaced": (_("Replaced"), ""),
        "fallback": (_("Over; back to the free tier"), "warn"),
        "refused": (_("Over; orders are refused"), "bad"),
        "closed": (_("Over; suspended before"), "bad"),
    },
    "key": {
        "live": (_("In use"), "ok"),
        "revoked": (_("Revoked"), ""),
    },
    "user": {
        "active": (_("Active"), "ok"),
        "disabled": (_("Disabled"), ""),
        "locked": (_("Locked"), "bad"),
    },
}
"""For each kind of thing and each state: the word, and the tone (ok, warn, bad, info, violet or none)."""


def state_of(kind: str, state: str) -> tuple[Any, str]:
    """Return word and tone of a state; a state nobody described yet is shown as it is, without colour."""
    return STATES[kind].get(state, (state, ""))
