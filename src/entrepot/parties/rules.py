"""Numbers, permissions, roles, allow-lists and callback addresses of the parties: pure rules."""

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

EVERYTHING = "*"
LIVE_KEYS_AT_MOST = 2
ALLOW_LIST_AT_MOST = 50
_LETTERS = {"distributor": "D", "supplier": "S", "referrer": "R"}

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "platform": (
        *("aftersales.view", "aftersales.edit", "aftersales.rule", "aftersales.table"),
        *("orders.view", "orders.ship", "orders.cancel", "orders.refund", "orders.complete", "orders.reroute"),
        "consignee.reveal",
        *("goods.view", "goods.edit", "goods.review", "stock.view", "stock.edit"),
        *("suppliers.view", "suppliers.edit", "distributors.view", "distributors.edit", "tiers.edit", "keys.edit"),
        *("topups.view", "topups.review", "money.credit", "ledger.view"),
        *("bills.view", "bills.edit", "bills.pay"),
        *("referrers.view", "referrers.edit", "referrers.pay"),
        *("users.view", "users.edit", "log.view"),
    ),
    "supplier": (
        *("aftersales.view", "aftersales.edit"),
        *("orders.view", "orders.ship", "consignee.reveal", "goods.view", "goods.edit", "stock.view", "stock.edit"),
        *("ledger.view", "bills.view", "bills.answer", "users.view", "users.edit", "log.view"),
    ),
    "distributor": (
        *("aftersales.view", "aftersales.edit"),
        *("orders.view", "orders.cancel", "orders.refund", "orders.complete", "consignee.reveal", "goods.view"),
        *("topups.view", "topups.request", "ledger.view", "keys.edit", "users.view", "users.edit", "log.view"),
        "selection.edit",
    ),
    "referrer": ("earnings.view",),
}
"""Every permission of each back office; doors ask for them by these codes."""

DEFAULT_ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "platform": {
        "超级管理员": (EVERYTHING,),
        "运营": (
            *("aftersales.view", "aftersales.edit", "aftersales.rule", "aftersales.table"),
            *("orders.view", "goods.view", "goods.edit", "goods.review", "stock.view", "stock.edit"),
            *("suppliers.view", "suppliers.edit", "distributors.view", "distributors.edit", "tiers.edit", "keys.edit"),
            *("topups.view", "referrers.view", "referrers.edit", "log.view"),
        ),
        "客服": (
            *("aftersales.view", "aftersales.edit", "aftersales.rule"),
            *("orders.view", "orders.cancel", "orders.refund", "orders.complete", "orders.reroute"),
            *("consignee.reveal", "goods.view", "stock.view", "distributors.view"),
        ),
        "财务": (
            *("orders.view", "topups.view", "topups.review", "money.credit", "ledger.view"),
            *("distributors.view", "suppliers.view", "referrers.view", "referrers.pay", "log.view"),
            *("bills.view", "bills.edit", "bills.pay"),
        ),
        "仓库": (
            *("orders.view", "orders.ship", "consignee.reveal", "goods.view", "stock.view", "stock.edit"),
            *("aftersales.view", "aftersales.edit"),
        ),
    },
    "supplier": {
        "负责人": (EVERYTHING,),
        "发货员": (
            *("orders.view", "orders.ship", "consignee.reveal", "goods.view", "stock.view", "stock.edit"),
            *("aftersales.view", "aftersales.edit"),
        ),
    },
    "distributor": {
        "负责人": (EVERYTHING,),
        "客服": (
            *("aftersales.view", "aftersales.edit"),
            *("orders.view", "orders.cancel", "orders.refund", "orders.complete", "consignee.reveal", "goods.view"),
        ),
        "财务": ("orders.view", "topups.view", "topups.request", "ledger.view"),
    },
    "referrer": {"负责人": (EVERYTHING,)},
}
"""The roles a new world begins with."""

HEAD_ROLE = {"platform": "超级管理员", "supplier": "负责人", "distributor": "负责人", "referrer": "负责人"}
"""The role of the first user of a party."""


def party_number(kind: str, *, serial: int) -> str:
    """Return the number of a distributor (分销商编号, D10001), supplier (S10001) or referrer (R10001)."""
    return f"{_LETTERS[kind]}{serial}"


def strange_permissions(kind: str, *, permissions: Iterable[str]) -> list[str]:
    """Return the codes that the back office does not know."""
    return [code for code in permissions if code != EVERYTHING and code not in PERMISSIONS[kind]]


def allow_list(entries: Iterable[str]) -> list[str]:
    """Return the addresses of an allow-list (节点公网IP) as networks in their one spelling, without doubles.

    A bare address stands for itself alone. Raises ValueError with the entry that is neither IPv4 nor IPv6.
    """
    networks: list[str] = []
    for entry in entries:
        text = entry.strip()
        if not text:
            continue
        try:
            network = str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise ValueError(text) from None
        if network not in networks:
            networks.append(network)
    return networks


def callback_fault(address: str) -> str:
    """Return what is wrong with the form of a callback address (接口回调地址), empty when nothing is.

    Codes: `scheme`, `host`, `credentials`, `length`. Where the host's name leads is judged when it is called.
    """
    if not address:
        return ""
    if len(address) > 500 or any(ord(letter) <= 32 for letter in address):
        return "length"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "host"
    if parts.scheme not in ("http", "https"):
        return "scheme"
    if not host:
        return "host"
    return "credentials" if parts.username or parts.password else ""


WARN_DAYS = (14, 7, 1)
"""How many days before a key ends its mall is told so."""


def warning_due(left: timedelta, *, told: int | None) -> int | None:
    """Return which warning of a key's end is due with so much time left, None when it was told or it is too early."""
    if left <= timedelta(0):
        return None
    due = min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=None)
    return None if due is None or (told is not None and told <= due) else due
