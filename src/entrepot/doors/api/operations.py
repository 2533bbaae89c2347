"""What the contract says of an operation besides its address."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """Request and answer shapes of an operation, its group and its query parameters."""

    request: Any
    answer: Any
    group: str
    status: int = 200
    query: tuple[str, ...] = ()
    is_open: bool = False
    is_body_optional: bool = False
    is_free_body: bool = False

    def opt(self) -> dict[str, Any]:
        """Return the handler option under which the contract finds this."""
        return {"operation": self}
