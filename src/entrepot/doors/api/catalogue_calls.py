"""Catalogue: categories, brands, products and the live check."""

from typing import Any

import msgspec
from django.db import connection
from litestar import Request, Response, get, post
from litestar.params import FromPath

from entrepot.doors.api import shapes
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.calls import (
    Call,
    Query,
    as_distributor,
    body_of,
    caller_of,
    cursor_after,
    encoded,
    object_id,
    reply,
)
from entrepot.doors.api.leafing import LEAFER
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import not_found
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY, as_told
from entrepot.doors.api.threads import in_thread
from entrepot.reports import told
from entrepot.reports.changes import cursor_now
from entrepot.reports.pages import Walk
from entrepot.reports.shelf import goods_ids, live_skus, terms_of

_BELOW = """
with recursive below as (
    select id from catalog_category where id = %s
    union all select c.id from catalog_category c join below b on c.parent_id = b.id
) select id from below
"""


@get("/categories", opt=Operation(None, shapes.Categories, group="catalogue").opt())
async def list_categories(request: Call) -> Response[bytes]:
    """商品分类 | List the categories."""
    rows = await as_distributor(
        caller_of(request), _rows, "select id, parent_id, name from catalog_category order by position, id"
    )
    return reply(
        shapes.Categories(
            [shapes.Category(str(row[0]), str(row[1]) if row[1] is not None else None, row[2]) for row in rows]
        )
    )


@get("/brands", opt=Operation(None, shapes.Brands, group="catalogue").opt())
async def list_brands(request: Call) -> Response[bytes]:
    """品牌 | List the brands."""
    rows = await as_distributor(caller_of(request), _rows, "select id, name from catalog_brand order by id")
    return reply(shapes.Brands([shapes.Brand(str(row[0]), row[1]) for row in rows]))


@get(
    "/products",
    opt=Operation(
        None, shapes.Products, group="catalogue", query=("limit", "cursor", "category", "brand", "scope")
    ).opt(),
)
async def list_products(request: Call) -> Response[bytes]:
    """商品列表 | List the products you may sell, with your prices and stock, by rising id."""
    _status, content, _headers = await products_page(request.scope)
    return Response(content, media_type="application/json")


async def products_page(asgi: Any) -> tuple[int, bytes, dict[str, str]]:
    """Answer for a page of products: status, body and headers."""
    request: Call = Request(asgi)
    caller = caller_of(request)
    query = Query(request, "limit", "cursor", "category", "brand", "scope")
    is_selection = query.choice("scope", ("selection",)) is not None
    limit, cursor, category, brand = (
        query.limit(),
        query.cursor("products"),
        query.number("category"),
        query.number("brand"),
    )
    # Taken before the first goods are read: what changes while he walks is told by the feed once more.
    feed = await in_thread(cursor_now, caller.distributor_id, is_selection) if cursor is None else None
    if category is None and brand is None and not is_selection:
        page = await LEAFER.page(Walk(caller.distributor_id, cursor or 0, limit))
        items: Any = msgspec.Raw(b"[" + page.content + b"]")
        last_id, has_more = int(page.ids[-1]) if page.ids else 0, page.has_more
    else:
        found = await as_distributor(
            caller, lambda: _narrowed(caller, category, brand, is_selection, after_id=cursor or 0, limit=limit + 1)
        )
        has_more, last_id = len(found) > limit, found[:limit][-1] if found else 0
        items = await _told(caller, found[:limit])
    following = cursor_after(last_id, items="products") if has_more else None
    return 200, encoded(shapes.Products(items, following, has_more, feed.text() if feed is not None else None)), {}


def _narrowed(
    caller: Caller, category: int | None, brand: int | None, is_selection: bool, *, after_id: int, limit: int
) -> list[int]:
    """Return the ids of a page of a category, a brand or a selection; to be called inside the caller's scope."""
    below = [row[0] for row in _rows(_BELOW, [category])] if category is not None else None
    selection_of = caller.distributor_id if is_selection else None
    return goods_ids(limit=limit, after_id=after_id, category_ids=below, brand_id=brand, selection_of=selection_of)


@get("/products/{product_id:str}", opt=Operation(None, shapes.Product, group="catalogue", codes=("not_found",)).opt())
async def get_product(request: Call, product_id: FromPath[str]) -> Response[bytes]:
    """商品详情 | Get one product."""
    found = await _products(request, [object_id(product_id)])
    if not found:
        raise not_found()
    return reply(found[0])


@post(
    "/products/query", status_code=200, opt=Operation(shapes.ProductsRequest, shapes.Products, group="catalogue").opt()
)
async def query_products(request: Call) -> Response[bytes]:
    """批量查询商品 | Get up to 500 products by id; those you may not see are left out."""
    wanted = read(body_of(request), shapes.ProductsRequest)
    found = await _products(request, [int(text) for text in wanted.ids])
    return reply(shapes.Products(found, None, False))


@post("/prices-stocks/query", status_code=200, opt=Operation(shapes.SkusRequest, shapes.LivePrices, group="live").opt())
async def query_prices_and_stocks(request: Call) -> Response[bytes]:
    """实时价格库存 | Price and stock of up to 500 SKUs now, in the order asked."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.SkusRequest)
    found = await as_distributor(caller, lambda: live_skus(terms_of(caller.distributor_id), codes=wanted.skus))
    return reply(
        shapes.LivePrices(
            CURRENCY,
            [
                shapes.LivePrice(
                    sku.sku,
                    sku.agreed_price_fen,
                    sku.stock,
                    sku.min_quantity,
                    "on_sale" if sku.state == "on_sale" else "not_available",
                )
                for sku in found
            ],
        )
    )


async def _products(request: Call, ids: list[int]) -> list[Any]:
    caller = caller_of(request)
    return await _told(caller, await as_distributor(caller, told.shown_of, ids))


async def _told(caller: Caller, ids: list[int]) -> list[Any]:
    """Await goods that the caller was found to be shown, as JSON."""

    def read_them() -> list[Any]:
        return [as_told(one) for one in told.products(ids, distributor_id=caller.distributor_id)]

    return await in_thread(read_them)


def _rows(statement: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or [])
        return cursor.fetchall()
