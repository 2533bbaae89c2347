"""The auditor: what prepaid money, stock and orders must be, in plain Python that shares no code with the product."""

from tests.sim.records import SHARED, Article, Kept, Party, Piece, Pool

OK = "ok"
CONFLICT = "state_conflict"
Verdict = frozenset[str]
PAID = ("confirmed", "partly_shipped", "shipped", "received", "completed")


def fee_of(supply_price: int, *, rate_bps: int) -> int:
    """The service fee of one piece: half a fen goes up."""
    return (supply_price * rate_bps * 2 + 10_000) // 20_000


class Auditor:
    """Judging says what may be answered, doing changes the books; what was answered `ok` is done once."""

    def __init__(self) -> None:
        self.parties: dict[str, Party] = {}
        self.articles: dict[str, Article] = {}
        self.orders: dict[tuple[str, str], Kept] = {}
        self.payable: dict[str, int] = {}
        self.goods_income = 0
        self.fee_income = 0
        self.causes: set[str] = set()

    # --- placing ---

    def pool_of(self, article: Article, *, party: Party) -> Pool | None:
        """The pool set apart for a distributor: his own before his tier's."""
        for pool in article.pools.values():
            if pool.distributor == party.number:
                return pool
        return next((pool for pool in article.pools.values() if pool.tier == party.tier), None)

    def sellable(self, sku: str, *, party: str) -> int:
        """Pieces a distributor may take now: his pool less its buffer, plus the shared pool, within his cap."""
        article = self.articles[sku]
        own = self.pool_of(article, party=self.parties[party])
        shared = article.pools[SHARED].available
        if own is None:
            return shared
        pieces = max(0, own.available - own.buffer) + shared
        return pieces if own.cap is None else max(0, min(pieces, own.cap - own.taken))

    def price(self, sku: str, *, party: str) -> int:
        """The agreed price of one piece in fen."""
        article = self.articles[sku]
        return article.supply_price + fee_of(article.supply_price, rate_bps=self.parties[party].fee_rate_bps)

    def judge_place(
        self, party: str, *, number: str, content: object, lines: list[tuple[str, int, int | None]]
    ) -> Verdict:
        """What a submit may be answered; lines are SKU, pieces, and the price expected or None."""
        earlier = self.orders.get((party, number))
        if earlier is not None:
            return frozenset({OK if earlier.content == content else "number_reused_with_other_content"})
        faults: set[str] = set()
        wanted: dict[str, int] = {}
        for sku, qty, expected in lines:
            if sku not in self.articles:
                faults |= {"not_found", "validation_failed", "product_delisted"}
                continue
            wanted[sku] = wanted.get(sku, 0) + qty
            if expected not in (None, self.price(sku, party=party)):
                faults.add("price_changed")
        for sku, qty in wanted.items():
            if qty < self.articles[sku].min_quantity:
                faults.add("below_min_quantity")
            if qty > self.sellable(sku, party=party):
                faults.add("insufficient_stock")
        total = sum(self.price(sku, party=party) * qty for sku, qty in wanted.items())
        if self.parties[party].policy == "hold" and total > self.parties[party].available - self.waiting(party):
            faults.add("insufficient_balance")
        return frozenset(faults or {OK})

    def place(
        self,
        party: str,
        *,
        number: str,
        content: object,
        mode: str,
        lines: list[tuple[str, int]],
        is_funded: bool | None = None,
    ) -> Kept:
        """Take stock and money for a new order. Under `check` a direct order may wait; `is_funded` None works it out."""
        buyer = self.parties[party]
        pieces = {n: self._piece(sku, qty, buyer=buyer) for n, (sku, qty) in enumerate(lines, start=1)}
        order = Kept(party=party, number=number, content=content, state="held", lines=pieces, place=len(self.orders))
        self.orders[(party, number)] = order
        if buyer.policy == "hold":
            order.held = order.total
            buyer.held += order.total
        if mode == "direct":
            self.capture(order, is_funded=is_funded)
        return order

    def _piece(self, sku: str, qty: int, *, buyer: Party) -> Piece:
        article = self.articles[sku]
        takes: dict[str, int] = {}
        own = self.pool_of(article, party=buyer)
        for name, pool in article.pools.items():
            if pool is own:
                takes[name] = max(0, min(qty, pool.available - pool.buffer))
                pool.taken += qty
        takes[SHARED] = qty - sum(takes.values())
        for name, pieces in takes.items():
            article.pools[name].reserved += pieces
        return Piece(
            sku=sku,
            qty=qty,
            supplier=article.supplier,
            supplier_price=article.supplier_price,
            supply_price=article.supply_price,
            fee=fee_of(article.supply_price, rate_bps=buyer.fee_rate_bps),
            takes=takes,
        )

    def _leave(self, line: Piece, qty: int, *, is_shipped: bool, buyer: Party) -> None:
        """Pieces stop being reserved: shipped they are no longer on hand, else they go back to their pools."""
        article = self.articles[line.sku]
        pools_used = [name for name in sorted(line.takes, reverse=True) if line.takes[name]]
        if len(pools_used) > 1 and qty < sum(line.takes.values()):
            # Which pieces of a line from two pools leave first is nobody's promise.
            line.is_sure = False
        article.split_known = article.split_known and line.is_sure
        left = qty
        for name in pools_used:
            part = min(left, line.takes[name])
            line.takes[name] -= part
            article.pools[name].reserved -= part
            article.pools[name].on_hand -= part if is_shipped else 0
            left -= part
        own = self.pool_of(article, party=buyer)
        if own is not None and not is_shipped:
            own.taken -= qty

    # --- an order's life: judging looks at the order alone, doing changes all books ---

    def judge(self, order: Kept, verb: str, *, pieces: dict[int, int] | None = None, name: str = "") -> Verdict:
        """What a verb on an order may be answered; `name` is a tracking or refund number."""
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
        return _verdict(is_fine=True) if fits else frozenset({"validation_failed", CONFLICT})

    def _is_done(self, order: Kept, verb: str, *, pieces: dict[int, int] | None, name: str) -> bool:
        """A refund number is used once per order, a tracking number once per order and shipper."""
        if verb == "refund":
            return name in order.refunds
        return (self._shipper(order, pieces), name) in order.parcels

    def _judge_repeat(self, order: Kept, verb: str, *, pieces: dict[int, int], name: str) -> Verdict:
        """A refund number stands for its amount: asked for with another it is refused."""
        if verb == "ship" or pieces == order.refunded_as[name]:
            return _verdict(is_fine=True)
        amount = sum(order.lines[number].agreed * qty for number, qty in pieces.items() if number in order.lines)
        other: Verdict = frozenset({"number_reused_with_other_content"})
        return other | {OK} if not pieces or amount == order.refunds[name] else other

    def _shipper(self, order: Kept, pieces: dict[int, int] | None) -> str:
        first = min(pieces or order.lines)
        return order.lines[first].supplier if first in order.lines else ""

    def takes_effect(self, order: Kept, verb: str, *, pieces: dict[int, int] | None = None, name: str = "") -> bool:
        """Whether a verb answered `ok` changes anything, or only repeats what was done."""
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
    ) -> None:
        """Change the books by a verb that takes effect."""
        if verb == "confirm":
            self.capture(order, is_funded=is_funded)
        elif verb in ("cancel", "expire"):
            self._close(order, state="cancelled" if verb == "cancel" else "expired")
        elif verb == "ship":
            self._ship(order, pieces=pieces or self.unshipped(order), name=name)
        elif verb == "refund":
            self._refund(order, pieces=pieces or self.unshipped(order), name=name)
        elif verb == "receive":
            order.state = "received"
        else:
            self._complete(order)

    def capture(self, order: Kept, *, is_funded: bool | None = None) -> None:
        """Draw the money, or let the order wait for it."""
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
        buyer = self.parties[order.party]
        buyer.held -= order.held
        order.held = 0
        for line in order.lines.values():
            self._leave(line, line.qty, is_shipped=False, buyer=buyer)
        order.state = state

    def _ship(self, order: Kept, *, pieces: dict[int, int], name: str) -> None:
        order.parcels.add((self._shipper(order, pieces), name))
        for number, qty in pieces.items():
            order.lines[number].shipped += qty
            self._leave(order.lines[number], qty, is_shipped=True, buyer=self.parties[order.party])
        order.state = _state_of(order)

    def _refund(self, order: Kept, *, pieces: dict[int, int], name: str) -> None:
        amount = 0
        for number, qty in pieces.items():
            line = order.lines[number]
            line.refunded += qty
            amount += line.agreed * qty
            self._leave(line, qty, is_shipped=False, buyer=self.parties[order.party])
        order.state = _state_of(order)
        if order.state == "refunded":
            # Freight goes back with the last piece of an order of which nothing was shipped.
            amount += order.freight
        order.refunds[name] = amount
        order.refunded_as[name] = dict(pieces)
        order.refunded += amount
        self.parties[order.party].balance += amount

    def unshipped(self, order: Kept) -> dict[int, int]:
        """Pieces by line that were neither shipped nor refunded."""
        return {number: line.open for number, line in order.lines.items() if line.open}

    def _complete(self, order: Kept) -> None:
        """What was drawn and not refunded is earned: the supplier's price and freight by him, margin and fee by us."""
        for line in order.lines.values():
            owed = 0 if self.articles[line.sku].is_own else line.supplier_price * line.shipped
            self._owe(line.supplier, owed)
            self.goods_income += line.supply_price * line.shipped - owed
            self.fee_income += line.fee * line.shipped
        first = order.lines[1]
        if self.articles[first.sku].is_own:
            self.goods_income += order.freight
        else:
            self._owe(first.supplier, order.freight)
        order.state = "completed"

    def _owe(self, supplier: str, amount: int) -> None:
        self.payable[supplier] = self.payable.get(supplier, 0) + amount

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
            if not 0 <= order.refunded <= order.drawn or any(line.open < 0 for line in order.lines.values()):
                found.append(f"{order.number} gave back or shipped too much: {order}")
        return found


def _verdict(is_fine: bool, *, is_open: bool = False) -> Verdict:
    return frozenset({OK, CONFLICT}) if is_open else frozenset({OK if is_fine else CONFLICT})


def _state_of(order: Kept) -> str:
    shipped = sum(line.shipped for line in order.lines.values())
    left = sum(line.open for line in order.lines.values())
    if left:
        return "partly_shipped" if shipped else "confirmed"
    return "shipped" if shipped else "refunded"
