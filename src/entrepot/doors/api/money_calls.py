"""Money: balance and ledger of the prepaid account."""

from typing import Any

from django.db import connection
from litestar import Response, get

from entrepot.doors.api import shapes
from entrepot.doors.api.calls import Call, Query, as_distributor, caller_of, cursor_after, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.render import CURRENCY


@get("/balance", opt=Operation(None, shapes.Balance, group="money").opt())
async def get_balance(request: Call) -> Response[bytes]:
    """货款余额 | Get your prepaid balance."""
    caller = caller_of(request)
    return reply(await as_distributor(caller, prepaid_of, caller.distributor_id))


@get("/ledger", opt=Operation(None, shapes.LedgerPage, group="money", query=("limit", "cursor")).opt())
async def list_ledger(request: Call) -> Response[bytes]:
    """货款流水 | List the movements of your prepaid balance, newest first."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor")
    limit, cursor = query.limit(), query.cursor("ledger")
    rows = await as_distributor(caller, _ledger, caller.distributor_id, limit + 1, cursor)
    page = rows[:limit]
    items = [
        shapes.LedgerItem(
            id=str(row[0]),
            at=row[1].isoformat(),
            kind=row[2],
            amount=row[3],
            balance_after=row[4],
            order_id=str(row[5]) if row[5] is not None else None,
            out_order_no=row[6],
            remark=row[7],
        )
        for row in page
    ]
    has_more = len(rows) > limit
    next_cursor = cursor_after(page[-1][0], items="ledger") if has_more else None
    return reply(shapes.LedgerPage(CURRENCY, items, next_cursor, has_more))


def prepaid_of(distributor_id: int) -> shapes.Balance:
    """Return a distributor's prepaid figures; zeros before his first movement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select balance_fen, held_fen, credit_limit_fen from ledger_account"
            " where kind = 'prepaid' and distributor_id = %s",
            [distributor_id],
        )
        balance, held, limit = cursor.fetchone() or (0, 0, 0)
    return shapes.Balance(CURRENCY, balance, held, limit, balance - held + limit)


def _ledger(distributor_id: int, limit: int, before_id: int | None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select t.id, t.at, t.kind, case when t.debit_balance_fen is null then t.amount_fen else -t.amount_fen end,"
            " coalesce(t.debit_balance_fen, t.credit_balance_fen), t.order_id, o.out_order_no, t.remark"
            " from ledger_transfer t left join orders_order o on o.id = t.order_id"
            " where t.distributor_id = %s and t.id < %s order by t.id desc limit %s",
            [distributor_id, before_id if before_id is not None else 2**63 - 1, limit],
        )
        return cursor.fetchall()
