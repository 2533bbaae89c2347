"""Prices on the move in the demo world: a freight template, a rate of some goods, changes announced and proposed."""

from datetime import datetime

from entrepot.base import scope
from entrepot.catalog.models import Goods, Sku
from entrepot.doors.cli.demo.people import People
from entrepot.doors.cli.demo.shelf import STAPLE
from entrepot.freight.actions import save_template, set_template
from entrepot.freight.rules import ZoneRow
from entrepot.membership.actions import buy, set_terms
from entrepot.pricing import actions
from entrepot.pricing.actions import ChangeDraft

_YEAR_FEN = 1_200_00
_ZONES = (
    ZoneRow(first=1000, first_fen=800, step=1000, step_fen=200),
    ZoneRow(("37", "32", "31", "33"), first=1000, first_fen=500, step=1000, step_fen=100, free_from_fen=9_900),
    ZoneRow(("54", "65"), is_served=False),
)


def move_prices(people: People, *, now: datetime) -> None:
    """Leave on the desks what prices bring: one change that is coming, one that is due, one that a supplier asks for."""
    farm, operator = people.suppliers["farm"], people.actors["yunying"]
    with scope.platform():
        on_sale = Goods.objects.filter(supplier=farm, state="on_sale").exclude(name=STAPLE).order_by("id")
        fresh, dear, asked, cheaper = list(on_sale[:4])
        coming = Sku.objects.filter(goods=dear, supply_price_fen__isnull=False).order_by("id").first()
        wanted = Sku.objects.filter(goods=asked).order_by("id").first()
        due = Sku.objects.filter(goods=cheaper, suggested_price_fen__isnull=False).order_by("id").first()
    template = save_template(farm.pk, name="快递 按重量", kind="weight", zones=_ZONES, actor=people.actors["farm"])
    set_template(fresh.pk, template_id=template.pk, supplier_id=farm.pk, actor=people.actors["farm"])
    actions.set_fee_rate(
        fresh.pk, rate_bps=400, tier_id=people.tiers["高级"].pk, actor=operator, reason="时令水果，让利推广"
    )
    if coming is not None and coming.supply_price_fen is not None:
        new_fen = coming.supply_price_fen * 105 // 100
        draft = ChangeDraft(field="supply_price", new_value=new_fen, sku_id=coming.pk)
        actions.announce([draft], actor=operator, reason="产地收购价上涨")
    if due is not None and due.suggested_price_fen is not None:
        lower = ChangeDraft(field="suggested_price", new_value=due.suggested_price_fen * 95 // 100, sku_id=due.pk)
        (change,) = actions.announce([lower], actor=operator, reason="应季促销")
        # Its notice is over: the worker brings it into effect as soon as it runs.
        with scope.platform():
            type(change).objects.filter(pk=change.pk).update(effective_at=now)
    if wanted is not None:
        actions.propose(
            farm.pk,
            sku_id=wanted.pk,
            new_fen=wanted.supplier_price_fen * 104 // 100,
            reason="包装材料涨价",
            actor=people.actors["farm"],
        )


def sell_membership(people: People) -> None:
    """Let the highest tier cost something by the year, and the mall that has it have paid."""
    tier, mall = people.tiers["高级"], people.malls["mall1"]
    set_terms(tier.pk, price_fen=_YEAR_FEN, months=12, actor=people.actors["yunying"])
    buy(mall.pk, tier_id=tier.pk, price_fen=_YEAR_FEN, once="demo", actor=people.actors["mall1"])
