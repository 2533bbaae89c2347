"""What fields of the contract have in common: money, pieces, moments, ids and numbers, each with its unit."""

from typing import Annotated

from msgspec import Meta, Struct

# No control characters: PostgreSQL cannot hold NUL, and a line break belongs only into remarks. The end of each pattern
# says that a trailing line break counts too, which Python's `$` would let pass.
PLAIN = r"^[^\x00-\x1f\x7f]*$(?!\n)"
LINES_OF_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Number = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9._:\-]+$(?!\n)",
        description="The mall's own number, unique for ever",
    ),
]
SkuCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=PLAIN, description="SKU code")]
Fen = Annotated[int, Meta(description="Whole fen (1/100 CNY)")]
Moment = Annotated[str, Meta(description="RFC 3339, with time zone", extra_json_schema={"format": "date-time"})]
Short = Annotated[str, Meta(min_length=1, max_length=40, pattern=PLAIN)]
UploadId = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$(?!\n)", description="Id of an upload of yours")]
ProductId = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$(?!\n)", description="Our id of a product")]
Pieces = Annotated[int, Meta(description="Pieces")]
Line = Annotated[int, Meta(description="Number of the order's line, from 1")]
Version = Annotated[int, Meta(description="Rises by at least one with every change: keep the highest")]
Currency = Annotated[str, Meta(description="Always CNY; every amount beside it is in fen of it")]
OrderId = Annotated[str, Meta(description="Our id of the order")]
OutOrderNo = Annotated[str, Meta(description="Your number of the order")]
Cursor = Annotated[str | None, Meta(description="`cursor` of the next page; null on the last")]
HasMore = Annotated[bool, Meta(description="Whether there is another page")]
Images = Annotated[
    list[str],
    Meta(
        description="Addresses of pictures. One that begins with / belongs to the host you call: resolve it against the "
        "address of your call, it needs no signature; others are whole"
    ),
]


class Strict(Struct, forbid_unknown_fields=True):
    """A request body: unknown fields are refused."""
