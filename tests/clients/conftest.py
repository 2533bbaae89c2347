"""Fixtures of the clients' tests: a served API and malls with keys, callbacks that go out."""

from tests.callbacks.conftest import dispatcher
from tests.doors.api.conftest import make_mall, served

__all__ = ["dispatcher", "make_mall", "served"]
