"""One deed for every address that takes a form: who hands what in, and which verb the operation log must then show.

A new page brings a module here, or a line in one: `@deed("platform:tier-new", "tier.created")` over a function that
takes the `Stage`, hands the form in, and returns the answer. A page that changes nothing, or only what is its reader's
own, says so with `no_deed("platform:selected", "goes on to the form of the chosen deed")`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.doors.deeds.stage import Stage


@dataclass(frozen=True)
class Deed:
    """One form of one address, handed in the right way."""

    address: str
    verbs: tuple[str, ...]
    act: Callable[[Stage], Any]
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.address} {'+'.join(self.verbs)}"


@dataclass
class Register:
    """What is known of the addresses of all back offices."""

    deeds: list[Deed] = field(default_factory=list)
    without: dict[str, str] = field(default_factory=dict)


REGISTER = Register()


def deed(address: str, *verbs: str, reason: str = "") -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
    """Enter a deed: the name of the address, the verbs the log must show, and the reason that was typed, if one was."""

    def enter(act: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
        REGISTER.deeds.append(Deed(address, verbs, act, reason))
        return act

    return enter


def no_deed(address: str, why: str) -> None:
    """Enter an address that takes a form and leaves nothing to write down, and why."""
    REGISTER.without[address] = why


for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")
