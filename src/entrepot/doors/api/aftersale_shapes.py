"""The shapes of after-sale in the contract; amounts in fen."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.problems import ErrorItem
from entrepot.doors.api.shapes import LINES_OF_TEXT, PLAIN, Fen, Moment, Number, Short, Strict, UploadId

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
Version = Annotated[
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
    version: Version | None = None


class AcceptRequest(Strict):
    """Agreement to the offer that is on the table."""

    version: Version | None = None


class AfterSaleOutlook(Struct):
    """What would happen; `errors` say why not when it is not allowed. `amount` is what was paid for the pieces, in fen."""

    allowed: bool
    stage: Stage | None
    money: Annotated[
        Literal["at_once", "after_return", "claim", "none"],
        Meta(description="When the amount goes back to the balance; claim: it is negotiated"),
    ]
    currency: str
    amount: Fen
    goods_back: Annotated[bool, Meta(description="Whether the goods are to be sent back")]
    freight_back: Annotated[bool, Meta(description="Whether freight goes back with the last piece")]
    errors: list[ErrorItem]


class AfterSaleLine(Struct):
    """A line of an after-sale; `refunded` in fen is what went back for it."""

    line: int
    sku: str
    qty: int
    agreed_price: Fen
    good_qty: int
    damaged_qty: int
    missing_qty: int
    refunded: Fen


class AfterSaleStep(Struct):
    """One thing that happened."""

    at: Moment
    what: str
    amount: Fen | None
    note: str


class Claim(Struct):
    """What is negotiated where nothing goes back by itself, in fen; the side whose turn it is agrees by silence."""

    state: Literal["demanded", "offered", "settled", "dropped"]
    at_most: Fen
    demand: Fen
    offer: Fen | None
    due_at: Moment | None
    settled: Fen | None
    settled_by: str
    version: int


class AfterSale(Struct):
    """An after-sale; amounts in fen. Send goods back to `return_address` once it is there."""

    id: str
    out_refund_no: str
    order_id: str
    out_order_no: str
    type: Kind
    reason: Reason
    stage: Stage
    state: RequestState
    currency: str
    amount: Fen
    demand: Fen | None
    refunded: Fen
    lines: list[AfterSaleLine]
    remark: str
    answer: str
    return_address: str
    return_carrier: str
    return_tracking_no: str
    resend_carrier: str
    resend_tracking_no: str
    due_at: Moment | None
    version: int
    created_at: Moment
    changed_at: Moment
    claim: Claim | None
    steps: list[AfterSaleStep]
    evidence: Annotated[list[str], Meta(description="The uploads that prove it")]


class AfterSales(Struct):
    """A page of after-sales, newest first."""

    items: list[AfterSale]
    next_cursor: str | None
    has_more: bool
