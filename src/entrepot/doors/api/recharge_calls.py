"""Money in and accounted for: top-ups under the mall's own number, and monthly statements."""

import csv
import io
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from entrepot.base.mistakes import Mistake
from entrepot.doors.api import recharge_shapes as shapes
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.calls import (
    Call,
    Query,
    as_distributor,
    body_of,
    caller_of,
    cursor_after,
    object_id,
    own_number,
    reply,
)
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.order_calls import REPLAYED
from entrepot.doors.api.placing import OTHER_CONTENT
from entrepot.doors.api.problems import Problem, Wrong, invalid, not_found
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY, at
from entrepot.doors.api.shapes import LedgerItem
from entrepot.doors.api.threads import in_writer
from entrepot.orders.queries import numbers_of
from entrepot.recharge import actions
from entrepot.recharge.models import Statement, TopUp, TopUpState
from entrepot.recharge.queries import top_ups
from entrepot.recharge.statements import lines_of, statements

_FIELDS = {
    "amount_fen": "/amount",
    "payer": "/payer",
    "bank_reference": "/bank_reference",
    "voucher_upload_id": "/voucher",
}
_COLUMNS = ("id", "at", "kind", "amount", "balance_after", "order_id", "out_order_no", "remark")
_CHUNK = 2_000


@post(
    "/recharges",
    status_code=201,
    opt=Operation(
        shapes.RechargeRequest,
        shapes.Recharge,
        group="money",
        status=201,
        codes=("number_reused_with_other_content", "request_in_progress"),
    ).opt(),
)
async def create_recharge(request: Call) -> Response[bytes]:
    """申请充值 | Say that you have paid, under your own number; credited once approved; 201 new, 200 replayed."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.RechargeRequest)

    def ask() -> actions.Numbered:
        return actions.request_numbered(
            caller.distributor_id,
            out_recharge_no=wanted.out_recharge_no,
            amount_fen=wanted.amount,
            actor=caller.actor,
            payer=wanted.payer or "",
            bank_reference=wanted.bank_reference or "",
            upload_id=int(wanted.voucher) if wanted.voucher is not None else None,
            remark=wanted.remark or "",
        )

    try:
        made = await in_writer(ask)
    except Mistake as mistake:
        words = ("没有这个上传文件", "There is no such upload")
        if mistake.field != "voucher":
            raise
        raise invalid(Wrong("/voucher", "validation_failed", words)) from None
    if made.differing:
        code = "number_reused_with_other_content"
        raise Problem(code, errors=[Wrong(_FIELDS[name], code, OTHER_CONTENT) for name in made.differing])
    shape = recharge_shape(await _one(caller, pk=made.top_up.pk))
    return reply(shape, headers=REPLAYED) if made.is_replay else reply(shape, status=201)


@get(
    "/recharges",
    opt=Operation(None, shapes.Recharges, group="money", query=("limit", "cursor", "recharge_state")).opt(),
)
async def list_recharges(request: Call) -> Response[bytes]:
    """充值列表 | List your top-ups, newest first, those made in the back office included."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor", "state")
    limit, cursor = query.limit(), query.cursor("recharges")
    state = query.choice("state", tuple(TopUpState.values)) or ""

    def find() -> list[shapes.Recharge]:
        rows = top_ups(distributor_id=caller.distributor_id, state=state)
        rows = rows if cursor is None else rows.filter(pk__lt=cursor)
        return [recharge_shape(row) for row in rows[: limit + 1]]

    found = await as_distributor(caller, find)
    page, has_more = found[:limit], len(found) > limit
    return reply(
        shapes.Recharges(page, cursor_after(int(page[-1].id), items="recharges") if has_more else None, has_more)
    )


@get(
    "/recharges/{recharge_id:str}",
    opt=Operation(None, shapes.Recharge, group="money", codes=("not_found",)).opt(),
)
async def get_recharge(request: Call, recharge_id: FromPath[str]) -> Response[bytes]:
    """查询充值 | Get a top-up by our id."""
    return reply(recharge_shape(await _one(caller_of(request), pk=object_id(recharge_id))))


@get(
    "/recharges/by-out-no/{out_recharge_no:str}",
    opt=Operation(None, shapes.Recharge, group="money", codes=("not_found",)).opt(),
)
async def get_recharge_by_number(request: Call, out_recharge_no: FromPath[str]) -> Response[bytes]:
    """按商城充值单号查询 | Get a top-up by your own number."""
    number = own_number(out_recharge_no)
    return reply(recharge_shape(await _one(caller_of(request), out_recharge_no=number)))


@get("/statements", opt=Operation(None, shapes.Statements, group="money", query=("limit", "cursor")).opt())
async def list_statements(request: Call) -> Response[bytes]:
    """对账单列表 | List your monthly statements, newest month first."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor")
    limit, cursor = query.limit(), query.cursor("statements")

    def find() -> list[Statement]:
        # One a month, each made after the one before: the ids go with the months.
        rows = statements(distributor_id=caller.distributor_id).order_by("-id")
        return list((rows if cursor is None else rows.filter(pk__lt=cursor))[: limit + 1])

    found = await as_distributor(caller, find)
    page, has_more = found[:limit], len(found) > limit
    next_cursor = cursor_after(page[-1].pk, items="statements") if has_more else None
    return reply(shapes.Statements([statement_shape(row) for row in page], next_cursor, has_more))


@get(
    "/statements/{statement_id:str}",
    opt=Operation(
        None,
        shapes.StatementLines,
        group="money",
        query=("limit", "cursor", "format"),
        codes=("not_found",),
        also=("text/csv",),
    ).opt(),
)
async def get_statement(request: Call, statement_id: FromPath[str]) -> Response[bytes]:
    """查询对账单 | Get a statement with its movements, by pages; with format=csv all of them at once."""
    caller, query = caller_of(request), Query(request, "limit", "cursor", "format")
    row_id = object_id(statement_id)
    limit, cursor = query.limit(), query.cursor("movements")
    is_csv = query.choice("format", ("json", "csv")) == "csv"

    def find() -> bytes | shapes.StatementLines:
        row = statements(distributor_id=caller.distributor_id).filter(pk=row_id).first()
        if row is None:
            raise not_found()
        if is_csv:
            return _sheet(row)
        moves = lines_of(row) if cursor is None else lines_of(row).filter(pk__gt=cursor)
        found = list(moves[: limit + 1])
        page, has_more = _items(found[:limit]), len(found) > limit
        next_cursor = cursor_after(int(page[-1].id), items="movements") if has_more else None
        return shapes.StatementLines(statement_shape(row), page, next_cursor, has_more)

    found = await as_distributor(caller, find)
    if isinstance(found, bytes):
        name = f'attachment; filename="statement-{row_id}.csv"'
        return Response(found, media_type="text/csv", headers={"content-disposition": name})
    return reply(found)


def recharge_shape(row: TopUp) -> shapes.Recharge:
    """Return a top-up as its mall is shown it."""
    state: Any = str(row.state)
    return shapes.Recharge(
        id=str(row.pk),
        out_recharge_no=row.out_recharge_no,
        state=state,
        currency=CURRENCY,
        amount=row.amount_fen,
        payer=row.payer,
        bank_reference=row.bank_reference,
        voucher=str(row.voucher_upload_id) if row.voucher_upload_id is not None else None,
        remark=row.remark,
        review_note=row.review_note,
        created_at=row.created_at.isoformat(),
        reviewed_at=at(row.reviewed_at),
    )


def statement_shape(row: Statement) -> shapes.Statement:
    """Return a month's figures."""
    return shapes.Statement(
        id=str(row.pk),
        month=f"{row.month:%Y-%m}",
        currency=CURRENCY,
        opening=row.opening_fen,
        top_up=row.top_up_fen,
        draw=row.draw_fen,
        refund=row.refund_fen,
        adjustment=row.adjustment_fen,
        other=row.other_fen,
        closing=row.closing_fen,
        lines=row.lines,
        made_at=row.made_at.isoformat(),
    )


def _items(moves: list[Any]) -> list[LedgerItem]:
    numbers = numbers_of({move.order_id for move in moves if move.order_id is not None})
    return [
        LedgerItem(
            id=str(move.pk),
            at=move.at.isoformat(),
            kind=move.kind,
            amount=move.signed_fen,
            balance_after=move.after_fen,
            order_id=str(move.order_id) if move.order_id is not None else None,
            out_order_no=numbers.get(move.order_id) if move.order_id is not None else None,
            remark=move.remark,
        )
        for move in moves
    ]


def _sheet(row: Statement) -> bytes:
    """Return all movements of a statement as CSV, in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    last = 0
    while moves := list(lines_of(row).filter(pk__gt=last)[:_CHUNK]):
        for item in _items(moves):
            cells = (getattr(item, name) for name in _COLUMNS)
            writer.writerow(_plain(cell) for cell in cells)
        last = moves[-1].pk
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


async def _one(caller: Caller, **wanted: Any) -> TopUp:
    row = await as_distributor(caller, lambda: top_ups(distributor_id=caller.distributor_id).filter(**wanted).first())
    if row is None:
        raise not_found()
    return row
