"""Examples of uploads, top-ups and statements."""

from typing import Any

from entrepot.doors.api import recharge_shapes as shapes
from entrepot.doors.api.shapes import LedgerItem

RECHARGE_ID, RECHARGE_NO = "77", "C20260105-01"
PATH = {"recharge_id": RECHARGE_ID, "out_recharge_no": RECHARGE_NO, "statement_id": "12", "upload_id": "88"}
CSV = (
    "id,at,kind,amount,balance_after,order_id,out_order_no,remark\r\n"
    "9001,2026-01-01T02:00:00.123456+00:00,draw,-2100,97900,10000042,M20260101-0001,\r\n"
)
_AT, _SEEN, _MADE = "2026-01-05T02:00:00+00:00", "2026-01-05T03:30:00+00:00", "2026-02-01T00:10:00+00:00"

_recharge = shapes.Recharge(
    id=RECHARGE_ID,
    out_recharge_no=RECHARGE_NO,
    state="pending",
    currency="CNY",
    amount=5_000_000,
    payer="晨光商贸有限公司",
    bank_reference="HVP20260105-7781",
    voucher="88",
    remark="一月货款",
    review_note="",
    created_at=_AT,
    reviewed_at=None,
)
_statement = shapes.Statement(
    id="12",
    month="2026-01",
    currency="CNY",
    opening=0,
    top_up=100_000,
    draw=-2100,
    refund=0,
    adjustment=0,
    other=0,
    closing=97_900,
    lines=2,
    made_at=_MADE,
)
_line = LedgerItem("9001", "2026-01-01T02:00:00.123456+00:00", "draw", -2100, 97_900, "10000042", "M20260101-0001", "")

EXAMPLES: dict[str, tuple[Any, Any]] = {
    "create_upload": (None, shapes.Upload("88", "image/webp", 48_213, _AT)),
    "create_recharge": (
        shapes.RechargeRequest(
            out_recharge_no=RECHARGE_NO,
            amount=5_000_000,
            payer="晨光商贸有限公司",
            bank_reference="HVP20260105-7781",
            voucher="88",
            remark="一月货款",
        ),
        _recharge,
    ),
    "list_recharges": (None, shapes.Recharges([_recharge], "cmVjaGFyZ2VzOjc3", True)),
    "get_recharge": (None, _recharge),
    "get_recharge_by_number": (None, _recharge),
    "list_statements": (None, shapes.Statements([_statement], None, False)),
    "get_statement": (None, shapes.StatementLines(_statement, [_line], "bW92ZW1lbnRzOjkwMDE", True)),
}
