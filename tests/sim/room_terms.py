"""Prices, terms and set-up as deeds of a simulation: what the platform changes while others trade."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from threading import Event
from typing import Any

from django.db import connection

from entrepot.aftersale import actions as aftersale
from entrepot.aftersale.rules import By, Cell, Limits
from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Sku
from entrepot.freight.actions import save_template, set_template
from entrepot.freight.rules import ZoneRow
from entrepot.fulfilment import actions as fulfilment
from entrepot.parties.models import Distributor, Supplier, Tier
from entrepot.pricing import actions as pricing
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.jobs import apply_due
from entrepot.referral import actions as referral
from entrepot.settlement import actions as settlement
from entrepot.settlement.jobs import make_bills
from entrepot.stock.quotas import Limits as HoldLimits
from entrepot.stock.quotas import set_quota
from entrepot.stock.shelving import set_switch
from entrepot.trade import desk, terms
from tests.sim.backstage import Result
from tests.sim.deeds import Deed
from tests.sim.tariff import Template
from tests.sim.views import rows

STAFF = "system"
PLATFORM = By(kind="platform", actor=STAFF)
MINUTES = 600
Act = Callable[[Deed], Result]


def supplier_of(number: str) -> Supplier:
    """A supplier by number."""
    with scope.platform(read_only=True):
        return Supplier.objects.get(number=number)


@cache
def goods_of(sku: str) -> int:
    """The goods of a SKU."""
    with scope.platform(read_only=True):
        return Sku.objects.values_list("goods_id", flat=True).get(code=sku)


@cache
def warehouse_of(sku: str) -> int:
    """The first warehouse of a SKU's shipper."""
    with scope.desk(read_only=True):
        (found,) = rows(
            "select min(w.id) as id from catalog_sku k join catalog_goods g on g.id = k.goods_id"
            " join stock_warehouse w on w.supplier_id = g.supplier_id where k.code = %s",
            sku,
        )
    return int(found["id"])


def _party(more: dict[str, Any]) -> dict[str, int | None]:
    with scope.platform(read_only=True):
        distributor = Distributor.objects.get(number=more["distributor"]).pk if more.get("distributor") else None
        tier = Tier.objects.get(name=more["tier"]).pk if more.get("tier") else None
    return {"distributor_id": distributor, "tier_id": tier}


# --- prices ---


def _reprice(deed: Deed) -> Result:
    """Announce other prices for now and let them take effect."""
    with scope.platform(read_only=True):
        sku = Sku.objects.get(code=deed.sku)
    drafts = [ChangeDraft(field=name, new_value=value, sku_id=sku.pk) for name, value in deed.more["prices"].items()]
    made = pricing.announce(drafts, actor=STAFF, grace_minutes=deed.more["grace"])
    return _applied([change.pk for change in made])


def _tier_rate(deed: Deed) -> Result:
    with scope.platform(read_only=True):
        tier = Tier.objects.get(name=deed.more["tier"])
    draft = ChangeDraft(field="fee_rate", new_value=deed.more["bps"], tier_id=tier.pk)
    return _applied([pricing.announce([draft], actor=STAFF, grace_minutes=deed.more["grace"])[0].pk])


def _applied(ids: list[int]) -> Result:
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        apply_due(Event())
        with scope.platform(read_only=True):
            left = rows("select id from pricing_pricechange where id = any(%s) and state <> 'applied'", ids)
        if not left:
            return Result()
        time.sleep(0.05)
    return Result(code="never_applied")


def _end_grace(deed: Deed) -> Result:
    """Let the time be over in which old prices are honoured."""
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute("update pricing_grace set until = clock_timestamp()")
    return Result()


def _rate(deed: Deed) -> Result:
    pricing.set_fee_rate(goods_of(deed.sku), rate_bps=deed.more["bps"], actor=STAFF, **_party(deed.more))
    return Result()


# --- stock set apart, limits, table ---


def _allot(deed: Deed) -> Result:
    ends_at = database_now() + timedelta(seconds=1) if deed.more.get("is_short") else None
    ask = terms.SetAllotment(
        sku=deed.sku,
        cause=deed.name,
        actor=STAFF,
        floor=deed.more["floor"],
        cap=deed.more["cap"],
        buffer=deed.more["buffer"],
        ends_at=ends_at,
        **_party(deed.more),
    )
    (answer,) = desk.run([ask])
    if ends_at is not None and answer.refusal is None:
        time.sleep(1.1)
    return Result(code="" if answer.refusal is None else answer.refusal.code, facts=dict(answer.facts))


def _unallot(deed: Deed) -> Result:
    (answer,) = desk.run([terms.CloseAllotment(deed.sku, deed.more["allotment"], STAFF)])
    return Result(code="" if answer.refusal is None else answer.refusal.code)


def _quota(deed: Deed) -> Result:
    limits = {name: value for name, value in deed.more["limits"].items() if value is not None}
    set_quota(_party(deed.more)["distributor_id"], limits=HoldLimits(**limits) if limits else None, actor=STAFF)
    return Result()


def _cell(deed: Deed) -> Result:
    aftersale.save_cell(Cell(**deed.more["cell"]), by=PLATFORM, reason="simulation")
    return Result()


def _policy(deed: Deed) -> Result:
    party = supplier_of(deed.more["supplier"])
    minutes = MINUTES if deed.more["is_asked"] else None
    fulfilment.set_terms(party.pk, minutes=minutes, policy=deed.more["policy"], actor=STAFF)
    return Result()


def _referral_rates(deed: Deed) -> Result:
    with scope.platform(read_only=True):
        (grade,) = rows(
            "select g.id, g.name from referral_gradestay s join referral_grade g on g.id = s.grade_id"
            " join parties_referrer r on r.id = s.referrer_id where r.number = %s order by s.id desc limit 1",
            deed.more["referrer"],
        )
    by_supplier, by_distributor = deed.more["rates"]
    referral.change_grade(
        grade["id"],
        name=grade["name"],
        supplier_rate_bps=by_supplier,
        distributor_rate_bps=by_distributor,
        actor=STAFF,
    )
    return Result()


DEEDS: dict[str, Act] = {
    "reprice": _reprice,
    "tier_rate": _tier_rate,
    "end_grace": _end_grace,
    "rate": _rate,
    "allot": _allot,
    "unallot": _unallot,
    "quota": _quota,
    "cell": _cell,
    "policy": _policy,
    "referral_rates": _referral_rates,
}


# --- before the first round ---


def default_terms() -> None:
    """The table and times of after-sale as delivered, price changes without notice, no limits of holds."""
    aftersale.reset_table(by=PLATFORM, reason="simulation")
    aftersale.save_limits(Limits(), by=PLATFORM, reason="simulation")
    pricing.set_price_setting(notice_minutes=0, grace_minutes=0, actor=STAFF)
    with scope.platform(read_only=True):
        limited = [row["distributor_id"] for row in rows("select distributor_id from stock_holdquota")]
    for distributor_id in limited:
        set_quota(distributor_id, limits=None, actor=STAFF)
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute("update pricing_grace set until = clock_timestamp() where until > clock_timestamp()")


def bill_terms(supplier: str, *, rights_days: int, is_silent_consent: bool) -> None:
    """Let a supplier be billed by hand alone while a simulation runs, and bill what waits from before."""
    party = supplier_of(supplier)
    said = settlement.NewTerms(
        cycle="month",
        rights_days=rights_days,
        answer_days=30,
        is_silence_consent=is_silent_consent,
        is_sent_at_once=False,
    )
    now = settlement.NewTerms(
        cycle="month", rights_days=0, answer_days=30, is_silence_consent=False, is_sent_at_once=False
    )
    settlement.change_terms(party.pk, terms=now, actor=STAFF)
    make_bills(Event())
    with suppress(Mistake):  # nothing waits
        settlement.bill_now(party.pk, actor=STAFF)
    settlement.change_terms(party.pk, terms=said, actor=STAFF)


def write_template(supplier: str, *, template: Template, skus: list[str]) -> None:
    """Write a freight template and let goods be sent by it."""
    party = supplier_of(supplier)
    zones = [ZoneRow(**{name: getattr(zone, name) for name in ZoneRow.__slots__}) for zone in template.zones]
    made = save_template(party.pk, name=template.name, kind=template.kind, zones=zones, actor=STAFF, is_platform=True)
    for sku in skus:
        set_template(goods_of(sku), template_id=made.pk, actor=STAFF)


def unsend(sku: str) -> None:
    """Let goods be sent free, without rates of their own."""
    set_template(goods_of(sku), template_id=None, actor=STAFF)
    with scope.platform(read_only=True):
        own = rows("select tier_id, distributor_id from pricing_feerate where goods_id = %s", goods_of(sku))
    for rate in own:
        pricing.set_fee_rate(
            goods_of(sku), rate_bps=None, tier_id=rate["tier_id"], distributor_id=rate["distributor_id"], actor=STAFF
        )


def substitute(sku: str, *, by: str, place: int, may_lose: bool) -> None:
    """Name a SKU that may go out in place of another."""
    fulfilment.name_substitute(sku, substitute=by, place=place, may_lose=may_lose, actor=STAFF)


def switch(sku: str, *, unlists: bool) -> None:
    """Let goods leave the shelf when they have sold out and come back with stock, or not."""
    set_switch(goods_of(sku), unlists=unlists, relists=unlists, actor=STAFF)


def referrer(run: str, *, suppliers: list[str], distributors: list[str], rates: tuple[int, int]) -> str:
    """Admit a referrer who brought those of these parties whom nobody has brought; returns his number."""
    grade = referral.create_grade(f"sim {run}", supplier_rate_bps=rates[0], distributor_rate_bps=rates[1], actor=STAFF)
    made, _user = referral.admit_referrer(f"sim {run}", username=f"sim-{run}", grade_id=grade.pk, actor=STAFF)
    for number in suppliers:
        referral.attach(made.pk, supplier_id=supplier_of(number).pk, actor=STAFF)
    for number in distributors:
        with scope.platform(read_only=True):
            distributor_id = Distributor.objects.get(number=number).pk
        referral.attach(made.pk, distributor_id=distributor_id, actor=STAFF)
    return made.number
