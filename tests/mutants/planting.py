"""What a planted bug is, and how a check is shown to find it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
import pytest
from django.db import IntegrityError

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


def turns_red(check: Callable[..., Any], *arguments: Any) -> str:
    """What a check says under a planted bug; it must fail, by an assertion, a constraint, or a caller sent away."""
    with pytest.raises(RED) as found:
        check(*arguments)
    return str(found.value)
