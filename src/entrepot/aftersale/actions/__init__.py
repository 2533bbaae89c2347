"""Every write of the room, one function per business verb; money and stock move through the desk alone."""

from entrepot.aftersale.actions.asking import approve, ask, refuse, withdraw
from entrepot.aftersale.actions.claims import accept, counter, lapse, offer, rule
from entrepot.aftersale.actions.goods import inspect, nothing_came_back, resend, return_sent
from entrepot.aftersale.actions.table import (
    reset_cell,
    reset_table,
    retire_address,
    save_address,
    save_cell,
    save_limits,
)

__all__ = [
    "accept",
    "approve",
    "ask",
    "counter",
    "inspect",
    "lapse",
    "nothing_came_back",
    "offer",
    "refuse",
    "resend",
    "reset_cell",
    "reset_table",
    "retire_address",
    "return_sent",
    "rule",
    "save_address",
    "save_cell",
    "save_limits",
    "withdraw",
]
