"""One thing that happened to an order, and who reads of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: the platform sees all, a distributor what is his, a supplier the part he sends."""

    kind: str
    party_id: int = 0

    @property
    def is_platform(self) -> bool:
        """Return whether the platform reads."""
        return self.kind == "platform"

    @property
    def is_supplier(self) -> bool:
        """Return whether a supplier reads."""
        return self.kind == "supplier"


@dataclass(slots=True, kw_only=True)
class Entry:
    """One thing that happened: `what` names it, `lane` says on which side of the trade; amounts in fen, signed."""

    at: datetime
    lane: str
    what: str
    amount_fen: int | None = None
    pieces: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    actor: str = ""
    reason: str = ""
