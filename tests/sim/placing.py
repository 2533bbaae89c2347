"""Placing by the auditor's own reckoning: pools, prices, freight, quotas, and what a submit may be answered."""

from typing import TYPE_CHECKING, Any

from tests.sim.records import SHARED, Article, Freight, Kept, Party, Piece
from tests.sim.tariff import Taken, taken_at

if TYPE_CHECKING:
    from tests.sim.model import Auditor

OK = "ok"
Verdict = frozenset[str]
Wanted = tuple[str, int, int | None]


def pieces_of(lines: list[Wanted]) -> dict[str, int]:
    """Pieces by SKU, lines of one SKU together."""
    found: dict[str, int] = {}
    for sku, qty, _ in lines:
        found[sku] = found.get(sku, 0) + qty
    return found


class Placing:
    """The part of the auditor that knows what may be ordered and what it takes."""

    def pool_of(self: "Auditor", article: Article, *, party: Party) -> str:
        """The name of the pool set apart for a distributor: his own before his tier's; empty when there is none."""
        running = {name: pool for name, pool in article.pools.items() if pool.is_open}
        own = [name for name, pool in running.items() if pool.distributor == party.number]
        return next(iter(own + [name for name, pool in running.items() if pool.tier == party.tier]), SHARED)

    def sellable(self: "Auditor", sku: str, *, party: str) -> int:
        """Pieces a distributor may take now: his pool less its buffer, plus the shared pool, within his cap."""
        article = self.articles[sku]
        own = article.pools[self.pool_of(article, party=self.parties[party])]
        shared = article.pools[SHARED].available
        if own is article.pools[SHARED]:
            return shared
        pieces = max(0, own.available - own.buffer) + shared
        return pieces if own.cap is None else max(0, min(pieces, own.cap - own.taken))

    def rates_of(self: "Auditor", sku: str, *, party: str) -> tuple[int, int | None]:
        """The fee rate of some goods for a distributor: his own, else his tier's for these goods, else the tier's; and with
        the last one what it was before, while that is honoured."""
        article, buyer = self.articles[sku], self.parties[party]
        own = article.rates.get(f"distributor {party}", article.rates.get(f"tier {buyer.tier}"))
        return (buyer.fee_rate_bps, self.old_rates.get(buyer.tier)) if own is None else (own, None)

    def taken_price(self: "Auditor", sku: str, *, party: str, expected: int | None = None) -> Taken:
        """What one piece costs a distributor who expects a price, or none."""
        article = self.articles[sku]
        rate_bps, old_rate_bps = self.rates_of(sku, party=party)
        now = (article.supplier_price, article.supply_price)
        return taken_at(now, old=article.old, rate_bps=rate_bps, old_rate_bps=old_rate_bps, expected=expected)

    def price(self: "Auditor", sku: str, *, party: str) -> int:
        """The agreed price of one piece in fen."""
        return self.taken_price(sku, party=party).agreed

    def freights(
        self: "Auditor", party: str, *, lines: list[Wanted], path: tuple[str, ...]
    ) -> tuple[dict[str, int], list[str]]:
        """Freight by shipper, and the SKUs that are not sent there; the lines of a shipper's template go together."""
        groups: dict[tuple[str, str], list[Wanted]] = {}
        found: dict[str, int] = {}
        unserved = []
        for line in lines:
            article = self.articles[line[0]]
            found.setdefault(article.supplier, 0)
            if article.template is not None:
                groups.setdefault((article.supplier, article.template.name), []).append(line)
                if not article.template.zone(path).is_served:
                    unserved.append(line[0])
        for (supplier, _name), wanted in groups.items():
            template = self.articles[wanted[0][0]].template
            if template is not None:
                found[supplier] += template.charge(
                    path,
                    pieces=sum(qty for _, qty, _ in wanted),
                    weight_g=sum(self.articles[sku].weight_g * qty for sku, qty, _ in wanted),
                    amount=sum(self.taken_price(s, party=party, expected=e).agreed * qty for s, qty, e in wanted),
                )
        return found, unserved

    def cost(self: "Auditor", party: str, *, lines: list[Wanted], path: tuple[str, ...] = ()) -> int:
        """What an order draws: agreed prices and freight."""
        goods = sum(self.taken_price(sku, party=party, expected=expected).agreed * qty for sku, qty, expected in lines)
        return goods + sum(self.freights(party, lines=lines, path=path)[0].values())

    def judge_place(
        self: "Auditor",
        party: str,
        *,
        number: str,
        content: object,
        lines: list[Wanted],
        mode: str = "direct",
        path: tuple[str, ...] = (),
    ) -> Verdict:
        """What a submit may be answered; lines are SKU, pieces, and the price expected or None."""
        earlier = self.orders.get((party, number))
        if earlier is not None:
            return frozenset({OK if earlier.content == content else "number_reused_with_other_content"})
        faults = self.plain_faults(party, lines=lines, path=path)
        known = [line for line in lines if line[0] in self.articles]
        wanted = pieces_of(known)
        for sku, qty in wanted.items():
            if qty > self.sellable(sku, party=party) and self.articles[sku].is_listed:
                faults.add("insufficient_stock")
        if mode == "hold" and self.over_quota(party, wanted=wanted):
            faults.add("hold_quota_exceeded")
        if self.parties[party].policy == "hold":
            total = self.cost(party, lines=known, path=path)
            if total > self.parties[party].available - self.waiting(party):
                faults.add("insufficient_balance")
        return frozenset(faults or {OK})

    def plain_faults(self: "Auditor", party: str, *, lines: list[Wanted], path: tuple[str, ...]) -> set[str]:
        """Faults of a submit that hang on neither money nor stock."""
        faults: set[str] = set()
        known = [line for line in lines if line[0] in self.articles]
        if len(known) < len(lines):
            faults |= {"not_found", "validation_failed", "product_delisted"}
        for sku, qty in pieces_of(known).items():
            if not self.articles[sku].is_listed:
                faults.add("product_delisted")
            elif qty < self.articles[sku].min_quantity:
                faults.add("below_min_quantity")
        for sku, _, expected in known:
            if expected not in (None, self.taken_price(sku, party=party, expected=expected).agreed):
                faults.add("price_changed")
        if self.freights(party, lines=known, path=path)[1]:
            faults.add("region_not_served")
        return faults

    def over_quota(self: "Auditor", party: str, *, wanted: dict[str, int]) -> bool:
        """Whether one more hold would pass what a distributor may keep on hold."""
        quota = self.parties[party].quota
        if quota.holds is not None and self.held(party) + 1 > quota.holds:
            return True
        limit = quota.pieces_of_sku
        return limit is not None and any(self.held(party, sku=sku) + qty > limit for sku, qty in wanted.items())

    def held(self: "Auditor", party: str, *, sku: str = "") -> int:
        """How many orders a distributor has on hold, or how many pieces of a SKU in them."""
        orders = [order for order in self.orders.values() if order.party == party and order.state == "held"]
        if not sku:
            return len(orders)
        return sum(line.qty for order in orders for line in order.lines.values() if line.sku == sku)

    def place(
        self: "Auditor",
        party: str,
        *,
        number: str,
        content: object,
        mode: str,
        lines: list[Any],
        is_funded: bool | None = None,
        path: tuple[str, ...] = (),
    ) -> Kept:
        """Take stock and money for a new order. Under `check` a direct order may wait; `is_funded` None works it out."""
        buyer = self.parties[party]
        wanted: list[Wanted] = [(*line, None)[:3] for line in lines]
        freights, _ = self.freights(party, lines=wanted, path=path)
        pieces = {n: self.piece(*line, buyer=buyer) for n, line in enumerate(wanted, start=1)}
        order = Kept(party=party, number=number, content=content, state="held", lines=pieces, place=len(self.orders))
        order.freights = {supplier: Freight(amount=amount) for supplier, amount in freights.items()}
        order.rates = dict(self.rates)
        self.orders[(party, number)] = order
        if buyer.policy == "hold":
            order.held = order.total
            buyer.held += order.total
        if mode == "direct":
            self.capture(order, is_funded=is_funded)
        return order

    def piece(self: "Auditor", sku: str, qty: int, expected: int | None, *, buyer: Party) -> Piece:
        """A new line, its pieces taken from the pools."""
        article, price = self.articles[sku], self.taken_price(sku, party=buyer.number, expected=expected)
        line = Piece(
            sku=sku,
            qty=qty,
            supplier=article.supplier,
            supplier_price=price.supplier_price,
            supply_price=price.supply_price,
            fee=price.fee,
            is_own=article.is_own,
        )
        self.take(line, qty, buyer=buyer)
        return line

    def take(self: "Auditor", line: Piece, qty: int, *, buyer: Party) -> None:
        """Reserve pieces for a line: of the buyer's own pool first, then of the shared one."""
        article = self.articles[line.sku]
        name = self.pool_of(article, party=buyer)
        own = article.pools[name]
        line.takes, line.under = {}, name
        if name != SHARED:
            line.takes[name] = max(0, min(qty, own.available - own.buffer))
            own.taken += qty
        line.takes[SHARED] = line.takes.get(SHARED, 0) + qty - sum(line.takes.values())
        for pool, pieces in line.takes.items():
            article.pools[pool].reserved += pieces

    def leave(self: "Auditor", line: Piece, qty: int, *, is_shipped: bool) -> None:
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
        if line.under != SHARED and not is_shipped:
            article.pools[line.under].taken -= qty
