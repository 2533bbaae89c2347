"""After-sale: what would be done, ask for it, send goods back, settle claims, look up."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from entrepot.aftersale import actions
from entrepot.aftersale.models import Request
from entrepot.aftersale.queries import check, requests_of_mall, whole
from entrepot.aftersale.rules import KINDS, STATES, By, Result, Wish
from entrepot.base import scope
from entrepot.base.refusals import Refusal
from entrepot.doors.api import aftersale_shapes as shapes
from entrepot.doors.api.aftersale_render import aftersale_shape, differing, outlook_shape, refused_deed
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
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.order_calls import REPLAYED, VERB
from entrepot.doors.api.problems import Wrong, invalid, not_found
from entrepot.doors.api.reading import read
from entrepot.doors.api.shapes import ReasonRequest
from entrepot.doors.api.threads import in_thread, in_writer
from entrepot.doors.kit.carriers import carrier_code
from entrepot.orders.queries import order_id_of

Wanted = shapes.AfterSaleRequest | shapes.AfterSaleCheckRequest
ASKING = ("not_found", "number_reused_with_other_content", "state_conflict", "request_in_progress")
_FILTERS = ("limit", "cursor", "type", "state", "out_order_no", "created_from", "created_until")


@post(
    "/aftersales/check",
    status_code=200,
    opt=Operation(shapes.AfterSaleCheckRequest, shapes.AfterSaleOutlook, group="aftersale", codes=("not_found",)).opt(),
)
async def check_aftersale(request: Call) -> Response[bytes]:
    """售后试算 | Say what would become of an after-sale, by the rules that decide it; nothing is kept."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.AfterSaleCheckRequest)
    _refuse_doubles(wanted)
    order_id = await _order_of(wanted.out_order_no, caller)
    if order_id is None:
        raise not_found()
    outlook = await in_thread(lambda: check(_wish(wanted, order_id=order_id), by=_by(caller)))
    language: Any = request.scope["language"]  # type: ignore[typeddict-item]
    return reply(outlook_shape(outlook, lines=_line_numbers(wanted), language=language))


@post(
    "/aftersales",
    status_code=201,
    opt=Operation(shapes.AfterSaleRequest, shapes.AfterSale, group="aftersale", status=201, codes=ASKING).opt(),
)
async def create_aftersale(request: Call) -> Response[bytes]:
    """申请售后 | Ask for an after-sale your buyer's wish for which you have agreed to; 201 new, 200 replayed."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.AfterSaleRequest)
    _refuse_doubles(wanted)
    order_id = await _order_of(wanted.out_order_no, caller) or 0
    wish = _wish(wanted, order_id=order_id)
    result = await in_writer(lambda: actions.ask(wish, by=_by(caller)))
    if result.refusal is Refusal.NUMBER_REUSED and result.request_id is not None:
        stored = await _view(caller, result.request_id)
        raise refused_deed(result, errors=differing(wanted, stored=stored))
    if not result.is_accepted:
        raise refused_deed(result, lines=_line_numbers(wanted))
    return await _answer(caller, result, status=201)


@get(
    "/aftersales",
    opt=Operation(
        None,
        shapes.AfterSales,
        group="aftersale",
        query=("limit", "cursor", "aftersale_type", "aftersale_state", "out_order_no", "created_from", "created_until"),
    ).opt(),
)
async def list_aftersales(request: Call) -> Response[bytes]:
    """售后列表 | List your after-sales, newest first."""
    caller = caller_of(request)
    query = Query(request, *_FILTERS)
    limit = query.limit()
    found = await as_distributor(
        caller,
        lambda: [
            aftersale_shape(row)
            for row in requests_of_mall(
                caller.distributor_id,
                limit=limit + 1,
                before_id=query.cursor("aftersales"),
                created_from=query.moment("created_from"),
                created_until=query.moment("created_until"),
                kind=query.choice("type", KINDS),
                state=query.choice("state", STATES),
                out_order_no=query.own_number("out_order_no"),
            )
        ],
    )
    page, has_more = found[:limit], len(found) > limit
    return reply(
        shapes.AfterSales(page, cursor_after(int(page[-1].id), items="aftersales") if has_more else None, has_more)
    )


@get(
    "/aftersales/{aftersale_id:str}",
    opt=Operation(None, shapes.AfterSale, group="aftersale", codes=("not_found",)).opt(),
)
async def get_aftersale(request: Call, aftersale_id: FromPath[str]) -> Response[bytes]:
    """查询售后 | Get an after-sale by our id."""
    return reply(aftersale_shape(await _view(caller_of(request), object_id(aftersale_id))))


@get(
    "/aftersales/by-out-no/{out_refund_no:str}",
    opt=Operation(None, shapes.AfterSale, group="aftersale", codes=("not_found",)).opt(),
)
async def get_aftersale_by_number(request: Call, out_refund_no: FromPath[str]) -> Response[bytes]:
    """按商城售后单号查询 | Get an after-sale by your own number."""
    caller = caller_of(request)
    number = own_number(out_refund_no)
    return reply(aftersale_shape(await _one(caller, out_refund_no=number)))


@post(
    "/aftersales/{aftersale_id:str}/return-shipment",
    status_code=200,
    opt=Operation(shapes.ReturnShipmentRequest, shapes.AfterSale, group="aftersale", codes=VERB).opt(),
)
async def send_return(request: Call, aftersale_id: FromPath[str]) -> Response[bytes]:
    """填写退货物流 | Name the parcel in which the buyer sends the goods back; the last one named counts."""
    caller = caller_of(request)
    request_id = await _known(caller, aftersale_id)
    wanted = read(body_of(request), shapes.ReturnShipmentRequest)
    carrier = carrier_code(wanted.carrier)
    if carrier is None:
        words = ("没有这家物流公司，见 GET /carriers", "There is no such carrier, see GET /carriers")
        raise invalid(Wrong("/carrier", "validation_failed", words))
    tracking_no = wanted.tracking_no
    return await _deed(
        caller, lambda by: actions.return_sent(request_id, by=by, carrier=carrier, tracking_no=tracking_no)
    )


@post(
    "/aftersales/{aftersale_id:str}/withdraw",
    status_code=200,
    opt=Operation(ReasonRequest, shapes.AfterSale, group="aftersale", is_body_optional=True, codes=VERB).opt(),
)
async def withdraw_aftersale(request: Call, aftersale_id: FromPath[str]) -> Response[bytes]:
    """撤销售后 | Take an after-sale back before anything of it has moved money or goods."""
    caller = caller_of(request)
    request_id = await _known(caller, aftersale_id)
    body = body_of(request)
    reason = (read(body, ReasonRequest).reason or "") if body.strip() else ""
    return await _deed(caller, lambda by: actions.withdraw(request_id, by=by, reason=reason))


@post(
    "/aftersales/{aftersale_id:str}/claim/accept",
    status_code=200,
    opt=Operation(shapes.AcceptRequest, shapes.AfterSale, group="aftersale", is_body_optional=True, codes=VERB).opt(),
)
async def accept_claim(request: Call, aftersale_id: FromPath[str]) -> Response[bytes]:
    """接受报价 | Agree to the amount the platform has offered for a claim; it goes back to the balance at once."""
    caller = caller_of(request)
    request_id = await _known(caller, aftersale_id)
    body = body_of(request)
    version = read(body, shapes.AcceptRequest).version if body.strip() else None
    return await _deed(caller, lambda by: actions.accept(request_id, by=by, version=version))


@post(
    "/aftersales/{aftersale_id:str}/claim/counter",
    status_code=200,
    opt=Operation(shapes.CounterRequest, shapes.AfterSale, group="aftersale", codes=VERB).opt(),
)
async def counter_claim(request: Call, aftersale_id: FromPath[str]) -> Response[bytes]:
    """还价 | Answer the platform's offer for a claim with another amount."""
    caller = caller_of(request)
    request_id = await _known(caller, aftersale_id)
    wanted = read(body_of(request), shapes.CounterRequest)
    return await _deed(
        caller,
        lambda by: actions.counter(
            request_id, by=by, amount_fen=wanted.amount, note=wanted.note or "", version=wanted.version
        ),
    )


def _by(caller: Caller) -> By:
    return By(kind="distributor", actor=caller.actor, party_id=caller.distributor_id)


def _wish(wanted: Wanted, *, order_id: int) -> Wish:
    return Wish(
        order_id=order_id,
        out_refund_no=wanted.out_refund_no if isinstance(wanted, shapes.AfterSaleRequest) else "",
        kind=wanted.type,
        reason=wanted.reason,
        pieces={line.line: line.qty for line in wanted.lines},
        remark=(wanted.remark or "") if isinstance(wanted, shapes.AfterSaleRequest) else "",
        demand_fen=wanted.demand,
        upload_ids=tuple(map(int, wanted.evidence or ())) if isinstance(wanted, shapes.AfterSaleRequest) else (),
    )


def _line_numbers(wanted: Wanted) -> list[int]:
    return [line.line for line in wanted.lines]


def _refuse_doubles(wanted: Wanted) -> None:
    numbers = _line_numbers(wanted)
    words = ("同一行出现了两次", "The line is there twice")
    faults = [
        Wrong(f"/lines/{place}/line", "validation_failed", words)
        for place, number in enumerate(numbers)
        if number in numbers[:place]
    ]
    if faults:
        raise invalid(*faults)


async def _order_of(out_order_no: str, caller: Caller) -> int | None:
    return await as_distributor(caller, lambda: order_id_of(out_order_no, distributor_id=caller.distributor_id))


async def _known(caller: Caller, text: str) -> int:
    """Return the id of one of the caller's requests; whose it is decides before what is asked is read."""
    request_id = object_id(text)
    await _view(caller, request_id)
    return request_id


async def _deed(caller: Caller, act: Callable[[By], Result]) -> Response[bytes]:
    result = await in_writer(act, _by(caller))
    if not result.is_accepted:
        raise refused_deed(result)
    return await _answer(caller, result, status=200)


async def _answer(caller: Caller, result: Result, *, status: int) -> Response[bytes]:
    shape = aftersale_shape(await _view(caller, result.request_id or 0))
    return reply(shape, status=200, headers=REPLAYED) if result.is_replay else reply(shape, status=status)


async def _view(caller: Caller, request_id: int) -> Request:
    return await _one(caller, pk=request_id)


async def _one(caller: Caller, **wanted: Any) -> Request:
    def found() -> Request | None:
        with scope.distributor(caller.distributor_id, read_only=True):
            return whole(distributor_id=caller.distributor_id).filter(**wanted).first()

    row = await in_thread(found)
    if row is None:
        raise not_found()
    return row
