"""Rounds of single deeds and bursts against a service, each ended by a comparison of everything with the auditor."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from entrepot_sdk.shapes import LedgerEntry, Order
from tests.sim.backstage import Backstage
from tests.sim.deeds import Deed, Found, Mall, perform, perform_together
from tests.sim.generator import Generator
from tests.sim.judge import Judge, differences
from tests.sim.model import OK, Auditor
from tests.sim.records import SHARED, Kept

Key = tuple[str, str]
CLOSED = ("completed", "cancelled", "expired", "refunded")
LAPSE_WITHIN_S = 5.0
LAPSE_EVERY_ROUNDS = 10
THREADS = 12


@dataclass(kw_only=True)
class Tally:
    """What a simulation did, for its report."""

    rounds: int = 0
    steps: int = 0
    in_bursts: int = 0
    lapses: int = 0
    orders: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, deed: Deed) -> None:
        """Count a deed and its rows."""
        for one in [deed, *deed.rows]:
            waits = one.answer is not None and one.answer.state == "awaiting_funds"
            name = f"{one.verb} {'awaiting_funds' if waits else one.code}"
            self.codes[name] = self.codes.get(name, 0) + 1


class Simulation:
    """Drives one service from one seed; raises Found at the first thing that cannot be."""

    def __init__(
        self,
        *,
        malls: dict[str, Mall],
        backstage: Backstage,
        auditor: Auditor,
        seed: str,
        run: str,
        steps: int = 30,
        burst: int = 50,
        lapse_within_s: float = LAPSE_WITHIN_S,
    ) -> None:
        self.malls = malls
        self.backstage = backstage
        self.auditor = auditor
        self.judge = Judge(auditor)
        self.generator = Generator(self.judge, seed=seed, run=run)
        self.tally = Tally()
        self._steps = steps
        self._burst = burst
        self._lapse_within_s = lapse_within_s
        self._history: list[Deed] = []
        self._alive: dict[Key, Kept] = {}
        self._due: dict[Key, float] = {}
        self._until: dict[Key, float] = {}
        self._ledger_seen: dict[str, LedgerEntry | None] = {}
        self._house_before: dict[tuple[str, str, str], int] = {}

    # --- rounds ---

    def run(self, *, seconds: float) -> Tally:
        """Rounds until the time is over; the last look compares every order, not only those touched."""
        ends = time.monotonic() + seconds
        self.start()
        while time.monotonic() < ends:
            self.round()
        self.judge.dirty |= set(self._alive)
        self.look()
        return self.tally

    def start(self) -> None:
        """Remember where books and ledger stand, and make money and stock scarce."""
        for party in self.malls:
            newest = self.malls[party].ledger_page(limit=1).items
            self._ledger_seen[party] = newest[0] if newest else None
        self._house_before = self._house(self._books())
        for deed in self.generator.drains() + self.generator.supplies():
            self._alone(deed)
        self.look()

    def round(self) -> None:
        """Single deeds, a look, a burst, a look; sometimes holds that lapse."""
        number = self.tally.rounds
        self.tally.rounds += 1
        self.generator.begin(number)
        self._close_old_holds()
        for deed in self.generator.supplies():
            self._alone(deed)
        if number % LAPSE_EVERY_ROUNDS == 0 and not self._due:
            self._plant_lapses()
        for _ in range(self._steps):
            self._race_lapses(ahead_s=self._lapse_within_s / 2)
            self._alone(self.generator.step(self._choices(), history=self._history))
        self._race_lapses(ahead_s=self._lapse_within_s * 2)
        self.look()
        self._together(self.generator.burst(self._choices(), size=self._burst))
        self.look()

    def _choices(self) -> list[Kept]:
        """Orders to do something with: those left to lapse are left alone."""
        return [kept for key, kept in self._alive.items() if key not in self._due]

    def _alone(self, deed: Deed) -> None:
        perform(deed, malls=self.malls, backstage=self.backstage)
        self._note(deed)
        self.tally.steps += 1
        self.judge.one(deed)
        self._follow(deed)
        self._settle_waiting()
        if not all(article.split_known for article in self.auditor.articles.values()):
            self._learn_split(self._books())

    def _together(self, deeds: list[Deed]) -> None:
        perform_together(deeds, malls=self.malls, backstage=self.backstage, threads=THREADS)
        self.tally.in_bursts += len(deeds)
        for deed in deeds:
            self._note(deed)
        self.judge.many(deeds, shown=self._shown(deeds))
        for deed in deeds:
            self._follow(deed)
        self._settle_waiting()
        self._learn_split(self._books())

    def last_deeds(self, count: int = 12) -> str:
        """What was done last, for the report of a fault."""
        return "\n".join(f"  {deed}" for deed in self._history[-count:])

    def _note(self, deed: Deed) -> None:
        self.tally.add(deed)
        self._history = [*self._history[-400:], deed, *deed.rows]

    def _follow(self, deed: Deed) -> None:
        """Keep the list of orders that can still change."""
        for one in deed.rows or [deed]:
            key = (one.party, one.number)
            if one.verb == "place" and key in self.auditor.orders and key not in self._alive:
                self._alive[key] = self.auditor.orders[key]
                self.tally.orders += 1
        for key in [key for key, kept in self._alive.items() if kept.state in CLOSED and key not in self.judge.dirty]:
            del self._alive[key]

    def _shown(self, deeds: list[Deed]) -> dict[Key, Order]:
        keys = {(d.party, d.number) for deed in deeds for d in (deed.rows or [deed]) if d.number and d.order_id}
        ids = {(d.party, d.number): d.order_id for deed in deeds for d in (deed.rows or [deed]) if d.order_id}
        with ThreadPoolExecutor(THREADS) as pool:
            return dict(pool.map(lambda key: (key, self.malls[key[0]].order(ids[key])), sorted(keys)))

    def _settle_waiting(self) -> None:
        """Orders that wait for funds go on by themselves, oldest first, as far as the money reaches."""
        for party in self.malls:
            if self.auditor.parties[party].policy != "check":
                continue
            while (kept := self.auditor.first_waiting(party)) is not None and self.auditor.reaches(kept):
                self._wait_for(kept, "confirmed", within_s=self._lapse_within_s)
                self.auditor.capture(kept, is_funded=True)

    def _wait_for(self, kept: Kept, state: str, *, within_s: float) -> None:
        key = (kept.party, kept.number)
        ends = time.monotonic() + within_s
        while (shown := self.malls[kept.party].order(self.judge.ids[key])).state != state:
            if time.monotonic() > ends:
                raise Found(f"{key} is {shown.state} after {within_s} s, must be {state}")
            time.sleep(0.1)
        self.judge.dirty.add(key)

    # --- holds that lapse ---

    def _close_old_holds(self) -> None:
        """Holds of usual length are decided long before they lapse, so that no lapse comes unforeseen."""
        for key, kept in list(self._alive.items()):
            if kept.state == "held" and key not in self._due and self._lapses_at(key) - time.time() < 300:
                self._alone(self.generator.verb(self.generator.rng.choice(("confirm", "cancel")), kept))

    def _lapses_at(self, key: Key) -> float:
        if key not in self._until:
            shown = self.malls[key[0]].order(self.judge.ids[key])
            self._until[key] = shown.held_until.timestamp() if shown.held_until else math.inf
        return self._until[key]

    def _plant_lapses(self) -> None:
        for _ in range(8):
            order = self.generator.new_order(hold_minutes=1, mode="hold")
            deed = self.generator.place(order=order)
            self._alone(deed)
            if deed.code == OK:
                key = (deed.party, deed.number)
                self._due[key] = self._lapses_at(key)

    def _race_lapses(self, *, ahead_s: float) -> None:
        """When holds lapse within `ahead_s`: at that very moment confirm, cancel, both, or leave them alone."""
        if not self._due or min(self._due.values()) - time.time() > ahead_s:
            return
        deeds: list[Deed] = []
        due = {key: at for key, at in self._due.items() if self.auditor.orders[key].state == "held"}
        self._due.clear()
        if not due:
            return
        now = time.time()
        for key, at in sorted(due.items()):
            for verb in self.generator.rng.choice(((), ("confirm",), ("cancel",), ("confirm", "cancel"))):
                deed = self.generator.verb(verb, self.auditor.orders[key])
                deed.delay_s = max(0.0, at - now + self.generator.rng.uniform(-0.1, 0.1))
                deeds.append(deed)
        perform_together(deeds, malls=self.malls, backstage=self.backstage, threads=2 * len(due))
        time.sleep(max(0.0, max(due.values()) + self._lapse_within_s + 0.5 - time.time()))
        offset = time.monotonic() - time.time()
        for key, at in due.items():
            lapse = Deed(verb="expire", party=key[0], number=key[1], order_id=self.judge.ids[key], code=OK)
            # The database's clock is this machine's; reading both takes a moment.
            lapse.began, lapse.ended = at + offset - 0.05, at + offset + self._lapse_within_s
            deeds.append(lapse)
        for deed in deeds:
            self._note(deed)
        shown = self._shown(deeds)
        late = [str(key) for key in due if shown[key].state == "held"]
        if late:
            raise Found(f"held more than {self._lapse_within_s} s past the end: {', '.join(late)}")
        self.judge.many(deeds, shown=shown)
        self.tally.lapses += len(due)
        self._learn_split(self._books())
        self.look()

    # --- looks ---

    def look(self) -> None:
        """Compare every balance, price, stock level, touched order, ledger row and house account with the auditor."""
        self._settle_waiting()
        found = self.auditor.faults()
        for party, mall in self.malls.items():
            found += self._look_at_party(party, mall)
        for key in sorted(self.judge.dirty):
            found += differences(self.auditor.orders[key], self.malls[key[0]].order(self.judge.ids[key]))
        found += self._look_at_books(self._books())
        self.judge.dirty.clear()
        if found:
            raise Found("; ".join(found))

    def _look_at_party(self, party: str, mall: Mall) -> list[str]:
        mine, shown = self.auditor.parties[party], mall.balance()
        facts: list[tuple[str, Any, Any]] = [
            ("balance", mine.balance, shown.balance),
            ("held", mine.held, shown.held),
            ("credit_limit", mine.credit_limit, shown.credit_limit),
            ("available", mine.available, shown.available),
        ]
        for item in mall.prices_stocks(sorted(self.auditor.articles)):
            facts.append((f"price of {item.sku}", self.auditor.price(item.sku, party=party), item.agreed_price))
            facts.append((f"stock of {item.sku}", self.auditor.sellable(item.sku, party=party), item.stock))
        found = [f"{party}: {name} is {theirs}, must be {own}" for name, own, theirs in facts if own != theirs]
        return found + self._look_at_ledger(party, mall, balance=mine.balance)

    def _look_at_ledger(self, party: str, mall: Mall, *, balance: int) -> list[str]:
        seen = self._ledger_seen[party]
        fresh: list[LedgerEntry] = []
        cursor: str | None = None
        while True:
            page = mall.ledger_page(cursor=cursor, limit=200)
            unseen = [entry for entry in page.items if seen is None or int(entry.id) > int(seen.id)]
            fresh += unseen
            if len(unseen) < len(page.items) or not page.has_more:
                break
            cursor = page.next_cursor
        fresh.sort(key=lambda entry: int(entry.id))
        found = []
        for entry in fresh:
            before = seen.balance_after if seen else 0
            if entry.balance_after != before + entry.amount:
                found.append(f"{party}: ledger row {entry.id} goes from {before} by {entry.amount} to {entry}")
            seen = entry
        self._ledger_seen[party] = seen
        if seen is not None and seen.balance_after != balance:
            found.append(f"{party}: the ledger ends at {seen.balance_after}, must end at {balance}")
        return found

    def _books(self) -> dict[str, Any]:
        result = self.backstage.books(sorted(self.auditor.articles))
        if result.code:
            raise Found(f"books: {result.code}")
        return result.facts

    def _house(self, books: dict[str, Any]) -> dict[tuple[str, str, str], int]:
        return {
            (row["kind"], row["distributor"] or "", row["supplier"] or ""): row["balance_fen"]
            for row in books["accounts"]
        }

    def _look_at_books(self, books: dict[str, Any]) -> list[str]:
        """Payables, incomes and clearing grew by what the auditor earned; levels are what he counts."""
        now, before = self._house(books), self._house_before
        due: dict[tuple[str, str, str], int] = {
            ("goods_income", "", ""): self.auditor.goods_income,
            ("fee_income", "", ""): self.auditor.fee_income,
        }
        for supplier, amount in self.auditor.payable.items():
            due[("supplier_payable", "", supplier)] = amount
        for party in self.malls:
            orders = [kept for kept in self.auditor.orders.values() if kept.party == party]
            undecided = sum(kept.drawn - kept.refunded for kept in orders if kept.state != "completed")
            due[("clearing", party, "")] = undecided
        found = []
        for account, amount in due.items():
            grown = now.get(account, 0) - before.get(account, 0)
            if grown != amount:
                found.append(f"account {account} grew by {grown}, must have by {amount}")
        if sum(now.values()) != 0:
            found.append(f"the ledger is out of balance by {sum(now.values())}")
        return found + self._look_at_levels(books)

    def _look_at_levels(self, books: dict[str, Any]) -> list[str]:
        found = []
        for sku, article in self.auditor.articles.items():
            rows = [row for row in books["levels"] if row["sku"] == sku]
            for what in ("on_hand", "reserved"):
                mine = sum(getattr(pool, what) for pool in article.pools.values())
                theirs = sum(row[what] for row in rows)
                if mine != theirs:
                    found.append(f"{sku}: {what} is {theirs}, must be {mine}")
            for row in rows:
                pool = article.pools[pool_name(row)]
                if article.split_known and (pool.on_hand, pool.reserved) != (row["on_hand"], row["reserved"]):
                    found.append(f"{sku}: pool {pool_name(row)!r} is {row}, must be {pool}")
        return found

    def _learn_split(self, books: dict[str, Any]) -> None:
        """Where it was nobody's promise which pool pieces went to, take over the service's split; sums must agree."""
        found = self._look_at_levels(books)
        if found:
            raise Found("; ".join(found))
        for row in books["levels"]:
            article = self.auditor.articles[row["sku"]]
            pool = article.pools[pool_name(row)]
            pool.on_hand, pool.reserved, pool.taken = row["on_hand"], row["reserved"], row["taken"] or 0
        for article in self.auditor.articles.values():
            article.split_known = True


def pool_name(row: dict[str, Any]) -> str:
    """The auditor's name for a pool of the books."""
    if row["distributor"]:
        return f"distributor {row['distributor']}"
    return f"tier {row['tier']}" if row["tier"] else SHARED
