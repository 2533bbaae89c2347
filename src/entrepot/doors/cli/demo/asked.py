"""A supplier who is asked to accept every line: some wait, one is put off, two wait for the platform's decision."""

import hashlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from entrepot.base import scope
from entrepot.catalog.models import Sku
from entrepot.doors.cli.demo import buyers
from entrepot.doors.cli.demo.past import run_at
from entrepot.doors.cli.demo.people import People
from entrepot.fulfilment import actions
from entrepot.trade import terms
from entrepot.trade.acceptances import Accept, CannotSupply
from entrepot.trade.books import OrderRow

MINUTES = 24 * 60
_AGO = (1_430, 1_020, 600, 370, 190, 95, 40, 12)  # minutes; the oldest has ten minutes left
_NOTES = ("", "请发顺丰", "", "送货前电话联系", "", "", "放门卫处", "")


def ask_supplier(people: People, *, now: datetime, dice: random.Random) -> None:
    """Agree with one supplier on a day to accept, name substitutes for his goods, and let orders come in."""
    supplier = next(party for name, party in people.suppliers.items() if name != "platform")
    actions.set_terms(supplier.pk, minutes=MINUTES, policy="ask", actor=people.actors["admin"])
    with scope.platform():
        every = Sku.objects.filter(
            goods__state="on_sale", is_active=True, goods__visible_tiers=[], goods__visible_distributors=[]
        )
        his = list(every.filter(goods__supplier=supplier).select_related("goods").order_by("id"))
        others = list(every.select_related("goods").order_by("supplier_price_fen", "id"))
    for sku in his:
        alike = [one for one in others if one.goods.category_id == sku.goods.category_id and one.pk != sku.pk]
        fit = [one for one in alike if one.supplier_price_fen <= (sku.supply_price_fen or 0)]
        for place, one in enumerate(fit[-2:][::-1], start=1):
            actions.name_substitute(
                sku.code, substitute=one.code, place=place, may_lose=False, actor=people.actors["admin"]
            )
    orders = []
    for number, (minutes, note) in enumerate(zip(_AGO, _NOTES, strict=True)):
        orders += _place(people, at=now - timedelta(minutes=minutes), sku=his[number % len(his)], note=note, dice=dice)
    _say(people, orders, supplier_id=supplier.pk, now=now)
    # The lines asked about stay so; what comes from now on goes straight to shipping, until the platform asks again.
    actions.set_terms(supplier.pk, minutes=None, policy="ask", actor=people.actors["admin"])


def _place(people: People, *, at: datetime, sku: Sku, note: str, dice: random.Random) -> list[OrderRow]:
    number = f"YX{at:%Y%m%d%H%M%S}9{dice.randint(10, 99)}"
    ask = terms.Place(
        distributor_id=people.malls["mall1"].pk,
        out_order_no=number,
        mode="direct",
        lines=[terms.AskLine(sku.code, sku.goods.min_quantity)],
        consignee=buyers.consignee(dice),
        content_hash=hashlib.sha256(number.encode()).digest(),
        actor=people.actors["mall1.api"],
        remark=note,
    )
    (answer,) = run_at(at, asks=[ask])
    return [answer.order] if answer.is_accepted and answer.order is not None else []


def _say(people: People, orders: list[OrderRow], *, supplier_id: int, now: datetime) -> None:
    """Let the supplier take one line on, put one off and refuse two, where there are so many."""
    name = next(name for name, party in people.suppliers.items() if party.pk == supplier_id)
    who = people.actors[name]
    day = (now + timedelta(days=4)).date()
    words: list[Callable[[int], Any]] = [
        lambda number: Accept(number, supplier_id, who),
        lambda number: Accept(number, supplier_id, who, [1], day, "新货在途"),
        lambda number: CannotSupply(number, supplier_id, [1], "ask", "产线检修，月底前无货", who),
        lambda number: CannotSupply(number, supplier_id, [1], "ask", "该批次质检未通过", who),
    ]
    for order, word in zip(orders[1:], words, strict=False):
        run_at(now - timedelta(minutes=5), asks=[word(order.id)])
