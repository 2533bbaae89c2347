"""The shapes of freight in the contract."""

from typing import Annotated

from msgspec import Meta, Struct

from entrepot.doors.api.fields import PLAIN, Currency, Fen, Short, SkuCode, Strict


class FreightLineRequest(Strict):
    """Pieces of a SKU to be sent."""

    sku: SkuCode
    qty: Annotated[int, Meta(ge=1, le=1_000_000, description="Pieces")]


class Destination(Strict):
    """Where to, as in a consignee; a known division code goes before the names."""

    province: Short
    city: Short
    district: Annotated[str, Meta(max_length=40, pattern=PLAIN)] = ""
    street: Annotated[str, Meta(max_length=60, pattern=PLAIN)] | None = None
    division_code: Annotated[str, Meta(max_length=12, pattern=r"^[0-9]*$(?!\n)")] | None = None


class FreightRequest(Strict):
    """What sending these lines to a place would cost."""

    lines: Annotated[list[FreightLineRequest], Meta(min_length=1, max_length=500)]
    destination: Destination


class FreightPart(Struct):
    """What one shipper asks under one template, in fen; `free_by` says why nothing is asked."""

    freight_template_id: str
    skus: list[str]
    pieces: Annotated[int, Meta(description="Pieces in this part")]
    weight_g: Annotated[int, Meta(description="Weight of the part in grams")]
    freight: Annotated[Fen, Meta(description="Freight of this part, in fen")]
    free_by: Annotated[str, Meta(description="template, amount or pieces; empty when freight is asked")]


class FreightQuote(Struct):
    """Freight of the lines were they ordered now, in fen; SKUs in no part are sent free."""

    currency: Currency
    freight: Annotated[Fen, Meta(description="Freight of all parts, in fen")]
    parts: list[FreightPart]


class Carrier(Struct):
    """A carrier: its code in parcels, and the name people know it by."""

    code: str
    name: str


class Carriers(Struct):
    """All carriers parcels go with."""

    items: list[Carrier]
