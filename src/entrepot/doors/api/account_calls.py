"""Account and machine: who am I, echo, health, status, the contract itself."""

import time
from typing import Any

from django.conf import settings
from django.db import connection
from litestar import Response, get, post

from entrepot import VERSION
from entrepot.base.stages import STAGES
from entrepot.doors.api import shapes
from entrepot.doors.api.callers import plain_address
from entrepot.doors.api.calls import Call, as_distributor, body_of, caller_of, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.render import CURRENCY
from entrepot.doors.api.threads import in_thread


@get("/me", opt=Operation(None, shapes.Me, group="account").opt())
async def get_me(request: Call) -> Response[bytes]:
    """我的信息 | Get the distributor this key belongs to."""
    caller = caller_of(request)
    number, name, tier, rate_bps, policy, hold_s, state, is_sandbox = await as_distributor(
        caller, _me, caller.distributor_id
    )
    return reply(shapes.Me(number, name, tier, rate_bps, policy, hold_s, CURRENCY, state, is_sandbox))


@post("/echo", status_code=200, opt=Operation(None, shapes.Echo, group="account", is_free_body=True).opt())
async def echo(request: Call) -> Response[bytes]:
    """回显 | Return what was received; the quickest way to try a signature."""
    headers = {name: value for name, value in request.headers.items() if name.startswith("entrepot-")}
    return reply(
        shapes.Echo(
            method=request.method,
            path=request.scope["path"],
            query=request.scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body_of(request).decode("utf-8", "replace"),
            address=plain_address(request.client.host) if request.client else "",
            server_time=int(time.time()),
        )
    )


@get("/health", opt=Operation(None, shapes.Health, group="machine", is_open=True).opt())
async def get_health(request: Call) -> Response[bytes]:
    """健康检查 | Whether the service and its database answer."""
    await in_thread(_ping)
    return reply(shapes.Health("ok", "ok"))


@get("/status", opt=Operation(None, shapes.Status, group="machine", is_open=True).opt())
async def get_status(request: Call) -> Response[bytes]:
    """运行状态 | Name, version and time of the service."""
    return reply(shapes.Status("entrepot", VERSION, int(time.time()), STAGES.totals() if settings.DEMO else {}))


def _ping() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _me(distributor_id: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            "select d.number, d.name, t.name, t.fee_rate_bps, d.funds_policy, d.hold_ttl_s, d.state, d.is_sandbox"
            " from parties_distributor d join parties_tier t on t.id = d.tier_id where d.id = %s",
            [distributor_id],
        )
        return cursor.fetchone()
