"""After-sale by the auditor's own reckoning: requests on their way, claims, and who bears what."""

from typing import TYPE_CHECKING, Any

from tests.sim.records import SHARED, Kept
from tests.sim.requests import OPEN, SINGLED_OUT, Claim, Request, Rule, delivered, shares_of, split_by_weight

if TYPE_CHECKING:
    from tests.sim.model import Auditor

OK, CONFLICT, INVALID = "ok", "state_conflict", "validation_failed"
ON_REQUESTS = (
    *("ask", "approve", "turn_down", "withdraw", "send_back", "inspect", "not_back", "resend"),
    *("offer", "counter", "agree", "rule", "silence", "overtime"),
)


class Returning:
    """The part of the auditor that knows after-sale; judging looks at the order alone, save for stock of second parcels."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, bool, str, str], Rule] = {}

    # --- judging ---

    def judge_request(self: "Auditor", order: Kept, verb: str, *, name: str, more: dict[str, Any]) -> frozenset[str]:
        """What a deed on the request of a number may be answered."""
        if verb == "ask":
            return self._judge_ask(order, name=name, more=more)
        request: Request | None = order.requests.get(name)
        if request is None or (more.get("by") == "supplier" and request.state == "requested"):
            return frozenset({"not_found"})
        if verb in ("silence", "overtime"):
            return frozenset({OK})
        if verb in ("offer", "counter", "agree", "rule"):
            return self._judge_claim(request, verb, more=more)
        allowed = {
            "approve": ("requested",),
            "turn_down": ("requested",),
            "withdraw": ("requested", "waiting_return", "claim", "resending", "withdrawn"),
            "send_back": ("waiting_return", "returning"),
            "inspect": ("waiting_return", "returning"),
            "not_back": ("waiting_return", "returning"),
            "resend": ("resending",),
        }
        if not self.takes_request(order, verb, name=name, more=more):
            return frozenset({OK})
        if request.state not in allowed[verb]:
            return frozenset({CONFLICT})
        if verb == "approve":
            return self._judge_way(order, request)
        if verb == "withdraw" and request.state != "withdrawn":
            has_moved = request.refunded or any(good + bad for good, bad, _ in request.counted.values())
            return frozenset({INVALID if has_moved else OK})
        if verb == "inspect":
            counted = more["counted"]
            fits = all(good + bad <= request.pieces[n] for n, (good, bad) in counted.items())
            return frozenset({OK if fits and set(counted) == set(request.pieces) else INVALID})
        if verb == "resend":
            return self._judge_resend(order, request)
        return frozenset({OK})

    def _judge_ask(self: "Auditor", order: Kept, *, name: str, more: dict[str, Any]) -> frozenset[str]:
        known: Request | None = order.requests.get(name)
        if known is not None:
            return frozenset({OK if known.content == more["content"] else "number_reused_with_other_content"})
        pieces: dict[int, int] = more["pieces"]
        if not pieces or not set(pieces) <= set(order.lines):
            return frozenset({INVALID})
        lines = {number: order.lines[number] for number in pieces}
        if len({line.supplier for line in lines.values()}) > 1:
            return frozenset({INVALID})
        stage = self.stage_of(order, kind=more["kind"], pieces=pieces)
        if not stage:
            return frozenset({CONFLICT})
        faults = set()
        for number, qty in pieces.items():
            if qty > self.askable(order, number, is_sent=stage != "before_shipping"):
                faults.add(INVALID)
        rule = self.rule_for(stage, is_own=next(iter(lines.values())).is_own, kind=more["kind"], reason=more["reason"])
        if not rule.is_offered or (more["kind"] == "refund" and rule.returns == "never"):
            faults.add(CONFLICT)
        whole = sum(lines[number].agreed * qty for number, qty in pieces.items())
        if more.get("demand") is not None and not 0 <= more["demand"] <= whole:
            faults.add(INVALID)
        return frozenset(faults or {OK})

    def _judge_way(self, order: Kept, request: Request) -> frozenset[str]:
        """A request that was agreed to late may find its pieces sent, or gone back by other ways."""
        if request.stage != "before_shipping":
            return frozenset({OK})
        if order.state not in ("confirmed", "partly_shipped"):
            return frozenset({CONFLICT})
        fits = all(qty <= order.lines[number].open for number, qty in request.pieces.items())
        return frozenset({OK if fits else INVALID})

    def _judge_resend(self: "Auditor", order: Kept, request: Request) -> frozenset[str]:
        wanted: dict[str, int] = {}
        for number, qty in request.pieces.items():
            sku = order.lines[number].sku
            wanted[sku] = wanted.get(sku, 0) + qty
        if not all(self.articles[sku].split_known for sku in wanted):
            return frozenset({OK, "insufficient_stock"})
        fits = all(qty <= self.articles[sku].pools[SHARED].available for sku, qty in wanted.items())
        return frozenset({OK if fits else "insufficient_stock"})

    def _judge_claim(self, request: Request, verb: str, *, more: dict[str, Any]) -> frozenset[str]:
        claim = request.claim
        if claim is not None and self._is_said(claim, verb, more=more):
            return frozenset({OK})
        if request.state != "claim" or claim is None:
            return frozenset({CONFLICT})
        turn = "distributor" if claim.state == "offered" else "platform"
        is_turn = {
            "offer": more["by"] == "platform",
            "counter": more["by"] == "distributor" and claim.state == "offered",
            "agree": more["by"] == turn,
            "rule": more["by"] == "platform",
        }
        if not is_turn[verb]:
            return frozenset({CONFLICT})
        fits = 0 <= more.get("amount", 0) <= claim.at_most and not (more.get("bps") and request.is_own)
        return frozenset({OK if fits else INVALID})

    def _is_said(self, claim: Claim, verb: str, *, more: dict[str, Any]) -> bool:
        """Whether a counter-demand or an agreement only says again what was said."""
        if verb == "agree":
            return claim.settled_by == "agreed"
        is_counter = verb == "counter" and more["by"] == "distributor"
        return is_counter and claim.offer is not None and (claim.state, claim.demand) == ("demanded", more["amount"])

    def stage_of(self: "Auditor", order: Kept, *, kind: str, pieces: dict[int, int]) -> str:
        """Which part of its life an order is in for these pieces: those not sent yet are meant first."""
        if order.state in ("received", "completed"):
            return "received"
        if order.state not in ("confirmed", "partly_shipped", "shipped"):
            return ""
        fits = all(qty <= self.askable(order, number, is_sent=False) for number, qty in pieces.items())
        was_sent = any(order.lines[number].shipped for number in pieces)
        return "before_shipping" if (kind == "refund" and fits) or not was_sent else "shipped"

    def askable(self, order: Kept, number: int, *, is_sent: bool) -> int:
        """Pieces of a line that no open request speaks of, of those sent or of the others."""
        line = order.lines[number]
        asked = sum(
            request.unsettled(number)
            for request in order.requests.values()
            if request.state in OPEN and number in request.pieces and (request.stage != "before_shipping") == is_sent
        )
        return (line.shipped - line.back_qty if is_sent else line.open) - asked

    def rule_for(self, stage: str, *, is_own: bool, kind: str, reason: str) -> Rule:
        """The row of the table in force: the operator's for this reason, the delivered one, the operator's for any."""
        own = self.table.get((stage, is_own, kind, reason))
        if own is not None:
            return own
        is_singled_out = reason == "changed_mind" and (stage, kind) in SINGLED_OUT
        any_reason = None if is_singled_out else self.table.get((stage, is_own, kind, ""))
        return any_reason or delivered(stage, is_own=is_own, kind=kind, reason=reason)

    def takes_request(self, order: Kept, verb: str, *, name: str, more: dict[str, Any]) -> bool:
        """Whether a deed that is answered `ok` changes anything."""
        request: Request | None = order.requests.get(name)
        if verb == "ask" or request is None:
            return request is None
        if verb == "withdraw":
            return request.state != "withdrawn"
        if verb == "send_back":
            is_there = request.state in ("returning", "claim", "resending", "done")
            return not (is_there and request.parcel == more["parcel"])
        if verb == "resend":
            return not (request.state == "done" and request.resent == more["parcel"])
        if verb in ("counter", "agree") and request.claim is not None:
            return not self._is_said(request.claim, verb, more=more)
        if verb == "silence":
            return request.state == "claim"
        if verb == "overtime":
            return request.state in ("waiting_return", "returning")
        return True

    # --- doing ---

    def do_request(self: "Auditor", order: Kept, verb: str, *, name: str, more: dict[str, Any]) -> None:
        """Change the books by a deed on a request that takes effect."""
        if verb == "ask":
            self._ask(order, name=name, more=more)
            return
        request: Request = order.requests[name]
        if verb == "approve":
            self._way(order, request)
        elif verb in ("turn_down", "withdraw"):
            request.state = "refused" if verb == "turn_down" else "withdrawn"
            if request.claim is not None:
                request.claim.state = "dropped"
        elif verb == "send_back":
            request.state, request.parcel = "returning", more["parcel"]
        elif verb == "inspect":
            self._inspect(order, request, counted=more["counted"])
        elif verb in ("not_back", "overtime"):
            self._not_back(order, request, is_platform=verb == "not_back" and more["by"] == "platform")
        elif verb == "resend":
            for number, qty in request.pieces.items():
                self.articles[order.lines[number].sku].pools[SHARED].on_hand -= qty
            request.state, request.resent = "done", more["parcel"]
        else:
            self._negotiate(order, request, verb, more=more)

    def _ask(self: "Auditor", order: Kept, *, name: str, more: dict[str, Any]) -> None:
        pieces = dict(sorted(more["pieces"].items()))
        line = order.lines[next(iter(pieces))]
        stage = self.stage_of(order, kind=more["kind"], pieces=pieces)
        request = Request(
            content=more["content"],
            kind=more["kind"],
            stage=stage,
            rule=self.rule_for(stage, is_own=line.is_own, kind=more["kind"], reason=more["reason"]),
            supplier=line.supplier,
            is_own=line.is_own,
            pieces=pieces,
            refund_no=f"AS{more['id']}" if more.get("id") else name,
            amount=sum(order.lines[number].agreed * qty for number, qty in pieces.items()),
            demand=more.get("demand"),
        )
        order.requests[name] = request
        if more.get("is_agreed", True):
            self._way(order, request)

    def _way(self: "Auditor", order: Kept, request: Request) -> None:
        rule = request.rule
        request.state = "done"
        if request.stage == "before_shipping":
            before = order.refunded
            self.refund_unsent(order, pieces=request.pieces, name=request.refund_no)
            request.refunded = order.refunded - before
            for number, qty in request.pieces.items():
                request.settled[number], request.paid[number] = qty, order.lines[number].agreed * qty
            return
        if rule.returns == "always" and not rule.waits:
            self._pay_whole(order, request, pieces=request.pieces)
        if rule.stock != "none":
            request.state = "waiting_return"
        elif rule.returns == "claim":
            self._open_claim(order, request)
        elif request.kind in ("exchange", "reship"):
            request.state = "resending"

    def _inspect(self: "Auditor", order: Kept, request: Request, *, counted: dict[int, tuple[int, int]]) -> None:
        back: dict[int, int] = {}
        for number, (good, bad) in counted.items():
            request.counted[number] = (good, bad, request.pieces[number] - good - bad)
            back[number] = good + bad
            if request.rule.stock == "back":
                self.articles[order.lines[number].sku].pools[SHARED].on_hand += good
        if request.rule.returns == "always" and request.rule.waits:
            self._pay_whole(order, request, pieces={number: qty for number, qty in back.items() if qty})
        self._after_return(order, request)

    def _not_back(self: "Auditor", order: Kept, request: Request, *, is_platform: bool) -> None:
        for number, qty in request.pieces.items():
            request.counted[number] = (0, 0, qty)
        if request.kind in ("exchange", "return") and not is_platform:
            request.state = "withdrawn"
        else:
            self._after_return(order, request)

    def _after_return(self: "Auditor", order: Kept, request: Request) -> None:
        rule = request.rule
        is_missing = any(missing for _, _, missing in request.counted.values())
        if request.kind in ("exchange", "reship"):
            request.state = "resending"
        elif rule.returns == "claim" or (rule.returns == "always" and rule.waits and is_missing):
            self._open_claim(order, request)
        else:
            request.state = "done"

    def _open_claim(self, order: Kept, request: Request) -> None:
        at_most = sum(order.lines[number].agreed * request.unsettled(number) for number in request.pieces)
        demand = at_most if request.demand is None else min(request.demand, at_most)
        request.claim = Claim(at_most=at_most, demand=demand, bps=10_000 if request.rule.bears else 0)
        request.state = "claim"

    def _negotiate(self: "Auditor", order: Kept, request: Request, verb: str, *, more: dict[str, Any]) -> None:
        claim = request.claim
        if claim is None:
            raise AssertionError(f"{request} has no claim")
        if verb == "offer":
            claim.state, claim.offer = "offered", more["amount"]
            claim.bps = claim.bps if more.get("bps") is None else more["bps"]
        elif verb == "counter":
            claim.state, claim.demand = "demanded", more["amount"]
        elif verb == "rule":
            claim.bps = more["bps"]
            self._settle(order, request, claim=claim, amount=more["amount"], how="ruled")
        else:
            last = claim.offer if claim.state == "offered" else claim.demand
            how = "agreed" if verb == "agree" else "silence"
            self._settle(order, request, claim=claim, amount=last or 0, how=how)

    def _settle(self: "Auditor", order: Kept, request: Request, *, claim: Claim, amount: int, how: str) -> None:
        request.state = "done"
        claim.state, claim.settled, claim.settled_by = "settled", amount, how
        before = request.supplier_fen
        if amount:
            lines = [number for number in request.pieces if request.unsettled(number)]
            weights = [order.lines[number].agreed * request.unsettled(number) for number in lines]
            shares = split_by_weight(amount, weights)
            amounts = {n: (request.unsettled(n), fen) for n, fen in zip(lines, shares, strict=True)}
            self._pay(order, request, amounts=amounts, bps=claim.bps, name=f"{request.refund_no}-C")
        claim.settled_supplier = request.supplier_fen - before

    def _pay_whole(self: "Auditor", order: Kept, request: Request, *, pieces: dict[int, int]) -> None:
        amounts = {number: (qty, order.lines[number].agreed * qty) for number, qty in pieces.items()}
        if amounts:
            bps = 10_000 if request.rule.bears else 0
            self._pay(order, request, amounts=amounts, bps=bps, name=request.refund_no)

    def _pay(
        self: "Auditor", order: Kept, request: Request, *, amounts: dict[int, tuple[int, int]], bps: int, name: str
    ) -> None:
        """Give money back for sent pieces and lessen, line by line, what supplier, fee and platform have of them."""
        supplier = fee = 0
        for number, (qty, amount) in amounts.items():
            his, fees = shares_of(order.lines[number], qty=qty, amount=amount, bps=bps)
            line = order.lines[number]
            line.back_qty, line.back = line.back_qty + qty, line.back + amount
            line.back_supplier, line.back_fee = line.back_supplier + his, line.back_fee + fees
            supplier, fee = supplier + his, fee + fees
            request.settled[number] = request.settled.get(number, 0) + qty
            request.paid[number] = request.paid.get(number, 0) + amount
        freight = self._freight_back(order, request)
        his_freight = freight if request.rule.freight == "shipper" and not request.is_own else 0
        total = sum(amount for _, amount in amounts.values()) + freight
        self.give_back(order, total, name=name)
        request.refunded += total
        request.supplier_fen += supplier + his_freight
        if order.state == "completed":
            self.unearn(order, request.supplier, supplier_fen=supplier + his_freight, fee=fee, total=total)

    def _freight_back(self, order: Kept, request: Request) -> int:
        """Freight comes back with the last fen of a shipper's goods, where the table gives it back at all."""
        lines, part = order.of(request.supplier), order.freights.get(request.supplier)
        given = sum(line.back + line.agreed * line.refunded for line in lines)
        if part is None or part.is_back or not request.rule.freight:
            return 0
        if given != sum(line.agreed * line.qty for line in lines):
            return 0
        part.back, part.is_back = part.amount, part.amount > 0
        part.back_supplier = part.amount if request.rule.freight == "shipper" and not request.is_own else 0
        return part.amount
