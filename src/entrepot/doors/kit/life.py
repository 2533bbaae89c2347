"""The page of one order, the same for three parties: what its template needs, from what the reader may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from entrepot.doors.kit import history
from entrepot.doors.kit.party import Party
from entrepot.reports.life import life_of
from entrepot.reports.life_entry import Reader

TEMPLATE = "kit/life.html"


@dataclass(frozen=True, kw_only=True)
class Slots:
    """The templates an office puts into the page: its buttons, its forms with their headings, lines, address, figures."""

    lead: str
    actions: str
    lines: str
    delivery: str
    money: str
    forms: Sequence[tuple[Any, str]] = ()
    aside: str = ""


def context(party: Party, *, order_id: int, slots: Slots) -> dict[str, Any] | None:
    """Return what the template needs beside the office's own, None when the party has no such order; in its scope."""
    reader = Reader(kind=party.kind, party_id=party.id)
    life = life_of(order_id, reader=reader)
    if life is None:
        return None
    return {
        "life": life,
        "reader": reader,
        "slots": slots,
        "movements": [(history.title(move), move) for move in life.movements],
        "timeline": history.lived(life.entries, reader=party.kind),
    }
