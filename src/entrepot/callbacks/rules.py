"""Which events malls hear, when a callback is tried again, and which addresses may be called: pure rules."""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Everything else that is written down stays in the house.
TYPES = (
    *("product.listed", "product.updated", "product.delisted", "price.changed"),
    *("stock.changed", "stock.sold_out", "stock.restocked", "selection.added", "selection.removed"),
    *("order.held", "order.confirmed", "order.rejected", "order.expired", "order.cancelled", "order.split"),
    *("order.merged", "order.shipped", "order.delivered", "order.completed", "order.awaiting_funds"),
    "order.refunded",
    *("aftersale.updated", "claim.updated"),
    *("balance.credited", "balance.debited", "balance.low", "balance.refunded", "statement.ready"),
    *("tier.changed", "membership.expiring", "key.expiring", "endpoint.disabled", "digest.daily", "webhook.test"),
)
VERIFY = "webhook.verify"
STOCK_CHANGED = "stock.changed"
FOLD_ABOVE = 20  # so many messages of a kind about goods a mall gets at once; of more, one that says: read the feed

# Seconds to wait before each attempt: at once, 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
WAITS_S = (0, 5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(WAITS_S)
SPREAD = 10  # percent by which a wait is made shorter or longer, so that not everything comes back at once
LONGEST_ASKED_S = 86_400
FAILING_DAYS = 5

# What a name may not lead to beyond what the registries call private or reserved: ways round through IPv6.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_INSIDE = (
    *(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24")),
    *(ipaddress.ip_network(text) for text in ("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")),
    *(ipaddress.ip_network(text) for text in ("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "::/96")),
    ipaddress.ip_network("::ffff:0:0:0/96"),
    *(ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16")),
)


def wait_before(attempt: int, *, chance: int, asked_s: int = 0) -> int | None:
    """Return the seconds before an attempt (the first is 1), None when there is none after the last.

    `chance`, a percentage from 0 to 100, spreads the wait by ±10 %. `asked_s` is what the receiver's Retry-After asks for: it is waited
    at least so long, and at most a day.
    """
    if attempt > ATTEMPTS:
        return None
    wait_s = WAITS_S[attempt - 1]
    spread_s = wait_s * SPREAD // 100
    return max(wait_s - spread_s + 2 * spread_s * chance // 100, min(asked_s, LONGEST_ASKED_S))


def is_admitted(address: Address, *, allowed: Sequence[Network] = ()) -> bool:
    """Return whether a callback may connect to an address: a public one, or one in a range the operator allows.

    An address that carries another inside it (mapped, NAT64, 6to4, Teredo) is judged by the one inside as well.
    """
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_admitted(address.ipv4_mapped, allowed=allowed)
        if any(address in network for network in _NAT64):
            return is_admitted(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), allowed=allowed)
        if address.sixtofour is not None or address.teredo is not None:
            return False
    if any(address.version == network.version and address in network for network in _INSIDE):
        return False
    return address.is_global and not address.is_multicast


def is_success(status: int) -> bool:
    """Return whether an answer means that the mall has it: any 2xx. A redirect is a failure."""
    return 200 <= status < 300
