"""No form of an address leads a callback inside."""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from entrepot.base import addresses
from entrepot.base.addresses import inside_of, is_admitted
from entrepot.base.mistakes import Mistake
from entrepot.callbacks import connecting, sending
from entrepot.callbacks.actions import read_endpoint, set_endpoint
from entrepot.callbacks.rules import Fault
from entrepot.callbacks.sending import Caller, Outcome
from entrepot.parties.actions.distributors import change_distributor
from entrepot.parties.rules import callback_fault
from tests.callbacks.addresses import INSIDE_HOSTS, OUTSIDE, urls
from tests.callbacks.conftest import LOOPBACK, MakeReceiver
from tests.callbacks.receiver import Canary
from tests.world import STAFF, World


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


def post(*addresses: str, allowed: Any = ()) -> list[Outcome]:
    """Call addresses one after the other."""

    async def run() -> list[Outcome]:
        caller = Caller(allowed=allowed)
        try:
            return [await caller.post(address, body=b"{}", headers=[]) for address in addresses]
        finally:
            await caller.close()

    return asyncio.run(run())


def test_the_corpus_is_wide() -> None:
    assert len(urls(1)) >= 150


def test_no_address_reaches_the_canary(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 0.5)
    monkeypatch.setattr(sending, "TOTAL_S", 1.0)
    outcomes = post(*urls(canary.port))
    assert [outcome for outcome in outcomes if outcome.status is not None or not outcome.fault] == []
    assert canary.hits == 0


def test_no_address_inside_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    party, outside = world.distributor(), "http://1.1.1.1/hook"
    set_endpoint(party.pk, url=outside, actor=STAFF)
    monkeypatch.setattr(settings, "CALLBACK_NETWORKS", [])
    for url in urls(80):
        # What is no address at all, or a name that leads nowhere, is no way in either.
        if not callback_fault(url) and inside_of(url):
            with pytest.raises(Mistake, match="不允许回调") as found:
                set_endpoint(party.pk, url=url, actor=STAFF)
            assert found.value.field == "callback_url", url
    for url in (
        "http://127.1/",
        "http://[::ffff:7f00:1]/",
        "http://0x0A000001/",
        "https://localhost/",
    ):
        assert inside_of(url), url
    assert read_endpoint(party.pk).url == outside
    monkeypatch.setattr(settings, "CALLBACK_NETWORKS", LOOPBACK)
    assert set_endpoint(party.pk, url="http://127.0.0.1:9/", actor=STAFF).url == "http://127.0.0.1:9/"
    monkeypatch.setattr(settings, "CALLBACK_NETWORKS", [])
    assert change_distributor(party.pk, callback_url="http://127.0.0.1:9/", name="M", actor=STAFF).name == "M"


def test_a_resolver_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(addresses, "RESOLVED_WITHIN_S", 0.05)

    def hang(*_: Any, **__: Any) -> list[Any]:
        released.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    assert inside_of("https://mall.example/") == "" and time.monotonic() - began < 5
    released.set()


def test_the_canary_would_be_reached(canary: Canary) -> None:
    post(f"http://127.0.0.1:{canary.port}/", f"http://2130706433:{canary.port}/", allowed=LOOPBACK)
    assert canary.hits == 2


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_admitted(address: str) -> None:
    assert is_admitted(ipaddress.ip_address(address))


def test_what_a_host_leads_to_inside_is_not_admitted() -> None:
    judged = 0
    for host in INSIDE_HOSTS:
        try:
            found = {entry[4][0] for entry in socket.getaddrinfo(host.strip("[]").replace("%25", "%"), 80)}
        except (OSError, UnicodeError, ValueError):
            continue
        for address in found:
            judged += 1
            assert not is_admitted(ipaddress.ip_address(str(address).partition("%")[0])), (host, address)
    assert judged > 100


def test_a_name_that_turns_round_is_followed_no_further(
    canary: Canary, make_receiver: MakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name leads outside when it is judged and inside when it is asked again: it is asked once, and connected there."""
    asked: list[str] = []

    async def rebinding(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", rebinding)
    monkeypatch.setattr(connecting, "CONNECT_S", 0.3)
    monkeypatch.setattr(connecting, "is_admitted", lambda address, allowed: str(address) == "192.0.2.1")
    (outcome,) = post(f"http://mall.example:{canary.port}/")
    assert outcome.status is None and outcome.fault
    assert canary.hits == 0
    assert asked[0] == "mall.example" and set(asked[1:]) <= {"192.0.2.1"}


def test_one_inside_among_several_is_enough_to_refuse(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    async def two(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("1.1.1.1", "127.0.0.1")]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", two)
    (outcome,) = post(f"http://mall.example:{canary.port}/")
    assert outcome.fault == Fault("not_admitted", {"host": "mall.example", "address": "127.0.0.1"})
    assert canary.hits == 0
