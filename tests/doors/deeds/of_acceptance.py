"""What suppliers say about lines they are asked for, and what the platform does about them."""

from typing import Any

from entrepot.fulfilment import actions
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF, rows

WHY = "产线检修"


def asked(stage: Stage, *, is_refused: bool = False) -> int:
    """An order whose supplier is asked; the platform decides what becomes of what he refuses."""
    stage.world.ask_first(stage.supplier_party, minutes=60, policy="ask")
    order = stage.order(stage.supplied)
    if is_refused:
        actions.refuse_lines(stage.supplier_party.pk, order_id=order.id, lines=[1], reason=WHY, actor="system")
    return int(order.id)


@deed("supplier:accept-many", "order.lines_accepted")
def accept_orders(stage: Stage) -> Any:
    return stage.supplier.post("/supplier/orders/accept/", ids=[asked(stage)])


def say(stage: Stage, **typed: Any) -> Any:
    page = f"/supplier/orders/{asked(stage)}/"
    return stage.supplier.fill(page, at=f"{page}decide/", **typed)


@deed("supplier:decide", "order.lines_accepted")
def accept(stage: Stage) -> Any:
    return say(stage, do="accept")


@deed("supplier:decide", "order.lines_back_ordered", reason=WHY)
def back_order(stage: Stage) -> Any:
    ((day,),) = rows("select ((now() at time zone 'Asia/Shanghai')::date + 3)::text")
    return say(stage, do="back_order", ship_by=day, reason=WHY)


@deed("supplier:decide", "order.lines_refused", reason=WHY)
def refuse(stage: Stage) -> Any:
    return say(stage, do="refuse", reason=WHY)


def decide(stage: Stage, name: str, **typed: Any) -> Any:
    page = f"/platform/acceptance/{asked(stage, is_refused=True)}/1/"
    return stage.platform.fill(page, at=f"{page}{name}/", **typed)


@deed("platform:acceptance-reroute", "order.line_rerouted", reason=WHY)
def send_a_substitute(stage: Stage) -> Any:
    return decide(stage, "reroute", sku=stage.own.code, reason=WHY)


@deed("platform:acceptance-refund", "order.refunded", reason=WHY)
def give_back(stage: Stage) -> Any:
    return decide(stage, "refund", reason=WHY)


@deed("platform:acceptance-extend", "order.acceptance_extended", reason=WHY)
def give_more_time(stage: Stage) -> Any:
    return decide(stage, "extend", minutes="30", reason=WHY)


@deed("platform:acceptance-supplier", "acceptance.terms")
def agree_on_terms(stage: Stage) -> Any:
    page = f"/platform/acceptance/suppliers/{stage.supplier_party.pk}/"
    return stage.platform.post(page, is_asked="on", minutes="120", policy="reroute")


@deed("platform:acceptance-house", "acceptance.house_terms")
def change_house_terms(stage: Stage) -> Any:
    ((minutes,),) = rows("select coalesce(max(minutes), 1440) from fulfilment_houseterms")
    page = "/platform/acceptance/suppliers/"
    return stage.platform.fill(page, at=f"{page}house/", policy="ask", minutes=str(minutes + 1))


@deed("platform:substitute-add", "substitute.added")
def name_substitute(stage: Stage) -> Any:
    page = "/platform/substitutes/"
    return stage.platform.fill(page, at=f"{page}add/", sku=stage.supplied.code, substitute=stage.own.code)


@deed("platform:substitute-drop", "substitute.removed")
def drop_substitute(stage: Stage) -> Any:
    row = actions.name_substitute(stage.supplied.code, substitute=stage.own.code, place=1, may_lose=False, actor=STAFF)
    return stage.platform.post(f"/platform/substitutes/{row.pk}/drop/")
