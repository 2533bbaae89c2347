"""What a planted bug is, and how a check is shown to find it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
import pytest
from django.db import IntegrityError

RED = (AssertionError, pytest.fail.Exception, IntegrityError, psycopg.errors.IntegrityError)
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
    """What a check says under a planted bug; it must fail: by its own assertion, one of the desk's, or a constraint."""
    with pytest.raises(RED) as found:
        check(*arguments)
    return str(found.value)
