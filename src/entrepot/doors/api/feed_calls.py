"""Catalogue sync: the change feed, by cursor or by long poll."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from litestar import Response, get

from entrepot.doors.api import feed_shapes
from entrepot.doors.api.calls import Call, Query, caller_of, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import Problem, Wrong, invalid
from entrepot.doors.api.render import as_told as _raw
from entrepot.doors.api.threads import guarded, in_thread
from entrepot.doors.api.watching import LOOK_S, Watcher
from entrepot.reports import changes
from entrepot.reports.digest import digest_for

WAIT_AT_MOST_S = 25
# A digest reads the whole shelf: one at a time, and no reader of anything else waits for it.
_digesting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="digest")
_WATCHER = Watcher(changes.head)


@get(
    "/changes",
    opt=Operation(
        None,
        feed_shapes.Changes,
        group="catalogue",
        query=("feed_cursor", "types", "feed_limit", "wait", "scope"),
        codes=("cursor_expired",),
    ).opt(),
)
async def list_changes(request: Call) -> Response[bytes]:
    """变更订阅 | What has changed since a cursor, each object once in its latest state; waits up to 25 s for news."""
    caller = caller_of(request)
    query = Query(request, "cursor", "types", "limit", "wait", "scope")
    is_selection = query.choice("scope", ("selection",)) is not None
    limit = query.limit(default=1000, most=1000)
    kinds = query.choices("types", changes.KINDS) or ("product", "stock")
    wait_s = query.whole("wait", default=0, least=0, most=WAIT_AT_MOST_S) or 0
    cursor = await _cursor(query.text("cursor"), distributor_id=caller.distributor_id, is_selection=is_selection)
    until = time.monotonic() + wait_s
    while True:
        since = await _WATCHER.head() if wait_s else 0
        found = await in_thread(_read, cursor, caller.distributor_id, kinds, limit, is_selection)
        left_s = until - time.monotonic()
        if not found.is_empty or left_s <= 0:
            return reply(_shape(found))
        cursor = found.cursor
        # What is committed and may not be told yet makes the number rise no further: it is looked for again soon.
        await _WATCHER.wait(min(left_s, LOOK_S) if found.is_held_back else left_s, since=since)


@get("/digest", opt=Operation(None, feed_shapes.Digest, group="catalogue", query=("scope",)).opt())
async def get_digest(request: Call) -> Response[bytes]:
    """对账摘要 | Get the digest of your shelf: the same over your own copy proves that nothing is missing."""
    distributor_id = caller_of(request).distributor_id
    is_selection = Query(request, "scope").choice("scope", ("selection",)) is not None
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_digesting, guarded, digest_for, distributor_id, is_selection)
    return reply(feed_shapes.Digest(found.skus, found.digest))


async def _cursor(text: str | None, *, distributor_id: int, is_selection: bool) -> changes.Cursor:
    if text is None:
        return await in_thread(changes.cursor_now, distributor_id, is_selection)
    try:
        return changes.read_cursor(text)
    except changes.CursorShapeError:
        words = ("不是变更游标", "Not a cursor of the change feed")
        raise invalid(Wrong("/cursor", "validation_failed", words)) from None


def _read(
    cursor: changes.Cursor, distributor_id: int, kinds: tuple[str, ...], limit: int, is_selection: bool
) -> changes.Changes:
    try:
        return changes.changes_since(
            cursor, distributor_id=distributor_id, kinds=kinds, limit=limit, is_selection=is_selection
        )
    except changes.CursorExpiredError:
        words = (
            "游标已失效（服务费、等级、所选分类品牌或数据库已变）：请重新遍历 /products，再从它给出的 changes_cursor 继续",
            "The cursor is of an older epoch: walk /products again and go on from its changes_cursor",
        )
        raise Problem("cursor_expired", detail=words) from None


def _shape(found: changes.Changes) -> feed_shapes.Changes:
    items: list[Any] = [feed_shapes.ProductChange(str(one.key), object=_raw(one)) for one in found.goods]
    items += [
        feed_shapes.ProductChange(str(goods_id), deleted=True, reason=_reason(reason))
        for goods_id, reason in found.gone.items()
    ]
    items += [feed_shapes.PriceChange(one.key, _raw(one)) for one in found.prices]
    items += [feed_shapes.StockChange(one.key, _raw(one)) for one in found.skus]
    return feed_shapes.Changes(items, found.cursor.text(), found.has_more, found.lag_ms, found.is_held_back)


def _reason(reason: str) -> feed_shapes.Tombstone:
    known: dict[str, feed_shapes.Tombstone] = {"not_authorised": "not_authorised", "not_selected": "not_selected"}
    return known.get(reason, "delisted")
