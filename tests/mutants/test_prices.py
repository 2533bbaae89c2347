"""Bugs in freight, rates of goods and old prices, each found by the rules' own tests."""

from dataclasses import replace as with_
from typing import Any

import pytest

from entrepot.freight import rules as freight
from entrepot.pricing import rules as pricing
from entrepot.trade.terms import Place
from entrepot.trade.verbs import place_freight, place_order, place_price
from entrepot.trade.verbs import refund_before_shipping as refund
from tests.mutants.planting import Mutant, before, replace, turns_red
from tests.rules import test_freight, test_price

charge, price_for, rate_of_goods, quote = freight.charge, pricing.price_for, pricing.rate_of_goods, freight.quote


def begun_steps_forgotten(zone: Any, *, measure: int) -> int:
    further = max(0, measure - zone.first) // zone.step if zone.step else 0
    return zone.first_fen + further * zone.step_fen


def widest_region(template: Any, *, path: Any) -> Any:
    return zone_for(template, path=path[::-1])


def each_line_alone(items: Any, *, templates: Any, path: Any) -> freight.Quote:
    found = freight.Quote()
    for item in items:
        found.parts += quote([item], templates=templates, path=path).parts
    return found


def sent_everywhere(items: Any, *, templates: Any, path: Any) -> freight.Quote:
    served = {
        number: with_(one, zones=tuple(with_(zone, is_served=True) for zone in one.zones))
        for number, one in templates.items()
    }
    return quote(items, templates=served, path=path)


def with_a_fee(items: Any, *, templates: Any, path: Any) -> freight.Quote:
    found = quote(items, templates=templates, path=path)
    found.parts = [with_(part, freight_fen=part.freight_fen * 105 // 100) for part in found.parts]
    return found


def freight_with_the_whole_order(order: Any, *, books: Any) -> None:
    """Say that no part is over before the order is."""
    settle(order, books=books)
    if order.state != "refunded":
        for part in order.supply_orders.values():
            part.state = "confirmed" if part.state == "refunded" else part.state


def old_price_for_all(now: Any, *, expected_fen: Any, old: Any = None, old_rate_bps: Any = None) -> Any:
    return old or now


def old_price_of_the_mall_alone(now: Any, *, expected_fen: Any, old: Any = None, old_rate_bps: Any = None) -> Any:
    found = price_for(now, expected_fen=expected_fen, old=old, old_rate_bps=old_rate_bps)
    return with_(found, supplier_price_fen=now.supplier_price_fen)


def whatever_is_expected(now: Any, *, expected_fen: Any, old: Any = None, old_rate_bps: Any = None) -> Any:
    return now if expected_fen is None else pricing.Price(now.supplier_price_fen, expected_fen, 0)


def tier_before_distributor(rates: Any, *, goods_id: int, tier_id: int, distributor_id: int) -> Any:
    his = rates.get((goods_id, None, distributor_id))
    return rates.get((goods_id, tier_id, None), his)


def nothing_is_a_rate(rates: Any, *, goods_id: int, tier_id: int, distributor_id: int) -> Any:
    return rate_of_goods(rates, goods_id=goods_id, tier_id=tier_id, distributor_id=distributor_id) or None


def forget_rates(ask: Any, books: Any) -> None:
    books.fee_rates = {}


zone_for, settle = freight.zone_for, refund.settle_shipping_state
ordered = test_freight.test_an_order_draws_its_freight_and_owes_it_to_each_shipper
honoured = test_price.test_within_the_grace_an_order_that_expects_the_old_price_gets_it_whole
whose_rate = test_price.test_his_own_rate_goes_before_his_tiers

MUTANTS = [
    Mutant(
        "a step that has begun is free",
        (3,),
        replace((test_freight, "charge"), by=begun_steps_forgotten),
        test_freight.test_the_first_and_each_further_step,
        (3, 800, 2, 200, 4, 1000),
    ),
    Mutant(
        "the widest region wins",
        (3,),
        replace((test_freight, "zone_for"), by=widest_region),
        test_freight.test_the_narrowest_region_wins,
    ),
    Mutant(
        "each line a parcel",
        (3,),
        replace((test_freight, "quote"), by=each_line_alone),
        test_freight.test_lines_of_one_shipper_under_one_template_are_one,
    ),
    Mutant("freight with a fee", (3,), replace((place_freight, "quote"), by=with_a_fee), ordered),
    Mutant(
        "sent where nothing is sent",
        (3,),
        replace((place_freight, "quote"), by=sent_everywhere),
        test_freight.test_a_line_that_is_not_sent_there_is_named,
    ),
    Mutant(
        "freight not drawn",
        (2, 3),
        replace((place_order, "freight_of"), by=lambda ask, *, lines, books: (freight.Quote(), [])),
        test_freight.test_funds_must_reach_for_the_freight_too,
    ),
    Mutant(
        "freight of a part comes back with the order only",
        (7,),
        replace((refund, "settle_shipping_state"), by=freight_with_the_whole_order),
        test_freight.test_a_shippers_freight_comes_back_though_another_has_sent,
    ),
    Mutant("the old price for everybody", (3,), replace((place_price, "price_for"), by=old_price_for_all), honoured),
    Mutant(
        "the supplier is paid the new price for the old one",
        (3,),
        replace((place_price, "price_for"), by=old_price_of_the_mall_alone),
        honoured,
    ),
    Mutant(
        "whatever the mall expects",
        (3,),
        replace((place_price, "price_for"), by=whatever_is_expected),
        test_price.test_after_the_grace_the_old_price_is_refused,
    ),
    Mutant(
        "the tier's rate before his own",
        (3,),
        replace((test_price, "rate_of_goods"), by=tier_before_distributor),
        whose_rate,
    ),
    Mutant(
        "a rate of nothing is no rate", (3,), replace((test_price, "rate_of_goods"), by=nothing_is_a_rate), whose_rate
    ),
    Mutant(
        "rates of goods forgotten", (3,), before(Place, forget_rates), test_price.test_orders_pay_the_rate_of_the_goods
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.check(*mutant.arguments)  # green without it, or the red below would mean nothing
    mutant.plant(monkeypatch)
    print(turns_red(mutant.check, *mutant.arguments))
