"""What the clock does in after-sale: claims nobody answered are settled, goods that never came back are not waited for."""

from collections.abc import Callable
from threading import Event

from entrepot.aftersale import actions
from entrepot.aftersale.queries import due_claims, due_returns
from entrepot.aftersale.rules import By, Result
from entrepot.base import scope
from entrepot.base.actors import SYSTEM

_AT_MOST = 200
_BY = By(kind="system", actor=SYSTEM)


def settle_silent_claims(stop: Event) -> int:
    """Settle the claims whose time is over; return how many."""
    return _each(stop, find=due_claims, act=lambda request_id: actions.lapse(request_id, by=_BY))


def end_overdue_returns(stop: Event) -> int:
    """End the wait for goods that did not come back in time; return how many."""
    return _each(stop, find=due_returns, act=lambda request_id: actions.nothing_came_back(request_id, by=_BY))


def _each(stop: Event, *, find: Callable[[int], list[int]], act: Callable[[int], Result]) -> int:
    with scope.desk(read_only=True):
        ids = find(_AT_MOST)
    done = 0
    for request_id in ids:
        if stop.is_set():
            break
        done += act(request_id).is_accepted
    return done
