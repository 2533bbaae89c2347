"""How many orders each tab of a supplier's list holds, counted up to a limit."""

from collections import Counter
from dataclasses import dataclass

from entrepot.base.scope import look_as_desk
from entrepot.doors.supplier.order_search import EVERY_STATE, OPEN, OPEN_LINES, TABS, WORDS, Wanted

COUNT_LIMIT = 9_999
"""Up to so many orders of one state are counted."""
FOUND_LIMIT = 999
"""Up to so many orders that a search finds are counted: they are gone through one by one."""
# Counting stops, each state is counted by its index, and what is said about lines is looked up for the open ones alone.
_STATE_COUNT = """
select '{state}', false, false, false, (
    select count(*) from (
        select from orders_supplyorder s where {condition} and s.state = '{state}' order by s.order_id desc limit %s
    ) x
)
"""
_OPEN_COUNT = f"""
select s.state, {", ".join(f"w.{tab}" for tab in WORDS)}, count(*)
from (
    select s.* from orders_supplyorder s where {{condition}} and s.state = any('{{{{confirmed,partly_shipped}}}}')
    order by s.state desc, s.order_id desc limit %s
) s left join lateral (
    select {", ".join(f"bool_or({word}) as {tab}" for tab, word in WORDS.items())} from {OPEN_LINES}
) w on true
group by s.state, {", ".join(f"w.{tab}" for tab in WORDS)}
"""  # noqa: S608 - our own words
_FOUND_COUNT = f"""
select s.state, {", ".join(f"w.{tab}" for tab in WORDS)}, count(*)
from (
    select s.* from orders_supplyorder s where {{condition}} and s.state = any('{{{{{",".join(EVERY_STATE)}}}}}')
    order by s.order_id desc limit %s
) s left join lateral (
    select {", ".join(f"bool_or({word}) as {tab}" for tab, word in WORDS.items())} from {OPEN_LINES}
) w on s.state in ('confirmed', 'partly_shipped')
group by s.state, {", ".join(f"w.{tab}" for tab in WORDS)}
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class TabCounts:
    """How many supply orders each tab holds, counted up to a limit."""

    by_tab: dict[str, int]
    limit: int
    is_cut: bool

    def __getitem__(self, tab: str) -> int:
        """Return the figure of a tab, which may be more than that where counting stopped."""
        return self.by_tab[tab]

    def shown(self, tab: str) -> int | str:
        """Return the figure of a tab as it is shown: `999+` where counting stopped."""
        is_more = self.is_cut or self.by_tab[tab] > self.limit
        return f"{min(self.by_tab[tab], self.limit):,}+" if is_more else self.by_tab[tab]

    def exact(self, tab: str) -> int | None:
        """Return the figure of a tab, None where counting stopped."""
        return None if self.is_cut or self.by_tab[tab] > self.limit else self.by_tab[tab]


def tab_counts(wanted: Wanted) -> TabCounts:
    """Return how many supply orders each tab holds under the rest of the search."""
    condition, given = wanted.conditions(with_tab=False)
    limit = FOUND_LIMIT if wanted.is_search else COUNT_LIMIT
    if wanted.is_search:
        parts = [_FOUND_COUNT.format(condition=condition)]
    else:
        done = [state for state in EVERY_STATE if state not in OPEN]
        parts = [_STATE_COUNT.format(condition=condition, state=state) for state in done]
        parts.append(_OPEN_COUNT.format(condition=condition))
    found = look_as_desk(" union all ".join(f"({part})" for part in parts), [*given, limit + 1] * len(parts))
    by_state: Counter[str] = Counter()
    by_word: Counter[str] = Counter()
    for state, *words, count in found:
        by_state[state] += count
        by_word.update({tab: count for tab, is_so in zip(WORDS, words, strict=True) if is_so})
    is_cut = wanted.is_search and by_state.total() > limit
    by_tab = {
        tab: by_word[tab] if tab in WORDS else sum(by_state[state] for state in states or tuple(by_state))
        for tab, states in TABS.items()
    }
    return TabCounts(by_tab, limit, is_cut)
