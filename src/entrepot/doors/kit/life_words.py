"""The words of what after-sale, bills and referral add to the life of an order."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

AFTER_SALE_STEPS: dict[str, Any] = {
    "requested": gettext_lazy("Asked for"),
    "approved": gettext_lazy("Agreed to"),
    "refused": gettext_lazy("Turned down"),
    "withdrawn": gettext_lazy("Taken back"),
    "address": gettext_lazy("Return address given"),
    "return_sent": gettext_lazy("Goods sent back"),
    "inspected": gettext_lazy("Returned goods looked at"),
    "not_returned": gettext_lazy("Goods did not come back"),
    "money": gettext_lazy("Money returned to the balance"),
    "resent": gettext_lazy("Sent once more"),
    "demanded": gettext_lazy("Claimed"),
    "offered": gettext_lazy("Platform offers"),
    "countered": gettext_lazy("Distributor asks for"),
    "agreed": gettext_lazy("Both agree"),
    "ruled": gettext_lazy("Platform has ruled"),
    "silence": gettext_lazy("Settled by silence"),
    "overdue": gettext_lazy("Time is over; the platform has to rule"),
    "borne": gettext_lazy("Of it borne by the supplier"),
    "done": gettext_lazy("Finished"),
}
_BILL_STEPS: dict[str, Any] = {
    "drawn": gettext_lazy("Put on a bill"),
    "sent": gettext_lazy("Bill sent"),
    "disputed": gettext_lazy("Bill line disputed"),
    "kept": gettext_lazy("Ruled: the bill line stays"),
    "moved": gettext_lazy("Ruled: goes on the next bill"),
    "adjusted": gettext_lazy("Ruled: the bill line is adjusted"),
    "confirmed": gettext_lazy("Bill confirmed"),
    "paid": gettext_lazy("Bill paid"),
    "settled": gettext_lazy("Bill settled"),
}
_REFERRAL: dict[str, Any] = {
    "accrual": gettext_lazy("Referrer's share earned"),
    "reversal": gettext_lazy("Referrer's share taken back"),
}


def title(what: str) -> str:
    """Return what an entry of another room is called, empty when it is of none of them."""
    room, _dot, step = what.partition(".")
    if room == "aftersale":
        return _("After-sale: %(step)s") % {"step": AFTER_SALE_STEPS.get(step, step)}
    words = {"bill": _BILL_STEPS, "referral": _REFERRAL}.get(room, {})
    return str(words.get(step, ""))


def told(data: dict[str, Any]) -> list[str]:
    """Return what more an entry says: number of the request or bill, pieces looked at, whose share it is."""
    parts = []
    if "request" in data:
        parts.append(_("request %(number)s") % {"number": data["request"]})
    if "bill" in data:
        parts.append(str(data["bill"]))
    if "good" in data:
        parts.append(
            _("%(good)d good, %(damaged)d damaged, %(missing)d missing")
            % {name: data.get(name, 0) for name in ("good", "damaged", "missing")}
        )
    if "referrer" in data:
        side = _("brought the supplier") if data.get("side") == "supplier" else _("brought the distributor")
        parts.append(f"{data['referrer']} ({side})")
    return parts
