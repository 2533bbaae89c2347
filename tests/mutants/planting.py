"""What a planted bug is, and how a check is shown to find it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
import pytest
from django.db import IntegrityError

from entrepot.trade import terms
from entrepot.trade.decide import VERBS
from entrepot.trade.desk import Busy

RED = (AssertionError, pytest.fail.Exception, IntegrityError, psycopg.errors.IntegrityError, Busy)
Plant: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """A bug by name, the promises it breaks, how it is planted, and the check that must find it."""

    name: str
    promises: tuple[int, ...]
    plant: Plant
    check: Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def replace(*places: tuple[object, str], by: Any) -> Plant:
    """Plant a value at every place that holds the right one by this name."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for holder, name in places:
            assert hasattr(holder, name), f"{holder} has no {name} any more: plant this bug elsewhere"
            patch.setattr(holder, name, by)

    return plant


def before(ask: type, change: Callable[[Any, Any], terms.Answer | None]) -> Plant:
    """Plant a change before a verb: it spoils ask or books, or answers by itself."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = VERBS[ask]

        def spoiled(asked: Any, *, books: Any) -> terms.Answer:
            return change(asked, books) or right(asked, books=books)

        patch.setitem(VERBS, ask, spoiled)

    return plant


def turns_red(check: Callable[..., Any], *arguments: Any) -> str:
    """What a check says under a planted bug; it must fail, by an assertion, a constraint, or a caller sent away."""
    with pytest.raises(RED) as found:
        check(*arguments)
    return str(found.value)
