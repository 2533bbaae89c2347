"""What the platform changes while others trade, by the auditor's own reckoning: prices, pools, limits, the table, terms."""

from typing import TYPE_CHECKING, Any

from tests.sim.records import SHARED, Article, Pool, Quota
from tests.sim.requests import Rule

if TYPE_CHECKING:
    from tests.sim.deeds import Deed
    from tests.sim.model import Auditor

OK = "ok"
ON_TERMS = (
    *("reprice", "tier_rate", "end_grace", "rate", "allot", "unallot", "quota", "cell", "policy", "referral_rates"),
)


class Arranging:
    """The part of the auditor that knows what is agreed; such deeds are done alone."""

    def judge_terms(self: "Auditor", deed: "Deed") -> frozenset[str]:
        """What a change of terms may be answered."""
        if deed.verb != "allot":
            return frozenset({OK})
        floor, cap, buffer = deed.more["floor"], deed.more["cap"], deed.more["buffer"]
        if buffer > floor or (cap is not None and cap < max(1, floor - buffer)):
            return frozenset({"validation_failed"})
        pool = self.open_pool(deed)
        missing = floor - (0 if pool is None else pool.given)
        is_short = missing > self.articles[deed.sku].pools[SHARED].available
        return frozenset({"insufficient_stock" if is_short else OK})

    def do_terms(self: "Auditor", deed: "Deed") -> None:
        """Change what is agreed."""
        more = deed.more
        if deed.verb == "reprice":
            self._reprice(self.articles[deed.sku], prices=more["prices"], grace=more["grace"])
        elif deed.verb == "tier_rate":
            for party in [one for one in self.parties.values() if one.tier == more["tier"]]:
                if more["grace"]:
                    self.old_rates[more["tier"]] = party.fee_rate_bps
                party.fee_rate_bps = more["bps"]
        elif deed.verb == "end_grace":
            self.old_rates.clear()
            for article in self.articles.values():
                article.old = None
        elif deed.verb == "rate":
            whose = f"distributor {more['distributor']}" if more.get("distributor") else f"tier {more['tier']}"
            self.articles[deed.sku].rates.pop(whose, None)
            if more["bps"] is not None:
                self.articles[deed.sku].rates[whose] = more["bps"]
        elif deed.verb == "allot":
            self._allot(deed)
        elif deed.verb == "unallot":
            self._close_pool(self.articles[deed.sku], more["pool"])
        elif deed.verb == "quota":
            self.parties[more["distributor"]].quota = Quota(**more["limits"])
        elif deed.verb == "cell":
            self._write_cell(more["cell"])
        elif deed.verb == "policy":
            supplier = self.suppliers[more["supplier"]]
            supplier.is_asked, supplier.policy = more["is_asked"], more["policy"]
        else:
            self.rates[more["referrer"]] = more["rates"]

    def _reprice(self, article: Article, *, prices: dict[str, int], grace: int) -> None:
        if grace:
            article.old = (article.supplier_price, article.supply_price)
        article.supplier_price = prices.get("supplier_price", article.supplier_price)
        article.supply_price = prices.get("supply_price", article.supply_price)

    def open_pool(self: "Auditor", deed: "Deed") -> Pool | None:
        """The pool that is open for whom a deed names."""
        wanted = (deed.more.get("distributor"), deed.more.get("tier"))
        pools = self.articles[deed.sku].pools.values()
        return next(
            (pool for pool in pools if pool.is_open and (pool.distributor, pool.tier) == wanted != (None, None)), None
        )

    def _allot(self: "Auditor", deed: "Deed") -> None:
        article, pool = self.articles[deed.sku], self.open_pool(deed)
        if pool is None:
            pool = Pool(on_hand=0, distributor=deed.more.get("distributor"), tier=deed.more.get("tier"))
            article.pools[f"pool {deed.facts['allotment']}"] = pool
        pool.cap, pool.buffer = deed.more["cap"], deed.more["buffer"]
        moved = max(deed.more["floor"] - pool.given, -pool.available)
        self._shift(article, pool, moved)
        if deed.more.get("is_short"):
            self._close_pool(article, next(name for name, one in article.pools.items() if one is pool))

    def _shift(self, article: Article, pool: Pool, pieces: int) -> None:
        article.pools[SHARED].on_hand -= pieces
        pool.on_hand += pieces
        pool.given += pieces

    def _close_pool(self: "Auditor", article: Article, name: str) -> None:
        pool = article.pools[name]
        pool.is_open = False
        self._shift(article, pool, -pool.available)

    def tend(self: "Auditor") -> None:
        """What came free in closed pools is everybody's; goods that sold out leave the shelf, goods with stock come back."""
        for article in self.articles.values():
            for pool in article.pools.values():
                if not pool.is_open and pool.available:
                    self._shift(article, pool, -pool.available)
            if article.unlists:
                article.is_listed = article.for_sale > 0

    def needs_tending(self: "Auditor") -> bool:
        """Whether time has something to do with pools or the shelf."""
        return any(
            any(not pool.is_open and pool.available for pool in article.pools.values())
            or (article.unlists and article.is_listed != (article.for_sale > 0))
            for article in self.articles.values()
        )

    def _write_cell(self: "Auditor", cell: dict[str, Any]) -> None:
        key = (cell["stage"], cell["shipper"] == "own", cell["kind"], cell["reason"])
        self.table[key] = Rule(
            is_offered=cell["is_offered"],
            returns=cell["returns"],
            waits=cell["condition"] == "after_return",
            bears=cell["bill"] == "reverse",
            stock=cell["stock"],
            freight="" if cell["freight"] == "distributor" else cell["freight"],
        )
