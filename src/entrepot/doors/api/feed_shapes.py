"""The shapes of the change feed."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrepot.doors.api.fields import Fen
from entrepot.doors.api.shapes import LivePrice, Product

Tombstone = Literal["delisted", "not_authorised", "not_selected"]


class ProductChange(Struct, tag="product", tag_field="type"):
    """Goods that have changed, in their latest state; or that you no longer sell or select, with the reason."""

    id: Annotated[str, Meta(description="Our id of the product")]
    object: Product | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    reason: Tombstone | UnsetType = UNSET


class PriceNow(Struct):
    """The prices of a SKU now, in fen for one piece."""

    sku: str
    supply_price: Annotated[Fen, Meta(description="Supply price of one piece, in fen")]
    fee: Annotated[Fen, Meta(description="Service fee on one piece, in fen")]
    agreed_price: Annotated[Fen, Meta(description="What you pay for one piece, in fen")]
    suggested_price: Annotated[Fen | None, Meta(description="Suggested retail price of one piece, in fen")]


class PriceChange(Struct, tag="price", tag_field="type"):
    """A SKU whose goods have changed, with its prices now; `id` is its code."""

    id: str
    object: PriceNow


class StockChange(Struct, tag="stock", tag_field="type"):
    """A SKU whose stock has changed, with price and stock now; `id` is its code."""

    id: str
    object: LivePrice


class Changes(Struct):
    """A page of changes. Keep `next_cursor` once you have kept the items."""

    items: list[ProductChange | PriceChange | StockChange]
    next_cursor: str
    has_more: bool
    lag_ms: Annotated[int, Meta(description="Age of the last change told, in ms, while there are more; else 0")]
    held_back: Annotated[
        bool,
        Meta(description="Something has changed that may not be told yet: an older transaction still runs. Ask again"),
    ] = False


class Digest(Struct):
    """The digest over price and stock of every SKU you may sell now."""

    skus: Annotated[int, Meta(description="How many SKUs it covers")]
    digest: Annotated[
        str,
        Meta(
            description="Per SKU the first 8 bytes of SHA-256 over code LF agreed price in fen LF stock, as big-endian "
            "numbers summed modulo 2^64; 16 hexadecimal digits"
        ),
    ]
