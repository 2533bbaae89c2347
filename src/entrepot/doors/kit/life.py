"""The page of one order, the same for three parties: what its template needs, from what the reader may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from entrepot.doors.kit import history
from entrepot.doors.kit.party import Party
from entrepot.reports.life import Life, Reader, life_of

TEMPLATE = "kit/life.html"


@dataclass(frozen=True, kw_only=True)
class Slots:
    """The templates an office puts into the page: what stands below the title, its buttons, its form, and the cards."""

    lead: str
    actions: str
    delivery: str
    money: str
    form: str = ""
    aside: str = ""


def reader_of(party: Party) -> Reader:
    """Return the reader a party is."""
    return Reader(kind=party.kind, party_id=party.id)


def read(party: Party, *, order_id: int) -> Life | None:
    """Return the life of an order as the party may know it; call it inside the party's scope."""
    return life_of(order_id, reader=reader_of(party))


def context(
    life: Life,
    *,
    party: Party,
    slots: Slots,
    steps: Sequence[tuple[Any, str, Any]],
    goods_url_name: str = "",
    why: Mapping[int, Sequence[tuple[str, str, str]]] | None = None,
) -> dict[str, Any]:
    """Return what the template needs; `why` explains lines by their number."""
    return {
        "life": life,
        "reader": reader_of(party),
        "slots": slots,
        "steps": steps,
        "lines": [(line, (why or {}).get(line.line_no)) for line in life.lines],
        "price_label": _("Supplier price") if party.kind == "supplier" else _("Agreed price"),
        "goods_url_name": goods_url_name,
        "movements": [(history.title(move), move) for move in life.movements],
        "timeline": history.lived(life.entries, reader=party.kind),
    }
