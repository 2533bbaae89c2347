"""The one exception for ordinary mistakes in what people ask; doors show it beside the field."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation


class Mistake(Exception):
    """What was asked cannot be done as asked: `field` names the wrong input (empty: the whole), `reason` says why.

    `reason` is a sentence for people in the language that is active when it is raised. Nothing was written.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


@contextmanager
def taken(field: str, reason: str) -> Iterator[None]:
    """Turn the database's refusal of a second row of the same name into a mistake of the field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise Mistake(field, reason) from error
        raise
