"""Conditions of named SQL, gathered one by one with their values."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Conditions:
    """Clauses that must all hold, with the values they name.

    `is_wide`: very much may meet them, and to count it would mean to look at most of the table.
    """

    clauses: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    is_wide: bool = False

    def add(self, clause: str, **values: Any) -> None:
        """Add a clause, written with `%(name)s` for its values."""
        self.clauses.append(clause)
        self.values |= values

    def plus(self, clause: str, **values: Any) -> "Conditions":
        """Return these conditions and one more, leaving these as they are."""
        return Conditions([*self.clauses, clause], self.values | values, self.is_wide)

    @property
    def sql(self) -> str:
        """Return the clauses joined, `true` when there are none."""
        return " and ".join(self.clauses) or "true"
