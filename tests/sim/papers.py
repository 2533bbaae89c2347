"""Choose deeds of bills, payouts and terms."""

import random
from typing import TYPE_CHECKING, Any

from tests.sim.deeds import Deed
from tests.sim.settling import Bill

if TYPE_CHECKING:
    from tests.sim.generator import Generator

STEPS: dict[str, list[tuple[str, int]]] = {
    "draft": [("send", 5), ("put_off", 2)],
    "sent": [("confirm_bill", 4), ("dispute", 3), ("consent", 1)],
    "disputed": [("judge_line", 6), ("dispute", 1)],
    "confirmed": [("pay", 5)],
    "paid": [("settle_bill", 4), ("pay", 1)],
}
ANY_STEP = [step for steps in STEPS.values() for step in steps]


class Papers:
    """The part of the generator that knows bills, payouts and what is agreed."""

    rng: random.Random

    # --- bills and payouts ---

    def paper(self: "Generator") -> Deed | None:
        """A bill made, or the next step of one; one in ten is out of turn."""
        chance = self.rng.random()
        suppliers = sorted(number for number, one in self.auditor.suppliers.items() if not one.is_own)
        if chance < 0.25:
            return Deed(verb="bill", more={"supplier": self.rng.choice(suppliers)})
        if chance < 0.4:
            return Deed(verb="run", more={"supplier": self.rng.choice(suppliers), "days": self._days()})
        bills = [bill for bill in self.auditor.bills.values() if bill.state not in ("settled", "carried")]
        if self.rng.random() < 0.1:
            bills = list(self.auditor.bills.values())
        if not bills:
            return None
        bill = self.rng.choice(bills)
        steps = ANY_STEP if self.rng.random() < 0.1 else STEPS.get(bill.state, ANY_STEP)
        ((verb, _),) = self.rng.choices(steps, [weight for _, weight in steps])
        return self._step_of(bill, verb)

    def _days(self: "Generator") -> int:
        """A run further ahead than any before, now and then the last one again."""
        if self.rng.random() < 0.8:
            self.run_days += 1
        return self.run_days

    def _step_of(self: "Generator", bill: Bill, verb: str) -> Deed | None:
        more: dict[str, Any] = {"bill": bill.id}
        on = [place for place, line in enumerate(bill.lines) if not line.left_by]
        if verb in ("put_off", "dispute", "judge_line") and not on:
            return None
        if verb == "confirm_bill":
            more["revision"] = bill.revision - (1 if self.rng.random() < 0.1 else 0)
        elif verb == "put_off":
            more["line"] = self.rng.choice(on)
        elif verb == "dispute":
            more["lines"] = sorted(self.rng.sample(on, min(len(on), self.rng.randint(1, 3))))
        elif verb == "judge_line":
            waiting = [place for place in on if bill.lines[place] in bill.open_disputes]
            more["line"] = self.rng.choice(waiting if waiting and self.rng.random() < 0.95 else on)
            more["ruling"] = self.rng.choice(("kept", "moved", "adjusted"))
            if more["ruling"] == "adjusted":
                amount = bill.lines[more["line"]].movement.amount
                more["amount"] = self.rng.choice((-amount, -amount // 2 or 1, self.rng.randint(1, 5_000)))
        places = [more["line"]] if "line" in more else more.get("lines", [])
        more["line_ids"] = [bill.lines[place].id for place in places]
        return Deed(verb=verb, more=more)

    def payout(self: "Generator") -> Deed | None:
        """A referrer is paid, now and then more than he is owed."""
        referrers = sorted(self.auditor.rates)
        if not referrers:
            return None
        referrer = self.rng.choice(referrers)
        owed = self.auditor.referrer_owed(referrer)
        amount = max(1, owed + 1 if self.rng.random() < 0.2 else owed * self.rng.randint(1, 10) // 10)
        return Deed(verb="pay_referrer", more={"referrer": referrer, "amount": amount, "once": self.name("O")})

    # --- terms ---

    def term(self: "Generator") -> Deed:
        """Something that is agreed anew."""
        choices = (
            *(self._reprice, self._reprice, self._rate, self._allot, self._allot, self._unallot, self._quota),
            *(self._cell, self._policy, self._referral_rates, self._tier_rate, self._end_grace),
        )
        while True:
            deed = self.rng.choice(choices)()
            if deed is not None:
                return deed

    def _reprice(self: "Generator") -> Deed | None:
        sku = self.rng.choice(self.skus)
        article = self.auditor.articles[sku]
        now = {"supplier_price": article.supplier_price, "supply_price": article.supply_price}
        moved = {name: max(1, price + self.rng.randint(-price // 10, price // 8)) for name, price in now.items()}
        prices = {name: price for name, price in moved.items() if price != now[name] and self.rng.random() < 0.7}
        if not prices:
            return None
        return Deed(verb="reprice", sku=sku, more={"prices": prices, "grace": self.rng.choice((0, 600))})

    def _whose(self: "Generator") -> dict[str, str]:
        party = self.auditor.parties[self.rng.choice(self.parties)]
        return {"tier": party.tier} if self.rng.random() < 0.3 else {"distributor": party.number}

    def _rate(self: "Generator") -> Deed:
        bps = None if self.rng.random() < 0.3 else self.rng.randrange(0, 1500)
        return Deed(verb="rate", sku=self.rng.choice(self.skus), more={"bps": bps} | self._whose())

    def _tier_rate(self: "Generator") -> Deed | None:
        party = self.auditor.parties[self.rng.choice(self.parties)]
        bps = party.fee_rate_bps + self.rng.choice((-1, 1)) * self.rng.randint(1, 60)
        if not 0 <= bps <= 2000:
            return None
        return Deed(verb="tier_rate", more={"tier": party.tier, "bps": bps, "grace": self.rng.choice((0, 600))})

    def _end_grace(self: "Generator") -> Deed:
        return Deed(verb="end_grace")

    def _allot(self: "Generator") -> Deed:
        floor = self.rng.randint(0, 12)
        more = {
            "floor": floor,
            "cap": self.rng.choice((None, floor + self.rng.randint(1, 200), self.rng.randint(1, 12))),
            "buffer": self.rng.choice((0, 0, 2, self.rng.randint(0, 13))),
            "is_short": self.rng.random() < 0.15,
        }
        return Deed(verb="allot", sku=self.rng.choice(self.skus), name=self.name("A"), more=more | self._whose())

    def _unallot(self: "Generator") -> Deed | None:
        opened = [
            (sku, name)
            for sku, article in self.auditor.articles.items()
            for name, pool in article.pools.items()
            if name and pool.is_open
        ]
        if not opened:
            return None
        sku, name = self.rng.choice(opened)
        return Deed(verb="unallot", sku=sku, more={"pool": name, "allotment": int(name.split()[-1])})

    def _quota(self: "Generator") -> Deed:
        holds = self.rng.choice((None, self.rng.randint(1, 8)))
        pieces = self.rng.choice((None, self.rng.randint(3, 20)))
        limits = {"holds": holds, "pieces_of_sku": pieces}
        return Deed(verb="quota", more={"limits": limits, "distributor": self.rng.choice(self.parties)})

    def _cell(self: "Generator") -> Deed:
        """Another row of the table, of those that make sense."""
        cell = dict(self.rng.choice(CELLS))
        cell["reason"] = self.rng.choice(("", "quality", "changed_mind"))
        cell["shipper"] = self.rng.choice(("own", "supplier"))
        cell["freight"] = self.rng.choice(("distributor", "shipper", "platform"))
        if cell["shipper"] == "own":
            cell["bill"] = "none"
        return Deed(verb="cell", more={"cell": cell})

    def _policy(self: "Generator") -> Deed:
        supplier = self.rng.choice(sorted(n for n, one in self.auditor.suppliers.items() if not one.is_own))
        more = {
            "supplier": supplier,
            "is_asked": self.rng.random() < 0.6,
            "policy": self.rng.choice(("reroute", "reroute", "refund", "ask")),
        }
        return Deed(verb="policy", more=more)

    def _referral_rates(self: "Generator") -> Deed | None:
        if not self.auditor.rates:
            return None
        referrer = self.rng.choice(sorted(self.auditor.rates))
        rates = (self.rng.randrange(0, 3000), self.rng.randrange(0, 3000))
        return Deed(verb="referral_rates", more={"referrer": referrer, "rates": rates})


def _row(stage: str, kind: str, **rest: Any) -> dict[str, Any]:
    plain = {"is_offered": True, "returns": "always", "condition": "at_once", "bill": "reverse", "stock": "none"}
    return {"stage": stage, "kind": kind} | plain | rest


CELLS = (
    _row("shipped", "refund", stock="back"),
    _row("shipped", "refund", stock="write_off", condition="after_return"),
    _row("shipped", "refund", returns="claim", stock="back"),
    _row("shipped", "return", condition="after_return", stock="back"),
    _row("shipped", "exchange", returns="never", bill="none", condition="after_return", stock="back"),
    _row("received", "refund"),
    _row("received", "refund", bill="none"),
    _row("received", "refund", returns="claim", bill="none"),
    _row("received", "refund", returns="claim"),
    _row("received", "refund", returns="never", is_offered=False),
    _row("received", "return", condition="after_return", stock="back"),
    _row("received", "return", condition="after_return", stock="write_off"),
    _row("received", "return", stock="back"),
    _row("received", "exchange", returns="never", bill="none", condition="after_return", stock="write_off"),
    _row("received", "reship", returns="never", bill="none"),
)
