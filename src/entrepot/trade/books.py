"""The books of a batch: rows as loaded and locked, changed in place by the verbs, and what they add."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entrepot.base.worlds import is_sandbox
from entrepot.freight.rules import Part, TemplateRow
from entrepot.stock.rules import AllotmentRow, Holdings, HoldQuota, LevelRow
from entrepot.trade.acceptances import AcceptanceRow, FormerLineRow


@dataclass(slots=True)
class SealedConsignee:
    """The consignee as it is stored: sealed, with masks and search hash."""

    sealed: bytes
    name_masked: str
    phone_masked: str
    phone_hash: bytes
    province: str
    city: str
    district: str
    street: str = ""
    division_code: str = ""


@dataclass(slots=True)
class DistributorRow:
    """A distributor's terms of trade."""

    id: int
    state: str
    tier_id: int
    fee_rate_bps: int
    funds_policy: str
    hold_ttl_s: int
    old_rate_bps: int | None = None
    quota: HoldQuota | None = None


@dataclass(slots=True)
class SkuRow:
    """A SKU with what its goods say about selling it."""

    id: int
    code: str
    spec: str
    goods_id: int
    goods_no: str
    goods_name: str
    image: str
    supplier_id: int
    is_own: bool
    is_active: bool
    goods_state: str
    supplier_state: str
    min_quantity: int
    supplier_price_fen: int
    supply_price_fen: int | None
    allowed_promotions: list[str]
    visible_tiers: list[int]
    visible_distributors: list[int]
    acceptance_minutes: int | None = None
    weight_g: int = 0
    template_id: int | None = None
    has_own_rates: bool = False
    old_supply_price_fen: int | None = None
    old_supplier_price_fen: int | None = None


@dataclass(slots=True)
class AccountRow:
    """A party's account with its running figures (fen)."""

    id: int
    kind: str
    distributor_id: int | None
    supplier_id: int | None
    balance_fen: int
    held_fen: int
    credit_limit_fen: int
    waiting_fen: int = 0
    warn_below_fen: int = 0
    is_low: bool = False
    version: int = 0
    is_touched: bool = False

    @property
    def available_fen(self) -> int:
        """Return what may still be spent: balance − held + credit limit."""
        return self.balance_fen - self.held_fen + self.credit_limit_fen

    @property
    def unclaimed_fen(self) -> int:
        """Return what is left to spend once the orders that wait for funds have theirs: nobody overtakes them."""
        return self.available_fen - self.waiting_fen


@dataclass(slots=True)
class LineRow:
    """One line of an order, prices in fen for one piece."""

    order_id: int
    line_no: int
    supplier_id: int
    sku_id: int
    goods_id: int
    sku_code: str
    goods_no: str
    goods_name: str
    spec: str
    image: str
    qty: int
    supplier_price_fen: int
    supply_price_fen: int
    fee_fen: int
    agreed_price_fen: int
    promotion: str = ""
    shipped_qty: int = 0
    refunded_qty: int = 0
    is_own: bool = False
    is_touched: bool = False
    acceptance_minutes: int | None = None
    acceptance: AcceptanceRow | None = None
    is_rerouted: bool = False
    fee_rate_bps: int | None = 0
    is_new: bool = False
    is_resized: bool = False
    split_from: int | None = None

    @property
    def amount_fen(self) -> int:
        """Return the agreed amount of the whole line."""
        return self.agreed_price_fen * self.qty

    @property
    def open_qty(self) -> int:
        """Return the pieces neither shipped nor refunded."""
        return self.qty - self.shipped_qty - self.refunded_qty

    @property
    def is_accepted(self) -> bool:
        """Return whether its shipper has taken it on, at once or by his word, and may send it."""
        return self.acceptance is None or self.acceptance.state in ("accepted", "back_ordered")


@dataclass(slots=True)
class SupplyOrderRow:
    """One shipper's part of an order."""

    order_id: int
    supplier_id: int
    state: str
    pieces: int
    payable_fen: int
    freight_fen: int = 0
    is_touched: bool = False
    is_new: bool = False
    is_resized: bool = False


@dataclass(slots=True)
class ReturnedRow:
    """What after-sale has given back for a shipped line: pieces, fen, and of it the supplier's and the fee's share."""

    order_id: int
    line_no: int
    supplier_id: int
    qty: int = 0
    amount_fen: int = 0
    supplier_fen: int = 0
    fee_fen: int = 0
    freight_fen: int = 0
    supplier_freight_fen: int = 0
    is_touched: bool = False

    @property
    def goods_fen(self) -> int:
        """Return what lessens the platform's own income from goods."""
        return self.amount_fen - self.supplier_fen - self.fee_fen


@dataclass(slots=True)
class Take:
    """Pieces of one line reserved on one level, and the allotment under whose cap they count."""

    pieces: int
    allotment_id: int | None = None


@dataclass(slots=True)
class OrderRow:
    """An order with its lines; amounts in fen."""

    id: int
    distributor_id: int
    out_order_no: str
    state: str
    mode: str
    hold_minutes: int | None
    held_until: datetime | None
    fee_rate_bps: int
    goods_amount_fen: int
    freight_fen: int
    total_fen: int
    held_fen: int
    drawn_fen: int
    refunded_fen: int
    version: int
    content_hash: bytes
    remark: str
    created_at: datetime
    confirmed_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    is_new: bool = False
    is_touched: bool = False
    lines: dict[int, LineRow] = field(default_factory=dict)
    supply_orders: dict[int, SupplyOrderRow] = field(default_factory=dict)
    takes: dict[tuple[int, int], Take] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    returned: dict[int, ReturnedRow] = field(default_factory=dict)
    left_from: dict[int, int] = field(default_factory=dict)
    tracking_nos: set[tuple[int, str]] = field(default_factory=set)


@dataclass(slots=True)
class TransferRow:
    """One transfer to write."""

    kind: str
    debit_id: int
    credit_id: int
    amount_fen: int
    cause: str
    actor: str
    order_id: int | None = None
    debit_balance_fen: int | None = None
    credit_balance_fen: int | None = None
    distributor_id: int | None = None
    supplier_id: int | None = None
    remark: str = ""


@dataclass(slots=True)
class MoveRow:
    """One stock move to write."""

    level_id: int
    kind: str
    on_hand_delta: int
    reserved_delta: int
    actor: str
    order_id: int | None = None
    line_no: int | None = None
    allotment_id: int | None = None
    cause: str | None = None
    remark: str = ""


@dataclass(slots=True)
class EventRow:
    """One fact to write; `data` holds numbers and states only, `before` what of them was so until then."""

    type: str
    object_kind: str
    object_id: int
    version: int
    distributor_id: int | None
    data: dict[str, Any]
    actor: str
    reason: str = ""
    before: dict[str, Any] | None = None
    label: str = ""


@dataclass(slots=True)
class ShipmentRow:
    """One parcel to write."""

    order_id: int
    distributor_id: int
    supplier_id: int
    carrier: str
    tracking_no: str
    actor: str
    pieces: dict[int, int]


@dataclass(slots=True)
class RefundRow:
    """One refund to write; `amount_fen` includes `freight_fen`; lines are pieces and amount by line number."""

    order_id: int
    distributor_id: int
    refund_no: str
    kind: str
    amount_fen: int
    freight_fen: int
    reason: str
    actor: str
    lines: dict[int, tuple[int, int]]


@dataclass(slots=True)
class ChargeRow:
    """What one shipper's template asked for an order, to write."""

    order_id: int
    distributor_id: int
    part: Part


@dataclass(slots=True)
class Books:
    """The locked snapshot a batch is decided over, and what the decisions add to it."""

    now: datetime
    order_ids: list[int] = field(default_factory=list)
    distributors: dict[int, DistributorRow] = field(default_factory=dict)
    skus: dict[str, SkuRow] = field(default_factory=dict)
    fee_rates: dict[tuple[int, int | None, int | None], int] = field(default_factory=dict)
    templates: dict[int, TemplateRow] = field(default_factory=dict)
    charges: list[ChargeRow] = field(default_factory=list)
    levels: dict[int, LevelRow] = field(default_factory=dict)
    levels_by_sku: dict[int, list[LevelRow]] = field(default_factory=dict)
    allotments: dict[int, AllotmentRow] = field(default_factory=dict)
    allotments_by_sku: dict[int, list[AllotmentRow]] = field(default_factory=dict)
    prepaid: dict[int, AccountRow] = field(default_factory=dict)
    payable: dict[int, AccountRow] = field(default_factory=dict)
    referrers: dict[int, AccountRow] = field(default_factory=dict)
    clearing: dict[int, int] = field(default_factory=dict)
    holdings: dict[int, Holdings] = field(default_factory=dict)
    house: dict[str, int] = field(default_factory=dict)
    sandbox_houses: dict[tuple[int, str], int] = field(default_factory=dict)
    orders: dict[int, OrderRow] = field(default_factory=dict)
    order_by_number: dict[tuple[int, str], OrderRow] = field(default_factory=dict)
    done_causes: dict[tuple[str, str], int] = field(default_factory=dict)
    consignees: dict[int, SealedConsignee] = field(default_factory=dict)
    moved: dict[int, SealedConsignee] = field(default_factory=dict)
    transfers: list[TransferRow] = field(default_factory=list)
    moves: list[MoveRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    shipments: list[ShipmentRow] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    former_lines: list[FormerLineRow] = field(default_factory=list)

    def house_of(self, kind: str, distributor_id: int) -> int:
        """Return the account of the platform that a distributor's money comes from or goes to; a sandbox has its own."""
        if is_sandbox(distributor_id):
            return self.sandbox_houses[distributor_id, kind]
        return self.house[kind]

    def level(self, level_id: int) -> LevelRow:
        """Return a level the snapshot locked; one it did not is a fault of the snapshot, and nothing is written."""
        if level_id not in self.levels:
            raise AssertionError(f"level {level_id} was not locked")
        return self.levels[level_id]

    def own_order(self, order_id: int, distributor_id: int | None) -> OrderRow | None:
        """Return the order if it is there and, when a distributor asks, his."""
        order = self.orders.get(order_id)
        if order is None or (distributor_id is not None and order.distributor_id != distributor_id):
            return None
        return order
