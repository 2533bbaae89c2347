"""The shapes of uploads, top-ups and statements in the contract; amounts in fen."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.shapes import LINES_OF_TEXT, PLAIN, Fen, LedgerItem, Moment, Number, Strict, UploadId

RechargeState = Literal["pending", "approved", "rejected", "withdrawn"]


class Upload(Struct):
    """A picture that was sent ahead; name its id in a top-up or an after-sale."""

    id: str
    media_type: str
    size: Annotated[int, Meta(description="Bytes as it is kept")]
    created_at: Moment


class RechargeRequest(Strict):
    """Your word that you have paid; it is credited once the platform has seen the money."""

    out_recharge_no: Number
    amount: Annotated[int, Meta(ge=1, le=10_000_000_000, description="What you have paid, in fen")]
    payer: Annotated[str, Meta(max_length=80, pattern=PLAIN)] | None = None
    bank_reference: Annotated[str, Meta(max_length=80, pattern=PLAIN)] | None = None
    voucher: (
        Annotated[UploadId, Meta(description="A picture of the transfer, sent ahead by `POST /uploads`")] | None
    ) = None
    remark: Annotated[str, Meta(max_length=200, pattern=LINES_OF_TEXT)] | None = None


class Recharge(Struct):
    """A top-up and what became of it, in fen; one made in the back office has no `out_recharge_no`."""

    id: str
    out_recharge_no: str | None
    state: RechargeState
    currency: str
    amount: Fen
    payer: str
    bank_reference: str
    voucher: str | None
    remark: str
    review_note: str
    created_at: Moment
    reviewed_at: Moment | None


class Recharges(Struct):
    """A page of top-ups, newest first."""

    items: list[Recharge]
    next_cursor: str | None
    has_more: bool


class Statement(Struct):
    """One month of your balance, in fen: opening, what came and went by kind, closing. It never changes."""

    id: str
    month: Annotated[str, Meta(description="Like 2026-01, by the calendar of China")]
    currency: str
    opening: Fen
    top_up: Fen
    draw: Fen
    refund: Fen
    adjustment: Fen
    other: Fen
    closing: Fen
    lines: int
    made_at: Moment


class Statements(Struct):
    """A page of statements, newest month first."""

    items: list[Statement]
    next_cursor: str | None
    has_more: bool


class StatementLines(Struct):
    """A statement with a page of its movements, oldest first."""

    statement: Statement
    items: list[LedgerItem]
    next_cursor: str | None
    has_more: bool
