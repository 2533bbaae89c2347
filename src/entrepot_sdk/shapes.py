"""The objects of the open API, by their names on the wire; money is integer fen."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

Item = TypeVar("Item")


class OrderState(StrEnum):
    """Known order states. Answers carry plain strings, so that a new state does not break an old client."""

    HELD = "held"
    CONFIRMED = "confirmed"
    AWAITING_FUNDS = "awaiting_funds"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    RECEIVED = "received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUNDED = "refunded"


# What a mall sends. Fields left UNSET are not sent at all.


class NewLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One line of a new order; `expected_price` in fen refuses the order when the agreed price moved."""

    sku: str
    qty: int
    expected_price: int | UnsetType = UNSET
    promotion: str | UnsetType = UNSET


class Consignee(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who receives the parcel, and where."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    street: str | UnsetType = UNSET
    division_code: str | UnsetType = UNSET


class NewOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An order to place. `out_order_no` is the mall's own number: the same number never takes effect twice."""

    out_order_no: str
    lines: list[NewLine]
    consignee: Consignee
    mode: str = "hold"
    hold_minutes: int | UnsetType = UNSET
    remark: str | UnsetType = UNSET


class NewBatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Up to 200 orders sent at once; `atomic` takes all or none."""

    out_batch_no: str
    orders: list[NewOrder]
    atomic: bool | UnsetType = UNSET


# What the platform answers. Unknown fields are ignored: the API only grows.


class Account(msgspec.Struct, kw_only=True):
    """GET /me: the distributor this key belongs to."""

    number: str
    name: str
    tier: str = ""
    fee_rate_bps: int = 0
    funds_policy: str = ""
    hold_seconds: int = 0
    currency: str = "CNY"
    state: str = ""
    is_sandbox: bool = False


class Echo(msgspec.Struct, kw_only=True):
    """POST /echo: what the platform received, for finding out why a signature is refused."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: str = ""
    address: str = ""
    server_time: int = 0


class Category(msgspec.Struct, kw_only=True):
    """A node of the category tree."""

    id: str
    name: str
    parent_id: str | None = None


class Brand(msgspec.Struct, kw_only=True):
    """A brand."""

    id: str
    name: str


class Sku(msgspec.Struct, kw_only=True):
    """One article of a product with its prices in fen for this distributor and the stock he can have now."""

    sku: str
    agreed_price: int
    stock: int
    supply_price: int = 0
    fee: int = 0
    spec: Any = None
    suggested_price: int | None = None
    price_floor: int | None = None
    price_ceiling: int | None = None
    weight_g: int | None = None


class Product(msgspec.Struct, kw_only=True):
    """A product on sale for this distributor."""

    id: str
    name: str
    skus: list[Sku]
    goods_no: str = ""
    currency: str = "CNY"
    category_id: str | None = None
    brand_id: str | None = None
    kind: str = ""
    images: list[str] = []
    detail_images: list[str] = []
    min_quantity: int = 1
    freight_template_id: str | None = None
    state: str = ""
    version: int = 0
    allowed_promotions: list[str] = []


class PriceStock(msgspec.Struct, kw_only=True):
    """Live price (fen), stock and minimum quantity of one SKU; price and minimum are None when `state` is not on sale."""

    sku: str
    agreed_price: int | None
    stock: int
    min_quantity: int | None = None
    state: str = ""


class OrderLine(msgspec.Struct, kw_only=True):
    """A line of an order with the prices (fen per piece) it was taken at."""

    line: int
    sku: str
    qty: int
    supply_price: int
    fee: int
    agreed_price: int
    amount: int
    shipped_qty: int = 0
    refunded_qty: int = 0


class LinePart(msgspec.Struct, kw_only=True):
    """Some pieces of a line."""

    line: int
    qty: int


class Trail(msgspec.Struct, kw_only=True):
    """One step of a parcel."""

    at: datetime
    text: str


class Shipment(msgspec.Struct, kw_only=True):
    """A parcel."""

    id: str
    tracking_no: str
    carrier: str = ""
    lines: list[LinePart] = []
    shipped_at: datetime | None = None
    trail: list[Trail] = []


class Refund(msgspec.Struct, kw_only=True):
    """Money (fen) that returned to the balance, and for which pieces."""

    amount: int
    id: str = ""
    refund_no: str = ""
    reason: str = ""
    lines: list[LinePart] = []
    at: datetime | None = None


class Order(msgspec.Struct, kw_only=True):
    """An order. `replayed` is set by the client when the answer was the stored one of an earlier submit."""

    out_order_no: str
    state: str
    lines: list[OrderLine]
    total: int
    id: str = ""
    mode: str = "hold"
    currency: str = "CNY"
    goods_amount: int = 0
    freight: int = 0
    drawn: int = 0
    refunded: int = 0
    held_until: datetime | None = None
    version: int = 0
    created_at: datetime | None = None
    shipments: list[Shipment] = []
    refunds: list[Refund] = []
    replayed: bool = False


class Preview(msgspec.Struct, kw_only=True):
    """What an order would cost (fen), were it placed now, and the money available for it."""

    lines: list[OrderLine]
    total: int
    currency: str = "CNY"
    goods_amount: int = 0
    freight: int = 0
    available: int = 0


class FieldProblem(msgspec.Struct, kw_only=True):
    """One error of a refusal: where in the request (JSON pointer), which code, and the facts of it in `more`."""

    code: str = ""
    pointer: str = ""
    detail: str = ""
    more: dict[str, Any] = {}


class Problem(msgspec.Struct, kw_only=True):
    """`application/problem+json`, the body of every refusal."""

    code: str
    status: int = 0
    type: str = ""
    title: str = ""
    detail: str = ""
    retry: str = "never"
    request_id: str = ""
    errors: list[dict[str, Any]] = []


class BatchResult(msgspec.Struct, kw_only=True):
    """The answer to one order of a batch."""

    out_order_no: str
    status: int
    order: Order | None = None
    problem: Problem | None = None


class Batch(msgspec.Struct, kw_only=True):
    """The answers of a batch, in the order sent."""

    results: list[BatchResult]
    out_batch_no: str = ""


class Balance(msgspec.Struct, kw_only=True):
    """Prepaid money in fen; available = balance - held + credit_limit."""

    balance: int
    held: int
    credit_limit: int
    available: int
    currency: str = "CNY"


class LedgerEntry(msgspec.Struct, kw_only=True):
    """One movement (fen, signed) of the prepaid balance."""

    id: str
    at: datetime
    kind: str
    amount: int
    balance_after: int
    order_id: str | None = None
    out_order_no: str | None = None
    remark: str | None = None


class Health(msgspec.Struct, kw_only=True):
    """GET /health: `ok` when the service and its database answer."""

    status: str
    database: str = ""


class Page(msgspec.Struct, Generic[Item], kw_only=True):
    """One page of a list; `changes_cursor` comes with the first page of a catalogue walk."""

    items: list[Item]
    next_cursor: str | None = None
    has_more: bool = False
    changes_cursor: str | None = None


class Change(msgspec.Struct, kw_only=True):
    """One change of the feed: `type` is product, price or stock; `id` the product's id or the SKU's code.

    `deleted` products are no longer sold to this distributor (`reason`: delisted or not_authorised) and have no object.
    """

    type: str
    id: str
    deleted: bool = False
    reason: str = ""
    object: msgspec.Raw = msgspec.Raw(b"null")

    def product(self) -> Product:
        """The product of a `product` change that is not deleted."""
        return msgspec.json.decode(self.object, type=Product)

    def live(self) -> PriceStock:
        """Price and stock of a `stock` change."""
        return msgspec.json.decode(self.object, type=PriceStock)


class Changes(msgspec.Struct, kw_only=True):
    """A page of the feed. Keep `next_cursor` with what the items changed; `held_back`: more changed than may be told yet."""

    items: list[Change]
    next_cursor: str
    has_more: bool = False
    lag_ms: int = 0
    held_back: bool = False


class Accepted(msgspec.Struct, kw_only=True):
    """It is on its way."""

    accepted: bool


class Replay(msgspec.Struct, kw_only=True):
    """How many events are sent once more."""

    count: int


class Digest(msgspec.Struct, kw_only=True):
    """How many SKUs the platform shows this distributor now, and the digest of their prices and stocks."""

    skus: int
    digest: str


class Items(msgspec.Struct, Generic[Item], kw_only=True):
    """A list that comes whole."""

    items: list[Item]
    currency: str = "CNY"


class Event(msgspec.Struct, kw_only=True):
    """A callback. Keep the highest `data["version"]` per `data["object"]` and `data["id"]`: then order does not matter.

    A challenge (`webhook.verify`) stands outside of the row of events: its `seq` is 0.
    """

    id: str
    type: str
    data: dict[str, Any]
    seq: int = 0
    timestamp: datetime = datetime.fromtimestamp(0, UTC)
    api: str = "v1"
