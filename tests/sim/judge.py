"""Hold the service's answers against the auditor: one at a time exactly, many at once by what was possible."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

from tests.sim.accepting import ON_LINES
from tests.sim.arranging import ON_TERMS
from tests.sim.deeds import Deed, Found, Shown, content_of, path_of, plain_lines
from tests.sim.model import OK, Auditor, Verdict
from tests.sim.possible import Windows
from tests.sim.records import Kept
from tests.sim.returning import ON_REQUESTS
from tests.sim.settling import ON_PAPER
from tests.sim.showing import differences, hidden_differences

SHORT = {"insufficient_stock", "insufficient_balance"}
ATOMIC = "batch_refused"
ON_ORDERS = (
    *("confirm", "cancel", "receive", "ship", "refund", "complete", "expire"),
    *ON_LINES,
    *ON_REQUESTS,
)


class Judge:
    """Judges deeds and keeps the auditor's books in step; `dirty` are the orders touched since the last look."""

    def __init__(self, auditor: Auditor) -> None:
        self.auditor = auditor
        self.ids: dict[tuple[str, str], str] = {}
        self.dirty: set[tuple[str, str]] = set()

    def kept(self, deed: Deed) -> Kept:
        """The auditor's order that a deed speaks of."""
        return self.auditor.orders[(deed.party, deed.number)]

    # --- one at a time ---

    def one(self, deed: Deed) -> None:
        """Judge a deed that ran alone: the auditor foretells its answer exactly."""
        if deed.verb in ("place", "preview"):
            self._one_place(deed)
        elif deed.verb == "batch":
            self._one_batch(deed)
        elif deed.verb == "foreign":
            _must(deed, {"not_found"})
        elif deed.verb == "credit":
            reaches = deed.amount >= 0 or self.auditor.parties[deed.party].available + deed.amount >= 0
            self._one_fund(deed, is_fine=reaches, short="insufficient_balance")
        elif deed.verb == "restock":
            reaches = self.auditor.articles[deed.sku].pools[""].available + deed.amount >= 0
            self._one_fund(deed, is_fine=reaches, short="insufficient_stock")
        elif deed.verb in ON_TERMS:
            _must(deed, self.auditor.judge_terms(deed))
            if deed.code == OK:
                self.auditor.do_terms(deed)
        elif deed.verb in ON_PAPER:
            self._one_paper(deed)
        else:
            self._one_verb(deed)

    def _one_fund(self, deed: Deed, *, is_fine: bool, short: str) -> None:
        _must(deed, {OK} if is_fine or deed.name in self.auditor.causes else {short})
        if deed.code == OK:
            self.fund(deed)

    def fund(self, deed: Deed) -> None:
        """Enter money or pieces that the staff brought."""
        if deed.verb == "credit":
            self.auditor.credit(deed.party, amount=deed.amount, cause=deed.name)
        else:
            self.auditor.restock(deed.sku, qty=deed.amount, cause=deed.name)

    def _one_place(self, deed: Deed) -> None:
        order = deed.orders[0]
        lines = plain_lines(order)
        _must(deed, self._verdict(deed))
        self._check_pointers(deed)
        if deed.verb == "preview":
            total = self.auditor.cost(deed.party, lines=lines, path=path_of(order)) if deed.code == OK else 0
            if deed.previewed is not None and deed.previewed.total != total:
                raise Found(f"{deed}: previewed at {deed.previewed.total}, must be {total}")
            return
        if deed.answer is None:
            return
        is_repeat = (deed.party, order.out_order_no) in self.auditor.orders
        if deed.answer.replayed != is_repeat and not deed.is_shaken:
            raise Found(f"{deed}: must {'' if is_repeat else 'not '}be marked as replayed")
        if not is_repeat:
            self.enter(deed)
        self._check_answer(deed)

    def _verdict(self, row: Deed) -> Verdict:
        order = row.orders[0]
        return self.auditor.judge_place(
            row.party,
            number=order.out_order_no,
            content=content_of(order),
            lines=plain_lines(order),
            mode=str(order.mode),
            path=path_of(order),
        )

    def _one_paper(self, deed: Deed) -> None:
        """Bills and payouts are nobody's but ours while a simulation runs, so that each is foretold."""
        _must(deed, self.auditor.judge_paper(deed.verb, more=deed.more))
        if deed.code == OK:
            made = deed.facts.get("bill")
            bill_id = self.auditor.do_paper(deed.verb, more=deed.more, made=made)
            if deed.verb in ("bill", "run") and (made is None) != (bill_id is None):
                raise Found(f"{deed}: made bill {made}, must have {'made none' if bill_id is None else 'made one'}")

    def enter(self, deed: Deed, *, is_funded: bool | None = None) -> Kept:
        """Put an accepted order on the auditor's books."""
        order = deed.orders[0]
        key = (deed.party, order.out_order_no)
        self.ids[key] = deed.order_id
        self.dirty.add(key)
        kept = self.auditor.place(
            deed.party,
            number=order.out_order_no,
            content=content_of(order),
            mode=order.mode,
            lines=plain_lines(order),
            is_funded=is_funded,
            path=path_of(order),
        )
        # Ids rise: the older of two orders that wait for funds has the lower one.
        kept.place = int(deed.order_id or 0)
        return kept

    def _check_pointers(self, deed: Deed) -> None:
        """Every fault names a line that has it."""
        lines = plain_lines(deed.orders[0])
        wanted: dict[str, int] = {}
        for sku, qty, _ in lines:
            wanted[sku] = wanted.get(sku, 0) + qty
        for pointer, code in deed.pointers:
            parts = pointer.split("/")
            if code != "insufficient_stock" or len(parts) < 3 or not parts[2].isdigit():
                continue
            sku = lines[int(parts[2])][0]
            if sku in self.auditor.articles and self.auditor.sellable(sku, party=deed.party) >= wanted[sku]:
                raise Found(f"{deed}: {pointer} is said to be short, and is not")
        if deed.code == "insufficient_stock" and not any(code == deed.code for _, code in deed.pointers):
            raise Found(f"{deed}: refused for stock without naming a line")

    def _check_answer(self, deed: Deed) -> None:
        key = (deed.party, deed.orders[0].out_order_no if deed.orders else deed.number)
        if deed.answer is None:
            return
        if self.ids[key] != deed.answer.id:
            raise Found(f"{deed}: answered as order {deed.answer.id}, is {self.ids[key]}")
        found = differences(self.auditor.orders[key], deed.answer)
        if found:
            raise Found(f"{deed}: " + "; ".join(found))

    def _one_batch(self, deed: Deed) -> None:
        _must(deed, {OK if _has_distinct_numbers(deed) else "validation_failed"})
        if deed.code != OK:
            return
        if [row.number for row in deed.rows] != [order.out_order_no for order in deed.orders]:
            raise Found(f"{deed}: the rows are not answered in the order sent")
        if not deed.is_atomic or all(row.code == OK for row in deed.rows):
            for row in deed.rows:
                self._one_place(row)
            return
        self._refused_together(deed)

    def _refused_together(self, deed: Deed) -> None:
        entered: list[Kept] = []
        guilty = 0
        for row in deed.rows:
            order = row.orders[0]
            verdict = self._verdict(row)
            is_fine = OK in verdict
            _must(row, {ATOMIC} if is_fine else verdict)
            guilty += not is_fine
            if is_fine and (row.party, order.out_order_no) not in self.auditor.orders:
                entered.append(self.enter(row))
        for kept in entered:
            # Nothing of a refused batch may stay: take the rows off the books again as if never asked.
            if kept.state == "confirmed":
                self.auditor.do(kept, "refund", name="undone")
            else:
                self.auditor.do(kept, "cancel")
            key = (kept.party, kept.number)
            del self.auditor.orders[key], self.ids[key]
            self.dirty.discard(key)
        if not guilty:
            raise Found(f"{deed}: refused as a whole, and no row is at fault")

    def _one_verb(self, deed: Deed) -> None:
        kept = self.kept(deed)
        asked = asked_of(deed)
        _must(deed, self.auditor.judge(kept, deed.verb, **asked))
        if deed.code == OK and self.auditor.takes_effect(kept, deed.verb, **asked):
            self.auditor.do(kept, deed.verb, **asked)
        self.dirty.add((deed.party, deed.number))
        self._check_answer(deed)

    # --- many at once ---

    def many(self, deeds: Sequence[Deed], *, shown: dict[tuple[str, str], Shown]) -> None:
        """Judge deeds that ran at once; `shown` are the orders they speak of as they stand now."""
        windows = Windows(self.auditor)
        places = [row for deed in deeds for row in (deed.rows or [deed]) if row.verb == "place"]
        for deed in deeds:
            if deed.verb == "batch":
                _must(deed, {OK if _has_distinct_numbers(deed) else "validation_failed"})
            if deed.verb == "foreign":
                _must(deed, {"not_found"})
            if deed.verb in ("credit", "restock"):
                _must(deed, {OK})
                with windows.effect(deed):
                    self.fund(deed)
        effects = [*self._first_submits(places), *self._first_verbs(deeds, shown=shown)]
        for deed in sorted(effects, key=lambda deed: deed.entered_at or deed.ended):
            with windows.effect(deed):
                self._enter_effect(deed, shown=shown)
        for deed in deeds:
            self._possible_rows(deed, windows=windows)
        for deed in effects:
            windows.check_waiting(deed, total=self.auditor.orders[(deed.party, deed.number)].total)
        self._blur(effects)
        found = self.auditor.faults()
        if found:
            raise Found("; ".join(found))

    def _enter_effect(self, deed: Deed, *, shown: dict[tuple[str, str], Shown]) -> None:
        key = (deed.party, deed.number)
        if deed.verb == "place":
            self.enter(deed, is_funded=shown[key].order.state != "awaiting_funds")
            return
        kept = self.auditor.orders[key]
        self.dirty.add(key)
        if deed.verb == "release":
            self.auditor.capture(kept, is_funded=True)
            return
        self.auditor.do(kept, deed.verb, is_funded=deed.is_funded, **asked_of(deed))

    def _first_submits(self, places: list[Deed]) -> Iterator[Deed]:
        """The submit of each number that took effect; faults when two did, or contents were mixed up."""
        by_number: dict[tuple[str, str], list[Deed]] = {}
        for deed in places:
            by_number.setdefault((deed.party, deed.orders[0].out_order_no), []).append(deed)
        for key, same in by_number.items():
            earlier = self.auditor.orders.get(key)
            accepted = [deed for deed in same if deed.code == OK]
            contents = [content_of(deed.orders[0]) for deed in accepted] + ([earlier.content] if earlier else [])
            ids = {deed.order_id for deed in accepted} | ({self.ids[key]} if earlier else set())
            fresh = [deed for deed in accepted if deed.answer is not None and not deed.answer.replayed]
            if len(ids) > 1 or len(fresh) > (0 if earlier else 1) or any(c != contents[0] for c in contents):
                raise Found(f"{key} took effect more than once: " + "; ".join(map(str, accepted)))
            for deed in same:
                if deed.code == "number_reused_with_other_content" and (
                    not contents or contents[0] == content_of(deed.orders[0])
                ):
                    raise Found(f"{deed}: no other content was accepted under this number")
                later = any(other.ended < deed.began for other in accepted)
                if (
                    deed.code in SHORT | {"hold_quota_exceeded"}
                    and (later or earlier)
                    and content_of(deed.orders[0]) == contents[0]
                ):
                    raise Found(f"{deed}: refused although its number had been accepted")
            if accepted and earlier is None:
                first = min(accepted, key=lambda deed: deed.ended)
                first.began = min(deed.began for deed in accepted)
                first.number = key[1]
                yield first

    def _first_verbs(self, deeds: Iterable[Deed], *, shown: dict[tuple[str, str], Shown]) -> Iterator[Deed]:
        """Of the verbs on each order, those that took effect, by an order of events that explains every answer."""
        by_order: dict[tuple[str, str], list[Deed]] = {}
        for deed in deeds:
            if deed.verb in ON_ORDERS:
                by_order.setdefault((deed.party, deed.number), []).append(deed)
        for key, same in by_order.items():
            kept = self.auditor.orders[key]
            story = explain(self.auditor, kept, same, shown=shown[key])
            if story is None:
                told = "\n  ".join(map(str, same))
                raise Found(f"no order of events explains {key} ({kept.state} -> {shown[key]}):\n  {told}")
            # Answers may overtake each other: an effect is entered no sooner than those that explain it.
            entered_at = 0.0
            for deed in story:
                deed.entered_at = entered_at = max(entered_at, deed.ended)
                yield deed

    def _possible_rows(self, deed: Deed, *, windows: Windows) -> None:
        rows = deed.rows or ([deed] if deed.verb == "place" else [])
        is_refused = deed.is_atomic and any(row.code != OK for row in rows)
        if is_refused and (any(row.code == OK for row in rows) or all(row.code == ATOMIC for row in rows)):
            raise Found(f"{deed}: neither all nor none: {[row.code for row in rows]}")
        for row in rows:
            windows.check(row, besides=rows if is_refused else [])

    def _blur(self, effects: list[Deed]) -> None:
        """After many at once it is not known which pool of an article with several a line took its pieces from."""
        for deed in effects:
            for line in self.auditor.orders[(deed.party, deed.number)].lines.values():
                article = self.auditor.articles[line.sku]
                if len(article.pools) > 1:
                    article.split_known = False
                    line.is_sure = False


def explain(auditor: Auditor, kept: Kept, deeds: Sequence[Deed], *, shown: Shown) -> list[Deed] | None:
    """The deeds that took effect, in an order that gives every answer and the state now shown; None if there is none.

    A deed that ended before another began comes before it.
    """
    scratch = Auditor()
    scratch.parties = {kept.party: copy.deepcopy(auditor.parties[kept.party])}
    scratch.articles = copy.deepcopy(auditor.articles)
    scratch.suppliers, scratch.table = auditor.suppliers, auditor.table
    for article in scratch.articles.values() if len(deeds) > 1 else ():
        article.split_known = False
    return _search(scratch, copy.deepcopy(kept), list(deeds), shown=shown)


def _search(scratch: Auditor, kept: Kept, left: list[Deed], *, shown: Shown) -> list[Deed] | None:
    required = [deed for deed in left if deed.verb != "expire"]
    if not required and not differences(kept, shown.order) and not hidden_differences(kept, shown.hidden):
        return []
    if kept.state == "awaiting_funds":
        # Money that came meanwhile may have let it go on by itself.
        went_on = copy.deepcopy(kept)
        scratch.capture(went_on, is_funded=True)
        story = _search(scratch, went_on, left, shown=shown)
        if story is not None:
            return [Deed(verb="release", party=kept.party, number=kept.number, began=-inf, ended=inf), *story]
    for deed in left:
        if any(other.ended < deed.began for other in required if other is not deed):
            continue
        asked = asked_of(deed)
        verdict = scratch.judge(kept, deed.verb, **asked)
        rest = [other for other in left if other is not deed]
        is_effect = OK in verdict and scratch.takes_effect(kept, deed.verb, **asked)
        # What was killed under way may have been done, whatever was said when it was asked for again.
        if (deed.code == OK or deed.is_shaken) and is_effect:
            waits = deed.verb == "confirm" and scratch.parties[kept.party].policy == "check"
            for is_funded in (True, False) if waits else (True,):
                tried = copy.deepcopy(kept)
                scratch.do(tried, deed.verb, is_funded=is_funded, **asked)
                story = _search(scratch, tried, rest, shown=shown)
                if story is not None:
                    deed.is_funded = is_funded
                    return [deed, *story]
        if deed.is_shaken or (deed.code in verdict and not (deed.code == OK and is_effect)):
            story = _search(scratch, kept, rest, shown=shown)
            if story is not None:
                return story
    return None


def asked_of(deed: Deed) -> dict[str, Any]:
    """What a deed asks of an order, as the auditor takes it."""
    return {"pieces": deed.pieces, "name": deed.name, "more": deed.more}


def _has_distinct_numbers(batch: Deed) -> bool:
    numbers = [order.out_order_no for order in batch.orders]
    return len(set(numbers)) == len(numbers)


def _must(deed: Deed, verdict: Iterable[str]) -> None:
    allowed = set(verdict)
    if deed.code not in allowed:
        raise Found(f"{deed}: must be answered {' or '.join(sorted(allowed))}")
