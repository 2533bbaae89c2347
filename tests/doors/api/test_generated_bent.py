"""Bent requests made from the contract: refused, by its words, and never by a server error."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis

from tests.doors.api.generated import BENDABLE, tried
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served


@pytest.fixture(scope="module")
def signed(served: Served) -> Iterator[requests.Session]:
    """A session without a mall yet; each test signs for its own."""
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("operation", BENDABLE, ids=lambda operation: operation.label)
def test_bent_requests_are_refused_by_the_contract(
    operation: Any, served: Served, mall: Mall, signed: requests.Session
) -> None:
    negative = schemathesis.GenerationMode.NEGATIVE
    seen = tried(operation, negative, served=served, mall=mall, session=signed, real=None)
    assert any(400 <= status < 500 for status in seen)
