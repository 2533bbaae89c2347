"""The shapes of the contract: requests are strict, money is whole fen."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.fields import (
    LINES_OF_TEXT,
    PLAIN,
    Currency,
    Cursor,
    Fen,
    HasMore,
    Images,
    Line,
    Moment,
    Number,
    OrderId,
    OutOrderNo,
    ProductId,
    Short,
    SkuCode,
    Strict,
    Version,
)
from entrepot.doors.api.operations import PROBLEM_OF_A_ROW

State = Literal[
    "held",
    "awaiting_funds",
    "confirmed",
    "partly_shipped",
    "shipped",
    "received",
    "completed",
    "cancelled",
    "expired",
    "rejected",
    "refunded",
]


class OrderLineRequest(Strict):
    """One wanted line."""

    sku: SkuCode
    qty: Annotated[int, Meta(ge=1, le=1_000_000, description="Pieces")]
    expected_price: (
        Annotated[int, Meta(ge=0, le=10**12, description="Agreed price you expect for one piece, in fen")] | None
    ) = None
    promotion: (
        Annotated[str, Meta(max_length=40, pattern=PLAIN, description="Promotion the line is sold under")] | None
    ) = None


class ConsigneeRequest(Strict):
    """The buyer's address."""

    name: Short
    phone: Annotated[str, Meta(min_length=5, max_length=24, pattern=r"^[0-9+\- ]+$(?!\n)")]
    province: Short
    city: Short
    district: Annotated[str, Meta(max_length=40, pattern=PLAIN)]
    address: Annotated[str, Meta(min_length=1, max_length=200, pattern=LINES_OF_TEXT)]
    street: Annotated[str, Meta(max_length=60, pattern=PLAIN)] | None = None
    division_code: Annotated[str, Meta(max_length=12, pattern=r"^[0-9]*$(?!\n)")] | None = None


class OrderRequest(Strict):
    """An order to preview or place."""

    out_order_no: Number
    lines: Annotated[list[OrderLineRequest], Meta(min_length=1, max_length=500)]
    consignee: ConsigneeRequest
    mode: Annotated[
        Literal["hold", "direct"], Meta(description="hold: keep stock and money until confirmed; direct: draw at once")
    ] = "hold"
    hold_minutes: Annotated[int, Meta(ge=1, le=60, description="Minutes a hold is kept; yours by default")] | None = (
        None
    )
    remark: Annotated[str, Meta(max_length=200, pattern=LINES_OF_TEXT)] | None = None


class BatchRequest(Strict):
    """Up to 200 orders; `atomic` places all or none."""

    out_batch_no: Number
    orders: Annotated[list[OrderRequest], Meta(min_length=1, max_length=200)]
    atomic: bool = False


class SkusRequest(Strict):
    """Up to 500 SKU codes."""

    skus: Annotated[list[SkuCode], Meta(min_length=1, max_length=500)]


class ProductsRequest(Strict):
    """Up to 500 product ids."""

    ids: Annotated[list[ProductId], Meta(min_length=1, max_length=500)]


class AddressRequest(Strict):
    """Where an order is to be sent instead."""

    consignee: ConsigneeRequest


class ReasonRequest(Strict):
    """An optional reason, kept with the order."""

    reason: Annotated[str, Meta(max_length=200, pattern=LINES_OF_TEXT)] | None = None


class Me(Struct):
    """The distributor a key belongs to."""

    number: Annotated[str, Meta(description="Your number with the platform")]
    name: str
    tier: Annotated[str, Meta(description="Your tier, which sets fee and prices")]
    fee_rate_bps: Annotated[int, Meta(description="Service fee in basis points: 500 is 5 %")]
    funds_policy: Annotated[Literal["hold", "check"], Meta(description="hold: orders keep money; check: none")]
    hold_seconds: Annotated[int, Meta(description="Seconds a hold lasts unless the order says otherwise")]
    currency: Currency
    state: str
    is_sandbox: bool


class Echo(Struct):
    """What the server received."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    address: Annotated[str, Meta(description="The address you came from")]
    server_time: Annotated[int, Meta(description="The platform's clock, Unix seconds")]


class Category(Struct):
    """A node of the category tree."""

    id: Annotated[str, Meta(description="Our id of the category")]
    parent_id: Annotated[str | None, Meta(description="Id of the category above; null at the top")]
    name: str


class Categories(Struct):
    """All categories."""

    items: list[Category]


class Brand(Struct):
    """A brand."""

    id: Annotated[str, Meta(description="Our id of the brand")]
    name: str


class Brands(Struct):
    """All brands."""

    items: list[Brand]


class Sku(Struct):
    """A SKU with your prices; all in fen for one piece."""

    sku: Annotated[str, Meta(description="SKU code")]
    spec: str
    supply_price: Annotated[Fen, Meta(description="Supply price of one piece, in fen")]
    fee: Annotated[Fen, Meta(description="Service fee on one piece, in fen")]
    agreed_price: Annotated[Fen, Meta(description="What you pay for one piece, in fen: supply price + fee")]
    suggested_price: Annotated[Fen | None, Meta(description="Suggested retail price of one piece, in fen")]
    price_floor: Annotated[Fen | None, Meta(description="Never sell one piece for less, in fen")]
    price_ceiling: Annotated[Fen | None, Meta(description="Never sell one piece for more, in fen")]
    stock: Annotated[int, Meta(description="Pieces you may order now")]
    weight_g: Annotated[int, Meta(description="Weight of one piece in grams")]


class Product(Struct):
    """Goods on your shelf."""

    id: Annotated[str, Meta(description="Our id of the product")]
    goods_no: Annotated[str, Meta(description="The supplier's number of the goods")]
    name: str
    category_id: Annotated[str, Meta(description="Our id of the category")]
    brand_id: Annotated[str | None, Meta(description="Our id of the brand")]
    kind: str
    images: Images
    detail_images: Images
    min_quantity: Annotated[int, Meta(description="Fewest pieces of the product in an order")]
    freight_template_id: Annotated[str | None, Meta(description="Our id of the freight template; null: sent free")]
    state: str
    version: Version
    currency: Currency
    allowed_promotions: list[str]
    skus: list[Sku]


class Products(Struct):
    """A page of products; the first page of a walk carries the cursor from which the change feed goes on."""

    items: list[Product]
    next_cursor: Cursor
    has_more: HasMore
    changes_cursor: str | None = None


class LivePrice(Struct):
    """Price and stock now; `state` is on_sale or not_available."""

    sku: str
    agreed_price: Annotated[Fen | None, Meta(description="What you pay for one piece now, in fen")]
    stock: Annotated[int, Meta(description="Pieces you may order now")]
    min_quantity: Annotated[int | None, Meta(description="Fewest pieces of its product in an order")]
    state: Literal["on_sale", "not_available"]


class LivePrices(Struct):
    """Answer of the live check."""

    currency: Currency
    items: list[LivePrice]


class OrderLine(Struct):
    """A line of an order; prices in fen for one piece, `amount` for the line."""

    line: Line
    sku: str
    qty: Annotated[int, Meta(description="Pieces ordered")]
    supply_price: Annotated[Fen, Meta(description="Supply price of one piece, in fen")]
    fee: Annotated[Fen, Meta(description="Service fee on one piece, in fen")]
    agreed_price: Annotated[Fen, Meta(description="What one piece costs you, in fen")]
    amount: Annotated[Fen, Meta(description="qty × agreed_price, in fen")]
    shipped_qty: Annotated[int, Meta(description="Pieces sent so far")]
    refunded_qty: Annotated[int, Meta(description="Pieces whose money went back")]


class ShipmentLine(Struct):
    """Pieces of a line in a parcel."""

    line: Line
    qty: Annotated[int, Meta(description="Pieces in this parcel")]


class TrailStep(Struct):
    """A step of a parcel's way."""

    at: Moment
    text: str


class Shipment(Struct):
    """A parcel."""

    id: Annotated[str, Meta(description="Our id of the parcel")]
    carrier: Annotated[str, Meta(description="A code of `GET /carriers`")]
    tracking_no: Annotated[str, Meta(description="The carrier's number of the parcel")]
    lines: list[ShipmentLine]
    shipped_at: Annotated[Moment, Meta(description="When it was sent; RFC 3339, with time zone")]
    trail: list[TrailStep]


class Shipments(Struct):
    """The parcels of an order."""

    items: list[Shipment]


class RefundLine(Struct):
    """Pieces and amount (fen) of a line that went back."""

    line: Line
    qty: Annotated[int, Meta(description="Pieces that went back")]
    amount: Annotated[Fen, Meta(description="What went back for them, in fen")]


class Refund(Struct):
    """What went back to the prepaid balance, in fen."""

    id: Annotated[str, Meta(description="Our id of the refund")]
    refund_no: Annotated[str, Meta(description="The platform's number of the refund")]
    amount: Annotated[Fen, Meta(description="What went back to the balance, freight included, in fen")]
    reason: str
    at: Moment
    lines: list[RefundLine]


class Order(Struct):
    """An order; amounts in fen."""

    id: OrderId
    out_order_no: OutOrderNo
    state: State
    mode: Literal["hold", "direct"]
    currency: Currency
    lines: list[OrderLine]
    goods_amount: Annotated[Fen, Meta(description="Sum of the lines, in fen")]
    freight: Annotated[Fen, Meta(description="Freight, in fen")]
    total: Annotated[Fen, Meta(description="goods_amount + freight, in fen")]
    drawn: Annotated[Fen, Meta(description="Drawn from the balance so far, in fen")]
    refunded: Annotated[Fen, Meta(description="Gone back to the balance so far, in fen")]
    held_until: Annotated[Moment | None, Meta(description="When the hold ends unless confirmed; else null")]
    version: Version
    created_at: Moment
    shipments: list[Shipment]
    refunds: list[Refund]


class Orders(Struct):
    """A page of orders, newest first."""

    items: list[Order]
    next_cursor: Cursor
    has_more: HasMore


class Preview(Struct):
    """What placing the order would cost, in fen, were it placed now."""

    currency: Currency
    lines: list[OrderLine]
    goods_amount: Annotated[Fen, Meta(description="Sum of the lines, in fen")]
    freight: Annotated[Fen, Meta(description="Freight, in fen")]
    total: Annotated[Fen, Meta(description="goods_amount + freight, in fen")]
    available: Annotated[Fen, Meta(description="What you can spend now, in fen")]


class BatchResult(Struct, omit_defaults=True):
    """What became of one order of a batch: `status` is the HTTP status it would have had alone."""

    out_order_no: OutOrderNo
    status: Annotated[int, Meta(description="The HTTP status it would have had alone")]
    order: Order | None = None
    problem: Annotated[dict[str, Any], Meta(extra_json_schema=PROBLEM_OF_A_ROW)] | None = None


class BatchAnswer(Struct):
    """What became of each order of a batch, in the order sent."""

    out_batch_no: str
    results: list[BatchResult]


class Balance(Struct):
    """Prepaid money, in fen: available = balance − held + credit limit."""

    currency: Currency
    balance: Annotated[Fen, Meta(description="Prepaid money, held money included, in fen")]
    held: Annotated[Fen, Meta(description="Kept for orders that are not confirmed, in fen")]
    credit_limit: Annotated[Fen, Meta(description="How far below 0 you may go, in fen")]
    available: Annotated[Fen, Meta(description="balance − held + credit_limit, in fen")]


class LedgerItem(Struct):
    """One movement of the prepaid balance, in fen; draws are negative."""

    id: Annotated[str, Meta(description="Our id of the movement")]
    at: Moment
    kind: str
    amount: Annotated[Fen, Meta(description="In fen; below 0 when it was drawn")]
    balance_after: Annotated[Fen, Meta(description="The balance behind it, in fen")]
    order_id: Annotated[str | None, Meta(description="Our id of the order it belongs to")]
    out_order_no: Annotated[str | None, Meta(description="Your number of the order it belongs to")]
    remark: str


class LedgerPage(Struct):
    """A page of the ledger, newest first."""

    currency: Currency
    items: list[LedgerItem]
    next_cursor: Cursor
    has_more: HasMore


class Health(Struct):
    """Whether the service answers and its database does."""

    status: str
    database: str


class Status(Struct, omit_defaults=True):
    """What is running; in a demo world also where its time went, by stage."""

    name: str
    version: str
    server_time: Annotated[int, Meta(description="The platform's clock, Unix seconds")]
    stages: dict[str, dict[str, float]] = {}
