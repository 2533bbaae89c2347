"""The shapes of after-sale in the contract; amounts in fen."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.fields import (
    LINES_OF_TEXT,
    PLAIN,
    Currency,
    Cursor,
    Fen,
    HasMore,
    Line,
    Moment,
    Number,
    OrderId,
    OutOrderNo,
    Short,
    Strict,
    UploadId,
    Version,
)
from entrepot.doors.api.problems import ErrorItem

Kind = Annotated[
    Literal["refund", "return", "exchange", "reship"],
    Meta(description="refund: money only; return: goods back, then money; exchange; reship: sent once more"),
]
Reason = Literal["changed_mind", "quality", "wrong_goods", "damaged", "lost", "not_received", "other"]
RequestState = Literal["requested", "waiting_return", "returning", "claim", "resending", "done", "refused", "withdrawn"]
Stage = Literal["before_shipping", "shipped", "received"]
Demand = Annotated[
    int, Meta(ge=0, le=10**12, description="What a claim asks for, in fen; all that was paid by default")
]
ClaimVersion = Annotated[
    int, Meta(ge=1, le=2**31 - 1, description="Version of the claim you answer; refused when it went on")
]


class AfterSaleLineRequest(Strict):
    """Pieces of a line of the order."""

    line: Annotated[int, Meta(ge=1, le=32_767, description="Number of the order's line")]
    qty: Annotated[int, Meta(ge=1, le=1_000_000, description="Pieces")]


class AfterSaleCheckRequest(Strict):
    """What would become of a request."""

    out_order_no: Number
    type: Kind
    reason: Reason
    lines: Annotated[list[AfterSaleLineRequest], Meta(min_length=1, max_length=500)]
    demand: Demand | None = None


class AfterSaleRequest(Strict):
    """An after-sale for pieces of one order, all of one shipper."""

    out_refund_no: Number
    out_order_no: Number
    type: Kind
    reason: Reason
    lines: Annotated[list[AfterSaleLineRequest], Meta(min_length=1, max_length=500)]
    demand: Demand | None = None
    remark: Annotated[str, Meta(max_length=200, pattern=LINES_OF_TEXT)] | None = None
    evidence: (
        Annotated[list[UploadId], Meta(max_length=9, description="Pictures sent ahead by `POST /uploads`")] | None
    ) = None


class ReturnShipmentRequest(Strict):
    """The parcel in which the buyer sends the goods back."""

    carrier: Annotated[Short, Meta(description="A code of `GET /carriers`")]
    tracking_no: Annotated[str, Meta(min_length=1, max_length=64, pattern=PLAIN)]


class CounterRequest(Strict):
    """Another demand in answer to an offer."""

    amount: Annotated[int, Meta(ge=0, le=10**12, description="What you ask for instead, in fen")]
    note: Annotated[str, Meta(max_length=200, pattern=LINES_OF_TEXT)] | None = None
    version: ClaimVersion | None = None


class AcceptRequest(Strict):
    """Agreement to the offer that is on the table."""

    version: ClaimVersion | None = None


class AfterSaleOutlook(Struct):
    """What would happen; `errors` say why not when it is not allowed. `amount` is what was paid for the pieces, in fen."""

    allowed: bool
    stage: Stage | None
    money: Annotated[
        Literal["at_once", "after_return", "claim", "none"],
        Meta(description="When the amount goes back to the balance; claim: it is negotiated"),
    ]
    currency: Currency
    amount: Annotated[Fen, Meta(description="What was paid for the pieces, in fen")]
    goods_back: Annotated[bool, Meta(description="Whether the goods are to be sent back")]
    freight_back: Annotated[bool, Meta(description="Whether freight goes back with the last piece")]
    errors: list[ErrorItem]


class AfterSaleLine(Struct):
    """A line of an after-sale; `refunded` in fen is what went back for it."""

    line: Line
    sku: str
    qty: Annotated[int, Meta(description="Pieces asked about")]
    agreed_price: Annotated[Fen, Meta(description="What you paid for one piece, in fen")]
    good_qty: Annotated[int, Meta(description="Pieces that came back in good order")]
    damaged_qty: Annotated[int, Meta(description="Pieces that came back damaged")]
    missing_qty: Annotated[int, Meta(description="Pieces that did not come back")]
    refunded: Annotated[Fen, Meta(description="What went back for the line, in fen")]


class AfterSaleStep(Struct):
    """One thing that happened."""

    at: Moment
    what: str
    amount: Annotated[Fen | None, Meta(description="The amount it was about, in fen; null where it was about none")]
    note: str


class Claim(Struct):
    """What is negotiated where nothing goes back by itself, in fen; the side whose turn it is agrees by silence."""

    state: Literal["demanded", "offered", "settled", "dropped"]
    at_most: Annotated[Fen, Meta(description="The most that can go back, in fen")]
    demand: Annotated[Fen, Meta(description="What you ask for, in fen")]
    offer: Annotated[Fen | None, Meta(description="What the platform offers, in fen")]
    due_at: Annotated[Moment | None, Meta(description="Until then the side whose turn it is may answer")]
    settled: Annotated[Fen | None, Meta(description="What it ended with, in fen")]
    settled_by: str
    version: Annotated[int, Meta(description="Send it with your answer to the offer")]


class AfterSale(Struct):
    """An after-sale; amounts in fen. Send goods back to `return_address` once it is there."""

    id: Annotated[str, Meta(description="Our id of the after-sale")]
    out_refund_no: Annotated[str, Meta(description="Your number of the after-sale")]
    order_id: OrderId
    out_order_no: OutOrderNo
    type: Kind
    reason: Reason
    stage: Stage
    state: RequestState
    currency: Currency
    amount: Annotated[Fen, Meta(description="What was paid for the pieces, in fen")]
    demand: Annotated[Fen | None, Meta(description="What a claim asks for, in fen")]
    refunded: Annotated[Fen, Meta(description="What went back so far, in fen")]
    lines: list[AfterSaleLine]
    remark: str
    answer: str
    return_address: str
    return_carrier: str
    return_tracking_no: Annotated[str, Meta(description="Of the parcel you sent back; empty before")]
    resend_carrier: str
    resend_tracking_no: Annotated[str, Meta(description="Of the parcel that is sent once more; empty before")]
    due_at: Annotated[Moment | None, Meta(description="Until then the next step is expected")]
    version: Version
    created_at: Moment
    changed_at: Moment
    claim: Claim | None
    steps: list[AfterSaleStep]
    evidence: Annotated[list[str], Meta(description="The uploads that prove it")]


class AfterSales(Struct):
    """A page of after-sales, newest first."""

    items: list[AfterSale]
    next_cursor: Cursor
    has_more: HasMore
