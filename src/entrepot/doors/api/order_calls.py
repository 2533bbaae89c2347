"""Orders: preview, place, confirm, cancel, receive, batch, look up."""

import hashlib
from typing import Any

import msgspec
from django.db import connection
from litestar import Response, get, post

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
    reply,
)
from entrepot.doors.api.gather import GATHERER
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.placing import differing_fields, to_place
from entrepot.doors.api.problems import ErrorItem, Problem, invalid, not_found, refused
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY, order_lines, order_shape, shipment_shape
from entrepot.doors.api.threads import in_thread
from entrepot.orders.models import OrderState
from entrepot.orders.queries import OrderView, batch_results, order_by_number, order_page, order_views
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Cancel, Capture, Receive

_encode = msgspec.json.Encoder().encode
_STATES = tuple(OrderState.values)
REPLAYED = {"Idempotent-Replayed": "true"}


@post("/orders/preview", status_code=200, opt=Operation(shapes.OrderRequest, shapes.Preview, group="orders").opt())
async def preview_order(request: Call) -> Response[bytes]:
    """试算订单 | Preview an order: the same judgement as placing it, nothing kept."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.OrderRequest)
    (answer,) = await in_thread(desk.preview, [to_place(wanted, caller=caller)])
    if not answer.is_accepted or answer.order is None:
        raise await _refusal(answer, wanted, caller)
    balance = await as_distributor(caller, _balance, caller.distributor_id)
    order = answer.order
    if answer.is_replay:
        view = await _view(caller, order.id)
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
    answer = await GATHERER.ask(to_place(wanted, caller=caller))
    if not answer.is_accepted or answer.order is None:
        raise await _refusal(answer, wanted, caller)
    if answer.is_replay:
        return 200, _encode(order_shape(await _view(caller, answer.order.id))), REPLAYED
    return 201, _encode(order_shape(answer.order)), {}


@post("/orders", status_code=201, opt=Operation(shapes.OrderRequest, shapes.Order, group="orders", status=201).opt())
async def create_order(request: Call) -> Response[bytes]:
    """下单 | Place an order: stock and money are held, or drawn at once, together; 201 new, 200 replayed."""
    status, content, headers = await place(caller_of(request), body_of(request))
    return Response(content, status_code=status, media_type="application/json", headers=headers)


@post("/orders/batch", status_code=200, opt=Operation(shapes.BatchRequest, shapes.BatchAnswer, group="orders").opt())
async def create_batch(request: Call) -> Response[bytes]:
    """批量下单 | Place up to 200 orders, each with its own number and answer; atomic: all or none."""
    caller = caller_of(request)
    body = body_of(request)
    wanted = read(body, shapes.BatchRequest)
    numbers = [order.out_order_no for order in wanted.orders]
    twice = [place for place, number in enumerate(numbers) if number in numbers[:place]]
    if twice:
        raise invalid(
            *(ErrorItem(f"/orders/{place}/out_order_no", "validation_failed", "Twice in the batch") for place in twice)
        )
    digest = hashlib.sha256(_encode(wanted)).digest()
    known = await as_distributor(caller, _batch, wanted.out_batch_no, caller.distributor_id)
    if known is not None and known[0] != digest:
        raise Problem(
            "number_reused_with_other_content",
            status=422,
            errors=[ErrorItem("/out_batch_no", "number_reused_with_other_content", "Used with other content")],
        )
    asks = [to_place(order, caller=caller) for order in wanted.orders]
    answers = await (GATHERER.together(asks) if wanted.atomic else GATHERER.ask_all(asks))
    language, request_id = request.scope["language"], request.scope["request_id"]  # type: ignore[typeddict-item]
    results = []
    for order, answer in zip(wanted.orders, answers, strict=True):
        results.append(await _batch_result(order, answer, caller, language=language, request_id=request_id))
    body_out = shapes.BatchAnswer(wanted.out_batch_no, results)
    await in_thread(_keep_batch, caller.distributor_id, wanted.out_batch_no, digest, _encode(results).decode())
    return reply(body_out)


@get("/orders/batch/{batch_no:str}", opt=Operation(None, shapes.BatchAnswer, group="orders").opt())
async def get_batch(request: Call, batch_no: str) -> Response[bytes]:
    """查询批次 | Get the answers of a batch by its number."""
    caller = caller_of(request)
    found = await as_distributor(caller, _batch, batch_no, caller.distributor_id)
    if found is None:
        raise not_found()
    return reply({"out_batch_no": batch_no, "results": msgspec.Raw(found[1].encode())})


@post(
    "/orders/{order_id:str}/confirm",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True).opt(),
)
async def confirm_order(request: Call, order_id: str) -> Response[bytes]:
    """确认订单 | Confirm a held order: the money is drawn; done before, the same answer."""
    caller = caller_of(request)
    _reason(request)
    return await _verb(caller, Capture(object_id(order_id), caller.actor, caller.distributor_id))


@post(
    "/orders/{order_id:str}/cancel",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True).opt(),
)
async def cancel_order(request: Call, order_id: str) -> Response[bytes]:
    """取消订单 | Cancel an order that is held or waits for funds."""
    caller = caller_of(request)
    reason = _reason(request)
    return await _verb(caller, Cancel(object_id(order_id), caller.actor, caller.distributor_id, reason))


@post(
    "/orders/{order_id:str}/receipt",
    status_code=200,
    opt=Operation(shapes.ReasonRequest, shapes.Order, group="orders", is_body_optional=True).opt(),
)
async def receive_order(request: Call, order_id: str) -> Response[bytes]:
    """确认收货 | Record that the buyer has received a shipped order."""
    caller = caller_of(request)
    reason = _reason(request)
    return await _verb(caller, Receive(object_id(order_id), caller.actor, caller.distributor_id, reason))


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
            before_id=query.cursor(),
            state=query.choice("state", _STATES),
            created_from=query.moment("created_from"),
            created_until=query.moment("created_until"),
        ),
    )
    page = found[:limit]
    has_more = len(found) > limit
    return reply(
        shapes.Orders([order_shape(view) for view in page], cursor_after(page[-1].id) if has_more else None, has_more)
    )


@get("/orders/{order_id:str}", opt=Operation(None, shapes.Order, group="orders").opt())
async def get_order(request: Call, order_id: str) -> Response[bytes]:
    """查询订单 | Get an order by our id."""
    return reply(order_shape(await _view(caller_of(request), object_id(order_id))))


@get("/orders/by-out-no/{out_order_no:str}", opt=Operation(None, shapes.Order, group="orders").opt())
async def get_order_by_number(request: Call, out_order_no: str) -> Response[bytes]:
    """按商城单号查询 | Get an order by your own number."""
    caller = caller_of(request)
    found = await as_distributor(caller, lambda: order_by_number(out_order_no, distributor_id=caller.distributor_id))
    if found is None:
        raise not_found()
    return reply(order_shape(found))


@get("/orders/{order_id:str}/shipments", opt=Operation(None, shapes.Shipments, group="shipping").opt())
async def list_shipments(request: Call, order_id: str) -> Response[bytes]:
    """物流包裹 | List the parcels of an order."""
    view = await _view(caller_of(request), object_id(order_id))
    return reply(shapes.Shipments([shipment_shape(shipment) for shipment in view.shipments]))


async def _verb(caller: Caller, ask: Any) -> Response[bytes]:
    answer = await GATHERER.ask(ask)
    if not answer.is_accepted or answer.order is None:
        raise refused(answer)
    return reply(order_shape(await _view(caller, answer.order.id)), headers=REPLAYED if answer.is_replay else None)


def _reason(request: Call) -> str:
    body = body_of(request)
    return (read(body, shapes.ReasonRequest).reason or "") if body.strip() else ""


async def _view(caller: Caller, order_id: int) -> OrderView:
    views = await as_distributor(caller, order_views, [order_id])
    if order_id not in views:
        raise not_found()
    return views[order_id]


async def _refusal(answer: Answer, wanted: shapes.OrderRequest, caller: Caller) -> Problem:
    if answer.refusal is not Refusal.NUMBER_REUSED or answer.order is None:
        return refused(answer)
    order_id, stored = answer.order.id, answer.order
    lines, sealed = await as_distributor(caller, _placed, order_id)
    return refused(answer, errors=differing_fields(wanted, stored=stored, lines=lines, sealed=sealed))


async def _batch_result(
    order: shapes.OrderRequest, answer: Answer, caller: Caller, *, language: str, request_id: str
) -> shapes.BatchResult:
    if answer.is_accepted and answer.order is not None:
        if answer.is_replay:
            view = await _view(caller, answer.order.id)
            return shapes.BatchResult(order.out_order_no, 200, order=order_shape(view))
        return shapes.BatchResult(order.out_order_no, 201, order=order_shape(answer.order))
    problem = await _refusal(answer, order, caller)
    return shapes.BatchResult(
        order.out_order_no, problem.status, problem=problem.body(language=language, request_id=request_id)
    )


def _batch(out_batch_no: str, distributor_id: int) -> tuple[bytes, Any] | None:
    return batch_results(out_batch_no, distributor_id=distributor_id)


def _placed(order_id: int) -> tuple[list[Any], bytes]:
    lines = list(order_views([order_id])[order_id].lines.values())
    with connection.cursor() as cursor:
        cursor.execute("select sealed from orders_consignee where order_id = %s", [order_id])
        return lines, bytes(cursor.fetchone()[0])


def _balance(distributor_id: int) -> int:
    from entrepot.doors.api.money_calls import prepaid_of

    return prepaid_of(distributor_id).available


def _keep_batch(distributor_id: int, out_batch_no: str, digest: bytes, results: str) -> None:
    from entrepot.base import scope

    with scope.distributor(distributor_id), connection.cursor() as cursor:
        cursor.execute(
            "insert into orders_orderbatch (distributor_id, out_batch_no, content_hash, results, at)"
            " values (%s, %s, %s, %s::jsonb, clock_timestamp())"
            " on conflict (distributor_id, out_batch_no) do update set results = excluded.results, at = excluded.at",
            [distributor_id, out_batch_no, digest, results],
        )
