"""What time does in sandboxes: orders that ship at once do so, and top-ups asked for by the API come in."""

from threading import Event

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.recharge.actions import approve_top_up
from entrepot.sandbox.actions import move_on
from entrepot.sandbox.queries import orders_to_move_on, top_ups_to_approve

_AT_ONCE = 50


def ship_at_once(stop: Event) -> int:
    """Ship, deliver and complete the orders of sandboxes that want it so; returns how many."""
    with scope.desk(read_only=True):
        ids = orders_to_move_on(_AT_ONCE)
    done = 0
    for order_id in ids:
        if stop.is_set():
            break
        move_on(order_id, until="completed", actor=SYSTEM)
        done += 1
    return done


def approve_top_ups(stop: Event) -> int:
    """Credit the top-ups that malls have asked for in their sandboxes; returns how many."""
    with scope.desk(read_only=True):
        ids = top_ups_to_approve(_AT_ONCE)
    done = 0
    for top_up_id in ids:
        if stop.is_set():
            break
        with scope.in_sandbox():
            approve_top_up(top_up_id, actor=SYSTEM)
        done += 1
    return done
