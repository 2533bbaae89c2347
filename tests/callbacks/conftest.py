"""Fixtures of the callbacks' tests: receivers, a distributor who is called, and a dispatcher that is run for a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import pytest

from entrepot_launch import roles
from tests.callbacks.receiver import Behaviour, Receiver
from tests.world import World, sorted_to_the_end

LOOPBACK = [ip_network("127.0.0.0/8")]
# A neighbour's long transaction in the same server holds the watermark back for as long as it lasts.
PATIENCE_S = 240.0
MakeReceiver = Callable[..., Receiver]


@pytest.fixture
def make_receiver() -> Iterator[MakeReceiver]:
    made: list[Receiver] = []

    def make(behaviour: Behaviour | None = None, **more: Any) -> Receiver:
        made.append(Receiver(**({"behaviour": behaviour} if behaviour else {}), **more))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


@contextmanager
def dispatching() -> Iterator[None]:
    """Callbacks go out, to this machine too, for as long as the block lasts."""
    from entrepot.callbacks.dispatch import Dispatcher

    stop = Event()
    thread = Thread(target=Dispatcher(stop, allowed=LOOPBACK).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def dispatcher(committed: roles.Access) -> Iterator[None]:
    """Callbacks go out for as long as the test lasts, and to the malls of this test alone."""
    from entrepot.base import scope
    from entrepot.callbacks.models import Endpoint

    with scope.desk():
        Endpoint.objects.filter(state__in=["pending", "active"]).update(state="disabled", reason="gone")
    sorted_to_the_end()
    with dispatching():
        yield


@pytest.fixture
def called(world: World, committed: roles.Access) -> Callable[[str], Any]:
    """Makes distributors whose mall is called at an address."""
    from entrepot.callbacks.actions import set_endpoint
    from tests.world import STAFF

    def make(url: str, **more: Any) -> Any:
        party = world.distributor()
        set_endpoint(party.pk, url=url, actor=STAFF, **more)
        world.credit(party, 10**7)  # after there is an address: what happened before is told to nobody
        return party

    return make


def eventually(condition: Callable[[], Any], *, within_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
