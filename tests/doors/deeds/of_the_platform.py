"""What staff of the platform do with orders, goods and stock."""

from typing import Any

from tests.doors.deeds import deed, no_deed
from tests.doors.deeds.stage import Stage, picture
from tests.doors.test_platform_bulk import sheet
from tests.doors.test_platform_goods import sku_rows

ORDERS, GOODS = "/platform/orders/", "/platform/goods/"
no_deed("platform:selected", "goes on to the form of the chosen deed, or hands a sheet out")
no_deed("platform:refused", "hands back the rows of a sheet that were refused")


@deed("platform:consignee", "consignee.revealed")
def look_at_the_buyer(stage: Stage) -> Any:
    return stage.platform.post(f"{ORDERS}{stage.order().id}/consignee/")


@deed("platform:ship", "order.shipped")
def ship(stage: Stage) -> Any:
    return stage.platform.fill(f"{ORDERS}{stage.order().id}/ship/", carrier="sf", tracking_no=stage.world.name("SF"))


@deed("platform:refund", "order.refunded", reason="买家不要了")
def refund(stage: Stage) -> Any:
    return stage.platform.fill(f"{ORDERS}{stage.order().id}/refund/", reason="买家不要了")


@deed("platform:cancel", "order.cancelled", reason="重复下单")
def cancel(stage: Stage) -> Any:
    return stage.platform.fill(f"{ORDERS}{stage.order(state='held').id}/cancel/", reason="重复下单")


@deed("platform:receive", "order.delivered")
def receive(stage: Stage) -> Any:
    page = f"{ORDERS}{stage.order(state='shipped').id}/"
    return stage.platform.fill(page, at=f"{page}receive/")


@deed("platform:complete", "order.completed")
def complete(stage: Stage) -> Any:
    page = f"{ORDERS}{stage.order(state='received').id}/"
    return stage.platform.fill(page, at=f"{page}complete/")


@deed("platform:ship-many", "order.shipped")
def ship_many(stage: Stage) -> Any:
    one = stage.order().id
    return stage.platform.fill(
        f"{ORDERS}ship/?ids={one}", **{"carrier": "sf", f"tracking_{one}": stage.world.name("SF")}
    )


@deed("platform:tracking", "order.shipped")
def ship_by_sheet(stage: Stage) -> Any:
    return stage.platform.post(
        "/platform/tracking/", file=sheet((str(stage.order().id), "顺丰速运", stage.world.name("SF")))
    )


@deed("platform:goods-new", "goods.created")
def write_own_goods(stage: Stage) -> Any:
    _ = stage.own
    what = {"name": "砀山梨", "goods_no": stage.world.name("G"), "category_id": stage.category_id, "min_quantity": 1}
    return stage.platform.post(
        f"{GOODS}new/", **what, do="save", upload=picture(), **sku_rows({"spec": "箱", "price_fen": "10.00"})
    )


@deed("platform:goods-edit", "goods.changed")
def change_own_goods(stage: Stage) -> Any:
    article = stage.world.article(supplier=stage.world.supplier(is_own=True), state="draft")
    return stage.platform.fill(f"{GOODS}{article.goods_id}/edit/", name="改过的名字", do="save")


@deed("platform:goods-review", "goods.approved", reason="样品已看")
def approve(stage: Stage) -> Any:
    article = stage.world.article(stock=3, supplier_price_fen=800, state="submitted")
    page, price = f"{GOODS}{article.goods_id}/", f"supply_price_{article.sku_id}"
    return stage.platform.fill(page, at=f"{page}review/", **{"do": "approve", price: "9.37", "note": "样品已看"})


@deed("platform:goods-review", "goods.rejected", reason="主图不清晰")
def turn_down(stage: Stage) -> Any:
    page = f"{GOODS}{stage.world.article(state='submitted').goods_id}/"
    return stage.platform.fill(page, at=f"{page}review/", do="reject", note="主图不清晰")


@deed("platform:goods-unlist", "goods.unlisted", reason="换季")
def unlist(stage: Stage) -> Any:
    page = f"{GOODS}{stage.own.goods_id}/"
    return stage.platform.fill(page, at=f"{page}unlist/", reason="换季")


@deed("platform:goods-list-own", "goods.listed")
def put_on_sale(stage: Stage) -> Any:
    article = stage.world.article(
        supplier=stage.world.supplier(is_own=True), state="unlisted", images=["goods/aa/" + "a" * 40]
    )
    page = f"{GOODS}{article.goods_id}/"
    return stage.platform.fill(page, at=f"{page}list/")


@deed("platform:goods-visibility", "goods.visibility")
def show_to_some(stage: Stage) -> Any:
    page = f"{GOODS}{stage.own.goods_id}/"
    return stage.platform.fill(page, at=f"{page}visibility/", tiers=[stage.distributor_party.tier_id])


@deed("platform:goods-promotions", "goods.promotions")
def allow_promotions(stage: Stage) -> Any:
    page = f"{GOODS}{stage.own.goods_id}/"
    return stage.platform.fill(page, at=f"{page}promotions/", promotions=["coupon"])


@deed("platform:stock-change", "stock.changed", reason="盘点")
def count_stock(stage: Stage) -> Any:
    page = f"/platform/stock/{stage.own.sku_id}/"
    return stage.platform.fill(
        page, at=f"{page}change/", mode="set", qty="7", reason="盘点", warehouse=stage.own.warehouse_id
    )
