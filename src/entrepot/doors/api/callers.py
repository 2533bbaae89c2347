"""Who calls: keys with their secrets, allow-lists and limits, kept for two seconds."""

import base64
import ipaddress
import time
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from entrepot.base import scope
from entrepot.base.sealing import unseal
from entrepot.base.worlds import is_sandbox
from entrepot.doors.api.threads import in_thread

FRESH_S = 2.0
_UNKNOWN_KEPT = 10_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Caller:
    """A distributor's key as the door needs it."""

    key: str
    distributor_id: int
    secret: bytes
    networks: list[Network]
    rate_per_s: int
    burst: int
    actor: str
    loaded_at: float
    tokens: float = 0.0
    refilled_at: float = 0.0

    @property
    def is_sandbox(self) -> bool:
        """Return whether the key is a sandbox's."""
        return is_sandbox(self.distributor_id)

    def admits(self, address: str) -> bool:
        """Return whether calls may come from this address; an empty list admits all."""
        if not self.networks:
            return True
        try:
            found = ipaddress.ip_address(plain_address(address))
        except ValueError:
            return False
        return any(found in network for network in self.networks)

    def take_token(self, now: float) -> tuple[bool, int, float]:
        """Return whether a call is within the limit, how many are left, and the seconds until one more is."""
        self.tokens = min(float(self.burst), self.tokens + (now - self.refilled_at) * self.rate_per_s)
        self.refilled_at = now
        if self.tokens < 1:
            return False, 0, (1 - self.tokens) / self.rate_per_s
        self.tokens -= 1
        return True, int(self.tokens), 0.0


_QUERY = """
select k.key, k.distributor_id, k.secret_sealed, d.allow_list, t.rate_limit_per_s, t.rate_burst
from parties_apikey k
join parties_distributor d on d.id = k.distributor_id
join parties_tier t on t.id = d.tier_id
where k.key = %s and k.is_live and k.revoked_at is null and d.is_sandbox = (k.key like 'ek\\_test\\_%%')
    and (k.ends_at is null or k.ends_at > clock_timestamp())
"""


class Callers:
    """The keys seen lately. A revoked key, a new limit or a new allow-list takes effect within two seconds."""

    def __init__(self) -> None:
        self._known: dict[str, Caller] = {}
        self._unknown: dict[str, float] = {}

    async def find(self, key: str) -> Caller | None:
        """Return the caller of a key, None when there is no such live key."""
        now = time.monotonic()
        caller = self._known.get(key)
        if caller is not None and now - caller.loaded_at < FRESH_S:
            return caller
        if now - self._unknown.get(key, -FRESH_S) < FRESH_S:
            return None
        fresh = await in_thread(_load, key)
        if fresh is None:
            self._known.pop(key, None)
            if len(self._unknown) > _UNKNOWN_KEPT:
                self._unknown.clear()
            self._unknown[key] = now
            return None
        # Its age counts from before it was asked for: what has changed while it was on its way is seen in time too.
        fresh.loaded_at = now
        caller = self._known.get(key)
        if caller is not None and caller.loaded_at > fresh.loaded_at:
            return caller
        if caller is not None:
            fresh.tokens, fresh.refilled_at = caller.tokens, caller.refilled_at
        self._known[key] = fresh
        return fresh


@lru_cache(maxsize=4_096)  # to find that an IPv4 address is no IPv6 one costs as much as the signature
def plain_address(text: str) -> str:
    """Return an address in the form an allow-list names it: IPv4 mapped into IPv6 is IPv4."""
    try:
        mapped = ipaddress.IPv6Address(text).ipv4_mapped
    except ValueError:
        return text
    return text if mapped is None else str(mapped)


def network_of(entry: str) -> Network:
    """Return a network of an allow-list; one that maps IPv4 addresses into IPv6 as those very addresses."""
    network = ipaddress.ip_network(entry, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - 96))


def _load(key: str) -> Caller | None:
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_QUERY, [key])
        row = cursor.fetchone()
    if row is None:
        return None
    now = time.monotonic()
    return Caller(
        key=row[0],
        distributor_id=row[1],
        secret=base64.b64decode(unseal(row[2]).removeprefix(b"whsec_")),
        networks=[network_of(entry) for entry in row[3]],
        rate_per_s=max(1, row[4]),
        burst=max(1, row[5]),
        actor=f"api/{row[1]}/{row[0]}",
        loaded_at=now,
        tokens=float(max(1, row[5])),
        refilled_at=now,
    )
