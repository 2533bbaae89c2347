"""Every operation as data: method, path, query, body and the type of its answer; shared by both clients."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from entrepot_sdk import explanations, freight, shapes
from entrepot_sdk.webhooks import Webhook

Answer = TypeVar("Answer")
Query = dict[str, str | int | None]

BASE_PATH = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Answer]):
    """One request before it is signed; `target` is path and query exactly as they are sent."""

    method: str
    target: str
    answer: type[Answer]
    body: bytes = b""
    media_type: str = "application/json"
    signed: bool = True


def get(path: str, answer: type[Answer], *, query: Query | None = None, signed: bool = True) -> Call[Answer]:
    """Return a call that reads."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    target = BASE_PATH + path + ("?" + urlencode(given) if given else "")
    return Call(method="GET", target=target, answer=answer, signed=signed)


def post(path: str, answer: type[Answer], *, body: object = None) -> Call[Answer]:
    """Return a call that writes."""
    # A verb without content sends an empty object: some proxies drop the type of an empty body.
    encoded = msgspec.json.encode({} if body is None else body)
    return Call(method="POST", target=BASE_PATH + path, answer=answer, body=encoded)


def put(path: str, answer: type[Answer], *, body: object) -> Call[Answer]:
    """Return a call that puts something in its place."""
    return Call(method="PUT", target=BASE_PATH + path, answer=answer, body=msgspec.json.encode(body))


def send_bytes(path: str, answer: type[Answer], *, body: bytes, media_type: str) -> Call[Answer]:
    """Return the call that posts bare bytes."""
    return Call(method="POST", target=BASE_PATH + path, answer=answer, body=body, media_type=media_type)


def segment(value: str) -> str:
    """Return a part of a path as it is sent."""
    return quote(value, safe="")


def me() -> Call[shapes.Account]:
    return get("/me", shapes.Account)


def echo(content: object) -> Call[shapes.Echo]:
    return post("/echo", shapes.Echo, body=content)


def health() -> Call[shapes.Health]:
    return get("/health", shapes.Health, signed=False)


def categories() -> Call[shapes.Items[shapes.Category]]:
    return get("/categories", shapes.Items[shapes.Category])


def brands() -> Call[shapes.Items[shapes.Brand]]:
    return get("/brands", shapes.Items[shapes.Brand])


def products(
    *, category: str | None, brand: str | None, cursor: str | None, limit: int | None, scope: str | None = None
) -> Call[shapes.Page[shapes.Product]]:
    query: Query = {"category": category, "brand": brand, "cursor": cursor, "limit": limit, "scope": scope}
    return get("/products", shapes.Page[shapes.Product], query=query)


def changes(
    *, cursor: str | None, types: str | None, limit: int | None, wait_s: int | None, scope: str | None = None
) -> Call[shapes.Changes]:
    query: Query = {"cursor": cursor, "types": types, "limit": limit, "wait": wait_s, "scope": scope}
    return get("/changes", shapes.Changes, query=query)


def digest(*, scope: str | None = None) -> Call[shapes.Digest]:
    return get("/digest", shapes.Digest, query={"scope": scope})


def webhook() -> Call[Webhook]:
    return get("/webhook", Webhook)


def set_webhook(url: str, *, events: list[str] | None) -> Call[Webhook]:
    body = {"url": url} if events is None else {"url": url, "events": events}
    return put("/webhook", Webhook, body=body)


def test_webhook() -> Call[shapes.Accepted]:
    return post("/webhook/test", shapes.Accepted)


def events(*, cursor: str | None, limit: int | None) -> Call[shapes.Page[shapes.Event]]:
    return get("/events", shapes.Page[shapes.Event], query={"cursor": cursor, "limit": limit})


def replay_events(*, first_seq: int, last_seq: int | None, only_failed: bool) -> Call[shapes.Replay]:
    body = {"first_seq": first_seq, "only_failed": only_failed} | ({} if last_seq is None else {"last_seq": last_seq})
    return post("/events/replay", shapes.Replay, body=body)


def product(product_id: str) -> Call[shapes.Product]:
    return get(f"/products/{segment(product_id)}", shapes.Product)


def products_query(ids: list[str]) -> Call[shapes.Items[shapes.Product]]:
    return post("/products/query", shapes.Items[shapes.Product], body={"ids": ids})


def prices_stocks(skus: list[str]) -> Call[shapes.Items[shapes.PriceStock]]:
    return post("/prices-stocks/query", shapes.Items[shapes.PriceStock], body={"skus": skus})


def quote_freight(asked: freight.FreightRequest) -> Call[freight.FreightQuote]:
    return post("/freight/quote", freight.FreightQuote, body=asked)


def preview_order(order: shapes.NewOrder) -> Call[shapes.Preview]:
    return post("/orders/preview", shapes.Preview, body=order)


def create_order(order: shapes.NewOrder) -> Call[shapes.Order]:
    return post("/orders", shapes.Order, body=order)


def order_verb(order_id: str, *, verb: str) -> Call[shapes.Order]:
    return post(f"/orders/{segment(order_id)}/{verb}", shapes.Order)


def create_batch(batch: shapes.NewBatch) -> Call[shapes.Batch]:
    return post("/orders/batch", shapes.Batch, body=batch)


def batch(out_batch_no: str) -> Call[shapes.Batch]:
    return get(f"/orders/batch/{segment(out_batch_no)}", shapes.Batch)


def orders(
    *, state: str | None, created_from: str | None, created_until: str | None, cursor: str | None, limit: int | None
) -> Call[shapes.Page[shapes.Order]]:
    query: Query = {
        "state": state,
        "created_from": created_from,
        "created_until": created_until,
        "cursor": cursor,
        "limit": limit,
    }
    return get("/orders", shapes.Page[shapes.Order], query=query)


def order(order_id: str) -> Call[shapes.Order]:
    return get(f"/orders/{segment(order_id)}", shapes.Order)


def order_by_out_no(out_order_no: str) -> Call[shapes.Order]:
    return get(f"/orders/by-out-no/{segment(out_order_no)}", shapes.Order)


def shipments(order_id: str) -> Call[shapes.Items[shapes.Shipment]]:
    return get(f"/orders/{segment(order_id)}/shipments", shapes.Items[shapes.Shipment])


def explanation(order_id: str) -> Call[explanations.Explanation]:
    return get(f"/orders/{segment(order_id)}/explanation", explanations.Explanation)


def balance() -> Call[shapes.Balance]:
    return get("/balance", shapes.Balance)


def ledger(*, cursor: str | None, limit: int | None) -> Call[shapes.Page[shapes.LedgerEntry]]:
    return get("/ledger", shapes.Page[shapes.LedgerEntry], query={"cursor": cursor, "limit": limit})
