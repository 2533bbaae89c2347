"""The shapes of the selection in the contract."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.fields import Moment, ProductId, Strict

Ids = Annotated[list[ProductId], Meta(max_length=500)]


class SelectionRequest(Strict):
    """What comes into the selection, many at once; at least one id. Categories count with all below them."""

    products: Annotated[Ids, Meta(description="Products by id")] = []
    categories: Annotated[Ids, Meta(description="Categories by id")] = []
    brands: Annotated[Ids, Meta(description="Brands by id")] = []
    left_out: Annotated[Ids, Meta(description="Products left out though their category or brand is selected")] = []


class SelectionEntry(Struct):
    """One thing that was selected; `object_id` is the id of the product, category or brand."""

    id: str
    kind: Literal["product", "category", "brand"]
    object_id: str
    state: Annotated[Literal["selected", "left_out", "removed"], Meta(description="removed: taken out since")]
    at: Moment


class Selection(Struct):
    """Entries of the selection, newest first."""

    items: list[SelectionEntry]
    next_cursor: str | None
    has_more: bool


class SelectionUnknown(Struct):
    """Ids under which there is nothing that you may select."""

    products: list[str]
    categories: list[str]
    brands: list[str]


class Selected(Struct):
    """The entries asked for as they stand now, how many of them changed, and the ids there are not."""

    items: list[SelectionEntry]
    changed: Annotated[int, Meta(description="How many entries changed")]
    unknown: SelectionUnknown
