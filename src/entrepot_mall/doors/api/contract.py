"""The OpenAPI description of the front API."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer"}
FEN: dict[str, Any] = {"type": "integer", "description": "fen (CNY)"}


def _object(needed: tuple[str, ...] = (), **fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(needed)}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, Any] = {
    "Credentials": _object(("phone", "password"), phone=TEXT, password=TEXT),
    "NewBuyer": _object(("phone", "name", "password"), phone=TEXT, name=TEXT, password=TEXT),
    "Token": _object(("token",), token=TEXT),
    "Step": _object(("from", "price"), **{"from": COUNT, "price": FEN}),
    "Sku": _object(
        ("sku", "stock", "min_quantity"),
        sku=TEXT, spec=TEXT, stock=COUNT, min_quantity=COUNT, price=FEN, steps=_list(_ref("Step")),
    ),
    "Product": _object(
        ("id", "name", "images", "skus"),
        id=COUNT, name=TEXT, text=TEXT, category_id=TEXT, images=_list(TEXT), skus=_list(_ref("Sku")),
    ),
    "Products": _object(("items", "page", "has_more"), currency=TEXT, items=_list(_ref("Product")), page=COUNT, has_more={"type": "boolean"}),
    "NewLine": _object(("sku", "qty"), sku=TEXT, qty=COUNT),
    "Consignee": _object(
        ("name", "phone", "province", "city", "district", "address"),
        name=TEXT, phone=TEXT, province=TEXT, city=TEXT, district=TEXT, address=TEXT,
    ),
    "QuoteRequest": _object(("lines", "consignee"), lines=_list(_ref("NewLine")), consignee=_ref("Consignee")),
    "Quote": _object(("goods", "freight", "total"), currency=TEXT, goods=FEN, freight=FEN, total=FEN),
    "NewOrder": _object(
        ("client_no", "lines", "consignee"),
        client_no={"type": "string", "maxLength": 24, "description": "the client's own number; the same number never takes effect twice"},
        lines=_list(_ref("NewLine")), consignee=_ref("Consignee"), remark=TEXT, expected_total=FEN,
    ),
    "Line": _object(("line", "sku", "qty", "price"), line=COUNT, sku=TEXT, name=TEXT, qty=COUNT, price=FEN),
    "Parcel": _object(("tracking_no",), carrier=TEXT, tracking_no=TEXT, lines=_list({"type": "object"})),
    "Order": _object(
        ("number", "state", "total", "lines", "parcels"),
        number=TEXT,
        state={"type": "string", "enum": ["unpaid", "paid", "passed", "shipped", "done", "cancelled", "refunded"]},
        currency=TEXT, goods=FEN, freight=FEN, total=FEN, refunded=FEN, placed_at=TEXT,
        lines=_list(_ref("Line")), parcels=_list(_ref("Parcel")),
    ),
    "Orders": _object(("items", "page", "has_more"), items=_list(_ref("Order")), page=COUNT, has_more={"type": "boolean"}),
    "NewPayment": _object(
        ("way",), way={"type": "string", "enum": ["wechat", "bank", "test"]},
        wx_code={"type": "string", "maxLength": 128, "description": "of wx.login in a mini program: `shown` is then what wx.requestPayment takes"},
    ),
    "Payment": _object(("way", "amount", "shown"), way=TEXT, amount=FEN, shown={"type": "object"}),
    "Problem": _object(("code", "status"), type=TEXT, title=TEXT, status=COUNT, code=TEXT, detail=TEXT, facts={"type": "object"}),
}  # fmt: skip


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _operation(
    summary: str,
    *,
    answer: str,
    body: str = "",
    status: int = 200,
    is_signed_in: bool = False,
    query: tuple[str, ...] = (),
    path: str = "",
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": summary,
        "responses": {
            str(status): {"description": "done", "content": _json(answer)},
            "default": {"description": "refused", "content": {"application/problem+json": {"schema": _ref("Problem")}}},
        },
    }
    if body:
        told["requestBody"] = {"required": True, "content": _json(body)}
    if is_signed_in:
        told["security"] = [{"token": []}]
    named: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": TEXT} for name in query]
    if path:
        named.append({"name": path, "in": "path", "required": True, "schema": TEXT})
    if named:
        told["parameters"] = named
    return told


def contract() -> dict[str, Any]:
    """The description as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop API", "version": "1.0.0", "description": "For apps and mini programs of one shop."},
        "servers": [{"url": "/api/shop/v1"}],
        "paths": {
            "/sign-up": {"post": _operation("A new buyer", body="NewBuyer", answer="Token", status=201)},
            "/sign-in": {"post": _operation("A token for 30 days", body="Credentials", answer="Token")},
            "/products": {"get": _operation("Goods on sale", answer="Products", query=("q", "category", "page"))},
            "/products/{id}": {"get": _operation("One piece of goods", answer="Product", path="id")},
            "/quotes": {
                "post": _operation(
                    "What lines cost, freight included", body="QuoteRequest", answer="Quote", is_signed_in=True
                )
            },
            "/orders": {
                "get": _operation("My orders", answer="Orders", query=("page",), is_signed_in=True),
                "post": _operation("A new order", body="NewOrder", answer="Order", status=201, is_signed_in=True),
            },
            "/orders/{number}": {"get": _operation("One order", answer="Order", path="number", is_signed_in=True)},
            "/orders/{number}/payment": {
                "post": _operation(
                    "Begin to pay", body="NewPayment", answer="Payment", path="number", is_signed_in=True
                )
            },
        },
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
