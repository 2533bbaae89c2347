"""The auditor: what prepaid money, stock and orders must be, in plain Python that shares no code with the product."""

from typing import Any

from tests.sim.accepting import ON_LINES, Accepting
from tests.sim.arranging import Arranging
from tests.sim.placing import OK, Placing, Verdict
from tests.sim.records import SHARED, Article, Kept, Party, Supplier
from tests.sim.returning import ON_REQUESTS, Returning
from tests.sim.settling import Settling
from tests.sim.tariff import fee_of

__all__ = ["CONFLICT", "OK", "Auditor", "Verdict", "fee_of"]

CONFLICT = "state_conflict"
PAID = ("confirmed", "partly_shipped", "shipped", "received", "completed")


class Auditor(Placing, Accepting, Arranging, Returning, Settling):
    """Judging says what may be answered, doing changes the books; what was answered `ok` is done once."""

    def __init__(self) -> None:
        Returning.__init__(self)
        Settling.__init__(self)
        self.parties: dict[str, Party] = {}
        self.suppliers: dict[str, Supplier] = {}
        self.articles: dict[str, Article] = {}
        self.orders: dict[tuple[str, str], Kept] = {}
        self.old_rates: dict[str, int] = {}
        self.causes: set[str] = set()
        self.first_run_days = 10
        self.first_bill = 0

    # --- an order's life: judging looks at the order alone, doing changes all books ---

    def judge(
        self,
        order: Kept,
        verb: str,
        *,
        pieces: dict[int, int] | None = None,
        name: str = "",
        more: dict[str, Any] | None = None,
    ) -> Verdict:
        """What a verb on an order may be answered; `name` is a tracking or refund number."""
        if verb in ON_REQUESTS:
            return self.judge_request(order, verb, name=name, more=more or {})
        if verb in ON_LINES:
            return self.judge_word(order, verb, more=more or {})
        state = order.state
        if verb == "confirm":
            # A refunded order was confirmed once: whether that is "already there" is left open.
            return _verdict(state in ("held", "awaiting_funds", *PAID), is_open=state == "refunded")
        if verb == "cancel":
            return _verdict(state in ("held", "awaiting_funds", "cancelled"), is_open=state == "expired")
        if verb == "receive":
            return _verdict(state in ("shipped", "received", "completed"))
        if verb == "complete":
            return _verdict(state in ("received", "completed"))
        if verb == "expire":
            return _verdict(state == "held")
        if self._is_done(order, verb, pieces=pieces, name=name):
            return self._judge_repeat(order, verb, pieces=pieces or {}, name=name)
        if state not in ("confirmed", "partly_shipped"):
            return _verdict(is_fine=False)
        wanted = pieces or self.unshipped(order)
        fits = all(line in order.lines and 0 < qty <= order.lines[line].open for line, qty in wanted.items())
        if verb == "ship":
            fits = fits and all(order.lines[line].may_ship for line in wanted)
        return _verdict(is_fine=True) if fits else frozenset({"validation_failed", CONFLICT})

    def _is_done(self, order: Kept, verb: str, *, pieces: dict[int, int] | None, name: str) -> bool:
        """A refund number is used once per order, a tracking number once per order and shipper."""
        if verb == "refund":
            return name in order.refunds
        return (self._shipper(order, pieces), name) in order.parcels

    def _judge_repeat(self, order: Kept, verb: str, *, pieces: dict[int, int], name: str) -> Verdict:
        """A refund number stands for its amount: asked for with another it is refused."""
        if verb == "ship" or pieces == order.refunded_as.get(name):
            return _verdict(is_fine=True)
        amount = sum(order.lines[number].agreed * qty for number, qty in pieces.items() if number in order.lines)
        other: Verdict = frozenset({"number_reused_with_other_content"})
        # With freight that came back the amount can be that of other pieces.
        is_open = not pieces or amount == order.refunds[name] or bool(order.freight)
        return other | {OK} if is_open else other

    def _shipper(self, order: Kept, pieces: dict[int, int] | None) -> str:
        first = min(pieces or order.lines)
        return order.lines[first].supplier if first in order.lines else ""

    def takes_effect(
        self,
        order: Kept,
        verb: str,
        *,
        pieces: dict[int, int] | None = None,
        name: str = "",
        more: dict[str, Any] | None = None,
    ) -> bool:
        """Whether a verb answered `ok` changes anything, or only repeats what was done."""
        if verb in ON_REQUESTS:
            return self.takes_request(order, verb, name=name, more=more or {})
        if verb in ON_LINES:
            return self.takes_word(order, verb, more=more or {})
        if verb in ("ship", "refund"):
            return not self._is_done(order, verb, pieces=pieces, name=name)
        before = {
            "confirm": ("held",),
            "expire": ("held",),
            "cancel": ("held", "awaiting_funds"),
            "receive": ("shipped",),
            "complete": ("received",),
        }
        return order.state in before[verb]

    def do(
        self,
        order: Kept,
        verb: str,
        *,
        pieces: dict[int, int] | None = None,
        name: str = "",
        is_funded: bool | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Change the books by a verb that takes effect."""
        if verb in ON_REQUESTS:
            self.do_request(order, verb, name=name, more=more or {})
        elif verb in ON_LINES:
            self.do_word(order, verb, more=more or {})
        elif verb == "confirm":
            self.capture(order, is_funded=is_funded)
        elif verb in ("cancel", "expire"):
            self._close(order, state="cancelled" if verb == "cancel" else "expired")
        elif verb == "ship":
            self._ship(order, pieces=pieces or self.unshipped(order), name=name)
        elif verb == "refund":
            self.refund_unsent(order, pieces=pieces or self.unshipped(order), name=name)
        elif verb == "receive":
            order.state = "received"
        else:
            self.earn(order)
            order.state = "completed"

    def capture(self, order: Kept, *, is_funded: bool | None = None) -> None:
        """Draw the money and ask the shippers who wish to be asked, or let the order wait for it."""
        buyer = self.parties[order.party]
        if is_funded is None:
            is_funded = buyer.policy == "hold" or self.reaches(order, behind=self.waiting(order.party))
        if not is_funded:
            order.state = "awaiting_funds"
            return
        buyer.held -= order.held
        order.held = 0
        buyer.balance -= order.total
        order.drawn = order.total
        order.state = "confirmed"
        for line in order.lines.values():
            line.word = "waiting" if self.suppliers[line.supplier].is_asked else ""

    def reaches(self, order: Kept, *, behind: int = 0) -> bool:
        """Whether the money reaches for an order that is not drawn yet, once those before it have theirs."""
        return self.parties[order.party].available - behind + order.held >= order.total

    def waiting(self, party: str) -> int:
        """What a distributor's orders that wait for funds need together: nobody overtakes them."""
        return sum(o.total for o in self.orders.values() if o.party == party and o.state == "awaiting_funds")

    def first_waiting(self, party: str) -> Kept | None:
        """The oldest order of a distributor that waits for funds."""
        waiting = [o for o in self.orders.values() if o.party == party and o.state == "awaiting_funds"]
        return min(waiting, key=lambda order: order.place, default=None)

    def _close(self, order: Kept, *, state: str) -> None:
        self.parties[order.party].held -= order.held
        order.held = 0
        for line in order.lines.values():
            self.leave(line, line.qty, is_shipped=False)
        order.state = state

    def _ship(self, order: Kept, *, pieces: dict[int, int], name: str) -> None:
        order.parcels.add((self._shipper(order, pieces), name))
        for number, qty in pieces.items():
            order.lines[number].shipped += qty
            self.leave(order.lines[number], qty, is_shipped=True)
        self.settle_state(order)

    def settle_state(self, order: Kept) -> None:
        """Derive the state of a drawn order from what is shipped, refunded and open."""
        shipped = sum(line.shipped for line in order.lines.values())
        if any(line.open for line in order.lines.values()):
            order.state = "partly_shipped" if shipped else "confirmed"
        else:
            order.state = "shipped" if shipped else "refunded"

    def is_given_back(self, order: Kept, supplier: str) -> bool:
        """Whether a shipper has nothing left to send and sent nothing: his freight went back with his last line."""
        return not any(line.shipped or line.open for line in order.of(supplier))

    def refund_unsent(self, order: Kept, *, pieces: dict[int, int], name: str) -> None:
        """Give back pieces that were not sent, and with a shipper's last piece his freight."""
        amount = 0
        before = {supplier for supplier in order.freights if self.is_given_back(order, supplier)}
        for number, qty in pieces.items():
            line = order.lines[number]
            line.refunded += qty
            amount += line.agreed * qty
            self.leave(line, qty, is_shipped=False)
            if line.word and not line.kept:
                line.word = "closed"
        for supplier, part in order.freights.items():
            if supplier not in before and self.is_given_back(order, supplier):
                amount += part.amount
        self.settle_state(order)
        order.refunded_as[name] = dict(pieces)
        self.give_back(order, amount, name=name)

    def give_back(self, order: Kept, amount: int, *, name: str) -> None:
        """Return a part of what was drawn under a refund number."""
        order.refunds[name] = amount
        order.refunded += amount
        self.parties[order.party].balance += amount

    def unshipped(self, order: Kept) -> dict[int, int]:
        """Pieces by line that were neither shipped nor refunded."""
        return {number: line.open for number, line in order.lines.items() if line.open}

    # --- the staff's verbs on money and stock, once per cause ---

    def credit(self, party: str, *, amount: int, cause: str) -> None:
        """Top up, or lessen below 0."""
        if cause not in self.causes:
            self.causes.add(cause)
            self.parties[party].balance += amount

    def restock(self, sku: str, *, qty: int, cause: str) -> None:
        """More pieces in the shared pool, or fewer below 0."""
        if cause not in self.causes:
            self.causes.add(cause)
            self.articles[sku].pools[SHARED].on_hand += qty

    def faults(self) -> list[str]:
        """What can never be, whatever was asked."""
        found = [f"{p.number} passes its credit limit: {p}" for p in self.parties.values() if p.available < 0]
        found += [f"{p.number} holds less than nothing: {p}" for p in self.parties.values() if p.held < 0]
        for article in self.articles.values():
            pools = article.pools.values()
            if article.available < 0 or (article.split_known and any(p.reserved < 0 or p.available < 0 for p in pools)):
                found.append(f"{article.sku} is oversold: {article.pools}")
        for order in self.orders.values():
            is_short = any(line.open < 0 or line.back_qty > line.shipped for line in order.lines.values())
            if not 0 <= order.refunded <= order.drawn or is_short:
                found.append(f"{order.number} gave back or shipped too much: {order}")
        return found


def _verdict(is_fine: bool, *, is_open: bool = False) -> Verdict:
    return frozenset({OK, CONFLICT}) if is_open else frozenset({OK if is_fine else CONFLICT})
