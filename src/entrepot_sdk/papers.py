"""The objects of what comes after an order: after-sales, uploads, top-ups, statements. Money is integer fen."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from entrepot_sdk.shapes import LedgerEntry, LinePart

# What a mall sends. Fields left UNSET are not sent at all.


class NewAfterSale(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An after-sale to ask for. `out_refund_no` is the mall's own number: the same number never takes effect twice.

    `type` is refund, return, exchange or reship; `evidence` are ids of uploads; `demand` (fen) is for claims alone.
    """

    out_refund_no: str
    out_order_no: str
    type: str
    reason: str
    lines: list[LinePart]
    demand: int | UnsetType = UNSET
    remark: str | UnsetType = UNSET
    evidence: list[str] | UnsetType = UNSET


class AfterSaleQuestion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What `check_aftersale` is asked: an after-sale without a number."""

    out_order_no: str
    type: str
    reason: str
    lines: list[LinePart]
    demand: int | UnsetType = UNSET


class NewRecharge(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A top-up (fen) the mall has paid for; `voucher` is the id of an upload."""

    out_recharge_no: str
    amount: int
    payer: str | UnsetType = UNSET
    bank_reference: str | UnsetType = UNSET
    voucher: str | UnsetType = UNSET
    remark: str | UnsetType = UNSET


# What the platform answers. Unknown fields are ignored: the API only grows.


class Outlook(msgspec.Struct, kw_only=True):
    """What would become of an after-sale; `money` says when the amount (fen) comes back: at_once, after_return, claim, none."""

    allowed: bool
    money: str = "none"
    amount: int = 0
    currency: str = "CNY"
    stage: str | None = None
    goods_back: bool = False
    freight_back: bool = False
    errors: list[dict[str, Any]] = []


class AfterSaleLine(msgspec.Struct, kw_only=True):
    """A line of an after-sale; `refunded` in fen."""

    line: int
    sku: str
    qty: int
    agreed_price: int = 0
    good_qty: int = 0
    damaged_qty: int = 0
    missing_qty: int = 0
    refunded: int = 0


class AfterSaleStep(msgspec.Struct, kw_only=True):
    """One thing that happened."""

    at: datetime
    what: str
    amount: int | None = None
    note: str = ""


class Claim(msgspec.Struct, kw_only=True):
    """What is negotiated, in fen."""

    state: str
    at_most: int
    demand: int
    offer: int | None = None
    due_at: datetime | None = None
    settled: int | None = None
    settled_by: str = ""
    version: int = 0


class AfterSale(msgspec.Struct, kw_only=True):
    """An after-sale, in fen. `replayed` is set by the client when the number had already taken effect."""

    id: str
    out_refund_no: str
    state: str
    type: str = ""
    reason: str = ""
    stage: str = ""
    order_id: str = ""
    out_order_no: str = ""
    currency: str = "CNY"
    amount: int = 0
    demand: int | None = None
    refunded: int = 0
    lines: list[AfterSaleLine] = []
    remark: str = ""
    answer: str = ""
    return_address: str = ""
    return_carrier: str = ""
    return_tracking_no: str = ""
    resend_carrier: str = ""
    resend_tracking_no: str = ""
    due_at: datetime | None = None
    version: int = 0
    created_at: datetime | None = None
    changed_at: datetime | None = None
    claim: Claim | None = None
    steps: list[AfterSaleStep] = []
    evidence: list[str] = []
    replayed: bool = False


class Upload(msgspec.Struct, kw_only=True):
    """A picture that was sent ahead."""

    id: str
    media_type: str = ""
    size: int = 0
    created_at: datetime | None = None
    replayed: bool = False


class Recharge(msgspec.Struct, kw_only=True):
    """A top-up (fen): pending, approved, rejected or withdrawn."""

    id: str
    state: str
    amount: int
    out_recharge_no: str | None = None
    currency: str = "CNY"
    payer: str = ""
    bank_reference: str = ""
    voucher: str | None = None
    remark: str = ""
    review_note: str = ""
    created_at: datetime | None = None
    reviewed_at: datetime | None = None
    replayed: bool = False


class Statement(msgspec.Struct, kw_only=True):
    """A month of the balance, in fen."""

    id: str
    month: str
    opening: int
    closing: int
    currency: str = "CNY"
    top_up: int = 0
    draw: int = 0
    refund: int = 0
    adjustment: int = 0
    other: int = 0
    lines: int = 0
    made_at: datetime | None = None


class StatementLines(msgspec.Struct, kw_only=True):
    """A statement with a page of its movements, oldest first."""

    statement: Statement
    items: list[LedgerEntry]
    next_cursor: str | None = None
    has_more: bool = False


class Carrier(msgspec.Struct, kw_only=True):
    """A carrier."""

    code: str
    name: str
