"""The operations that come after an order as data, as in `calls`."""

from msgspec import Raw

from entrepot_sdk import papers
from entrepot_sdk.calls import Call, Query, get, post, segment, send_bytes
from entrepot_sdk.shapes import Consignee, Items, Order, Page


def check_aftersale(asked: papers.AfterSaleQuestion) -> Call[papers.Outlook]:
    return post("/aftersales/check", papers.Outlook, body=asked)


def create_aftersale(wanted: papers.NewAfterSale) -> Call[papers.AfterSale]:
    return post("/aftersales", papers.AfterSale, body=wanted)


def aftersales(
    *, state: str | None, kind: str | None, out_order_no: str | None, cursor: str | None, limit: int | None
) -> Call[Page[papers.AfterSale]]:
    query: Query = {"state": state, "type": kind, "out_order_no": out_order_no, "cursor": cursor, "limit": limit}
    return get("/aftersales", Page[papers.AfterSale], query=query)


def aftersale(aftersale_id: str) -> Call[papers.AfterSale]:
    return get(f"/aftersales/{segment(aftersale_id)}", papers.AfterSale)


def aftersale_by_out_no(out_refund_no: str) -> Call[papers.AfterSale]:
    return get(f"/aftersales/by-out-no/{segment(out_refund_no)}", papers.AfterSale)


def aftersale_verb(aftersale_id: str, *, verb: str, body: object = None) -> Call[papers.AfterSale]:
    return post(f"/aftersales/{segment(aftersale_id)}/{verb}", papers.AfterSale, body=body)


def upload(picture: bytes, *, media_type: str) -> Call[papers.Upload]:
    return send_bytes("/uploads", papers.Upload, body=picture, media_type=media_type)


def picture(upload_id: str) -> Call[Raw]:
    return get(f"/uploads/{segment(upload_id)}", Raw)


def create_recharge(wanted: papers.NewRecharge) -> Call[papers.Recharge]:
    return post("/recharges", papers.Recharge, body=wanted)


def recharges(*, state: str | None, cursor: str | None, limit: int | None) -> Call[Page[papers.Recharge]]:
    return get("/recharges", Page[papers.Recharge], query={"state": state, "cursor": cursor, "limit": limit})


def recharge(recharge_id: str) -> Call[papers.Recharge]:
    return get(f"/recharges/{segment(recharge_id)}", papers.Recharge)


def recharge_by_out_no(out_recharge_no: str) -> Call[papers.Recharge]:
    return get(f"/recharges/by-out-no/{segment(out_recharge_no)}", papers.Recharge)


def statements(*, cursor: str | None, limit: int | None) -> Call[Page[papers.Statement]]:
    return get("/statements", Page[papers.Statement], query={"cursor": cursor, "limit": limit})


def statement(statement_id: str, *, cursor: str | None, limit: int | None) -> Call[papers.StatementLines]:
    path = f"/statements/{segment(statement_id)}"
    return get(path, papers.StatementLines, query={"cursor": cursor, "limit": limit})


def statement_csv(statement_id: str) -> Call[Raw]:
    return get(f"/statements/{segment(statement_id)}", Raw, query={"format": "csv"})


def carriers() -> Call[Items[papers.Carrier]]:
    return get("/carriers", Items[papers.Carrier])


def change_address(order_id: str, *, consignee: Consignee) -> Call[Order]:
    return post(f"/orders/{segment(order_id)}/address", Order, body={"consignee": consignee})
