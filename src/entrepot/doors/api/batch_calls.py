"""Batches of orders: every row its own number and answer, or all or none."""

from typing import Any

import msgspec
from django.db import connection
from litestar import Response, get, post
from litestar.params import FromPath

from entrepot.base import scope
from entrepot.doors.api import shapes
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.calls import Call, as_distributor, body_of, caller_of, own_number, reply
from entrepot.doors.api.gather import GATHERER
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.order_calls import refusal_of, view_of
from entrepot.doors.api.placing import OTHER_CONTENT, content_hash, to_place
from entrepot.doors.api.problems import Problem, Wrong, invalid, not_found
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import order_shape
from entrepot.doors.api.scripted import after_batch, before_batch
from entrepot.doors.api.threads import in_thread
from entrepot.orders.queries import batch_results
from entrepot.trade.desk import NOT_ALL
from entrepot.trade.terms import Answer, refuse

_encode = msgspec.json.Encoder().encode
_MARK = 16


@post(
    "/orders/batch",
    status_code=200,
    opt=Operation(
        shapes.BatchRequest,
        shapes.BatchAnswer,
        group="orders",
        codes=("number_reused_with_other_content", "request_in_progress"),
    ).opt(),
)
async def create_batch(request: Call) -> Response[bytes]:
    """批量下单 | Place up to 200 orders, each with its own number and answer; atomic: all or none."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.BatchRequest)
    _refuse_doubles(wanted)
    content = content_of_batch(wanted)
    await in_thread(_open_batch, caller.distributor_id, wanted.out_batch_no, content)
    try:
        outcomes = await _outcomes(wanted, caller=caller)
    except Problem:
        await in_thread(_give_up_batch, caller.distributor_id, wanted.out_batch_no)
        raise
    language, request_id = request.scope["language"], request.scope["request_id"]  # type: ignore[typeddict-item]
    results = [
        await _result(order, outcome, caller, language=language, request_id=request_id)
        for order, outcome in zip(wanted.orders, outcomes, strict=True)
    ]
    await in_thread(_keep_batch, caller.distributor_id, wanted.out_batch_no, content, _encode(results).decode())
    if caller.is_sandbox:
        await after_batch(wanted.orders, caller)
    return reply(shapes.BatchAnswer(wanted.out_batch_no, results))


@get(
    "/orders/batch/{batch_no:str}",
    opt=Operation(None, shapes.BatchAnswer, group="orders", codes=("not_found", "request_in_progress")).opt(),
)
async def get_batch(request: Call, batch_no: FromPath[str]) -> Response[bytes]:
    """查询批次 | Get the answers of a batch by its number."""
    caller = caller_of(request)
    number = own_number(batch_no)
    found = await as_distributor(caller, lambda: batch_results(number, distributor_id=caller.distributor_id))
    if found is None:
        raise not_found()
    if found[1] == "[]":
        raise Problem("request_in_progress")
    return reply({"out_batch_no": number, "results": msgspec.Raw(found[1].encode())})


def _refuse_doubles(wanted: shapes.BatchRequest) -> None:
    seen: set[str] = set()
    faults = []
    for place, order in enumerate(wanted.orders):
        if order.out_order_no in seen:
            words = ("同一批中单号重复", "Twice in the batch")
            faults.append(Wrong(f"/orders/{place}/out_order_no", "validation_failed", words))
        seen.add(order.out_order_no)
    if faults:
        raise invalid(*faults)


def content_of_batch(wanted: shapes.BatchRequest) -> bytes:
    """Return what makes two batches the same: a byte for `atomic`, then a mark for each order's number and content."""
    marks = [content_hash(order, number=order.out_order_no)[:_MARK] for order in wanted.orders]
    return (b"\x01" if wanted.atomic else b"\x00") + b"".join(marks)


def differing_parts(before: bytes, now: bytes) -> list[str]:
    """Return the pointers of a batch's parts that differ between two contents."""
    pointers = [] if before[:1] == now[:1] else ["/atomic"]
    old, new = (
        [content[place : place + _MARK] for place in range(1, len(content), _MARK)] for content in (before, now)
    )
    if len(old) != len(new):
        pointers.append("/orders")
    pointers += [f"/orders/{place}" for place, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]]
    return pointers


async def _outcomes(wanted: shapes.BatchRequest, *, caller: Caller) -> list[Answer | Problem]:
    """Return an answer or a problem for each order. Raises Problem when none of them could be judged."""
    scripted = await before_batch(wanted.orders, caller) if caller.is_sandbox else [None] * len(wanted.orders)
    if wanted.atomic and any(scripted):
        return [problem or refuse(NOT_ALL) for problem in scripted]
    pairs = list(zip(wanted.orders, scripted, strict=True))
    asks = [to_place(order, caller=caller) for order, problem in pairs if problem is None]
    if wanted.atomic:
        return [*await GATHERER.together(asks)]
    answers = iter(await GATHERER.ask_each(asks))
    outcomes = [next(answers) if problem is None else problem for problem in scripted]
    judged = [one if isinstance(one, Answer | Problem) else Problem("internal_error") for one in outcomes]
    unjudged = [one for one, problem in zip(judged, scripted, strict=True) if isinstance(one, Problem) and not problem]
    if unjudged and len(unjudged) == len(judged):
        raise unjudged[0]
    return judged


async def _result(
    order: shapes.OrderRequest, outcome: Answer | Problem, caller: Caller, *, language: str, request_id: str
) -> shapes.BatchResult:
    if isinstance(outcome, Answer) and outcome.is_accepted and outcome.order is not None:
        if outcome.is_replay:
            view = await view_of(caller, outcome.order.id)
            return shapes.BatchResult(order.out_order_no, 200, order=order_shape(view))
        return shapes.BatchResult(order.out_order_no, 201, order=order_shape(outcome.order))
    problem = await refusal_of(outcome, order, caller) if isinstance(outcome, Answer) else outcome
    body = problem.body(language=language, request_id=request_id)
    return shapes.BatchResult(order.out_order_no, problem.status, problem=body)


def _open_batch(distributor_id: int, out_batch_no: str, content: bytes) -> None:
    """Take the number for this content before anything is done with it. Raises Problem when it has other content."""
    with scope.distributor(distributor_id):
        _write(
            "insert into orders_orderbatch (distributor_id, out_batch_no, content_hash, results, at)"
            " values (%s, %s, %s, '[]', clock_timestamp()) on conflict (distributor_id, out_batch_no) do nothing",
            [distributor_id, out_batch_no, content],
        )
        found = batch_results(out_batch_no, distributor_id=distributor_id)
    if found is not None and found[0] != content:
        code = "number_reused_with_other_content"
        pointers = differing_parts(found[0], content)
        raise Problem(code, errors=[Wrong(pointer, code, OTHER_CONTENT) for pointer in pointers])


def _give_up_batch(distributor_id: int, out_batch_no: str) -> None:
    """Free the number of a batch that was not judged, for whatever content comes next."""
    with scope.distributor(distributor_id):
        _write(
            "delete from orders_orderbatch where distributor_id = %s and out_batch_no = %s and results = '[]'",
            [distributor_id, out_batch_no],
        )


def _keep_batch(distributor_id: int, out_batch_no: str, content: bytes, results: str) -> None:
    with scope.distributor(distributor_id):
        _write(
            "insert into orders_orderbatch as kept (distributor_id, out_batch_no, content_hash, results, at)"
            " values (%s, %s, %s, %s::jsonb, clock_timestamp()) on conflict (distributor_id, out_batch_no)"
            " do update set results = excluded.results, at = excluded.at"
            " where kept.content_hash = excluded.content_hash",
            [distributor_id, out_batch_no, content, results],
        )


def _write(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
