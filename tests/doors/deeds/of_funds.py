"""Allotments, holds, sold-out switches, the warning of low funds, a request handed in once more."""

from typing import Any

from entrepot.recharge import actions
from entrepot.recharge.actions import reject_top_up
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF

WHY = "双十一备货"


def _open(stage: Stage, **typed: Any) -> Any:
    page = f"/platform/stock/{stage.own.sku_id}/allotment/"
    party = f"d{stage.distributor_party.pk}"
    return stage.platform.fill(page, party=party, floor="5", reason=WHY, **typed)


@deed("platform:allotment-new", "allotment.opened", reason=WHY)
def open_an_allotment(stage: Stage) -> Any:
    return _open(stage)


@deed("platform:allotment", "allotment.changed", reason=WHY)
def change_an_allotment(stage: Stage) -> Any:
    pool = stage.world.allotment(stage.own, distributor=stage.distributor_party, pieces=3)
    return stage.platform.fill(f"/platform/allotments/{pool.pk}/", floor="5", reason=WHY)


@deed("platform:allotment-close", "allotment.closed", reason=WHY)
def close_an_allotment(stage: Stage) -> Any:
    pool = stage.world.allotment(stage.own, distributor=stage.distributor_party, pieces=3)
    page = f"/platform/allotments/{pool.pk}/"
    return stage.platform.fill(page, at=f"{page}close/", reason=WHY)


@deed("platform:hold-release", "order.cancelled", reason=WHY)
def release_a_hold(stage: Stage) -> Any:
    return stage.platform.fill(f"/platform/holds/{stage.order(state='held').id}/release/", reason=WHY)


@deed("platform:distributor-holds", "quota.changed", reason=WHY)
def limit_a_distributor(stage: Stage) -> Any:
    page = f"/platform/distributors/{stage.distributor_party.pk}/holds/"
    return stage.platform.fill(page, does="on", holds="500", floor_minutes="2", ceiling_minutes="60", reason=WHY)


# Limits for all would hold for whatever other tests place meanwhile: so many orders on hold nobody has.
@deed("platform:hold-limits", "quota.changed", reason=WHY)
def limit_everybody(stage: Stage) -> Any:
    typed = {"floor_minutes": "2", "ceiling_minutes": "60", "reason": WHY}
    answer = stage.platform.fill("/platform/holds/limits/", does="on", holds="999999", **typed)
    stage.platform.post("/platform/holds/limits/", **typed)
    return answer


@deed("platform:shelf-goods", "shelf.switch", reason=WHY)
def switch_goods(stage: Stage) -> Any:
    return stage.platform.fill(f"/platform/shelf/{stage.own.goods_id}/", choice="both", reason=WHY)


@deed("platform:shelf-all", "shelf.switch", reason=WHY)
def switch_all(stage: Stage) -> Any:
    answer = stage.platform.fill("/platform/shelf/all/", choice="unlist", reason=WHY)
    stage.platform.fill("/platform/shelf/all/", choice="off", reason=WHY)
    return answer


@deed("platform:funds-setting", "funds.setting", reason=WHY)
def warn_earlier(stage: Stage) -> Any:
    known = stage.platform.form("/platform/funds/setting/")
    days = "5" if known["warn_days"] != "5" else "4"
    return stage.platform.fill("/platform/funds/setting/", warn_days=days, reason=WHY)


@deed("distributor:topup-create", "topup.requested")
def hand_in_once_more(stage: Stage) -> Any:
    party = stage.distributor_party.pk
    former = actions.request_top_up(party, amount_fen=100, actor=f"distributor/{party}/1/proof")
    reject_top_up(former.pk, reason=WHY, actor=STAFF)
    page = f"/distributor/topups/{former.pk}/again/"
    return stage.distributor.fill(page, at="/distributor/topups/create/", amount_fen="90")
