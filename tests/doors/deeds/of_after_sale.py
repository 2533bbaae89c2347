"""What people do with after-sale in the three back offices."""

from typing import Any

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By, Wish
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF

PLATFORM = By(kind="platform", actor=STAFF)


def asked(stage: Stage, kind: str, *, state: str, is_agreed: bool = True, own: bool = False) -> int:
    """A request for two pieces of an order brought to a state."""
    order = stage.order(stage.own if own else stage.supplied, state=state)
    wish = Wish(order_id=order.id, out_refund_no=stage.world.name("A"), kind=kind, reason="quality", pieces={1: 2})
    result = actions.ask(wish, by=PLATFORM, is_agreed=is_agreed)
    assert result.request_id, result
    return result.request_id


def new(stage: Stage, office: str) -> Any:
    page = f"/{office}/aftersales/new/{stage.order(stage.supplied, state='received').id}/"
    return getattr(stage, office).fill(page, qty_1="1", kind="refund", reason="quality")


@deed("platform:aftersale-new", "aftersale.requested", "aftersale.approved")
def ask_on_own_initiative(stage: Stage) -> Any:
    return new(stage, "platform")


@deed("distributor:aftersale-new", "aftersale.requested", "aftersale.approved")
def ask_for_a_buyer(stage: Stage) -> Any:
    return new(stage, "distributor")


def act(stage: Stage, office: str, request_id: int, name: str, **typed: Any) -> Any:
    page = f"/{office}/{'returns' if office == 'supplier' else 'aftersales'}/{request_id}/"
    return getattr(stage, office).fill(page, at=f"{page}{name}/", **typed)


@deed("distributor:aftersale-deed", "aftersale.approved")
def agree(stage: Stage) -> Any:
    return act(stage, "distributor", asked(stage, "return", state="received", is_agreed=False), "approve")


@deed("distributor:aftersale-deed", "aftersale.refused", reason="照片看不出问题")
def turn_down(stage: Stage) -> Any:
    request_id = asked(stage, "return", state="received", is_agreed=False)
    return act(stage, "distributor", request_id, "refuse", reason="照片看不出问题")


@deed("distributor:aftersale-deed", "aftersale.withdrawn")
def take_back(stage: Stage) -> Any:
    return act(stage, "distributor", asked(stage, "refund", state="received"), "withdraw")


@deed("distributor:aftersale-deed", "aftersale.return_sent")
def send_back(stage: Stage) -> Any:
    request_id = asked(stage, "return", state="received")
    return act(stage, "distributor", request_id, "tracking", carrier="sf", tracking_no="SF1")


@deed("distributor:aftersale-deed", "aftersale.not_returned")
def nothing_came(stage: Stage) -> Any:
    return act(stage, "distributor", asked(stage, "refund", state="shipped"), "missing")


@deed("distributor:aftersale-deed", "claim.countered")
def counter(stage: Stage) -> Any:
    request_id = asked(stage, "refund", state="received")
    assert actions.offer(request_id, by=PLATFORM, amount_fen=100).is_accepted
    return act(stage, "distributor", request_id, "counter", amount_fen="5.00", note="包装都坏了")


@deed("distributor:aftersale-deed", "claim.agreed", "order.refunded")
def accept(stage: Stage) -> Any:
    request_id = asked(stage, "refund", state="received")
    assert actions.offer(request_id, by=PLATFORM, amount_fen=100).is_accepted
    return act(stage, "distributor", request_id, "accept")


@deed("platform:aftersale-deed", "claim.offered", reason="补偿一半")
def offer(stage: Stage) -> Any:
    request_id = asked(stage, "refund", state="received")
    return act(stage, "platform", request_id, "offer", amount_fen="5.00", supplier_bps="50", note="补偿一半")


@deed("platform:aftersale-deed", "claim.ruled", reason="双方各担一半")
def rule(stage: Stage) -> Any:
    request_id = asked(stage, "refund", state="received")
    typed = {"amount_fen": "9.99", "supplier_bps": "50", "reason": "双方各担一半"}
    return act(stage, "platform", request_id, "rule", **typed)


@deed("supplier:aftersale-deed", "aftersale.inspected", "stock.changed")
def look_at_what_came_back(stage: Stage) -> Any:
    request_id = asked(stage, "return", state="received")
    return act(stage, "supplier", request_id, "inspect", good_1="1", damaged_1="1", note="一件破损")


@deed("supplier:aftersale-deed", "aftersale.resent", "stock.changed")
def send_once_more(stage: Stage) -> Any:
    request_id = asked(stage, "reship", state="received")
    return act(stage, "supplier", request_id, "resend", carrier="sf", tracking_no=stage.world.name("SF"))


CELL = "/platform/aftersale-table/received:own:refund:quality/"


def cell(stage: Stage) -> Any:
    return stage.platform.fill(CELL, freight="distributor", reason="包邮不退", do="save")


@deed("platform:aftersale-cell", "aftersale.rule", reason="包邮不退")
def change_the_table(stage: Stage) -> Any:
    answer = cell(stage)
    actions.reset_table(by=PLATFORM, reason="proof")
    return answer


@deed("platform:aftersale-reset", "aftersale.rule_reset", reason="恢复默认")
def reset_the_table(stage: Stage) -> Any:
    cell(stage)
    return stage.platform.post(f"{CELL}reset/", reason="恢复默认")


@deed("platform:aftersale-limits", "aftersale.limits", reason="双十一")
def change_the_times(stage: Stage) -> Any:
    page = "/platform/aftersale-table/"
    form = stage.platform.form(page, at=f"{page}times/")
    days = 15 if form["rights_days"] != "15" else 7
    return stage.platform.post(f"{page}times/", **form | {"rights_days": days, "reason": "双十一"})


ADDRESS = {"contact": "仓库", "phone": "0571-88880000", "region": "浙江省杭州市", "street": "文一西路 1 号"}


@deed("platform:return-address-save", "return_address.created")
def add_an_address(stage: Stage) -> Any:
    return stage.platform.post("/platform/return-addresses/save/", **ADDRESS, supplier_id=stage.supplier_party.pk)


@deed("platform:return-address-retire", "return_address.removed")
def drop_an_address_of_a_supplier(stage: Stage) -> Any:
    row = actions.save_address(stage.supplier_party.pk, by=PLATFORM, **ADDRESS)
    return stage.platform.post(f"/platform/return-addresses/{row.pk}/retire/")


@deed("supplier:return-address-save", "return_address.changed")
def replace_an_address(stage: Stage) -> Any:
    row = actions.save_address(stage.supplier_party.pk, by=PLATFORM, **ADDRESS)
    return stage.supplier.post("/supplier/return-addresses/save/", **ADDRESS | {"region": "江苏省"}, address_id=row.pk)


@deed("supplier:return-address-retire", "return_address.removed")
def drop_an_address(stage: Stage) -> Any:
    row = actions.save_address(stage.supplier_party.pk, by=PLATFORM, **ADDRESS)
    return stage.supplier.post(f"/supplier/return-addresses/{row.pk}/retire/")
