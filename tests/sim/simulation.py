"""Rounds of single deeds and bursts against a service, each ended by a comparison of everything with the auditor."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from entrepot_sdk.shapes import LedgerEntry
from tests.sim import looking
from tests.sim.arranging import ON_TERMS
from tests.sim.backstage import Backstage
from tests.sim.deeds import Deed, Found, Mall, Shown, perform, perform_together
from tests.sim.generator import Generator
from tests.sim.judge import ON_ORDERS, Judge
from tests.sim.model import OK, Auditor
from tests.sim.records import Kept
from tests.sim.settling import ON_PAPER
from tests.sim.showing import differences, hidden_differences

Key = tuple[str, str]
CLOSED = ("cancelled", "expired", "refunded")
COMPLETED_KEPT = 40
SETTLES_WITHIN_S = 20.0
ON_THE_CLOCK = ("overdue", "silence", "overtime")
LAPSE_WITHIN_S = 5.0
LAPSE_EVERY_ROUNDS = 10
THREADS = 12
LAST_LOOK = 500


class Nobody:
    """Kills nothing; `kills` counts what was killed, by part."""

    every_s = 0.0

    def __init__(self) -> None:
        self.kills: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A while in which nothing is killed, and all is well at its start."""
        yield

    def has_killed(self, *, since: float, until: float = math.inf) -> bool:
        """Whether something was killed, or not yet well again, in a span of this machine's clock."""
        return False


@dataclass(kw_only=True)
class Tally:
    """What a simulation did, for its report."""

    rounds: int = 0
    steps: int = 0
    in_bursts: int = 0
    lapses: int = 0
    orders: int = 0
    kills: dict[str, int] = field(default_factory=dict)
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
        steps: int = 45,
        burst: int = 50,
        lapse_within_s: float = LAPSE_WITHIN_S,
        settles_within_s: float = SETTLES_WITHIN_S,
        killer: "Nobody | None" = None,
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
        self._settles_within_s = settles_within_s
        self._ahead_s = min(lapse_within_s, LAPSE_WITHIN_S)
        self.killer = killer or Nobody()
        self._history: list[Deed] = []
        self._over: list[Key] = []
        self._alive: dict[Key, Kept] = {}
        self._due: dict[Key, float] = {}
        self._until: dict[Key, float] = {}
        self._ledger_seen: dict[str, LedgerEntry | None] = {}
        self._house_before: dict[looking.Account, int] = {}

    # --- rounds ---

    def run(self, *, seconds: float) -> Tally:
        """Rounds until the time is over; the last look compares every order, not only those touched."""
        ends = time.monotonic() + seconds
        self.start()
        while time.monotonic() < ends:
            self.round()
        self.judge.dirty |= set(self._alive) | set(self._over[-LAST_LOOK:])
        self.look()
        return self.tally

    def start(self) -> None:
        """Remember where books and ledger stand, and make money and stock scarce."""
        for party in self.malls:
            newest = self.malls[party].ledger_page(limit=1).items
            self._ledger_seen[party] = newest[0] if newest else None
        self._house_before = looking.house_accounts(self._books())
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
            # Whoever is killed may be away for longer than a deed takes: lapses are met early then.
            self._race_lapses(ahead_s=self._ahead_s * (2 if self.killer.every_s else 0.5))
            self._alone(self.generator.step(self._choices(), history=self._history))
        self._race_lapses(ahead_s=self._ahead_s * 2)
        self.look()
        # A burst may take as long as a worker that was killed is away: no planted hold may lapse in its midst unseen.
        if min(self._due.values(), default=math.inf) - time.time() > self._lapse_within_s:
            self._together(self.generator.burst(self._choices(), size=self._burst))
            self.look()

    def _choices(self) -> list[Kept]:
        """Orders to do something with: those left to lapse are left alone."""
        return [kept for key, kept in self._alive.items() if key not in self._due]

    def _alone(self, deed: Deed) -> None:
        if deed.verb == "pay_referrer" and (found := self._look_at_house()):
            raise Found("; ".join(found))
        self._perform(deed)
        if deed.code == OK and (deed.verb in ON_THE_CLOCK or deed.more.get("is_short")):
            self.backstage.turn()
        self._note(deed)
        self.tally.steps += 1
        if deed.is_shaken and deed.verb in ON_ORDERS:
            self.judge.many([deed], shown=self._shown([deed]))
        else:
            self.judge.one(deed)
        self._follow(deed)
        self._settle()
        if deed.verb in ON_PAPER:
            self._check_bills(self._books())
        if not all(article.split_known for article in self.auditor.articles.values()):
            self._learn_split(self._books())

    def _perform(self, deed: Deed) -> None:
        """A change of terms waits until nobody is killed; all else is done whatever is killed meanwhile."""
        if deed.verb in ON_TERMS:
            with self.killer.quiet():
                perform(deed, malls=self.malls, backstage=self.backstage)
            return
        perform(deed, malls=self.malls, backstage=self.backstage)
        deed.is_shaken = deed.is_shaken or self.killer.has_killed(since=deed.began)

    def _together(self, deeds: list[Deed]) -> None:
        perform_together(deeds, malls=self.malls, backstage=self.backstage, threads=THREADS)
        self.tally.in_bursts += len(deeds)
        for deed in deeds:
            deed.is_shaken = deed.is_shaken or self.killer.has_killed(since=deed.began, until=deed.ended)
            for row in deed.rows:
                row.is_shaken = deed.is_shaken
            self._note(deed)
        self.judge.many(deeds, shown=self._shown(deeds))
        for deed in deeds:
            self._follow(deed)
        self._settle(is_after_burst=True)
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
        over = [key for key, kept in self._alive.items() if kept.state in CLOSED]
        over += [key for key, kept in self._alive.items() if kept.state == "completed"][:-COMPLETED_KEPT]
        for key in [key for key in over if key not in self.judge.dirty]:
            self._over.append(key)
            del self._alive[key]

    def _shown(self, deeds: list[Deed]) -> dict[Key, Shown]:
        """The orders that deeds speak of, as they stand now."""
        spoken = [one for deed in deeds for one in (deed.rows or [deed]) if one.number and one.order_id]
        return self._look_up({(deed.party, deed.number): deed.order_id for deed in spoken if deed.verb != "foreign"})

    def _look_up(self, ids: dict[Key, str]) -> dict[Key, Shown]:
        with ThreadPoolExecutor(THREADS) as pool:
            orders = dict(pool.map(lambda key: (key, self.malls[key[0]].order(ids[key])), sorted(ids)))
        hidden = self.backstage.orders(sorted(ids.values()))
        return {key: Shown(order=order, hidden=hidden[ids[key]]) for key, order in orders.items()}

    def _settle(self, *, is_after_burst: bool = False) -> None:
        """Let come what comes by itself: orders that wait for funds go on, closed pools and the shelf are tended.

        In the midst of a burst goods may have been sold out for a moment, of which the auditor, who knows only what
        the burst came to, sees nothing: they are back on the shelf a moment later.
        """
        self._settle_waiting()
        if self.auditor.needs_tending():
            self.auditor.tend()
        elif not is_after_burst:
            return
        ends = time.monotonic() + self._settles_within_s
        while found := looking.levels(self.auditor, books := self._books()) + looking.shelf(self.auditor, books):
            if time.monotonic() > ends:
                raise Found("; ".join(found))
            self.backstage.turn()

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
        time.sleep(max(0.0, max(due.values()) + 0.5 - time.time()))
        self._until_lapsed(due)
        offset = time.monotonic() - time.time()
        for key, at in due.items():
            lapse = Deed(verb="expire", party=key[0], number=key[1], order_id=self.judge.ids[key], code=OK)
            # The database's clock is this machine's; reading both takes a moment.
            lapse.began, lapse.ended = at + offset - 0.05, max(at + offset + self._lapse_within_s, time.monotonic())
            deeds.append(lapse)
        for deed in deeds:
            self._note(deed)
        shown = self._shown(deeds)
        late = [str(key) for key in due if shown[key].order.state == "held"]
        if late:
            raise Found(f"held more than {self._lapse_within_s} s past the end: {', '.join(late)}")
        self.judge.many(deeds, shown=shown)
        self.tally.lapses += len(due)
        self._learn_split(self._books())
        self.look()

    def _until_lapsed(self, due: dict[Key, float]) -> None:
        """Wait until no hold whose time is over is held any more, as long as it may take."""
        ends = max(due.values()) + self._lapse_within_s
        ids = {key: self.judge.ids[key] for key in due}
        while time.time() < ends and any(self.malls[key[0]].order(one).state == "held" for key, one in ids.items()):
            time.sleep(0.1)

    # --- looks ---

    def look(self) -> None:
        """Compare every balance, price, stock level, touched order, ledger row, bill and house account with the auditor."""
        self._settle()
        found = self.auditor.faults()
        for party, mall in self.malls.items():
            found += looking.party(self.auditor, party, mall=mall)
            fresh, self._ledger_seen[party] = looking.ledger(
                mall, party=party, seen=self._ledger_seen[party], balance=self.auditor.parties[party].balance
            )
            found += fresh
        shown = self._look_up({key: self.judge.ids[key] for key in self.judge.dirty})
        for key, one in sorted(shown.items()):
            kept = self.auditor.orders[key]
            found += differences(kept, one.order) + hidden_differences(kept, one.hidden)
        found += self._look_at_books()
        self.judge.dirty.clear()
        if found:
            raise Found("; ".join(found))

    def _look_at_books(self) -> list[str]:
        found = self._look_at_house()
        books = self._books()
        self._check_bills(books)
        return found + looking.levels(self.auditor, books) + looking.shelf(self.auditor, books)

    def _look_at_house(self) -> list[str]:
        """Payables, incomes, clearing, debts to referrers grew by what the auditor counts; the shares come a moment later."""
        ends = time.monotonic() + self._settles_within_s
        while found := looking.house(self.auditor, self._books(), before=self._house_before):
            if time.monotonic() > ends:
                return found
            self.backstage.turn()
        return []

    def _check_bills(self, books: dict[str, Any]) -> None:
        found = looking.bills(self.auditor, books, ids=self.judge.ids)
        if found:
            raise Found("; ".join(found))

    def _books(self) -> dict[str, Any]:
        result = self.backstage.books(sorted(self.auditor.articles))
        if result.code:
            raise Found(f"books: {result.code}")
        return result.facts

    def _learn_split(self, books: dict[str, Any]) -> None:
        """Where it was nobody's promise which pool pieces went to, take over the service's split; sums must agree."""
        found = looking.levels(self.auditor, books)
        if found:
            raise Found("; ".join(found))
        for row in books["levels"]:
            article = self.auditor.articles[row["sku"]]
            pool = article.pools.get(looking.pool_name(row))
            if pool is None:
                continue
            pool.on_hand, pool.reserved, pool.taken = row["on_hand"], row["reserved"], row["taken"] or 0
        for article in self.auditor.articles.values():
            article.split_known = True
