"""How many orders each tab of a supplier's list holds, counted up to a limit."""

from collections import Counter
from dataclasses import dataclass

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.doors.supplier.order_search import EVERY_STATE, OPEN, OPEN_LINES, TABS, UNDECIDED, WORDS, Wanted

COUNT_LIMIT = 9_999
"""Up to so many orders of one state are counted."""
FOUND_LIMIT = 999
"""Up to so many orders that a search finds, or that are not taken on, are counted: they are gone through one by one."""
_TOLD = ", ".join(f"w.{tab}" for tab in WORDS)
_LINES = f"""
select {", ".join(f"bool_or({word}) as {tab}" for tab, word in WORDS.items())} from {OPEN_LINES}
and s.state in ('confirmed', 'partly_shipped')
"""  # noqa: S608 - our own words
_STATE_COUNT = f"""
(select %s, null::boolean, null::boolean, null::boolean, (
    select count(*) from (
        select from orders_supplyorder s where s.supplier_id = {PARTY} and s.state = %s order by s.order_id desc limit %s
    ) x
))
"""  # noqa: S608 - our own words
_UNDECIDED_COUNT = f"""
(select 'undecided', {_TOLD}, count(*)
from (select a.order_id from ({UNDECIDED}) a group by a.order_id order by a.order_id desc limit %s) u
join orders_supplyorder s on s.order_id = u.order_id and s.supplier_id = {PARTY} and s.state in ('confirmed', 'partly_shipped')
left join lateral ({_LINES}) w on true
group by {_TOLD})
"""  # noqa: S608 - our own words
_ASKED_COUNT = f"""
(select 'asked', null, null, null, count(*) from (select a.order_id from ({UNDECIDED}) a group by a.order_id limit %s) u)
"""  # noqa: S608 - our own words
_FOUND_COUNT = """
select s.state, {told}, count(*) from ({walk}) s
left join lateral ({lines}) w on true
group by s.state, {told}
"""


@dataclass(frozen=True, slots=True)
class TabCounts:
    """How many supply orders each tab holds, counted up to a limit.

    `at_least`: tabs that may hold more than was counted. A tab without a figure was not counted.
    """

    by_tab: dict[str, int]
    limit: int
    at_least: frozenset[str] = frozenset()

    def may_hold(self, tab: str) -> bool:
        """Return whether a tab holds something, or nobody has counted."""
        return self.by_tab.get(tab) != 0

    def shown(self, tab: str) -> int | str | None:
        """Return the figure of a tab as it is shown, `999+` where counting stopped, None when nobody has counted."""
        if tab not in self.by_tab:
            return None
        return self.by_tab[tab] if self._is_whole(tab) else f"{min(self.by_tab[tab], self.limit):,}+"

    def exact(self, tab: str) -> int | None:
        """Return the figure of a tab, None where counting stopped."""
        return self.by_tab[tab] if tab in self.by_tab and self._is_whole(tab) else None

    def _is_whole(self, tab: str) -> bool:
        return tab not in self.at_least and self.by_tab[tab] <= self.limit


def tab_counts(wanted: Wanted) -> TabCounts:
    """Return how many supply orders each tab holds under the rest of the search; what is walked through nobody counts."""
    if not wanted.is_search:
        return _all_counted()
    return TabCounts({}, FOUND_LIMIT) if wanted.is_wide else _found_counted(wanted)


def _all_counted() -> TabCounts:
    """Count each state by its index, and look at the lines of those orders alone that are not wholly taken on.

    All that is open is to be shipped but for some of those; where they are too many, the figures say the least it can be.
    """
    parts = [*[_STATE_COUNT] * len(EVERY_STATE), _UNDECIDED_COUNT, _ASKED_COUNT]
    values = [value for state in EVERY_STATE for value in (state, state, COUNT_LIMIT + 1)]
    by_state: Counter[str] = Counter()
    by_word: Counter[str] = Counter()
    for state, *words, count in look_as_desk(" union all ".join(parts), [*values, FOUND_LIMIT + 1, COUNT_LIMIT + 1]):
        by_state[state] += count
        by_word.update({tab: count for tab, is_so in zip(WORDS, words, strict=True) if is_so})
    undecided, asked = by_state.pop("undecided", 0), by_state.pop("asked")
    is_cut = undecided > FOUND_LIMIT
    by_tab = {tab: sum(by_state[state] for state in states or EVERY_STATE) for tab, states in TABS.items()}
    by_tab |= {tab: by_word[tab] for tab in WORDS}
    by_tab["to_ship"] += max(0, sum(by_state[state] for state in OPEN) - (asked if is_cut else undecided))
    is_more = any(by_state[state] > COUNT_LIMIT for state in OPEN)
    return TabCounts(by_tab, COUNT_LIMIT, frozenset(WORDS if is_cut else ["to_ship"] if is_more else []))


def _found_counted(wanted: Wanted) -> TabCounts:
    """Count what a search finds, newest first, up to a limit for all states together."""
    walk, values = wanted.walk(limit=FOUND_LIMIT + 1, with_tab=False)
    by_state: Counter[str] = Counter()
    by_word: Counter[str] = Counter()
    for state, *words, count in look_as_desk(_FOUND_COUNT.format(told=_TOLD, walk=walk, lines=_LINES), values):
        by_state[state] += count
        by_word.update({tab: count for tab, is_so in zip(WORDS, words, strict=True) if is_so})
    by_tab = {tab: sum(by_state[state] for state in states or EVERY_STATE) for tab, states in TABS.items()}
    by_tab |= {tab: by_word[tab] for tab in WORDS}
    is_cut = by_state.total() > FOUND_LIMIT
    return TabCounts(by_tab, FOUND_LIMIT, frozenset(TABS) if is_cut else frozenset())
