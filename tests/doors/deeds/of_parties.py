"""What people of suppliers and distributors do in their back offices."""

from typing import Any

from entrepot.parties import actions
from tests.doors.deeds import deed, no_deed
from tests.doors.deeds.stage import Stage, picture
from tests.doors.test_supplier_batch import handed_in
from tests.world import STAFF

no_deed("supplier:batch-upload", "reads a sheet and shows what it would do; the run is the deed")
no_deed("supplier:sku-row", "hands out an empty row of the form")


@deed("supplier:ship", "order.shipped")
def ship(stage: Stage) -> Any:
    page = f"/supplier/orders/{stage.order(stage.supplied).id}/"
    return stage.supplier.fill(page, at=f"{page}ship/", carrier="sf", tracking_no=stage.world.name("SF"))


@deed("supplier:reveal", "consignee.revealed")
def look_at_the_buyer(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/orders/{stage.order(stage.supplied).id}/consignee/")


@deed("supplier:slips", "consignee.printed")
def print_slips(stage: Stage) -> Any:
    return stage.supplier.post("/supplier/orders/slips/", ids=[stage.order(stage.supplied).id])


@deed("supplier:batch-addresses", "consignee.exported")
def export_addresses(stage: Stage) -> Any:
    stage.order(stage.supplied)
    return stage.supplier.post("/supplier/batch/addresses/")


@deed("supplier:batch-run", "order.shipped")
def ship_by_sheet(stage: Stage) -> Any:
    order = stage.order(stage.supplied)
    row = [str(order.id), stage.supplied.code, 3, "顺丰速运", stage.world.name("SF"), ""]
    plan = handed_in(stage.supplier.browser, row)
    return stage.supplier.fill(plan, at=f"{plan}run/")


def _goods(stage: Stage, **more: Any) -> dict[str, Any]:
    row = {"sku_rows": "1", "sku-0-spec": "箱", "sku-0-supplier_price_fen": "80.00"}
    what = {"name": "赣南脐橙", "goods_no": stage.world.name("G"), "category": stage.category_id, "min_quantity": "2"}
    return {**what, **row, "new_images": picture(), "do": "draft"} | more


@deed("supplier:goods-new", "goods.created")
def write_goods(stage: Stage) -> Any:
    return stage.supplier.post("/supplier/goods/new/", **_goods(stage))


@deed("supplier:goods-edit", "goods.changed")
def change_goods(stage: Stage) -> Any:
    article = stage.world.article(supplier=stage.supplier_party, state="draft")
    form = _goods(stage, goods_no=article.code, name="改过的名字", **{"sku-0-code": article.code})
    return stage.supplier.post(f"/supplier/goods/{article.goods_id}/", **form, version=1)


@deed("supplier:goods-step", "goods.submitted")
def hand_goods_in(stage: Stage) -> Any:
    article = stage.world.article(supplier=stage.supplier_party, state="draft", images=["goods/aa/" + "a" * 40])
    return stage.supplier.post(f"/supplier/goods/{article.goods_id}/submit/")


@deed("supplier:goods-step", "goods.withdrawn")
def take_goods_back(stage: Stage) -> Any:
    article = stage.world.article(supplier=stage.supplier_party, state="submitted")
    return stage.supplier.post(f"/supplier/goods/{article.goods_id}/withdraw/")


@deed("supplier:goods-step", "goods.unlisted", reason="换季")
def take_goods_off_the_shelf(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/goods/{stage.supplied.goods_id}/unlist/", reason="换季")


@deed("supplier:stock-change", "stock.changed", reason="盘点")
def count_stock(stage: Stage) -> Any:
    page = f"/supplier/stock/{stage.supplied.sku_id}/"
    return stage.supplier.fill(page, at=f"{page}change/", how="set", pieces="7", remark="盘点")


# --- distributor ---


@deed("distributor:reveal", "consignee.revealed")
def look_at_his_buyer(stage: Stage) -> Any:
    return stage.distributor.post(f"/distributor/orders/{stage.order().id}/consignee/")


def _order_deed(stage: Stage, *, state: str, name: str, **typed: Any) -> Any:
    page = f"/distributor/orders/{stage.order(state=state).id}/"
    return stage.distributor.fill(page, at=f"{page}{name}/", **typed)


@deed("distributor:deed", "order.confirmed")
def confirm(stage: Stage) -> Any:
    return _order_deed(stage, state="held", name="confirm")


@deed("distributor:deed", "order.cancelled")
def cancel(stage: Stage) -> Any:
    return _order_deed(stage, state="held", name="cancel")


@deed("distributor:deed", "order.refunded", "balance.refunded", reason="买家不要了")
def refund(stage: Stage) -> Any:
    return _order_deed(stage, state="confirmed", name="refund", reason="买家不要了")


@deed("distributor:deed", "order.delivered")
def receive(stage: Stage) -> Any:
    return _order_deed(stage, state="shipped", name="receive")


@deed("distributor:deed", "order.completed")
def complete(stage: Stage) -> Any:
    return _order_deed(stage, state="received", name="complete")


@deed("distributor:topup-create", "topup.requested")
def ask_for_a_top_up(stage: Stage) -> Any:
    return stage.distributor.fill("/distributor/topups/new/", at="/distributor/topups/create/", amount_fen="100")


@deed("distributor:topup-withdraw", "topup.withdrawn")
def withdraw_a_top_up(stage: Stage) -> Any:
    from tests.doors.test_platform_staff import asked

    return stage.distributor.post(f"/distributor/topups/{asked(stage.world, stage.distributor_party).pk}/withdraw/")


@deed("distributor:key-issue", "key.issued")
def issue_a_key(stage: Stage) -> Any:
    return stage.distributor.fill("/distributor/keys/", at="/distributor/keys/issue/", label="生产")


@deed("distributor:key-revoke", "key.revoked")
def revoke_a_key(stage: Stage) -> Any:
    key = actions.issue_key(stage.distributor_party.pk, actor=STAFF)
    return stage.distributor.fill("/distributor/keys/", at=f"/distributor/keys/{key.row.pk}/revoke/")


@deed("distributor:connection", "distributor.changed")
def change_the_connection(stage: Stage) -> Any:
    return stage.distributor.fill("/distributor/keys/", at="/distributor/keys/connection/", allow_list="10.0.0.0/8")


@deed("distributor:user-create", "user.created")
def add_a_user(stage: Stage) -> Any:
    role = actions.create_role("distributor", name=stage.world.name("R"), permissions=["orders.view"], actor=STAFF)
    form = {"username": stage.login_name(), "display_name": "小王", "roles": [role.pk]}
    return stage.distributor.fill("/distributor/users/", at="/distributor/users/create/", **form)


def _step(stage: Stage, step: str, **typed: Any) -> Any:
    return stage.distributor.post(f"/distributor/users/{stage.colleague('distributor').user.pk}/{step}/", **typed)


@deed("distributor:user-step", "user.roles")
def change_roles(stage: Stage) -> Any:
    role = actions.create_role("distributor", name=stage.world.name("R"), permissions=["orders.view"], actor=STAFF)
    return _step(stage, "roles", roles=[role.pk])


@deed("distributor:user-step", "user.deactivated")
def lock_a_user_out(stage: Stage) -> Any:
    return _step(stage, "lock")


@deed("distributor:user-step", "user.activated")
def let_a_user_in(stage: Stage) -> Any:
    who, head = stage.colleague("distributor").user, stage.distributor
    actions.deactivate_user(who.pk, actor=STAFF)
    return head.post(f"/distributor/users/{who.pk}/unlock/")


@deed("distributor:user-step", "user.password_reset")
def reset_a_password(stage: Stage) -> Any:
    return _step(stage, "password")
