"""What money and stock can have been while many things happened at once: bounds from the windows of the answers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.sim.deeds import Deed, Found, path_of, plain_lines
from tests.sim.model import OK, Auditor

Resource = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """So much more or less of a resource, at some moment between `began` and `ended`."""

    resource: Resource
    amount: int
    began: float
    ended: float


class Windows:
    """Starts from what the auditor knows before; each effect entered under `effect` notes what it changed."""

    def __init__(self, auditor: Auditor) -> None:
        self.auditor = auditor
        self._before = self._available()
        self._changes: list[Change] = []
        self._known = set(auditor.orders)
        self._unlisted = {sku for sku, article in auditor.articles.items() if not article.is_listed}
        waiting = {key: kept for key, kept in auditor.orders.items() if kept.state == "awaiting_funds"}
        # Orders that waited already may be drawn at any moment of a burst.
        self._may_be_drawn = {
            number: sum(kept.total for kept in waiting.values() if kept.party == number) for number in auditor.parties
        }
        self._waited_before = set(waiting)
        self._began_to_wait: dict[tuple[str, str], int] = {}

    def _available(self) -> dict[Resource, int]:
        found = {("money", number): party.available for number, party in self.auditor.parties.items()}
        found |= {("stock", sku): article.available for sku, article in self.auditor.articles.items()}
        for number, party in self.auditor.parties.items():
            if party.quota.holds is not None:
                found["holds", number] = party.quota.holds - self.auditor.held(number)
            if party.quota.pieces_of_sku is not None:
                for sku in self.auditor.articles:
                    found["pieces", f"{number} {sku}"] = party.quota.pieces_of_sku - self.auditor.held(number, sku=sku)
        return found

    @contextmanager
    def effect(self, deed: Deed) -> Iterator[None]:
        """Note by how much the deed entered inside changes each resource."""
        before = self._available()
        yield
        for resource, amount in self._available().items():
            if amount != before[resource]:
                self._changes.append(Change(resource, amount - before[resource], deed.began, deed.ended))
        key = (deed.party, deed.number)
        kept = self.auditor.orders.get(key)
        waits = "awaiting_funds" in (kept and kept.state, deed.answer and deed.answer.state)
        if kept is not None and waits and key not in self._waited_before:
            self._began_to_wait[key] = kept.total

    def least(self, resource: Resource, *, deed: Deed) -> int:
        """The least there can have been at some moment of a deed: every taking early, every gain late."""
        total = self._before[resource]
        for change in self._of(resource):
            if (change.began < deed.ended) if change.amount < 0 else (change.ended < deed.began):
                total += change.amount
        return total

    def most(self, resource: Resource, *, deed: Deed) -> int:
        """The most there can have been at some moment of a deed, apart from what the deed itself took."""
        total = self._before[resource]
        for change in self._of(resource):
            if (change.ended < deed.began) if change.amount < 0 else (change.began < deed.ended):
                total += change.amount
        return total

    def _of(self, resource: Resource) -> list[Change]:
        return [change for change in self._changes if change.resource == resource]

    def check(self, deed: Deed, *, besides: Sequence[Deed]) -> None:
        """Raise when a submit's answer was not possible; `besides` are the rows that had to succeed with it."""
        is_known = (deed.party, deed.orders[0].out_order_no) in self._known
        is_repeat = deed.answer is not None and deed.answer.replayed
        if is_known or is_repeat or deed.code in ("number_reused_with_other_content", "batch_refused"):
            return
        wanted = self._wanted([deed])
        lines = [line for line in deed.orders[0].lines if line.sku in self.auditor.articles]
        faults = self._plain_faults(deed)
        together = self._wanted(besides) if besides else wanted
        if deed.code == "product_delisted" and any(self._may_be_unlisted(line.sku, deed=deed) for line in lines):
            return
        if deed.code == OK:
            short = [r for r, qty in wanted.items() if qty > self.most(r, deed=deed) and self._is_needed(r, deed=deed)]
            if faults or short:
                raise Found(f"{deed}: accepted, which cannot be: {sorted(faults)} {short}")
            return
        kinds = {
            "insufficient_stock": ("stock",),
            "insufficient_balance": ("money",),
            "hold_quota_exceeded": ("holds", "pieces"),
        }.get(deed.code)
        if kinds is None:
            if deed.code not in faults:
                raise Found(f"{deed}: cannot be refused so; its faults are {sorted(faults)}")
            return
        own = [resource for resource in wanted if resource[0] in kinds]
        if not any(
            together[resource] > self.least(resource, deed=deed) or self._has_pools(resource) for resource in own
        ):
            lows = {resource: self.least(resource, deed=deed) for resource in own}
            raise Found(f"{deed}: refused, and there were never fewer than {lows}")

    def check_waiting(self, deed: Deed, *, total: int) -> None:
        """Raise when an order was let wait for money that was there all the time."""
        waits = deed.answer is not None and deed.answer.state == "awaiting_funds"
        # Orders that began to wait in this burst stand before it too, and keep what they need to themselves for as long
        # as they wait: one that was cancelled since may have stood before it.
        before = sum(needed for (party, _number), needed in self._began_to_wait.items() if party == deed.party)
        least = self.least(("money", deed.party), deed=deed) - self._may_be_drawn[deed.party] - max(0, before - total)
        if waits and deed.verb in ("place", "confirm") and least >= total:
            raise Found(f"{deed}: waits for funds, and there was never less than {total}")

    def _wanted(self, deeds: Sequence[Deed]) -> dict[Resource, int]:
        wanted: dict[Resource, int] = {}

        def want(resource: Resource, more: int) -> None:
            if resource in self._before or resource[0] in ("money", "stock"):
                wanted[resource] = wanted.get(resource, 0) + more

        for deed in deeds:
            order = deed.orders[0]
            known = [line for line in plain_lines(order) if line[0] in self.auditor.articles]
            want(("money", deed.party), self.auditor.cost(deed.party, lines=known, path=path_of(order)))
            for sku, qty, _ in known:
                want(("stock", sku), qty)
                if order.mode == "hold":
                    want(("pieces", f"{deed.party} {sku}"), qty)
            if order.mode == "hold":
                want(("holds", deed.party), 1)
        return wanted

    def _plain_faults(self, deed: Deed) -> set[str]:
        """Faults that do not hang on what others do at the same time."""
        order = deed.orders[0]
        lines = plain_lines(order)
        faults = self.auditor.plain_faults(deed.party, lines=lines, path=path_of(order))
        is_known = all(sku in self.auditor.articles for sku, _, _ in lines)
        return faults - {"product_delisted"} if is_known else faults

    def _may_be_unlisted(self, sku: str, *, deed: Deed) -> bool:
        """Whether goods may have been off the shelf: they were, or had sold out at some moment up to the deed's end."""
        if not self.auditor.articles[sku].unlists or sku in self._unlisted:
            return sku in self._unlisted
        # What was gained meanwhile does not count: goods come back to the shelf a moment after their stock.
        taken = [one.amount for one in self._of(("stock", sku)) if one.amount < 0 and one.began < deed.ended]
        return self._before["stock", sku] + sum(taken) <= 0

    def _is_needed(self, resource: Resource, *, deed: Deed) -> bool:
        """Money is not asked for at submit under the `check` policy."""
        return resource[0] != "money" or self.auditor.parties[deed.party].policy == "hold"

    def _has_pools(self, resource: Resource) -> bool:
        return resource[0] == "stock" and len(self.auditor.articles[resource[1]].pools) > 1
