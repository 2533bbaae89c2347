"""What a tier costs, what follows when its membership is over, and buying one."""

from typing import Any

from entrepot.membership import actions
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF


@deed("platform:membership-terms", "membership.terms")
def give_a_tier_a_price(stage: Stage) -> Any:
    tier = stage.world.tier()
    return stage.platform.fill(f"/platform/memberships/tiers/{tier.pk}/", price_fen="99", months="12")


@deed("platform:membership-setting", "membership.setting")
def warn_earlier(stage: Stage) -> Any:
    page = "/platform/memberships/setting/"
    known = stage.platform.form(page)
    days = "9" if known["warn_days"] != "9" else "8"
    answer = stage.platform.fill(page, warn_days=days)
    stage.platform.post(page, **known)
    return answer


@deed("distributor:membership-buy", "membership.bought")
def buy_a_membership(stage: Stage) -> Any:
    actions.set_terms(stage.distributor_party.tier_id, price_fen=100, months=1, actor=STAFF)
    return stage.distributor.fill("/distributor/membership/", at="/distributor/membership/buy/")
