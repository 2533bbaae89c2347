"""Which addresses of the network our own calls may go to, and where the name in a URL leads."""

import ipaddress
import socket
import threading
from collections.abc import Sequence
from typing import TypeAlias

import httpx

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

RESOLVED_WITHIN_S = 2.0

# What a name may not lead to beyond what the registries call private or reserved: ways round through IPv6.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_INSIDE = (
    *(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24")),
    *(ipaddress.ip_network(text) for text in ("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")),
    *(ipaddress.ip_network(text) for text in ("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "::/96")),
    ipaddress.ip_network("::ffff:0:0:0/96"),
    *(ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16")),
)


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


def inside_of(url: str, *, allowed: Sequence[Network] = ()) -> str:
    """Return the first address a URL leads to that may not be called, empty when there is none.

    A name that nobody can resolve within two seconds is not judged here: it is judged whenever it is called.
    """
    try:
        host = httpx.URL(url).raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        return ""
    found: list[str] = []
    # In a thread of its own: a resolver may take half a minute to say that it does not know.
    asking = threading.Thread(target=_resolve, args=(host, found), daemon=True)
    asking.start()
    asking.join(RESOLVED_WITHIN_S)
    return next((one for one in list(found) if not is_admitted(ipaddress.ip_address(one), allowed=allowed)), "")


def _resolve(host: str, found: list[str]) -> None:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # it leads nowhere, and nowhere is not inside
    # A scope (fe80::1%eth0) is no part of the address; what has one is link-local anyway.
    found += [str(entry[4][0]).partition("%")[0] for entry in entries]
