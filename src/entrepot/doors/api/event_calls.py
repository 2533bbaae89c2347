"""Events: the callback address, its queue, and the events to pull."""

import json
from typing import Any

from django.utils import translation
from litestar import Response, get, post, put

from entrepot.base.mistakes import Mistake
from entrepot.callbacks import actions
from entrepot.callbacks.models import Endpoint
from entrepot.callbacks.queries import Told, events_after
from entrepot.callbacks.words import fault_words
from entrepot.doors.api import event_shapes
from entrepot.doors.api.calls import Call, Query, body_of, caller_of, cursor_after, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import Wrong, invalid
from entrepot.doors.api.reading import read
from entrepot.doors.api.threads import in_thread
from entrepot.events.restores import read_life


@get("/webhook", opt=Operation(None, event_shapes.Webhook, group="events").opt())
async def get_webhook(request: Call) -> Response[bytes]:
    """回调地址 | Get your callback address and its state."""
    return reply(_webhook(request, await in_thread(actions.read_endpoint, caller_of(request).distributor_id)))


@put("/webhook", opt=Operation(event_shapes.WebhookRequest, event_shapes.Webhook, group="events").opt())
async def put_webhook(request: Call) -> Response[bytes]:
    """设置回调地址 | Set your callback address; a new one must answer a challenge first."""
    caller = caller_of(request)
    wanted = read(body_of(request), event_shapes.WebhookRequest)

    def save() -> Endpoint:
        try:
            return actions.set_endpoint(caller.distributor_id, url=wanted.url, types=wanted.events, actor=caller.actor)
        except Mistake as mistake:
            raise _invalid(mistake) from None

    return reply(_webhook(request, await in_thread(save)))


@post("/webhook/test", status_code=200, opt=Operation(None, event_shapes.Accepted, group="events").opt())
async def test_webhook(request: Call) -> Response[bytes]:
    """发送测试回调 | Have a `webhook.test` sent to you."""
    caller = caller_of(request)

    def send() -> None:
        actions.send_test(caller.distributor_id, actor=caller.actor)

    await in_thread(send)
    return reply(event_shapes.Accepted(True))


@get(
    "/events",
    opt=Operation(
        None, event_shapes.Events, group="events", query=("limit", "cursor"), codes=("cursor_expired",)
    ).opt(),
)
async def list_events(request: Call) -> Response[bytes]:
    """事件列表 | List the events of the last 30 days, oldest first; the same as the callbacks told you."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor")
    life = await in_thread(read_life)
    limit, cursor = query.limit(), query.cursor("events", life=life)

    def find() -> list[Told]:
        return events_after(cursor or 0, distributor_id=caller.distributor_id, limit=limit + 1)

    found = await in_thread(find)
    page = found[:limit]
    # The last cursor stays good: who keeps it asks for what came since.
    next_cursor = cursor_after(page[-1].seq, items="events", life=life) if page else query.text("cursor")
    return reply(event_shapes.Events([_event(told) for told in page], next_cursor, len(found) > limit))


@post(
    "/events/replay",
    status_code=200,
    opt=Operation(event_shapes.ReplayRequest, event_shapes.Replay, group="events").opt(),
)
async def replay_events(request: Call) -> Response[bytes]:
    """重发事件 | Have events sent once more, whatever became of them."""
    caller = caller_of(request)
    wanted = read(body_of(request), event_shapes.ReplayRequest)

    def again() -> int:
        return actions.replay(
            caller.distributor_id,
            actor=caller.actor,
            first_seq=wanted.first_seq,
            last_seq=wanted.last_seq or 2**53,
            only_dead=wanted.only_failed,
        )

    return reply(event_shapes.Replay(await in_thread(again)))


def _webhook(request: Call, endpoint: Endpoint) -> event_shapes.Webhook:
    state: Any = str(endpoint.state)
    language: Any = request.scope["language"]  # type: ignore[typeddict-item]
    with translation.override("en" if language == "en" else "zh-hans"):
        reason = fault_words(endpoint.reason, endpoint.reason_facts)
    secret = actions.secret_of(endpoint)
    since = endpoint.failing_since.isoformat() if endpoint.failing_since else None
    return event_shapes.Webhook(endpoint.url, state, endpoint.types, secret, reason, endpoint.reason, since)


def _event(told: Told) -> event_shapes.Event:
    data = json.loads(told.data) if isinstance(told.data, str) else told.data
    return event_shapes.Event(f"evt_{told.event_id}", told.seq, told.type, told.at.isoformat(), "v1", data)


def _invalid(mistake: Mistake) -> Exception:
    field = {"callback_url": "url", "types": "events"}.get(mistake.field, mistake.field)
    words = (
        (
            "不是可用的回调地址：须以 http(s):// 开头，且从外部可以访问",
            "Not an address that can be called: http(s)://, reached from outside",
        )
        if field == "url"
        else ("没有这种事件", "There is no event of that type")
    )
    return invalid(Wrong(f"/{field}", "validation_failed", words))
