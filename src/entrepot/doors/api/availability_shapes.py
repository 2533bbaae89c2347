"""The shapes of the question what can be sold where."""

from typing import Annotated

from msgspec import Meta, Struct

from entrepot.doors.api.fields import Currency, Fen, SkuCode, Strict
from entrepot.doors.api.freight_shapes import Destination
from entrepot.doors.api.problems import Code, Facts


class AvailabilityLineRequest(Strict):
    """Pieces of a SKU."""

    sku: SkuCode
    qty: Annotated[int, Meta(ge=1, le=1_000_000, description="Pieces")] = 1


class AvailabilityRequest(Strict):
    """Which of these could be sold to a place now; each line is judged by itself."""

    lines: Annotated[list[AvailabilityLineRequest], Meta(min_length=1, max_length=500)]
    destination: Destination


class AvailabilityReason(Struct):
    """One thing that stands against an order, as the order itself would be told."""

    code: Code
    detail: Annotated[str, Meta(description="For people, in words of your Accept-Language")]
    facts: Facts


class Availability(Struct):
    """What an order of this line alone would meet."""

    sku: str
    qty: Annotated[int, Meta(description="Pieces asked about")]
    available: Annotated[bool, Meta(description="An order of this line alone would pass, as far as goods decide")]
    reasons: Annotated[list[str], Meta(description="Codes of what stands against it; empty when available")]
    details: Annotated[list[AvailabilityReason], Meta(description="The same in the same order, each as a sentence")]
    stock: Annotated[int, Meta(description="Pieces you may take now")]
    min_quantity: Annotated[int | None, Meta(description="Fewest pieces of its product in an order")]
    agreed_price: Annotated[Fen | None, Meta(description="What you pay for one piece now, in fen")]
    freight: Annotated[Fen | None, Meta(description="Freight of this line alone; null when it is not sent there")]


class Availabilities(Struct):
    """One answer for each line, in the order asked; amounts in fen."""

    currency: Currency
    items: list[Availability]
