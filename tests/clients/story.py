"""The story by a client that openapi-python-client made of the contract: run in a folder where it is `made`.

`buy` plays it up to the parcel, `receive ID` after it; each prints what it saw as one line of JSON.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time

import httpx
from made import Client, models
from made.api.aftersale import check_aftersale, create_aftersale
from made.api.live import query_prices_and_stocks
from made.api.money import get_balance, list_ledger
from made.api.orders import cancel_order, confirm_order, create_order, get_order_by_number, preview_order, receive_order
from made.api.shipping import list_shipments
from made.api.uploads import create_upload, get_upload
from made.types import File

SKU = os.environ["ENTREPOT_SKU"]


def sign(request: httpx.Request) -> None:
    """The hook: all that a generated client lacks."""
    nonce, at = secrets.token_urlsafe(18), str(int(time.time()))
    line = f"{nonce}.{at}.{request.method} ".encode() + request.url.raw_path + b"\n"
    key = base64.b64decode(os.environ["ENTREPOT_SECRET"].removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, line + request.read(), hashlib.sha256).digest()).decode()
    request.headers["Entrepot-Key"] = os.environ["ENTREPOT_KEY"]
    request.headers["Entrepot-Timestamp"], request.headers["Entrepot-Nonce"] = at, nonce
    request.headers["Entrepot-Signature"] = f"v1,{signature}"


client = Client(os.environ["ENTREPOT_URL"], httpx_args={"event_hooks": {"request": [sign]}})


def stock() -> int:
    """Pieces one can order now."""
    answer = query_prices_and_stocks.sync(client=client, body=models.SkusRequest([SKU]))
    return answer.items[0].stock


def wanted(number: str, *, qty: int = 2, expected: int = 1050) -> models.OrderRequest:
    """An order of some pieces at the price we know."""
    consignee = models.ConsigneeRequest("王小明", "13800000000", "浙江省", "杭州市", "西湖区", "文三路 1 号")
    return models.OrderRequest(number, [models.OrderLineRequest(SKU, qty, expected_price=expected)], consignee)


def buy() -> dict[str, object]:
    """Three orders: one that stays, one that is cancelled, one whose money comes back; and two refusals."""
    seen: dict[str, object] = {"stock": stock(), "preview": preview_order.sync(client=client, body=wanted("S-1")).total}
    order = create_order.sync(client=client, body=wanted("S-1"))
    held = get_balance.sync(client=client)
    seen |= {"state": order.state, "total": order.total, "stock_held": stock(), "held": held.held}
    paid = confirm_order.sync(order.id, client=client)
    drawn = get_balance.sync(client=client)
    seen |= {"paid": paid.state, "balance": drawn.balance, "held_then": drawn.held}
    again = create_order.sync_detailed(client=client, body=wanted("S-1"))
    seen |= {"replayed": [again.status_code, again.headers["Idempotent-Replayed"], again.parsed.id == order.id]}

    second = create_order.sync(client=client, body=wanted("S-2"))
    cancelled = cancel_order.sync(second.id, client=client)
    seen |= {"cancelled": cancelled.state, "stock_cancelled": stock()}

    confirm_order.sync(create_order.sync(client=client, body=wanted("S-3")).id, client=client)
    asked = (models.AfterSaleRequestType.REFUND, models.AfterSaleRequestReason.CHANGED_MIND)
    lines = [models.AfterSaleLineRequest(1, 2)]
    check = models.AfterSaleCheckRequest(
        "S-3", models.AfterSaleCheckRequestType.REFUND, models.AfterSaleCheckRequestReason.CHANGED_MIND, lines
    )
    outlook = check_aftersale.sync(client=client, body=check)
    refund = create_aftersale.sync(client=client, body=models.AfterSaleRequest("R-3", "S-3", *asked, lines))
    refunded = get_order_by_number.sync("S-3", client=client)
    seen |= {"outlook": [outlook.allowed, outlook.money, outlook.amount], "refund": [refund.state, refund.refunded]}
    seen |= {"refunded": [refunded.state, refunded.refunds[0].amount], "stock_refunded": stock()}

    for name, order in {"dear": wanted("S-4", expected=1000), "many": wanted("S-5", qty=99)}.items():
        problem = create_order.sync(client=client, body=order)
        seen[name] = [problem.status, problem.code, problem.retry, problem.errors[0].pointer]
    picture = base64.b64decode(os.environ["ENTREPOT_PICTURE"])
    upload = create_upload.sync(client=client, body=File(picture))
    kept = get_upload.sync_detailed(upload.id, client=client)
    seen |= {"picture": [upload.media_type, len(kept.content) == upload.size]}
    ledger = list_ledger.sync(client=client, limit=2)
    return seen | {
        "ledger": [[row.kind, row.amount, row.out_order_no] for row in ledger.items],
        "more": ledger.has_more,
    }


def receive() -> dict[str, object]:
    """After the parcel has left."""
    order = get_order_by_number.sync("S-1", client=client)
    (parcel,) = list_shipments.sync(order.id, client=client).items
    received = receive_order.sync(order.id, client=client)
    return {
        "state": order.state,
        "parcel": [parcel.carrier, [[row.line, row.qty] for row in parcel.lines]],
        "received": received.state,
        "balance": get_balance.sync(client=client).balance,
        "stock": stock(),
    }


print(json.dumps(buy() if sys.argv[1] == "buy" else receive()))
