"""One request and one answer for every operation, as the contract shows them; all tell of the same order."""

from typing import Any

from msgspec import to_builtins

from entrepot.callbacks.examples import example_of
from entrepot.doors.api import (
    aftersale_examples,
    event_shapes,
    explain_shapes,
    feed_shapes,
    freight_shapes,
    money_examples,
    selection_examples,
    shapes,
)
from entrepot.doors.api.operations import NDJSON

ORDER_ID, ORDER_NO, BATCH_NO, SKU = "10000042", "M20260101-0001", "B20260101-01", "TEA-250G"
PATH = {
    "order_id": ORDER_ID,
    "out_order_no": ORDER_NO,
    "batch_no": BATCH_NO,
    "product_id": "7",
} | aftersale_examples.PATH
PATH |= money_examples.PATH
PATH |= selection_examples.PATH
_FEED = "NGYxZTJkM2M0YjVhOjgxOTI6MDo4MTkyOjA"
_AT, _UNTIL, _SENT = "2026-01-01T02:00:00.123456+00:00", "2026-01-01T02:15:00.123456+00:00", "2026-01-01T07:30:00+00:00"

_consignee = shapes.ConsigneeRequest(
    name="王小明",
    phone="13800000000",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    address="文三路 1 号 2 幢 301",
)
_wanted = shapes.OrderRequest(
    out_order_no=ORDER_NO,
    lines=[shapes.OrderLineRequest(sku=SKU, qty=2, expected_price=1050)],
    consignee=_consignee,
    mode="hold",
    hold_minutes=15,
    remark="请放前台",
)
_line = shapes.OrderLine(
    line=1, sku=SKU, qty=2, supply_price=1000, fee=50, agreed_price=1050, amount=2100, shipped_qty=0, refunded_qty=0
)
_shipment = shapes.Shipment(
    id="501",
    carrier="sf",
    tracking_no="SF1234567890",
    lines=[shapes.ShipmentLine(line=1, qty=2)],
    shipped_at=_SENT,
    trail=[shapes.TrailStep(at=_SENT, text="已发货")],
)
_product = shapes.Product(
    id="7",
    goods_no="TEA",
    name="龙井茶",
    category_id="3",
    brand_id=None,
    kind="physical",
    images=["/media/goods/tea.webp"],
    detail_images=[],
    min_quantity=2,
    freight_template_id=None,
    state="on_sale",
    version=4,
    currency="CNY",
    allowed_promotions=["coupon"],
    skus=[
        shapes.Sku(
            sku=SKU,
            spec="250 克",
            supply_price=1000,
            fee=50,
            agreed_price=1050,
            suggested_price=10000,
            price_floor=None,
            price_ceiling=None,
            stock=98,
            weight_g=300,
        )
    ],
)


def _order(state: Any, **more: Any) -> shapes.Order:
    values: dict[str, Any] = {
        "id": ORDER_ID,
        "out_order_no": ORDER_NO,
        "state": state,
        "mode": "hold",
        "currency": "CNY",
        "lines": [_line],
        "goods_amount": 2100,
        "freight": 0,
        "total": 2100,
        "drawn": 0,
        "refunded": 0,
        "held_until": None,
        "version": 1,
        "created_at": _AT,
        "shipments": [],
        "refunds": [],
    }
    return shapes.Order(**values | more)


_held = _order("held", held_until=_UNTIL)
_confirmed = _order("confirmed", drawn=2100, version=2)
_received = _order("received", drawn=2100, version=4, shipments=[_shipment])
_batch = shapes.BatchAnswer(BATCH_NO, [shapes.BatchResult(ORDER_NO, 201, order=_held)])
_echo = shapes.Echo(
    method="POST",
    path="/api/v1/echo",
    query="",
    headers={"entrepot-nonce": "n0nce-0123456789ab"},
    body='{"a":"水果"}',
    address="203.0.113.7",
    server_time=1_767_232_800,
)

_webhook = event_shapes.Webhook(
    "https://mall.example/entrepot", "active", [], "whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh", "", "", None
)
_event = event_shapes.Event(
    id="evt_9001",
    seq=42,
    type="order.shipped",
    timestamp=_SENT,
    api="v1",
    data=example_of("order.shipped"),
)

# By operation id: the request's body (None: it has none) and the answer.
_EXAMPLES: dict[str, tuple[Any, Any]] = {
    "get_me": (None, shapes.Me("D10001", "晨光商城", "高级", 500, "hold", 900, "CNY", "active", False)),
    "echo": ({"a": "水果"}, _echo),
    "get_health": (None, shapes.Health("ok", "ok")),
    "get_status": (None, shapes.Status("entrepot", "0.1.0", 1_767_232_800)),
    "list_categories": (None, shapes.Categories([shapes.Category("1", None, "食品"), shapes.Category("3", "1", "茶")])),
    "list_brands": (None, shapes.Brands([shapes.Brand("2", "西湖")])),
    "list_products": (None, shapes.Products([_product], "cHJvZHVjdHM6Nw", True, _FEED)),
    "get_webhook": (None, _webhook),
    "put_webhook": (event_shapes.WebhookRequest(url="https://mall.example/entrepot", events=None), _webhook),
    "test_webhook": (None, event_shapes.Accepted(True)),
    "list_events": (None, event_shapes.Events([_event], "ZXZlbnRzOjQy", False)),
    "replay_events": (event_shapes.ReplayRequest(first_seq=40, last_seq=42), event_shapes.Replay(3)),
    "get_digest": (None, feed_shapes.Digest(203, "9f86d081884c7d65")),
    "list_changes": (
        None,
        feed_shapes.Changes(
            [
                feed_shapes.ProductChange("7", object=_product),
                feed_shapes.ProductChange("8", deleted=True, reason="delisted"),
                feed_shapes.StockChange(SKU, shapes.LivePrice(SKU, 1050, 98, 2, "on_sale")),
            ],
            _FEED,
            False,
            0,
        ),
    ),
    "get_product": (None, _product),
    "query_products": (shapes.ProductsRequest(["7"]), shapes.Products([_product], None, False)),
    "query_prices_and_stocks": (
        shapes.SkusRequest([SKU, "GONE"]),
        shapes.LivePrices(
            "CNY",
            [
                shapes.LivePrice(SKU, 1050, 98, 2, "on_sale"),
                shapes.LivePrice("GONE", None, 0, None, "not_available"),
            ],
        ),
    ),
    "preview_order": (_wanted, shapes.Preview("CNY", [_line], 2100, 0, 2100, 97900)),
    "create_order": (_wanted, _held),
    "create_batch": (shapes.BatchRequest(BATCH_NO, [_wanted]), _batch),
    "get_batch": (None, _batch),
    "confirm_order": (shapes.ReasonRequest(None), _confirmed),
    "cancel_order": (shapes.ReasonRequest("买家不要了"), _order("cancelled", version=2)),
    "receive_order": (shapes.ReasonRequest(None), _received),
    "change_order_address": (
        shapes.AddressRequest(
            shapes.ConsigneeRequest("王小明", "13800000000", "浙江省", "杭州市", "滨江区", "江南大道 88 号")
        ),
        _order("confirmed", drawn=2100, version=3),
    ),
    "list_carriers": (None, freight_shapes.Carriers([freight_shapes.Carrier("sf", "顺丰速运")])),
    "list_orders": (None, shapes.Orders([_held], "b3JkZXJzOjEwMDAwMDQy", True)),
    "get_order": (None, _confirmed),
    "get_order_by_number": (None, _confirmed),
    "quote_freight": (
        freight_shapes.FreightRequest(
            lines=[freight_shapes.FreightLineRequest(sku=SKU, qty=2)],
            destination=freight_shapes.Destination(province="浙江省", city="杭州市", district="西湖区"),
        ),
        freight_shapes.FreightQuote("CNY", 800, [freight_shapes.FreightPart("12", [SKU], 2, 600, 800, "")]),
    ),
    "explain_order": (
        None,
        explain_shapes.Explanation(
            [
                explain_shapes.Figure(
                    "A-1 · 10.50 × 2", "¥21.00", "（供货价 10.00 + 服务费 0.50，费率 5%，每件四舍五入）"
                ),
                explain_shapes.Figure("合计", "¥21.00", "按下单时的价格计算"),
            ]
        ),
    ),
    "list_shipments": (None, shapes.Shipments([_shipment])),
    "get_balance": (None, shapes.Balance("CNY", 100_000, 2100, 0, 97_900)),
    "list_ledger": (
        None,
        shapes.LedgerPage(
            "CNY",
            [shapes.LedgerItem("9001", _AT, "draw", -2100, 97_900, ORDER_ID, ORDER_NO, "")],
            "bGVkZ2VyOjkwMDE",
            True,
        ),
    ),
} | aftersale_examples.EXAMPLES
_EXAMPLES |= money_examples.EXAMPLES | selection_examples.EXAMPLES


# Bodies that are no JSON, by their media type.
BARE = {"bytes": "(the bytes of the picture)", "text/csv": money_examples.CSV, NDJSON: selection_examples.EXPORT}


def request_example(operation_id: str) -> Any:
    """Return the example of a request's body as plain JSON values, without what is left at its default."""
    return _without_nothing(to_builtins(_EXAMPLES[operation_id][0]))


def answer_example(operation_id: str) -> Any:
    """Return the example of an answer's body as plain JSON values."""
    return to_builtins(_EXAMPLES[operation_id][1])


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(part) for name, part in value.items() if part is not None}
    return [_without_nothing(part) for part in value] if isinstance(value, list) else value
