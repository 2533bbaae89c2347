"""The selection of a mall, what can be sold where, and the catalogue as one stream: objects and calls."""

from collections.abc import Iterable
from typing import Any

import msgspec

from entrepot_sdk.calls import BASE_PATH, Call, Query, get, post, segment
from entrepot_sdk.freight import Destination
from entrepot_sdk.shapes import Items, Page, Product


class SelectionEntry(msgspec.Struct, kw_only=True):
    """One thing that was selected: `kind` is product, category or brand; `state` selected, left_out or removed."""

    id: str
    kind: str
    object_id: str
    state: str
    at: str


class Selected(msgspec.Struct, kw_only=True):
    """What became of a wish: the entries as they stand, how many changed, and ids there are not, by kind."""

    items: list[SelectionEntry]
    changed: int
    unknown: dict[str, list[str]]


class AvailabilityLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Pieces of a SKU."""

    sku: str
    qty: int = 1


class AvailabilityReason(msgspec.Struct, kw_only=True):
    """One thing that stands against an order: its code, a sentence in the client's language, and its numbers."""

    code: str
    detail: str
    facts: dict[str, Any] = {}


class Availability(msgspec.Struct, kw_only=True):
    """What an order of one line alone would meet; `reasons` are codes, `details` the same in words, money is fen."""

    sku: str
    qty: int
    available: bool
    reasons: list[str]
    details: list[AvailabilityReason] = []
    stock: int
    min_quantity: int | None = None
    agreed_price: int | None = None
    freight: int | None = None


class ExportLine(msgspec.Struct, kw_only=True):
    """The first line of an export (`changes_cursor`) or its last (`complete`)."""

    changes_cursor: str = ""
    complete: bool = False
    products: int = 0


def selection(*, kind: str | None, cursor: str | None, limit: int | None) -> Call[Page[SelectionEntry]]:
    query: Query = {"kind": kind, "cursor": cursor, "limit": limit}
    return get("/selection", Page[SelectionEntry], query=query)


def select(
    *, products: Iterable[str], categories: Iterable[str], brands: Iterable[str], left_out: Iterable[str]
) -> Call[Selected]:
    given = {"products": products, "categories": categories, "brands": brands, "left_out": left_out}
    return post("/selection", Selected, body={name: ids for name, some in given.items() if (ids := list(some))})


def deselect(entry_id: str) -> Call[SelectionEntry]:
    return Call(method="DELETE", target=f"{BASE_PATH}/selection/{segment(entry_id)}", answer=SelectionEntry)


def availability(lines: list[AvailabilityLine], *, destination: Destination) -> Call[Items[Availability]]:
    return post("/availability/query", Items[Availability], body={"lines": lines, "destination": destination})


def export(*, scope: str | None) -> Call[Product]:
    return get("/products/export", Product, query={"scope": scope})
