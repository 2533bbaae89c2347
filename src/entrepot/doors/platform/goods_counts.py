"""How many goods a search finds by state, counted up to a limit and by index."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from entrepot.catalog.models import Goods, GoodsState
from entrepot.doors.platform.goods_rows import HAS_CHANGE

COUNT_LIMIT = 9_999
"""Up to so many goods of one state are counted; beyond it nobody needs the exact figure."""
FOUND_LIMIT = 999
"""Up to so many goods that a search finds are counted: they are gone through one by one."""


@dataclass(frozen=True, slots=True)
class GoodsCounts:
    """How many goods there are of each state; `is_cut`: a search found more than are counted; None: nobody counted."""

    by_state: dict[str, int] | None
    changes: int | None = None
    is_cut: bool = False

    def of(self, state: str) -> int | str | None:
        """Return the number of goods in a state as it is shown, `9,999+` where counting stopped."""
        if self.by_state is None or self.is_cut:
            return None
        count = self.by_state.get(state, 0)
        return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else count

    @property
    def total(self) -> int | str | None:
        """Return the number of all goods as it is shown."""
        if self.by_state is None:
            return None
        if self.is_cut:
            return f"{FOUND_LIMIT:,}+"
        is_more = any(count > COUNT_LIMIT for count in self.by_state.values())
        return f"{COUNT_LIMIT:,}+" if is_more else sum(self.by_state.values())


def counts_of(found: QuerySet[Goods], *, is_searched: Any, is_wide: bool) -> GoodsCounts:
    """Count goods by state, and those of which a change waits for review.

    Without a search each state is counted by its index, up to a limit; what a search finds is gone through once up to
    a lower limit; what is found by walking through the goods is not counted.
    """
    if is_wide:
        return GoodsCounts(None)
    if not is_searched:
        parts = {state: found.filter(state=state).order_by("-id")[: COUNT_LIMIT + 1] for state in GoodsState.values}
        counted = _counted(parts | {"": found.filter(HAS_CHANGE).order_by()[: COUNT_LIMIT + 1]})
        return GoodsCounts(counted, counted.pop(""))
    states = list(found.order_by("-id").values_list("state", flat=True)[: FOUND_LIMIT + 1])
    by_state = {state: states.count(state) for state in set(states)}
    return GoodsCounts(by_state, _counted({"": found.filter(HAS_CHANGE).order_by()})[""], len(states) > FOUND_LIMIT)


def _counted(parts: dict[str, QuerySet[Goods]]) -> dict[str, int]:
    """Return the number of rows of each queryset, by one question."""
    found, asked, values = dict.fromkeys(parts, 0), [], []
    for name, rows in parts.items():
        try:
            sql, given = rows.values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        asked.append(f"select %s, count(*) from ({sql}) x")  # noqa: S608 - what Django wrote
        values += [name, *given]
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(" union all ".join(asked), values)
            found |= dict(cursor.fetchall())
    return found
