"""The shapes of the contract: requests are strict, money is whole fen."""

from typing import Annotated, Any, Literal

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
ProductId = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$(?!\n)")]
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


class Strict(Struct, forbid_unknown_fields=True):
    """A request body: unknown fields are refused."""


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

    number: str
    name: str
    tier: str
    fee_rate_bps: int
    funds_policy: Literal["hold", "check"]
    hold_seconds: int
    currency: str
    state: str
    is_sandbox: bool


class Echo(Struct):
    """What the server received."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    address: str
    server_time: int


class Category(Struct):
    """A node of the category tree."""

    id: str
    parent_id: str | None
    name: str


class Categories(Struct):
    """All categories."""

    items: list[Category]


class Brand(Struct):
    """A brand."""

    id: str
    name: str


class Brands(Struct):
    """All brands."""

    items: list[Brand]


class Sku(Struct):
    """A SKU with your prices; all in fen for one piece."""

    sku: str
    spec: str
    supply_price: Fen
    fee: Fen
    agreed_price: Fen
    suggested_price: Fen | None
    price_floor: Fen | None
    price_ceiling: Fen | None
    stock: int
    weight_g: int


class Product(Struct):
    """Goods on your shelf."""

    id: str
    goods_no: str
    name: str
    category_id: str
    brand_id: str | None
    kind: str
    images: list[str]
    detail_images: list[str]
    min_quantity: int
    freight_template_id: str | None
    state: str
    version: int
    currency: str
    allowed_promotions: list[str]
    skus: list[Sku]


class Products(Struct):
    """A page of products; the first page of a walk carries the cursor from which the change feed goes on."""

    items: list[Product]
    next_cursor: str | None
    has_more: bool
    changes_cursor: str | None = None


class LivePrice(Struct):
    """Price and stock now; `state` is on_sale or not_available."""

    sku: str
    agreed_price: Fen | None
    stock: int
    min_quantity: int | None
    state: Literal["on_sale", "not_available"]


class LivePrices(Struct):
    """Answer of the live check."""

    currency: str
    items: list[LivePrice]


class OrderLine(Struct):
    """A line of an order; prices in fen for one piece, `amount` for the line."""

    line: int
    sku: str
    qty: int
    supply_price: Fen
    fee: Fen
    agreed_price: Fen
    amount: Fen
    shipped_qty: int
    refunded_qty: int


class ShipmentLine(Struct):
    """Pieces of a line in a parcel."""

    line: int
    qty: int


class TrailStep(Struct):
    """A step of a parcel's way."""

    at: Moment
    text: str


class Shipment(Struct):
    """A parcel."""

    id: str
    carrier: str
    tracking_no: str
    lines: list[ShipmentLine]
    shipped_at: Moment
    trail: list[TrailStep]


class Shipments(Struct):
    """The parcels of an order."""

    items: list[Shipment]


class RefundLine(Struct):
    """Pieces and amount (fen) of a line that went back."""

    line: int
    qty: int
    amount: Fen


class Refund(Struct):
    """What went back to the prepaid balance, in fen."""

    id: str
    refund_no: str
    amount: Fen
    reason: str
    at: Moment
    lines: list[RefundLine]


class Order(Struct):
    """An order; amounts in fen."""

    id: str
    out_order_no: str
    state: State
    mode: Literal["hold", "direct"]
    currency: str
    lines: list[OrderLine]
    goods_amount: Fen
    freight: Fen
    total: Fen
    drawn: Fen
    refunded: Fen
    held_until: Moment | None
    version: int
    created_at: Moment
    shipments: list[Shipment]
    refunds: list[Refund]


class Orders(Struct):
    """A page of orders, newest first."""

    items: list[Order]
    next_cursor: str | None
    has_more: bool


class Preview(Struct):
    """What placing the order would cost, in fen, were it placed now."""

    currency: str
    lines: list[OrderLine]
    goods_amount: Fen
    freight: Fen
    total: Fen
    available: Fen


class BatchResult(Struct, omit_defaults=True):
    """What became of one order of a batch: `status` is the HTTP status it would have had alone."""

    out_order_no: str
    status: int
    order: Order | None = None
    problem: (
        Annotated[dict[str, Any], Meta(extra_json_schema={"allOf": [{"$ref": "#/components/schemas/ProblemBody"}]})]
        | None
    ) = None


class BatchAnswer(Struct):
    """What became of each order of a batch, in the order sent."""

    out_batch_no: str
    results: list[BatchResult]


class Balance(Struct):
    """Prepaid money, in fen: available = balance − held + credit limit."""

    currency: str
    balance: Fen
    held: Fen
    credit_limit: Fen
    available: Fen


class LedgerItem(Struct):
    """One movement of the prepaid balance, in fen; draws are negative."""

    id: str
    at: Moment
    kind: str
    amount: Fen
    balance_after: Fen
    order_id: str | None
    out_order_no: str | None
    remark: str


class LedgerPage(Struct):
    """A page of the ledger, newest first."""

    currency: str
    items: list[LedgerItem]
    next_cursor: str | None
    has_more: bool


class Health(Struct):
    """Whether the service answers and its database does."""

    status: str
    database: str


class Status(Struct, omit_defaults=True):
    """What is running; in a demo world also where its time went, by stage."""

    name: str
    version: str
    server_time: int
    stages: dict[str, dict[str, float]] = {}
