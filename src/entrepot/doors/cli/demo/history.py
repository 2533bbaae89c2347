"""Two weeks of trade: orders placed, confirmed, shipped, received, completed, lapsed, cancelled and refunded."""

import hashlib
import heapq
import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from entrepot.base import scope
from entrepot.base.days import ZONE, day_of
from entrepot.catalog.models import Sku
from entrepot.doors.cli.demo import buyers
from entrepot.doors.cli.demo.past import run_at
from entrepot.doors.cli.demo.people import People
from entrepot.ledger.queries import wallet
from entrepot.trade import terms
from entrepot.trade.books import OrderRow

DAYS = 14
ORDERS = 300
WAITING = 6
_SLOTS = (time(10, 30), time(16, 0), time(19, 30))
_CARRIERS = (("sf", "SF"), ("zto", "7578"), ("yto", "YT"), ("yunda", "4312"), ("jd", "JDVB"), ("sto", "7730"))
_REASONS = ("买家拍错规格", "买家不想要了", "地址写错，重新下单", "库存盘点有误")


@dataclass(order=True, slots=True)
class Step:
    """Something that happens at an hour; steps of one hour are asked together."""

    at: datetime
    serial: int
    verb: str = field(compare=False)
    ask: Any = field(compare=False)
    fate: "Fate" = field(compare=False)


@dataclass(slots=True)
class Fate:
    """What becomes of one order once it is placed."""

    mall: str
    outcome: str
    parcels_open: int = 0
    order_id: int = 0


class History:
    """Plays the steps in the order of time; what would lie in the future does not happen, so every state is there."""

    def __init__(self, *, people: People, now: datetime, dice: random.Random) -> None:
        self._people = people
        self._now = now
        self._dice = dice
        self._steps: list[Step] = []
        self._serial = 0
        self.answers: dict[str, int] = {}
        with scope.platform():
            rows = Sku.objects.filter(goods__state="on_sale").select_related("goods").order_by("id")
            shuffled = dice.sample(list(rows), len(rows))
            self._skus = {mall: [sku for sku in shuffled if self._is_shown(sku, mall=mall)] for mall in people.malls}

    def play(self) -> None:
        """Place the orders of two weeks and let time pass."""
        for at in self._hours():
            self._place(at)
        for _ in range(WAITING):
            self._place(self._now - timedelta(minutes=self._dice.randint(1, 18)), is_waiting=True)
        while self._steps and self._steps[0].at <= self._now:
            batch = [heapq.heappop(self._steps)]
            while self._steps and self._steps[0].at == batch[0].at and self._steps[0].verb == batch[0].verb:
                batch.append(heapq.heappop(self._steps))
            answers = run_at(batch[0].at, asks=[step.ask for step in batch])
            for step, answer in zip(batch, answers, strict=True):
                self._note(step.verb, answer)
                if answer.is_accepted and answer.order is not None:
                    self._go_on(step, answer.order)

    def _hours(self) -> list[datetime]:
        """Return when orders are placed: a little more each day, some in the hour before now."""
        hours = [self._now - timedelta(minutes=self._dice.randint(3, 170)) for _ in range(ORDERS // 20)]
        today = day_of(self._now)
        days = [today - timedelta(days=back) for back in range(DAYS)]
        weights = [30 - back + (4 if day.weekday() >= 5 else 0) for back, day in enumerate(days)]
        while len(hours) < ORDERS:
            day = self._dice.choices(days, weights)[0]
            hour = self._dice.choices(range(7, 24), [1, 2, 4, 5, 5, 4, 3, 3, 4, 4, 4, 3, 5, 8, 9, 6, 2])[0]
            moment = time(hour, self._dice.randint(0, 59), self._dice.randint(0, 59))
            at = datetime.combine(day, moment, ZONE)
            if at < self._now - timedelta(minutes=3):
                hours.append(at)
        return sorted(hours)

    def _place(self, at: datetime, *, is_waiting: bool = False) -> None:
        """Let a buyer order; `is_waiting` leaves him at the payment when the world opens."""
        mall = self._dice.choices(list(self._people.malls), [5, 3, 2])[0]
        kinds = ("direct", "captured", "lapsed", "cancelled", "refunded", "partly_refunded")
        outcome = self._dice.choices(kinds, [35, 47, 6, 4, 5, 3])[0]
        if is_waiting:
            outcome = "lapsed"
        fate = Fate(mall, outcome)
        number = (
            f"{ {'mall1': 'YX', 'mall2': 'LL', 'mall3': 'XM'}[mall] }{at:%Y%m%d%H%M%S}{self._dice.randint(100, 999)}"
        )
        ask = terms.Place(
            distributor_id=self._people.malls[mall].pk,
            out_order_no=number,
            mode="direct" if outcome in ("direct", "refunded", "partly_refunded") else "hold",
            lines=self._lines(mall),
            consignee=buyers.consignee(self._dice),
            content_hash=hashlib.sha256(number.encode()).digest(),
            actor=self._people.actors[f"{mall}.api"],
            hold_minutes=60 if is_waiting else 15,
            remark=self._dice.choices(["", "请尽快发货", "周末送货", "放门卫处"], [80, 8, 6, 6])[0],
        )
        self._push(at, "place", ask, fate)

    def _lines(self, mall: str) -> list[terms.AskLine]:
        count = self._dice.choices([1, 2, 3, 4], [62, 25, 10, 3])[0]
        skus = self._skus[mall]
        # The square of a number between 0 and 1 is small more often than large: some goods sell much better.
        chosen = {skus[int(self._dice.random() ** 2 * len(skus))] for _ in range(count)}
        return [
            terms.AskLine(sku.code, sku.goods.min_quantity * self._dice.choices([1, 2, 3], [75, 18, 7])[0])
            for sku in sorted(chosen, key=lambda sku: sku.pk)
        ]

    def _go_on(self, step: Step, order: OrderRow) -> None:
        fate, actors = step.fate, self._people.actors
        fate.order_id = order.id
        mall = self._people.malls[fate.mall]
        minutes = timedelta(minutes=self._dice.randint(1, 9), seconds=self._dice.randint(0, 59))
        if step.verb == "place" and fate.outcome == "captured":
            self._push(step.at + minutes, "capture", terms.Capture(order.id, actors[f"{fate.mall}.api"], mall.pk), fate)
        elif step.verb == "place" and fate.outcome == "cancelled":
            cancel = terms.Cancel(order.id, actors[f"{fate.mall}.api"], mall.pk, self._dice.choice(_REASONS))
            self._push(step.at + minutes, "cancel", cancel, fate)
        elif step.verb == "place" and order.held_until is not None:
            self._push(order.held_until + timedelta(seconds=2), "expire", terms.Expire(order.id), fate)
        elif order.state == "confirmed" and fate.outcome in ("refunded", "partly_refunded") and step.verb == "place":
            self._refund(step, order)
        elif step.verb in ("place", "capture") and order.state == "confirmed":
            self._ship(step, order)
        elif step.verb == "ship":
            fate.parcels_open -= 1
            if fate.parcels_open == 0:
                self._arrive(step, order)
        elif step.verb == "receive" and self._dice.random() < 0.5:
            ask = terms.Complete(order.id, actors[fate.mall], mall.pk)
            self._push(self._evening(step.at + timedelta(days=2)), "complete", ask, fate)
        elif step.verb == "receive":
            self._push(
                step.at + timedelta(days=7), "complete", terms.Complete(order.id, "system", reason="by time"), fate
            )

    def _refund(self, step: Step, order: OrderRow) -> None:
        pieces: dict[int, int] = {}
        if step.fate.outcome == "partly_refunded" and sum(line.qty for line in order.lines.values()) > 1:
            line = order.lines[1]
            pieces = {1: line.qty if len(order.lines) > 1 else line.qty - 1}
            self._ship(step, order)
        ask = terms.RefundBeforeShipping(
            order.id,
            f"TK{order.id}",
            self._people.actors[step.fate.mall],
            self._dice.choice(_REASONS),
            pieces,
            order.distributor_id,
        )
        self._push(step.at + timedelta(minutes=self._dice.randint(12, 55)), "refund", ask, step.fate)

    def _ship(self, step: Step, order: OrderRow) -> None:
        """Let each shipper send his part at one of the hours parcels are collected, some a day or two late."""
        for name, supplier in self._people.suppliers.items():
            if supplier.pk not in order.supply_orders:
                continue
            late = self._dice.choices([0, 1, 2], [86, 9, 5])[0]
            carrier, prefix = self._dice.choice(_CARRIERS)
            tracking_no = f"{prefix}{self._dice.randint(10**11, 10**12 - 1)}"
            actor = self._people.actors["cangku" if name == "platform" else name]
            step.fate.parcels_open += 1
            at = self._slot(step.at + timedelta(hours=2, days=late))
            self._push(at, "ship", terms.Ship(order.id, supplier.pk, carrier, tracking_no, actor), step.fate)

    def _arrive(self, step: Step, order: OrderRow) -> None:
        at = (step.at + timedelta(days=self._dice.randint(1, 4), hours=self._dice.randint(-4, 4))).replace(minute=15)
        actor = self._people.actors[f"{step.fate.mall}.api"]
        self._push(at, "receive", terms.Receive(order.id, actor, order.distributor_id), step.fate)

    def _slot(self, earliest: datetime) -> datetime:
        local = earliest.astimezone(ZONE)
        for slot in _SLOTS:
            if local.time() <= slot:
                return datetime.combine(local.date(), slot, ZONE)
        return datetime.combine(local.date() + timedelta(days=1), _SLOTS[0], ZONE)

    def _evening(self, day: datetime) -> datetime:
        return datetime.combine(day_of(day), time(21, 0), ZONE)

    def _push(self, at: datetime, verb: str, ask: Any, fate: Fate) -> None:
        self._serial += 1
        heapq.heappush(self._steps, Step(at, self._serial, verb, ask, fate))

    def _note(self, verb: str, answer: terms.Answer) -> None:
        code = answer.refusal.code if answer.refusal is not None else "done"
        self.answers[f"{verb} {code}"] = self.answers.get(f"{verb} {code}", 0) + 1

    def _is_shown(self, sku: Sku, *, mall: str) -> bool:
        party, goods = self._people.malls[mall], sku.goods
        if not goods.visible_tiers and not goods.visible_distributors:
            return True
        return party.tier_id in goods.visible_tiers or party.pk in goods.visible_distributors


def wait_for_funds(people: People, *, at: datetime, sku: str, price_fen: int, dice: random.Random) -> None:
    """Place one order of the mall under the `check` policy for more than it has: it waits until a top-up comes."""
    mall = people.malls["mall3"]
    with scope.platform():
        funds_fen = wallet(mall.pk).available_fen
    number = f"XM{at:%Y%m%d}-团购"
    ask = terms.Place(
        distributor_id=mall.pk,
        out_order_no=number,
        mode="direct",
        lines=[terms.AskLine(sku, funds_fen // price_fen + 20)],
        consignee=buyers.consignee(dice),
        content_hash=hashlib.sha256(number.encode()).digest(),
        actor=people.actors["mall3.api"],
        remark="企业福利团购",
    )
    (answer,) = run_at(at, asks=[ask])
    if answer.order is None or answer.order.state != "awaiting_funds":
        raise RuntimeError(f"the demo's order does not wait for funds: {answer}")
