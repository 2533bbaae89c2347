"""Stock set apart and switches in the demo world: allotments, limits of holds, goods that leave the shelf by themselves."""

from datetime import datetime, timedelta

from entrepot.base import scope
from entrepot.base.days import ZONE
from entrepot.catalog.models import Sku
from entrepot.doors.cli.demo.people import People
from entrepot.stock import queries, quotas, shelving
from entrepot.trade import desk
from entrepot.trade.terms import SetAllotment

_PLENTY, _FEW = range(1_500, 10**9), range(6, 200)


def beginning(now: datetime, *, days: int) -> datetime:
    """Return when the network began: so many days ago, and early enough that last month has a statement."""
    month = now.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return min(now - timedelta(days=days), month - timedelta(days=4))


def set_apart(people: People, *, now: datetime) -> None:
    """Keep stock for a mall, for a tier until a day, and more than there is for another; limit holds; set switches."""
    operator = people.actors["yunying"]
    with scope.platform():
        rows = list(Sku.objects.filter(goods__state="on_sale", is_active=True).select_related("goods").order_by("id"))
        stocks = queries.figures([sku.pk for sku in rows], shared_only=True)
    plenty = [sku for sku in rows if stocks[sku.pk].available in _PLENTY]
    scarce = next(sku for sku in rows if stocks[sku.pk].available in _FEW)
    ends_at = (now.astimezone(ZONE) + timedelta(days=9)).replace(hour=0, minute=0, second=0, microsecond=0)
    mall, other, tier = people.malls["mall1"].pk, people.malls["mall2"].pk, people.tiers["高级"].pk
    wanted = (
        SetAllotment(plenty[0].code, "demo:1", operator, distributor_id=mall, floor=200, reason="双旦活动备货"),
        SetAllotment(
            plenty[1].code, "demo:2", operator, tier_id=tier, floor=300, cap=800, buffer=10, ends_at=ends_at,
            reason="高级分销商专享",
        ),
        SetAllotment(
            scarce.code, "demo:3", operator, distributor_id=other, reason="直播首发", is_partial=True,
            floor=stocks[scarce.pk].available + 60,
        ),
    )  # fmt: skip
    answers = [answer for ask in wanted for answer in desk.run_within([ask])]
    if not all(answer.is_accepted for answer in answers):
        raise RuntimeError(f"the demo's allotments were refused: {answers}")
    quotas.set_quota(
        None,
        limits=quotas.Limits(holds=500, buyer_holds=20, is_adaptive=True),
        actor=operator,
        reason="防止恶意占库",
    )
    sold_out = [sku for sku in rows if stocks[sku.pk].available == 0]
    for sku in sold_out[:2]:
        shelving.set_switch(sku.goods_id, unlists=True, relists=True, actor=operator, reason="断货期不展示")
