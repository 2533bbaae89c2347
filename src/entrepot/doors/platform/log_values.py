"""Values of the operation log in words: what a field held before and after, as the pages call it."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from entrepot.doors.kit import aftersale_words
from entrepot.doors.kit.bill_papers import cycle_word
from entrepot.doors.kit.carriers import CARRIERS
from entrepot.doors.kit.figures import bps, yuan
from entrepot.doors.kit.freight_forms import KIND_WORDS as FREIGHT_KINDS
from entrepot.doors.kit.price_words import STATES as PRICE_STATES
from entrepot.doors.kit.promotion_words import PROMOTION_WORDS
from entrepot.doors.kit.states import STATES
from entrepot.doors.platform.choice_words import (
    DISTRIBUTOR_KINDS,
    EDIT_MODES,
    FUNDS_POLICIES,
    SUPPLIER_KINDS,
    SUPPLIER_SOURCES,
    UNSUPPLIED,
)
from entrepot.doors.platform.log_names import Names, is_named
from entrepot.freight.regions import name_of

OBJECTS: dict[str, Any] = {
    "aftersale": gettext_lazy("After-sale"),
    "aftersale_rule": gettext_lazy("After-sale table"),
    "allotment": gettext_lazy("Allotment"),
    "attribute": gettext_lazy("Attribute"),
    "balance": gettext_lazy("Balance"),
    "bill": gettext_lazy("Bill"),
    "brand": gettext_lazy("Brand"),
    "catalog": gettext_lazy("Catalogue"),
    "category": gettext_lazy("Category"),
    "claim": gettext_lazy("Claim"),
    "distributor": gettext_lazy("Distributor"),
    "endpoint": gettext_lazy("Callback address"),
    "freight": gettext_lazy("Freight template"),
    "funds": gettext_lazy("Funds foresight"),
    "goods": gettext_lazy("Goods"),
    "goods_import": gettext_lazy("Goods import"),
    "grade": gettext_lazy("Grade"),
    "key": gettext_lazy("Key"),
    "order": gettext_lazy("Order"),
    "price_change": gettext_lazy("Price change"),
    "price_setting": gettext_lazy("Price changes"),
    "referrer": gettext_lazy("Referrer"),
    "return_address": gettext_lazy("Return address"),
    "role": pgettext_lazy("log", "Role"),
    "quota": gettext_lazy("Limits of holds for all"),
    "shelf": gettext_lazy("Sold-out switches"),
    "setting": gettext_lazy("Setting"),
    "sku": gettext_lazy("SKU"),
    "slot": gettext_lazy("Promotion slot"),
    "statement": gettext_lazy("Statement"),
    "supplier": gettext_lazy("Supplier"),
    "terms": gettext_lazy("Terms of settlement"),
    "tier": gettext_lazy("Tier"),
    "topup": gettext_lazy("Top-up"),
    "user": pgettext_lazy("log", "Login"),
}
"""What each kind of object in the log is called."""

_MOMENTS = {"effective_at", "since", "until", "accept_by", "begins_at", "ends_at"}
_MONEY = {"refunded", "drawn", "total", "amount", "balance", "credit_limit", "held"}
_PARTIES = {
    "platform": gettext_lazy("Platform"),
    "supplier": gettext_lazy("Supplier"),
    "distributor": gettext_lazy("Distributor"),
    "referrer": gettext_lazy("Referrer"),
}
_STATE_OF = {"supplier": "party", "distributor": "party", "referrer": "party", "line": "acceptance"}
_CYCLES = ("day", "week", "half_month", "month", "by_hand")
_WORDS: dict[str, dict[str, Any]] = {
    "claim_state": {state: word for state, (word, _tone) in STATES["claim"].items()},
    "ruling": {state: word for state, (word, _tone) in STATES["ruling"].items()},
    "returns": aftersale_words.RETURNS,
    "condition": aftersale_words.CONDITIONS,
    "bill": aftersale_words.BILLS,
    "stock": aftersale_words.STOCKS,
    "freight": aftersale_words.FREIGHTS,
    "carrier": CARRIERS,
    "funds_policy": FUNDS_POLICIES,
    "unsupplied": UNSUPPLIED,
    "edit_mode": EDIT_MODES,
    "refund": aftersale_words.RETURNS,
    "allowed_promotions": PROMOTION_WORDS,
    "distributor_kind": DISTRIBUTOR_KINDS,
    "supplier_kind": SUPPLIER_KINDS,
    "supplier_source": SUPPLIER_SOURCES,
    "source": SUPPLIER_SOURCES,
}
_KINDS: dict[str, dict[str, Any]] = {
    "aftersale": aftersale_words.KINDS,
    "freight": {str(kind): word for kind, word in FREIGHT_KINDS.items()},
    "user": _PARTIES,
    "role": _PARTIES,
    "supplier": SUPPLIER_KINDS,
}
_ALLOTMENTS = {"open": gettext_lazy("Open"), "closed": gettext_lazy("Closed")}
_REASONS = {
    "sold out": gettext_lazy("Sold out"),
    "back in stock": gettext_lazy("Back in stock"),
    "ended": gettext_lazy("Its last day is over"),
}


def reason_word(reason: str, *, of: str) -> str:
    """Return why something was done as people read it: what the system says, and a buyer's reason, in words."""
    known = aftersale_words.REASONS if of == "aftersale" else _REASONS
    return str(known.get(reason, reason))


def value_word(name: str, value: Any, *, of: str, names: Names) -> str:
    """Return the value of a field of an object's kind in words.

    Money, rates, moments, states and choices are said as the pages say them, numbers of other rows by their names.
    """
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        heads = {key: names.word(name, key) if is_named(name) else key for key in value}
        return ", ".join(f"{heads[key]} {value_word('', one, of=of, names=names)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_part(name, one, of=of, names=names) for one in value)
    if isinstance(value, int) and is_named(name):
        return names.word(name, value)
    if isinstance(value, int) and (name.endswith("_fen") or name in _MONEY):
        return yuan(value)
    if isinstance(value, int) and name.endswith("_bps"):
        return bps(value)
    return _chosen(name, str(value), of=of)


def _chosen(name: str, value: str, *, of: str) -> str:
    """Return the word of a choice; what is no choice stays as it is."""
    if name == "state":
        if of == "price_change":
            return str(PRICE_STATES[value][0]) if value in PRICE_STATES else value
        if of == "allotment":
            return str(_ALLOTMENTS.get(value, value))
        return str(STATES.get(_STATE_OF.get(of, of), {}).get(value, (value, ""))[0])
    if name == "cycle" and value in _CYCLES:
        return cycle_word(value)
    words = _KINDS.get(of, {}) if name == "kind" else _WORDS.get(name, {})
    return str(words.get(value) or _moment(name, value))


def _moment(name: str, value: str) -> str:
    """Return a moment as the pages show it; what is none stays as it is."""
    if name not in _MOMENTS:
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if timezone.is_aware(at) else value


def _part(name: str, value: Any, *, of: str, names: Names) -> str:
    """Return one part of a list: a SKU by its code, a line by its pieces, a zone by its regions and what it costs."""
    if not isinstance(value, dict):
        return value_word(name, value, of=of, names=names)
    if "code" in value:
        return str(value["code"])
    if "line" in value and "qty" in value:
        return _("line %(line)s × %(qty)s") % {"line": value["line"], "qty": value["qty"]}
    if "regions" in value:
        where = "、".join(name_of(region) for region in value["regions"]) or _("everywhere else")
        if not value.get("is_served", True):
            return _("%(where)s: not delivered to") % {"where": where}
        return f"{where} {yuan(value.get('first_fen') or 0)} + {yuan(value.get('step_fen') or 0)}"
    return ", ".join(f"{key} {value_word(key, one, of=of, names=names)}" for key, one in value.items())
