"""Selection: what of the catalogue a mall has picked for itself."""

from typing import Any, Literal

from litestar import Response, delete, get, post
from litestar.params import FromPath

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions
from entrepot.catalog.actions.selection import Picked
from entrepot.catalog.models import Pick
from entrepot.catalog.selection import picks_of
from entrepot.doors.api import selection_shapes as shapes
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
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import Wrong, invalid, not_found
from entrepot.doors.api.reading import read
from entrepot.doors.api.threads import in_thread

_STATES: dict[str, Literal["selected", "left_out", "removed"]] = {
    "picked": "selected",
    "left_out": "left_out",
    "removed": "removed",
}


@get(
    "/selection",
    opt=Operation(None, shapes.Selection, group="selection", query=("limit", "cursor", "kind")).opt(),
)
async def list_selection(request: Call) -> Response[bytes]:
    """选品列表 | List what you have selected, newest first."""
    caller = caller_of(request)
    query = Query(request, "limit", "cursor", "kind")
    limit, cursor = query.limit(), query.cursor("selection")
    kind = query.choice("kind", ("product", "category", "brand"))

    def page() -> list[Pick]:
        rows = picks_of(caller.distributor_id).order_by("-id")
        if cursor is not None:
            rows = rows.filter(pk__lt=cursor)
        if kind is not None:
            rows = rows.filter(**{f"{'goods' if kind == 'product' else kind}__isnull": False})
        return list(rows[: limit + 1])

    found = await as_distributor(caller, page)
    shown, has_more = found[:limit], len(found) > limit
    next_cursor = cursor_after(shown[-1].pk, items="selection") if has_more else None
    return reply(shapes.Selection([_entry(one) for one in shown], next_cursor, has_more))


@post("/selection", status_code=200, opt=Operation(shapes.SelectionRequest, shapes.Selected, group="selection").opt())
async def add_to_selection(request: Call) -> Response[bytes]:
    """加入选品（一键上架） | Select products, categories or brands, many at once; what is selected already stays."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.SelectionRequest)
    if not (wanted.products or wanted.categories or wanted.brands or wanted.left_out):
        raise invalid(Wrong("", "validation_failed", ("至少给出一个编号", "Give at least one id")))

    def save() -> Picked:
        try:
            return actions.pick(
                caller.distributor_id,
                goods_ids=_numbers(wanted.products),
                category_ids=_numbers(wanted.categories),
                brand_ids=_numbers(wanted.brands),
                left_out_ids=_numbers(wanted.left_out),
                actor=caller.actor,
            )
        except Mistake:
            words = ("选品库已满", "The selection is full")
            raise invalid(Wrong("", "validation_failed", words)) from None

    found = await in_thread(save)
    unknown = {name: [str(one) for one in found.unknown.get(name, [])] for name in ("products", "categories", "brands")}
    return reply(
        shapes.Selected([_entry(one) for one in found.picks], found.changed, shapes.SelectionUnknown(**unknown))
    )


@delete(
    "/selection/{entry_id:str}",
    status_code=200,
    opt=Operation(None, shapes.SelectionEntry, group="selection", codes=("not_found",)).opt(),
)
async def remove_from_selection(request: Call, entry_id: FromPath[str]) -> Response[bytes]:
    """移出选品 | Take an entry out of your selection; taken out already, the answer is the same."""
    caller = caller_of(request)
    pick_id = object_id(entry_id)

    def take_out() -> Any:
        return actions.drop(caller.distributor_id, pick_ids=[pick_id], actor=caller.actor)

    found = await in_thread(take_out)
    if not found:
        raise not_found()
    return reply(_entry(found[0]))


def _numbers(ids: list[str]) -> list[int]:
    return [int(one) for one in ids]


def _entry(row: Pick) -> shapes.SelectionEntry:
    kind: Literal["product", "category", "brand"] = (
        "product" if row.goods_id is not None else "category" if row.category_id is not None else "brand"
    )
    object_key = row.goods_id or row.category_id or row.brand_id
    return shapes.SelectionEntry(str(row.pk), kind, str(object_key), _STATES[row.state], row.picked_at.isoformat())
