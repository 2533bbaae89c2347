"""Orders: preview, place, confirm, cancel, receive, look up."""

from typing import Any

import msgspec
from django.db import connection
from litestar import Response, get, post
from litestar.params import FromPath

from entrepot.base.refusals import Refusal
from entrepot.doors.api import shapes
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
from entrepot.doors.api.gather import GATHERER
from entrepot.doors.api.operations import PLACING, Operation
from entrepot.doors.api.placing import differing_fields, plain_consignee, to_place
from entrepot.doors.api.problems import Problem, not_found, refused
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY, order_lines, order_shape, shipment_shape
from entrepot.doors.api.scripted import after_placing, before_placing, before_preview
from entrepot.doors.api.threads import in_thread, in_writer
from entrepot.fulfilment.addresses import change_address
from entrepot.orders.queries import STATES, OrderView, order_by_number, order_page, order_views
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Cancel, Capture, Receive

_encode = msgspec.json.Encoder().encode
VERB = ("not_found", "state_conflict", "request_in_progress")
READDRESSING = ("region_not_served", "freight_changed")
REPLAYED = {"Idempotent-Replayed": "true"}


@post(
    "/orders/preview",
    status_code=200,
    opt=Operation(shapes.OrderRequest, shapes.Preview, group="orders", codes=PLACING).opt(),
)
async def preview_order(request: Call) -> Response[bytes]:
    """试算订单 | Preview an order: the same judgement as placing it, nothing kept."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.OrderRequest)
    if caller.is_sandbox:
        await before_preview(wanted, caller)
    (answer,) = await in_thread(desk.preview, [to_place(wanted, caller=caller)])
    if not answer.is_accepted or answer.order is None:
        raise await refusal_of(answer, wanted, caller)
    balance = await as_distributor(caller, _balance, caller.distributor_id)
    order = answer.order
    if answer.is_replay:
        view = await view_of(caller, order.id)
        order_line_shapes = order_lines(view.lines)
    else:
        order_line_shapes = order_lines(order.lines)
    return reply(
        shapes.Preview(
            currency=CURRENCY,
            lines=order_line_shapes,
            goods_amount=order.goods_amount_fen,
            freight=order.freight_fen,
            total=order.total_fen,
            available=balance,
        )
    )


async def place(caller: Caller, body: bytes) -> tuple[int, bytes, dict[str, str]]:
    """Place an order from the bytes that were signed; return status, body and headers of the answer."""
    wanted = read(body, shapes.OrderRequest)
    if caller.is_sandbox:
        await before_placing(wanted, caller)
    answer = await GATHERER.ask(to_place(wanted, caller=caller))
    if not answer.is_accepted or answer.order is None:
        raise await refusal_of(answer, wanted, caller)
    if caller.is_sandbox:
        await after_placing(wanted, caller)
    if answer.is_replay:
        return 200, _encode(order_shape(await view_of(caller, answer.order.id))), REPLAYED
    return 201, _encode(order_shape(answer.order)), {}


@post(
    "/orders",
    status_code=201,
    opt=Operation(shapes.OrderRequest, shapes.Order, group="orders", status=201, codes=PLACING).opt(),
)
async def create_order(request: Call) -> Response[bytes]:
    """下单 | Place an order: stock and money are held, or drawn at once, together; 201 new, 200 replayed."""
    status, content, headers = await place(caller_of(request), body_of(request))
    return Response(content, status_code=status, media_type="application/json", headers=headers)


@post(
    "/orders/{order_id:str}/confirm",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True, codes=VERB).opt(),
)
async def confirm_order(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """确认订单 | Confirm a held order: the money is drawn; done before, the same answer."""
    caller = caller_of(request)
    _reason(request)
    return await _verb(caller, Capture(object_id(order_id), caller.actor, caller.distributor_id))


@post(
    "/orders/{order_id:str}/cancel",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True, codes=VERB).opt(),
)
async def cancel_order(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """取消订单 | Cancel an order that is held or waits for funds."""
    caller = caller_of(request)
    reason = _reason(request)
    return await _verb(caller, Cancel(object_id(order_id), caller.actor, caller.distributor_id, reason))


@post(
    "/orders/{order_id:str}/receipt",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True, codes=VERB).opt(),
)
async def receive_order(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """确认收货 | Record that the buyer has received a shipped order."""
    caller = caller_of(request)
    reason = _reason(request)
    return await _verb(caller, Receive(object_id(order_id), caller.actor, caller.distributor_id, reason))


@post(
    "/orders/{order_id:str}/address",
    status_code=200,
    opt=Operation(shapes.AddressRequest, shapes.Order, group="orders", codes=(*VERB, *READDRESSING)).opt(),
)
async def change_order_address(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """修改收货地址 | Send an order elsewhere before anything of it was sent; freight and regions are judged anew."""
    caller, number = caller_of(request), object_id(order_id)
    await view_of(caller, number)
    plain = plain_consignee(read(body_of(request), shapes.AddressRequest).consignee)

    def change() -> Answer:
        return change_address(number, plain=plain, distributor_id=caller.distributor_id, actor=caller.actor)

    answer = await in_writer(change)
    if not answer.is_accepted:
        raise refused(answer)
    return reply(order_shape(await view_of(caller, number)), headers=REPLAYED if answer.is_replay else None)


@get(
    "/orders",
    opt=Operation(
        None, shapes.Orders, group="orders", query=("limit", "cursor", "state", "created_from", "created_until")
    ).opt(),
)
async def list_orders(request: Call) -> Response[bytes]:
    """订单列表 | List your orders, newest first."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor", "state", "created_from", "created_until")
    limit = query.limit()
    found = await as_distributor(
        caller,
        lambda: order_page(
            distributor_id=caller.distributor_id,
            limit=limit + 1,
            before_id=query.cursor("orders"),
            state=query.choice("state", STATES),
            created_from=query.moment("created_from"),
            created_until=query.moment("created_until"),
        ),
    )
    page = found[:limit]
    has_more = len(found) > limit
    return reply(
        shapes.Orders(
            [order_shape(view) for view in page],
            cursor_after(page[-1].id, items="orders") if has_more else None,
            has_more,
        )
    )


@get("/orders/{order_id:str}", opt=Operation(None, shapes.Order, group="orders", codes=("not_found",)).opt())
async def get_order(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """查询订单 | Get an order by our id."""
    return reply(order_shape(await view_of(caller_of(request), object_id(order_id))))


@get(
    "/orders/by-out-no/{out_order_no:str}",
    opt=Operation(None, shapes.Order, group="orders", codes=("not_found",)).opt(),
)
async def get_order_by_number(request: Call, out_order_no: FromPath[str]) -> Response[bytes]:
    """按商城单号查询 | Get an order by your own number."""
    caller = caller_of(request)
    number = own_number(out_order_no)
    found = await as_distributor(caller, lambda: order_by_number(number, distributor_id=caller.distributor_id))
    if found is None:
        raise not_found()
    return reply(order_shape(found))


@get(
    "/orders/{order_id:str}/shipments",
    opt=Operation(None, shapes.Shipments, group="shipping", codes=("not_found",)).opt(),
)
async def list_shipments(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """物流包裹 | List the parcels of an order."""
    view = await view_of(caller_of(request), object_id(order_id))
    return reply(shapes.Shipments([shipment_shape(shipment) for shipment in view.shipments]))


async def _verb(caller: Caller, ask: Any) -> Response[bytes]:
    answer = await GATHERER.ask(ask)
    if not answer.is_accepted or answer.order is None:
        raise refused(answer)
    return reply(order_shape(await view_of(caller, answer.order.id)), headers=REPLAYED if answer.is_replay else None)


def _reason(request: Call) -> str:
    body = body_of(request)
    return (read(body, shapes.ReasonRequest).reason or "") if body.strip() else ""


async def view_of(caller: Caller, order_id: int) -> OrderView:
    """Return an order of the caller. Raises Problem `not_found` for what is missing or somebody else's."""
    views = await as_distributor(caller, order_views, [order_id])
    if order_id not in views:
        raise not_found()
    return views[order_id]


async def refusal_of(answer: Answer, wanted: shapes.OrderRequest, caller: Caller) -> Problem:
    """Return the problem of an order the desk refused; a number used before names the fields that differ."""
    if answer.refusal is not Refusal.NUMBER_REUSED or answer.order is None:
        return refused(answer)
    order_id, stored = answer.order.id, answer.order
    lines, sealed = await as_distributor(caller, _placed, order_id)
    return refused(answer, errors=differing_fields(wanted, stored=stored, lines=lines, sealed=sealed))


def _placed(order_id: int) -> tuple[list[Any], bytes]:
    lines = list(order_views([order_id])[order_id].lines.values())
    with connection.cursor() as cursor:
        cursor.execute("select sealed from orders_consignee where order_id = %s", [order_id])
        return lines, bytes(cursor.fetchone()[0])


def _balance(distributor_id: int) -> int:
    from entrepot.doors.api.money_calls import prepaid_of

    return prepaid_of(distributor_id).available
