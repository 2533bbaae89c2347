"""The API door as one ASGI application."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Response, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from entrepot.doors.api import (
    account_calls,
    aftersale_calls,
    availability_calls,
    batch_calls,
    catalogue_calls,
    event_calls,
    explain_calls,
    export_calls,
    feed_calls,
    freight_calls,
    money_calls,
    order_calls,
    recharge_calls,
    selection_calls,
    upload_calls,
)
from entrepot.doors.api.calls import Call
from entrepot.doors.api.contract import openapi_document
from entrepot.doors.api.deprecations import Leaving
from entrepot.doors.api.docs import DOCS_HANDLERS
from entrepot.doors.api.guard import Guard
from entrepot.doors.api.problems import Problem, encode_problem, not_found

log = structlog.get_logger()

HANDLERS = [
    account_calls.get_me,
    account_calls.echo,
    account_calls.get_health,
    account_calls.get_status,
    catalogue_calls.list_categories,
    catalogue_calls.list_brands,
    catalogue_calls.list_products,
    export_calls.export_products,
    catalogue_calls.get_product,
    catalogue_calls.query_products,
    catalogue_calls.query_prices_and_stocks,
    availability_calls.query_availability,
    feed_calls.list_changes,
    feed_calls.get_digest,
    selection_calls.list_selection,
    selection_calls.add_to_selection,
    selection_calls.remove_from_selection,
    order_calls.preview_order,
    order_calls.create_order,
    batch_calls.create_batch,
    batch_calls.get_batch,
    order_calls.confirm_order,
    order_calls.cancel_order,
    order_calls.receive_order,
    order_calls.change_order_address,
    order_calls.list_orders,
    order_calls.get_order,
    order_calls.get_order_by_number,
    order_calls.list_shipments,
    explain_calls.explain_order,
    freight_calls.list_carriers,
    freight_calls.quote_freight,
    aftersale_calls.check_aftersale,
    aftersale_calls.create_aftersale,
    aftersale_calls.list_aftersales,
    aftersale_calls.get_aftersale,
    aftersale_calls.get_aftersale_by_number,
    aftersale_calls.send_return,
    aftersale_calls.withdraw_aftersale,
    aftersale_calls.accept_claim,
    aftersale_calls.counter_claim,
    event_calls.get_webhook,
    event_calls.put_webhook,
    event_calls.test_webhook,
    event_calls.list_events,
    event_calls.replay_events,
    money_calls.get_balance,
    money_calls.list_ledger,
    upload_calls.create_upload,
    upload_calls.get_upload,
    recharge_calls.create_recharge,
    recharge_calls.list_recharges,
    recharge_calls.get_recharge,
    recharge_calls.get_recharge_by_number,
    recharge_calls.list_statements,
    recharge_calls.get_statement,
]


def _problem(request: Call, problem: Problem) -> Response[bytes]:
    language: Any = request.scope.get("language", "zh")
    request_id: Any = request.scope.get("request_id", "")
    return Response(
        encode_problem(problem, language=language, request_id=request_id),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _http(request: Call, error: HTTPException) -> Response[bytes]:
    if error.status_code == 405:
        return _problem(request, Problem("method_not_allowed", headers=dict(error.headers or {})))
    if error.status_code == 404:
        return _problem(request, not_found())
    return _problem(request, Problem("validation_failed", detail=(str(error.detail), str(error.detail))))


def _bug(request: Call, error: Exception) -> Response[bytes]:
    log.error("unexpected", path=request.scope["path"], request_id=request.scope.get("request_id", ""), exc_info=error)
    return _problem(request, Problem("internal_error"))


def make_app(handlers: Sequence[Any] = HANDLERS) -> Any:
    """Return the API behind its guard; `handlers` are the operations it answers."""
    api = Litestar(
        route_handlers=[Router("/api/v1", route_handlers=[*handlers]), *DOCS_HANDLERS],
        openapi_config=None,
        exception_handlers={Problem: _problem, HTTPException: _http, Exception: _bug},
        logging_config=None,
        state=State({"contract": msgspec.json.encode(contract())}),
    )
    return Guard(
        api,
        hot={
            ("POST", "/api/v1/orders"): lambda asgi: order_calls.place(asgi["caller"], asgi["body"]),
            ("GET", "/api/v1/products"): catalogue_calls.products_page,
        },
        leaving=Leaving(handlers, base="/api/v1"),
    )


def contract() -> dict[str, Any]:
    """Return the OpenAPI document of the door."""
    return openapi_document(HANDLERS)
