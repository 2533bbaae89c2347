"""Choose deeds of after-sale and of shippers' words, mostly sensible, now and then out of turn."""

import random
from typing import TYPE_CHECKING, Any

from tests.sim.deeds import Deed
from tests.sim.records import UNDECIDED, Kept
from tests.sim.requests import OPEN, Request

if TYPE_CHECKING:
    from tests.sim.generator import Generator

REASONS = ("changed_mind", "quality", "wrong_goods", "damaged", "lost", "other")
DRAWN = ("confirmed", "partly_shipped", "shipped", "received", "completed")
# What becomes of a request next, by its state: verb, who does it, weight.
WAYS: dict[str, list[tuple[str, str, int]]] = {
    "requested": [("approve", "distributor", 6), ("turn_down", "distributor", 1), ("withdraw", "distributor", 1)],
    "waiting_return": [
        ("send_back", "distributor", 4),
        ("inspect", "supplier", 4),
        ("not_back", "distributor", 1),
        ("not_back", "platform", 1),
        ("withdraw", "distributor", 1),
        ("overtime", "system", 1),
    ],
    "returning": [
        ("inspect", "supplier", 5),
        ("inspect", "platform", 2),
        ("send_back", "distributor", 1),
        ("not_back", "platform", 1),
        ("overtime", "system", 1),
    ],
    "claim": [
        ("offer", "platform", 4),
        ("counter", "distributor", 3),
        ("agree", "distributor", 3),
        ("agree", "platform", 2),
        ("rule", "platform", 3),
        ("silence", "system", 2),
        ("withdraw", "distributor", 1),
    ],
    "resending": [("resend", "supplier", 6), ("withdraw", "distributor", 1)],
}
ANY_WAY = [way for ways in WAYS.values() for way in ways if way[1] != "system"]


class Wishes:
    """The part of the generator that knows after-sale and acceptance."""

    rng: random.Random

    # --- requests ---

    def ask(self: "Generator", kept: Kept) -> Deed:
        """A request about pieces of one shipper, now and then too many, or an earlier one once more."""
        known = self._again_of(kept)
        if known is not None:
            return known
        number = self.rng.choice(sorted(kept.lines))
        shipper = kept.lines[number].supplier
        lines = {n: line for n, line in kept.lines.items() if line.supplier == shipper or self.rng.random() < 0.03}
        chosen = {n: line for n, line in lines.items() if n == number or self.rng.random() < 0.4}
        pieces = {n: self.rng.randint(1, max(1, line.qty)) for n, line in chosen.items()}
        kind = self.rng.choice(("refund", "refund", "refund", "return", "return", "exchange", "reship"))
        more: dict[str, Any] = {"kind": kind, "reason": self.rng.choice(REASONS), "pieces": pieces}
        if self.rng.random() < 0.3:
            whole = sum(kept.lines[n].agreed * qty for n, qty in pieces.items())
            more["demand"] = self.rng.randint(0, whole + (1 if self.rng.random() < 0.1 else 0))
        more["is_agreed"] = self.rng.random() < 0.8
        return self._deed("ask", kept, name=self.name("Q"), more=more)

    def _again_of(self: "Generator", kept: Kept) -> Deed | None:
        if not kept.requests or self.rng.random() > 0.1:
            return None
        name = self.rng.choice(sorted(kept.requests))
        _, kind, reason, pieces, demand = kept.requests[name].content
        more: dict[str, Any] = {"kind": kind, "reason": reason, "pieces": dict(pieces)}
        if demand is not None:
            more["demand"] = demand
        if self.rng.random() < 0.3:
            more["reason"] = self.rng.choice(REASONS)
        return self._deed("ask", kept, name=name, more=more)

    def open_requests(self, alive: list[Kept]) -> list[tuple[Kept, str]]:
        """Every request that is still on its way."""
        return [(kept, name) for kept in alive for name, one in kept.requests.items() if one.state in OPEN]

    def go_on(self: "Generator", alive: list[Kept]) -> Deed | None:
        """The next deed on an open request; one in ten is out of turn, or about a request that is over."""
        found = self.open_requests(alive)
        if self.rng.random() < 0.1:
            found = [(kept, name) for kept in alive for name in kept.requests]
        if not found:
            return None
        kept, name = self.rng.choice(found)
        request: Request = kept.requests[name]
        ways = ANY_WAY if self.rng.random() < 0.1 else WAYS.get(request.state, ANY_WAY)
        ((verb, by, _),) = self.rng.choices(ways, [weight for _, _, weight in ways])
        return self.on_request(kept, name, verb=verb, by=by)

    def on_request(self: "Generator", kept: Kept, name: str, *, verb: str, by: str) -> Deed:
        """A deed on a request, with what it needs."""
        request: Request = kept.requests[name]
        more: dict[str, Any] = {"by": by, "supplier": request.supplier}
        if verb in ("send_back", "resend"):
            last = request.parcel if verb == "send_back" else request.resent
            is_again = last is not None and self.rng.random() < 0.3
            more["parcel"] = last if is_again else ("sf", self.name("P"))
        elif verb == "inspect":
            more["counted"] = {n: self._counted(qty) for n, qty in request.pieces.items()}
        elif verb in ("offer", "counter", "rule"):
            at_most = request.claim.at_most if request.claim is not None else request.amount
            more["amount"] = self.rng.choice((0, at_most, *(self.rng.randint(0, at_most) for _ in range(4))))
            more["amount"] += 1 if self.rng.random() < 0.15 else 0
            shares = (0,) if request.is_own and self.rng.random() < 0.9 else (0, 10_000, self.rng.randint(0, 10_000))
            if verb == "rule" or (verb == "offer" and self.rng.random() < 0.5):
                more["bps"] = self.rng.choice(shares)
        return self._deed(verb, kept, name=name, more=more)

    def _counted(self: "Generator", qty: int) -> tuple[int, int]:
        if self.rng.random() < 0.5:
            return qty, 0
        good = self.rng.randint(0, qty)
        bad = self.rng.randint(0, qty - good)
        return good, bad + (1 if self.rng.random() < 0.04 and good + bad == qty else 0)

    # --- what shippers take on ---

    def undecided(self, alive: list[Kept]) -> list[tuple[Kept, int]]:
        """Every line that waits for a word of its shipper or of the platform."""
        return [
            (kept, number)
            for kept in alive
            if kept.state in ("confirmed", "partly_shipped")
            for number, line in kept.lines.items()
            if line.word in UNDECIDED
        ]

    def word(self: "Generator", alive: list[Kept]) -> Deed | None:
        """A shipper's word on a line, the platform's on what nobody sends, or the clock's."""
        found = self.undecided(alive)
        if self.rng.random() < 0.15:
            drawn = [kept for kept in alive if kept.state in DRAWN]
            found = [(kept, number) for kept in drawn for number in kept.lines]
        if not found:
            return None
        kept, number = self.rng.choice(found)
        line = kept.lines[number]
        others = [n for n, one in kept.lines.items() if one.supplier == line.supplier and self.rng.random() < 0.3]
        lines = sorted({number, *others})
        verbs = ("accept", "accept", "accept", "decline", "overdue")
        if line.word in ("refused", "overdue"):
            verbs = ("extend", "reroute", "accept")
        verb = self.rng.choice(verbs)
        more: dict[str, Any] = {"lines": lines, "supplier": line.supplier}
        if verb == "accept" and self.rng.random() < 0.2:
            more["days"] = self.rng.randint(1, 9)
        if verb == "reroute":
            more |= {"line": number, "sku": self.rng.choice(self.skus)}
        return self._deed(verb, kept, more=more)

    def _deed(self: "Generator", verb: str, kept: Kept, *, more: dict[str, Any], name: str = "") -> Deed:
        if verb == "ask":
            pieces = sorted(more["pieces"].items())
            more["content"] = (kept.number, more["kind"], more["reason"], tuple(pieces), more.get("demand"))
        order_id = self.judge.ids[(kept.party, kept.number)]
        return Deed(verb=verb, party=kept.party, number=kept.number, order_id=order_id, name=name, more=more)
