"""Examples of after-sale: pieces of the order of the other examples that came damaged."""

from typing import Any

from msgspec.structs import replace

from entrepot.doors.api import aftersale_shapes as shapes
from entrepot.doors.api.shapes import ReasonRequest

AFTERSALE_ID, REFUND_NO = "301", "R20260103-0001"
PATH = {"aftersale_id": AFTERSALE_ID, "out_refund_no": REFUND_NO}
_ORDER_NO = "M20260101-0001"
_ASKED, _SENT, _DUE = "2026-01-03T02:00:00+00:00", "2026-01-04T02:00:00+00:00", "2026-01-18T02:00:00+00:00"

_wanted = shapes.AfterSaleRequest(
    out_refund_no=REFUND_NO,
    out_order_no=_ORDER_NO,
    type="return",
    reason="damaged",
    lines=[shapes.AfterSaleLineRequest(line=1, qty=1)],
    demand=None,
    remark="外包装破损",
    evidence=["88"],
)
_asked = shapes.AfterSale(
    id=AFTERSALE_ID,
    out_refund_no=REFUND_NO,
    order_id="10000042",
    out_order_no=_ORDER_NO,
    type="return",
    reason="damaged",
    stage="received",
    state="waiting_return",
    currency="CNY",
    amount=1050,
    demand=None,
    refunded=0,
    lines=[shapes.AfterSaleLine(1, "TEA-250G", 1, 1050, 0, 0, 0, 0)],
    remark="外包装破损",
    answer="",
    return_address="退货组 0571-88880000 浙江省杭州市 余杭区仓前街道 1 号",
    return_carrier="",
    return_tracking_no="",
    resend_carrier="",
    resend_tracking_no="",
    due_at=_DUE,
    version=2,
    created_at=_ASKED,
    changed_at=_ASKED,
    claim=None,
    steps=[
        shapes.AfterSaleStep(_ASKED, "requested", None, "外包装破损"),
        shapes.AfterSaleStep(_ASKED, "approved", None, ""),
    ],
    evidence=["88"],
)
_sent = replace(
    _asked,
    state="returning",
    return_carrier="sf",
    return_tracking_no="SF0987654321",
    version=3,
    changed_at=_SENT,
    steps=[*_asked.steps, shapes.AfterSaleStep(_SENT, "return_sent", None, "sf SF0987654321")],
)
_offered = shapes.Claim("offered", 1050, 1050, 800, _DUE, None, "", 2)
_claimed = replace(_sent, state="claim", version=5, claim=_offered)
_settled = replace(
    _claimed,
    state="done",
    refunded=800,
    version=6,
    due_at=None,
    claim=replace(_offered, state="settled", due_at=None, settled=800, settled_by="agreed", version=3),
)
_countered = replace(_claimed, version=6, claim=replace(_offered, state="demanded", demand=950, version=3))

EXAMPLES: dict[str, tuple[Any, Any]] = {
    "check_aftersale": (
        shapes.AfterSaleCheckRequest(out_order_no=_ORDER_NO, type="return", reason="damaged", lines=_wanted.lines),
        shapes.AfterSaleOutlook(True, "received", "claim", "CNY", 1050, goods_back=True, freight_back=True, errors=[]),
    ),
    "create_aftersale": (_wanted, _asked),
    "list_aftersales": (None, shapes.AfterSales([_asked], "YWZ0ZXJzYWxlczozMDE", True)),
    "get_aftersale": (None, _asked),
    "get_aftersale_by_number": (None, _asked),
    "send_return": (shapes.ReturnShipmentRequest("sf", "SF0987654321"), _sent),
    "withdraw_aftersale": (ReasonRequest("买家不退了"), replace(_asked, state="withdrawn", due_at=None, version=3)),
    "accept_claim": (shapes.AcceptRequest(version=2), _settled),
    "counter_claim": (shapes.CounterRequest(amount=950, note="只坏了一半", version=2), _countered),
}
