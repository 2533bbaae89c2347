"""The shapes of uploads, top-ups and statements in the contract; amounts in fen."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.fields import (
    LINES_OF_TEXT,
    PLAIN,
    Currency,
    Cursor,
    Fen,
    HasMore,
    Moment,
    Number,
    Strict,
    UploadId,
)
from entrepot.doors.api.shapes import LedgerItem

RechargeState = Literal["pending", "approved", "rejected", "withdrawn"]


class Upload(Struct):
    """A picture that was sent ahead; name its id in a top-up or an after-sale."""

    id: Annotated[str, Meta(description="Our id of the upload")]
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

    id: Annotated[str, Meta(description="Our id of the top-up")]
    out_recharge_no: Annotated[str | None, Meta(description="Your number of the top-up")]
    state: RechargeState
    currency: Currency
    amount: Annotated[Fen, Meta(description="What was paid in, in fen")]
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
    next_cursor: Cursor
    has_more: HasMore


class Statement(Struct):
    """One month of your balance, in fen: opening, what came and went by kind, closing. It never changes."""

    id: Annotated[str, Meta(description="Our id of the statement")]
    month: Annotated[str, Meta(description="Like 2026-01, by the calendar of China")]
    currency: Currency
    opening: Annotated[Fen, Meta(description="The balance at the beginning of the month, in fen")]
    top_up: Annotated[Fen, Meta(description="What you paid in, in fen")]
    draw: Annotated[Fen, Meta(description="What orders drew; below 0, in fen")]
    refund: Annotated[Fen, Meta(description="What came back, in fen")]
    adjustment: Annotated[Fen, Meta(description="What the platform corrected, in fen")]
    other: Annotated[Fen, Meta(description="All else, in fen")]
    closing: Annotated[Fen, Meta(description="The balance at the end of the month, in fen")]
    lines: Annotated[int, Meta(description="How many movements it has")]
    made_at: Moment


class Statements(Struct):
    """A page of statements, newest month first."""

    items: list[Statement]
    next_cursor: Cursor
    has_more: HasMore


class StatementLines(Struct):
    """A statement with a page of its movements, oldest first."""

    statement: Statement
    items: list[LedgerItem]
    next_cursor: Cursor
    has_more: HasMore
