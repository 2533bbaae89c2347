"""Choose what to do next, by a seed alone: mostly sensible, often hostile."""

import random
from collections.abc import Callable

import msgspec

from entrepot_sdk import Consignee, NewLine, NewOrder
from tests.sim.deeds import Deed
from tests.sim.judge import Judge
from tests.sim.papers import Papers
from tests.sim.records import Kept
from tests.sim.tariff import fee_of
from tests.sim.wishes import DRAWN, WAYS, Wishes

PLACES = [
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("广东省", "深圳市", "南山区", "科技园路"),
    ("四川省", "成都市", "武侯区", "天府大道"),
]
FUNDS_LEAST, FUNDS_TOPPED = 3, 20
STOCK_LEAST, STOCK_FILLED = 6, 60


class Generator(Wishes, Papers):
    """Deeds for one simulation; the n-th round draws from its own chance, so that a round can be repeated."""

    def __init__(self, judge: Judge, *, seed: str, run: str) -> None:
        self.judge = judge
        self.auditor = judge.auditor
        self._seed = seed
        self._run = run
        self._count = 0
        self.rng = random.Random(f"{seed}:start")
        self.parties = sorted(self.auditor.parties)
        self.skus = sorted(self.auditor.articles)
        self.run_days = self.auditor.first_run_days

    def begin(self, number: int) -> None:
        """Start a round."""
        self.rng = random.Random(f"{self._seed}:{number}")

    def name(self, kind: str) -> str:
        """A name that nothing in this run had before."""
        self._count += 1
        return f"{kind}-{self._run}-{self._count}"

    # --- orders ---

    def new_order(self, *, number: str = "", hold_minutes: int | None = None, mode: str = "") -> NewOrder:
        """An order of one to three lines, two of them sometimes of one SKU."""
        rng = self.rng
        lines = [self._line(rng.choice(self.skus)) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        if rng.random() < 0.15:
            lines.append(self._line(lines[0].sku))
        province, city, district, street = rng.choices(PLACES, (4, 4, 1))[0]
        consignee = Consignee(
            name=rng.choice("赵钱孙李周吴郑王") + rng.choice("小明丽华强"),
            phone=f"139{rng.randrange(10**8):08d}",
            province=province,
            city=city,
            district=district,
            address=f"{street} {rng.randrange(1, 999)} 号",
        )
        order = NewOrder(
            out_order_no=number or self.name("M"),
            lines=lines,
            consignee=consignee,
            mode=mode or rng.choice(("hold", "hold", "direct")),
        )
        if hold_minutes is not None:
            order.hold_minutes = hold_minutes
        elif order.mode == "hold" and rng.random() < 0.2:
            order.hold_minutes = rng.choice((30, 60))
        return order

    def _line(self, sku: str) -> NewLine:
        least = self.auditor.articles[sku].min_quantity
        return NewLine(sku=sku, qty=least + self.rng.choice((0, 0, 0, 1, 2)))

    def place(self, party: str = "", *, order: NewOrder | None = None) -> Deed:
        """A submit, now and then with a fault of its own."""
        party = party or self.rng.choice(self.parties)
        made = order or self.new_order()
        return Deed(verb="place", party=party, number=made.out_order_no, orders=[made])

    def _faulty(self) -> Deed:
        deed = self.place()
        line = deed.orders[0].lines[0]
        fault = self.rng.randrange(5)
        if fault == 0:
            line.qty += 10_000
        elif fault == 1:
            line.sku = "NO-SUCH-SKU"
        elif fault == 2 and self.auditor.articles[line.sku].min_quantity > 1:
            deed.orders[0].lines = [line]
            line.qty = self.auditor.articles[line.sku].min_quantity - 1
        elif fault == 3:
            line.expected_price = self.auditor.price(line.sku, party=deed.party)
        else:
            line.expected_price = self.auditor.price(line.sku, party=deed.party) + self.rng.choice((-1, 1))
        return deed

    def _at_the_old_price(self) -> Deed | None:
        """An order at a price from before an announced change, which may still be honoured."""
        deed = self.place()
        for line in deed.orders[0].lines:
            article = self.auditor.articles[line.sku]
            rates = [bps for bps in self.auditor.rates_of(line.sku, party=deed.party) if bps is not None]
            supply_price = article.supply_price if article.old is None else article.old[1]
            line.expected_price = supply_price + fee_of(supply_price, rate_bps=self.rng.choice(rates))
        return deed

    def _preview(self) -> Deed:
        deed = self.rng.choice((self.place, self._faulty))()
        deed.verb = "preview"
        return deed

    def _batch(self) -> Deed:
        orders = [self.new_order() for _ in range(self.rng.randrange(2, 7))]
        if self.rng.random() < 0.2:
            orders.append(msgspec.convert(msgspec.to_builtins(orders[0]), type=NewOrder))
        return Deed(
            verb="batch",
            party=self.rng.choice(self.parties),
            orders=orders,
            is_atomic=self.rng.random() < 0.5,
            name=self.name("B"),
        )

    def repeat(self, deed: Deed) -> Deed:
        """The same submit again: the same content, or another remark, or other content."""
        order = msgspec.convert(msgspec.to_builtins(deed.orders[0]), type=NewOrder)
        change = self.rng.random()
        if change < 0.25:
            order.remark = "再发一次"
        elif change < 0.5:
            order.lines[-1].qty += 1
        elif change < 0.6:
            order.consignee.address += " 2 楼"
        return Deed(verb="place", party=deed.party, number=order.out_order_no, orders=[order])

    # --- what becomes of orders ---

    def some(self, alive: list[Kept], *states: str) -> Kept | None:
        """An order in one of these states."""
        fitting = [order for order in alive if order.state in states]
        return self.rng.choice(fitting) if fitting else None

    def verb(self, verb: str, kept: Kept) -> Deed:
        """A verb on an order, with pieces and a name where it needs them."""
        key = (kept.party, kept.number)
        deed = Deed(verb=verb, party=kept.party, number=kept.number, order_id=self.judge.ids[key])
        if verb == "ship":
            deed.pieces = self._parcel(kept)
            deed.name = self._repeated({number for _, number in kept.parcels}) or self.name("T")
        elif verb == "refund":
            deed.pieces = self._some_pieces(kept)
            deed.name = self._repeated(set(kept.refunds)) or self.name("R")
        return deed

    def _repeated(self, names: set[str]) -> str:
        return self.rng.choice(sorted(names)) if names and self.rng.random() < 0.25 else ""

    def _parcel(self, kept: Kept) -> dict[int, int]:
        """Pieces of one shipper's lines; now and then one too many."""
        shipper = kept.lines[self.rng.choice(sorted(kept.lines))].supplier
        lines = {n: line for n, line in kept.lines.items() if line.supplier == shipper}
        return self._pieces({n: line.open for n, line in lines.items()}) or {min(lines): 1}

    def _some_pieces(self, kept: Kept) -> dict[int, int]:
        """Unshipped pieces; {} stands for all of them."""
        if self.rng.random() < 0.3:
            return {}
        return self._pieces({n: line.open for n, line in kept.lines.items()}) or {min(kept.lines): 1}

    def _pieces(self, left: dict[int, int]) -> dict[int, int]:
        chosen = {n: self.rng.randint(1, qty) for n, qty in left.items() if qty and self.rng.random() < 0.8}
        if chosen and self.rng.random() < 0.07:
            number = self.rng.choice(sorted(chosen))
            chosen[number] = left[number] + 1
        return chosen

    # --- money and stock ---

    def supplies(self) -> list[Deed]:
        """Top-ups and restocks where it has become short."""
        deeds = []
        for party in self.parties:
            dearest = max(self.auditor.price(sku, party=party) for sku in self.skus)
            if self.auditor.parties[party].available < FUNDS_LEAST * dearest and self.rng.random() < 0.7:
                amount = self.rng.randint(FUNDS_LEAST, FUNDS_TOPPED) * dearest + self.rng.randrange(100)
                deeds.append(Deed(verb="credit", party=party, amount=amount, name=self.name("C")))
        for sku in self.skus:
            if self.auditor.articles[sku].available < STOCK_LEAST and self.rng.random() < 0.7:
                qty = self.rng.randint(STOCK_LEAST, STOCK_FILLED)
                deeds.append(Deed(verb="restock", sku=sku, amount=qty, name=self.name("S")))
        return deeds

    def drains(self) -> list[Deed]:
        """Whatever would make the start of a simulation too comfortable is taken away."""
        deeds = []
        for party in self.parties:
            dearest = max(self.auditor.price(sku, party=party) for sku in self.skus)
            surplus = self.auditor.parties[party].available - FUNDS_TOPPED * dearest
            if surplus > 0:
                deeds.append(Deed(verb="credit", party=party, amount=-surplus, name=self.name("C")))
        for sku in self.skus:
            surplus = self.auditor.articles[sku].pools[""].available - STOCK_FILLED
            if surplus > 0:
                deeds.append(Deed(verb="restock", sku=sku, amount=-surplus, name=self.name("S")))
        return deeds

    def _overdraw(self) -> Deed:
        party = self.rng.choice(self.parties)
        amount = -self.auditor.parties[party].available - self.rng.randint(1, 100)
        return Deed(verb="credit", party=party, amount=amount, name=self.name("C"))

    def _clear_out(self) -> Deed:
        sku = self.rng.choice(self.skus)
        amount = -self.auditor.articles[sku].pools[""].available - 1
        return Deed(verb="restock", sku=sku, amount=amount, name=self.name("S"))

    def _again(self, deeds: list[Deed]) -> Deed | None:
        done = [deed for deed in deeds if deed.verb in ("credit", "restock") and deed.code == "ok"]
        if not done:
            return None
        deed = self.rng.choice(done)
        return Deed(verb=deed.verb, party=deed.party, sku=deed.sku, amount=deed.amount, name=deed.name)

    def _foreign(self, alive: list[Kept]) -> Deed | None:
        if not alive or len(self.parties) < 2:
            return None
        kept = self.rng.choice(alive)
        other = self.rng.choice([party for party in self.parties if party != kept.party])
        verb = self.rng.choice(("confirm", "cancel", "receive"))
        return Deed(verb="foreign", party=other, name=verb, order_id=self.judge.ids[(kept.party, kept.number)])

    def _ask_about(self, alive: list[Kept]) -> Deed | None:
        kept = self.some(alive, *(DRAWN if self.rng.random() < 0.95 else ANY))
        return self.ask(kept) if kept else None

    # --- a step, a burst ---

    def step(self, alive: list[Kept], *, history: list[Deed]) -> Deed:
        """The next single deed."""
        submits = [deed for deed in history if deed.verb == "place" and deed.code == "ok"]

        def on(verb: str, *states: str) -> Callable[[], Deed | None]:
            def choose() -> Deed | None:
                # One in eight tries an order in any state, which the service must refuse or repeat.
                kept = self.some(alive, *states) if self.rng.random() < 0.88 else self.some(alive, *ANY)
                return self.verb(verb, kept) if kept else None

            return choose

        options: list[tuple[int, Callable[[], Deed | None]]] = [
            (26, self.place),
            (5, self._faulty),
            (3, self._preview),
            (4, self._batch),
            (6, lambda: self.repeat(self.rng.choice(submits)) if submits else None),
            (14, on("confirm", "held")),
            (6, on("cancel", "held", "awaiting_funds")),
            (18, on("ship", "confirmed", "partly_shipped")),
            (6, on("refund", "confirmed", "partly_shipped")),
            (14, on("receive", "shipped")),
            (12, on("complete", "received")),
            (2, self._overdraw),
            (2, self._clear_out),
            (2, lambda: self._again(history)),
            (2, lambda: self._foreign(alive)),
            (3, self._at_the_old_price),
            (14, lambda: self._ask_about(alive)),
            (24, lambda: self.go_on(alive)),
            (14, lambda: self.word(alive)),
            (10, self.paper),
            (1, self.payout),
            (4, self.term),
        ]
        while True:
            (choose,) = self.rng.choices([option for _, option in options], [weight for weight, _ in options])
            deed = choose()
            if deed is not None:
                return deed

    def burst(self, alive: list[Kept], *, size: int) -> list[Deed]:
        """Deeds to do at once: crowds on one SKU and one purse, the same number from many hands, verbs that race."""
        rng = self.rng
        deeds = [deed for deed in self.supplies() if rng.random() < 0.5]
        while len(deeds) < size:
            kind = rng.randrange(8)
            if kind <= 1:
                deeds += [self.place() for _ in range(rng.randrange(4, 12))]
            elif kind == 2:
                first = self.place()
                same = [self.repeat(first) if rng.random() < 0.4 else self.place(first.party, order=first.orders[0])]
                same += [self.place(first.party, order=first.orders[0]) for _ in range(rng.randrange(1, 6))]
                deeds += [first, *same]
            elif kind == 3:
                deeds.append(self._batch())
            else:
                deeds += self._race(alive)
        rng.shuffle(deeds)
        return deeds

    def _race(self, alive: list[Kept]) -> list[Deed]:
        """Two to four verbs on one order at once."""
        pairs = [
            (("held", "awaiting_funds"), ("confirm", "cancel")),
            (("held",), ("confirm", "confirm", "cancel")),
            (("held",), ("confirm", "ship", "cancel")),
            (("confirmed", "partly_shipped"), ("ship", "refund", "refund")),
            (("confirmed", "partly_shipped"), ("refund", "refund")),
            (("shipped",), ("receive", "complete", "receive")),
            (("received",), ("complete", "complete")),
            (("confirmed", "partly_shipped"), ("ship", "word", "word")),
            (("confirmed", "partly_shipped"), ("ask", "ask", "refund")),
            (("confirmed", "partly_shipped"), ("ask", "ship", "again")),
            (("shipped", "received", "completed"), ("ask", "ask")),
            (("received",), ("complete", "ask", "again")),
            (DRAWN, ("go on", "go on")),
            (DRAWN, ("go on", "go on", "go on")),
            (("received",), ("complete", "go on")),
        ]
        states, verbs = self.rng.choice(pairs)
        if "go on" in verbs:
            return self._race_on_request(alive, states, verbs=verbs)
        kept = self.some(alive, *states)
        if kept is None:
            return []
        # An order races once per burst: how its verbs may be ordered is searched through.
        alive.remove(kept)
        deeds: list[Deed] = []
        for verb in verbs:
            if verb == "ask":
                deeds.append(self.ask(kept))
            elif verb == "again":
                deeds += [self._deed("ask", kept, name=d.name, more=dict(d.more)) for d in deeds if d.verb == "ask"][:1]
            elif verb == "word":
                deeds += self._racing_word(kept)
            else:
                deeds.append(self.verb(verb, kept))
        return deeds

    def _racing_word(self, kept: Kept) -> list[Deed]:
        """A word that hangs on no stock, so that it may be said in any order with others."""
        deed = self.word([kept])
        if deed is None or deed.verb in ("reroute", "overdue"):
            return []
        is_rerouting = self.auditor.suppliers[deed.more["supplier"]].policy == "reroute"
        return [] if deed.verb == "decline" and is_rerouting else [deed]

    def _race_on_request(self, alive: list[Kept], states: tuple[str, ...], *, verbs: tuple[str, ...]) -> list[Deed]:
        """Several hands on one request, or on it and on its order."""
        found = [(kept, name) for kept, name in self.open_requests(alive) if kept.state in states]
        if not found:
            return []
        kept, name = self.rng.choice(found)
        alive.remove(kept)
        ways = [way for way in WAYS[kept.requests[name].state] if way[1] != "system"]
        deeds = []
        for verb in verbs:
            if verb == "go on":
                ((way, by, _),) = self.rng.choices(ways, [weight for _, _, weight in ways])
                deeds.append(self.on_request(kept, name, verb=way, by=by))
            else:
                deeds.append(self.verb(verb, kept))
        return deeds


ANY = (
    "held",
    "awaiting_funds",
    "confirmed",
    "partly_shipped",
    "shipped",
    "received",
    "completed",
    "cancelled",
    "refunded",
)
