"""Column types that Django does not bring."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func


class TransactionId(models.BigIntegerField):  # type: ignore[type-arg]  # not generic when it runs
    """The writing transaction's id (`xid8`), filled by the database; the change feed's watermark compares it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_default", Func(function="pg_current_xact_id"))
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        """Return the column type."""
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        """Return the id as a whole number, however the driver hands it over."""
        return None if value is None else int(value)
