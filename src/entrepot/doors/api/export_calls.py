"""The whole catalogue as one stream of lines, without its ever being held in memory."""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from litestar import get
from litestar.response import Stream

from entrepot.base import scope
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.calls import Call, Query, caller_of
from entrepot.doors.api.operations import NDJSON, Operation
from entrepot.doors.api.render import CURRENCY
from entrepot.doors.api.threads import guarded, in_thread
from entrepot.reports import shelf, told
from entrepot.reports.changes import cursor_now

CHUNK, AHEAD = 2_000, 2
# A chunk is its own short transaction: a slow reader holds two chunks of memory, and nothing in the database.
_exporting = ThreadPoolExecutor(max_workers=2, thread_name_prefix="export")
_encode = msgspec.json.Encoder().encode


@get(
    "/products/export",
    opt=Operation(None, None, group="catalogue", query=("scope",), also=(NDJSON,)).opt(),
)
async def export_products(request: Call) -> Stream:
    """导出商品 | Stream all products you may sell, one JSON object a line: first `changes_cursor`, last the count."""
    caller = caller_of(request)
    is_selection = Query(request, "scope").choice("scope", ("selection",)) is not None
    cursor = await in_thread(cursor_now, caller.distributor_id, is_selection)
    lines = _lines(caller, first={"changes_cursor": cursor.text(), "currency": CURRENCY}, is_selection=is_selection)
    headers = {}
    if "gzip" in request.headers.get("accept-encoding", ""):
        lines, headers = _packed(lines), {"content-encoding": "gzip"}
    return Stream(lines, media_type=NDJSON, headers=headers | {"vary": "accept-encoding"})


async def _lines(caller: Caller, *, first: dict[str, Any], is_selection: bool) -> AsyncIterator[bytes]:
    yield _encode(first) + b"\n"
    count, after_id, is_last = 0, 0, False
    ahead: deque[asyncio.Future[bytes]] = deque()
    try:
        while ahead or not is_last:
            while not is_last and len(ahead) < AHEAD:
                ids = await _in_export(_ids, caller.distributor_id, after_id, is_selection)
                is_last = len(ids) < CHUNK
                if ids:
                    after_id = ids[-1]
                    ahead.append(asyncio.ensure_future(_in_export(_told, ids, caller.distributor_id)))
            if ahead and (lines := await ahead.popleft()):
                count += lines.count(b"\n")
                yield lines
    finally:
        for chunk in ahead:
            chunk.cancel()
    # Who does not find this line has lost his connection on the way.
    yield _encode({"products": count, "complete": True}) + b"\n"


async def _packed(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    async for block in lines:
        if packed := await _in_export(packer.compress, block):
            yield packed
    yield packer.flush()


async def _in_export(work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_exporting, guarded, work, *arguments)


def _ids(distributor_id: int, after_id: int, is_selection: bool) -> list[int]:
    """Return the ids of the next goods; fewer than a chunk when there are no more."""
    with scope.distributor(distributor_id, read_only=True):
        return shelf.goods_ids(limit=CHUNK, after_id=after_id, selection_of=distributor_id if is_selection else None)


def _told(ids: list[int], distributor_id: int) -> bytes:
    return told.product_lines(ids, distributor_id=distributor_id)
