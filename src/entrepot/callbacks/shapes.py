"""What an event holds, type by type: the one shape from which the contract, its examples and those of sandboxes are taken."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Id = Annotated[str, Meta(description="With `object`, what `version` counts")]
Version = Annotated[int, Meta(description="Rises per `object` and `id`: keep the highest")]
Fen = Annotated[int, Meta(description="Whole fen (1/100 CNY)")]
Moment = Annotated[str, Meta(description="RFC 3339, with time zone", extra_json_schema={"format": "date-time"})]
OutOrderNo = Annotated[str, Meta(description="Your number of the order")]
OutRefundNo = Annotated[str, Meta(description="Your number of the after-sale")]
OrderId = Annotated[str, Meta(description="Our id of the order")]
ProductId = Annotated[str, Meta(description="Our id of the product")]
TierId = Annotated[str, Meta(description="Our id of the tier")]
Bps = Annotated[int, Meta(description="Basis points (1/10000)")]
Pieces = Annotated[int, Meta(ge=0, description="Pieces you may take now")]
GoodsState = Literal["draft", "submitted", "on_sale", "unlisted", "rejected"]
Hint = Annotated[Literal["changes"], Meta(description="Read the change feed: more is concerned than is named here")]


class Fact(Struct, kw_only=True, omit_defaults=True):
    """What every event holds: a kind of object, its id, and a version that rises with every event of it."""

    id: Id
    version: Version
    example: Annotated[bool, Meta(description="Asked for in a sandbox: it never happened")] = False


class FeedHint(Fact):
    """Very much has changed: this one stands for many events of its type. The id is yours, the version its `seq`."""

    object: Literal["feed"]
    hint: Hint
    count: Annotated[int, Meta(description="How many events it stands for")] | UnsetType = UNSET


# --- goods ---


class ProductFact(Fact):
    """Goods came onto the shelf, left it, or changed."""

    object: Literal["product"]
    goods_no: Annotated[str, Meta(description="Number of the goods")]
    state: GoodsState
    reason: str | UnsetType = UNSET


class PriceFact(Fact):
    """A price is announced, applies or is called off: of a SKU (`price`), or a rate that many prices follow.

    `id` is the SKU's for `price`, the product's for `product_price`, the tier's for `tier_price`.
    """

    object: Literal["price", "product_price", "tier_price"]
    field: Literal["supply_price", "suggested_price", "fee_rate", "tier"]
    state: Literal["announced", "applied", "cancelled", "refused"]
    old: (
        Annotated[int | None, Meta(description="Whole fen, of a rate basis points; null: none of its own")] | UnsetType
    ) = UNSET
    new: (
        Annotated[int | None, Meta(description="Whole fen, of a rate basis points; null: none of its own")] | UnsetType
    ) = UNSET
    sku: Annotated[str, Meta(description="SKU code")] | UnsetType = UNSET
    product_id: ProductId | UnsetType = UNSET
    tier_id: TierId | UnsetType = UNSET
    fee_rate_bps: Bps | UnsetType = UNSET
    effective_at: Moment | UnsetType = UNSET
    old_until: Annotated[Moment, Meta(description="So long the old price is honoured")] | UnsetType = UNSET
    hint: Hint | UnsetType = UNSET


class StockFact(Fact):
    """What you may take of a SKU has changed, has come to 0, or is above 0 again."""

    object: Literal["sku"]
    sku: Annotated[str, Meta(description="SKU code")]
    product_id: ProductId
    stock: Pieces


class SelectionFact(Fact):
    """Goods, categories or brands came into your selection or left it; the id is yours."""

    object: Literal["selection"]
    count: Annotated[int, Meta(description="How many came or went")]
    products: list[str] | UnsetType = UNSET
    categories: list[str] | UnsetType = UNSET
    brands: list[str] | UnsetType = UNSET
    hint: Hint | UnsetType = UNSET


# --- orders ---


class _OrderFact(Fact):
    object: Literal["order"]
    out_order_no: OutOrderNo
    from_: Annotated[str, Meta(description="The state before; empty for a new order")] = field(name="from")
    total: Fen


class OrderHeldFact(_OrderFact):
    """Pieces and money of an order are held."""

    state: Literal["held"]


class OrderConfirmedFact(_OrderFact):
    """An order is confirmed and its money drawn."""

    state: Literal["confirmed"]
    drawn: Fen
    balance: Fen


class OrderRejectedFact(_OrderFact):
    """An order was rejected. Nothing tells this yet: what cannot be taken is refused in the answer."""

    state: Literal["rejected"]


class OrderExpiredFact(_OrderFact):
    """A held order was not confirmed in time."""

    state: Literal["expired"]


class OrderCancelledFact(_OrderFact):
    """An order was cancelled."""

    state: Literal["cancelled"]


class OrderSplitFact(_OrderFact):
    """An order was split. Nothing tells this yet: what several shippers send are parcels of one order."""

    state: Literal["confirmed"]


class OrderMergedFact(_OrderFact):
    """Orders were merged. Nothing tells this yet: orders stay as they were placed."""

    state: Literal["confirmed"]


class ShippedLine(Struct):
    """How many pieces of a line are in the parcel."""

    line: Annotated[int, Meta(description="Number of the line in the order")]
    qty: Annotated[int, Meta(description="Pieces")]


class OrderShippedFact(_OrderFact):
    """A parcel of an order is on its way."""

    state: Literal["partly_shipped", "shipped"]
    carrier: str
    tracking_no: Annotated[str, Meta(description="The carrier's number of the parcel")]
    lines: list[ShippedLine]
    is_shortened: Annotated[bool, Meta(description="More lines are in the parcel: read the order's shipments")] = False


class OrderDeliveredFact(_OrderFact):
    """An order was received."""

    state: Literal["received"]


class OrderCompletedFact(_OrderFact):
    """An order is completed."""

    state: Literal["completed"]


class OrderAwaitingFundsFact(_OrderFact):
    """An order waits until there is money enough."""

    state: Literal["awaiting_funds"]


class OrderRefundedFact(_OrderFact):
    """Money of an order was given back."""

    state: Literal["confirmed", "partly_shipped", "shipped", "received", "completed", "refunded"]
    refunded: Fen
    refund: Annotated[str, Meta(description="Which kind of after-sale it was for")] | UnsetType = UNSET


# --- after-sale ---


class AfterSaleFact(Fact):
    """An after-sale took a step."""

    object: Literal["aftersale"]
    out_refund_no: OutRefundNo
    out_order_no: OutOrderNo
    order_id: OrderId
    type: Literal["refund", "return", "exchange", "reship"]
    state: Literal["requested", "waiting_return", "returning", "claim", "resending", "done", "refused", "withdrawn"]
    amount: Fen
    refunded: Fen


class ClaimFact(Fact):
    """A claim took a step."""

    object: Literal["claim"]
    out_refund_no: OutRefundNo
    out_order_no: OutOrderNo
    state: str
    demand: Fen
    offer: Fen | None
    settled: Fen | None
    settled_by: str


# --- money ---


class BalanceFact(Fact):
    """Your balance went up or down, other than by an order; the id is yours."""

    object: Literal["balance"]
    amount: Fen
    balance: Fen
    held: Fen
    credit_limit: Fen
    text: Annotated[str, Meta(description="The amount in yuan")]


class BalanceLowFact(Fact):
    """What you can spend has fallen below the threshold of your warning; the id is yours."""

    object: Literal["balance"]
    available: Fen
    balance: Fen
    held: Fen
    credit_limit: Fen
    warn_below: Fen


class StatementFact(Fact):
    """The statement of a month that is over can be read."""

    object: Literal["statement"]
    month: str
    opening: Fen
    closing: Fen


# --- terms and machine ---


class TierFact(Fact):
    """Your tier is another, or its fee rate; every price may be another with it."""

    object: Literal["tier"]
    fee_rate_bps: Bps
    tier_id: TierId | UnsetType = UNSET
    from_bps: Bps | UnsetType = UNSET


class MembershipFact(Fact):
    """Your membership runs out soon."""

    object: Literal["membership"]
    tier: str
    until: Moment


class KeyFact(Fact):
    """A key of yours ends in so many days."""

    object: Literal["key"]
    key: str
    days: Annotated[int, Meta(description="How many days are left at most")]
    ends_at: Moment


class EndpointFact(Fact):
    """Your callback address is no longer called; the id is yours."""

    object: Literal["endpoint"]
    state: Literal["disabled"]
    reason_code: (
        Annotated[str, Meta(description="Why, as in `GET /webhook`: failing, gone, wrong_challenge, …")] | UnsetType
    ) = UNSET


class DigestFact(Fact):
    """What `GET /digest` says, once a day; the id is yours."""

    object: Literal["digest"]
    day: str
    skus: Annotated[int, Meta(description="How many SKUs it is reckoned over")]
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


class WebhookTestFact(Fact):
    """You have asked for a callback; the id is yours."""

    object: Literal["webhook"]
    hello: str


SHAPES: dict[str, type[Fact]] = {
    **dict.fromkeys(("product.listed", "product.updated", "product.delisted"), ProductFact),
    "price.changed": PriceFact,
    **dict.fromkeys(("stock.changed", "stock.sold_out", "stock.restocked"), StockFact),
    **dict.fromkeys(("selection.added", "selection.removed"), SelectionFact),
    "order.held": OrderHeldFact,
    "order.confirmed": OrderConfirmedFact,
    "order.rejected": OrderRejectedFact,
    "order.expired": OrderExpiredFact,
    "order.cancelled": OrderCancelledFact,
    "order.split": OrderSplitFact,
    "order.merged": OrderMergedFact,
    "order.shipped": OrderShippedFact,
    "order.delivered": OrderDeliveredFact,
    "order.completed": OrderCompletedFact,
    "order.awaiting_funds": OrderAwaitingFundsFact,
    "order.refunded": OrderRefundedFact,
    "aftersale.updated": AfterSaleFact,
    "claim.updated": ClaimFact,
    **dict.fromkeys(("balance.credited", "balance.debited", "balance.refunded"), BalanceFact),
    "balance.low": BalanceLowFact,
    "statement.ready": StatementFact,
    "tier.changed": TierFact,
    "membership.expiring": MembershipFact,
    "key.expiring": KeyFact,
    "endpoint.disabled": EndpointFact,
    "digest.daily": DigestFact,
    "webhook.test": WebhookTestFact,
}
"""What the events of each type hold."""
FOLDED = tuple(name for name in SHAPES if name.partition(".")[0] in ("product", "price", "stock"))
"""Types of which one event may stand for many, as a `FeedHint`."""
