"""Who calls: keys with their secrets, allow-lists and limits, kept for two seconds."""

import asyncio
import base64
import ipaddress
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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


Row = tuple[Any, ...]
# When it was asked for, and who was found.
Reading = asyncio.Future[tuple[float, Caller | None]]
_QUERY = """
select k.key, k.distributor_id, k.secret_sealed, d.allow_list, t.rate_limit_per_s, t.rate_burst
from parties_apikey k
join parties_distributor d on d.id = k.distributor_id
join parties_tier t on t.id = d.tier_id
where k.key = any(%s) and k.is_live and k.revoked_at is null and d.is_sandbox = (k.key like 'ek\\_test\\_%%')
    and (k.ends_at is null or k.ends_at > clock_timestamp())
"""


class Callers:
    """The keys seen lately. A revoked key, a new limit or a new allow-list takes effect within two seconds.

    A key in constant use is read again before its time is over, so that nobody waits for it, and however many ask for
    the same key, or for different ones at once, one statement reads them.
    """

    def __init__(self) -> None:
        self._known: dict[str, Caller] = {}
        self._unknown: dict[str, float] = {}
        self._waiting: dict[str, Reading] = {}
        self._under_way: dict[str, Reading] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Caller | None:
        """Return the caller of a key, None when there is no such live key. Raises Problem `busy` without a database."""
        began = time.monotonic()
        caller = self._known.get(key)
        if caller is not None and (age_s := began - caller.loaded_at) < FRESH_S:
            if age_s > FRESH_S / 2:
                self._read(key)
            return caller
        if began - self._unknown.get(key, -FRESH_S) < FRESH_S:
            return None
        while True:
            # Whoever gives up waiting takes nothing from the others who wait for the same.
            asked_at, caller = await asyncio.shield(self._read(key))
            if began - asked_at < FRESH_S:  # else it had been on its way for too long when this call came
                return caller

    def _read(self, key: str) -> Reading:
        """Return the reading of a key that is under way, or the next one."""
        reading = self._under_way.get(key) or self._waiting.get(key)
        if reading is None:
            reading = self._waiting[key] = asyncio.get_running_loop().create_future()
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._drain())
        return reading

    async def _drain(self) -> None:
        while self._waiting:
            self._under_way, self._waiting = self._waiting, {}
            # Its age counts from before it was asked for: what changes while it is on its way is seen in time too.
            asked_at = time.monotonic()
            try:
                rows = await in_thread(_load, list(self._under_way))
            except Exception as error:  # noqa: BLE001 - it is handed to everybody who waits
                for reading in self._under_way.values():
                    _fail(reading, error)
            else:
                for key, reading in self._under_way.items():
                    try:
                        reading.set_result((asked_at, self._keep(key, rows.get(key), asked_at=asked_at)))
                    except Exception as error:  # noqa: BLE001 - a key that cannot be understood harms no other
                        _fail(reading, error)
            self._under_way = {}

    def _keep(self, key: str, row: Row | None, *, asked_at: float) -> Caller | None:
        known = self._known.pop(key, None)
        if row is None:
            if len(self._unknown) > _UNKNOWN_KEPT:
                self._unknown.clear()
            self._unknown[key] = asked_at
            return None
        distributor_id, sealed, allow_list, rate_per_s, burst = row
        fresh = Caller(
            key=key,
            distributor_id=distributor_id,
            secret=base64.b64decode(unseal(sealed).removeprefix(b"whsec_")),
            networks=[network_of(entry) for entry in allow_list],
            rate_per_s=max(1, rate_per_s),
            burst=max(1, burst),
            actor=f"api/{distributor_id}/{key}",
            loaded_at=asked_at,
            tokens=known.tokens if known else float(max(1, burst)),
            refilled_at=known.refilled_at if known else time.monotonic(),
        )
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


def _fail(reading: Reading, error: Exception) -> None:
    reading.set_exception(error)
    reading.exception()  # nobody need be waiting: a key that is good for a while yet is read once more


def _load(keys: list[str]) -> dict[str, Row]:
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_QUERY, [keys])
        return {key: tuple(row) for key, *row in cursor.fetchall()}
