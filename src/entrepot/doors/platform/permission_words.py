"""What each permission is called, and under which heading a role's matrix shows it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from entrepot.parties.rules import EVERYTHING, PERMISSIONS

GROUPS: dict[str, Any] = {
    "orders": _("Orders"),
    "aftersales": _("After-sale"),
    "consignee": _("Consignees"),
    "goods": _("Goods"),
    "stock": _("Stock"),
    "suppliers": _("Suppliers"),
    "distributors": _("Distributors"),
    "tiers": _("Tiers"),
    "keys": _("Keys"),
    "topups": _("Top-ups"),
    "referrers": _("Referrers"),
    "earnings": _("Referral"),
    "money": _("Funds"),
    "ledger": _("Ledger"),
    "bills": _("Bills"),
    "selection": _("Selection"),
    "users": _("Users"),
    "log": _("Operation log"),
}
VERBS: dict[str, Any] = {
    "view": _("see"),
    "edit": _("change"),
    "ship": _("ship"),
    "cancel": _("cancel"),
    "refund": _("refund before shipping"),
    "complete": _("record receipt, complete"),
    "reroute": _("re-route, give more time to accept"),
    "reveal": _("see in clear"),
    "review": _("review"),
    "rule": _("offer and rule on claims"),
    "table": _("set the decision table"),
    "credit": _("credit, adjust, set limits"),
    "answer": _("confirm, dispute"),
    "pay": _("pay"),
    "request": _("ask for"),
}


def permission_word(code: str) -> str:
    """Return what a permission is called, with its heading."""
    if code == EVERYTHING:
        return str(_("Everything"))
    group, _dot, verb = code.partition(".")
    return f"{GROUPS.get(group, group)}: {VERBS.get(verb, verb)}"


def matrix(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the permissions of a back office by heading, each as code and word."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code in PERMISSIONS[kind]:
        group, _dot, verb = code.partition(".")
        found.setdefault(group, []).append((code, str(VERBS.get(verb, verb))))
    return [(str(GROUPS.get(group, group)), entries) for group, entries in found.items()]
