"""The change feed: what became of goods and stock since a cursor, each changed object once, in its latest state."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import connection

from entrepot.base import scope
from entrepot.base.worlds import is_sandbox
from entrepot.catalog.selection import OWN_WORD, SELECTED, Reach, reach_of
from entrepot.events.restores import LIFE
from entrepot.reports import told
from entrepot.reports.told import Told

KINDS = ("product", "price", "stock")
Place = tuple[int, int]
_TEXT = re.compile(r"([0-9a-f]{12})((?::[0-9]{1,19}){4}|(?::[0-9]{1,19}){7})")
# A change is served only when its transaction is older than every transaction still running, so that nothing which
# commits late can hide behind what was served already. The cursor names a place in the order of transactions.
_WATERMARK = "select pg_snapshot_xmin(pg_current_snapshot())::text"
# Another cluster, a restored one, and other terms of the distributor each begin a new epoch: what a mall has kept from
# an older one no longer says what it would be told now.
_EPOCH = f"""
select concat_ws(' ', (select system_identifier from pg_control_system()), (select timeline_id from pg_control_checkpoint()),
                 d.id, d.tier_id, t.fee_rate_bps, ({LIFE}))
from parties_distributor d join parties_tier t on t.id = d.tier_id where d.id = %s
"""  # noqa: S608 - a statement of our own
# The text is not called like its column: `order by` would mean the text, in which 10 comes before 9.
_GOODS = """
select id, changed_xid::text as xid, state, (extract(epoch from clock_timestamp() - changed_at) * 1000)::bigint
from catalog_goods where (changed_xid, id) > (%s::text::xid8, %s) and changed_xid < %s::text::xid8
  and (id >= 1000000000000000) = %s
order by changed_xid, id limit %s
"""
_LEVELS = """
select l.id, l.changed_xid::text as xid, l.sku_id, k.goods_id
from stock_level l join catalog_sku k on k.id = l.sku_id
where (l.changed_xid, l.id) > (%s::text::xid8, %s) and l.changed_xid < %s::text::xid8
  and (l.id >= 1000000000000000) = %s
order by l.changed_xid, l.id limit %s
"""
_HEAD = """
select greatest((select max(changed_xid) from catalog_goods), (select max(changed_xid) from stock_level),
                (select max(changed_xid) from catalog_pick))::text
"""
# Of a selection, a page looks at so many changed rows at most, so that a mall with few goods waits for none of them.
_LOOK = 20_000
_PICKS = """
select id, changed_xid::text as xid, goods_id from catalog_pick
where distributor_id = %(distributor_id)s and (changed_xid, id) > (%(xid)s::text::xid8, %(id)s)
    and changed_xid < %(until)s::text::xid8
order by changed_xid, id limit %(limit)s
"""
# Goods that once moved since the walk began may have left the selection by it.
_GOODS_SELECTED = f"""
with looked as materialized (
    select id, changed_xid, state, category_id, brand_id, placed_xid,
        (extract(epoch from clock_timestamp() - changed_at) * 1000)::bigint as lag
    from catalog_goods where (changed_xid, id) > (%(xid)s::text::xid8, %(id)s) and changed_xid < %(until)s::text::xid8
        and (id >= 1000000000000000) = %(is_sandbox)s
    order by changed_xid, id limit {_LOOK}
), judged as (
    select g.*, {SELECTED} as is_in from looked g {OWN_WORD}
)
(select id, changed_xid::text as xid, state, lag, is_in from judged where is_in or placed_xid >= %(since)s::text::xid8
 order by changed_xid, id limit %(limit)s)
union all
(select id, changed_xid::text as xid, null, (select count(*) from looked), null from looked
 order by changed_xid desc, id desc limit 1)
"""  # noqa: S608 - terms of ours
_LEVELS_SELECTED = f"""
with looked as materialized (
    select l.id, l.changed_xid, l.sku_id
    from stock_level l where (l.changed_xid, l.id) > (%(xid)s::text::xid8, %(id)s)
        and l.changed_xid < %(until)s::text::xid8 and (l.id >= 1000000000000000) = %(is_sandbox)s
    order by l.changed_xid, l.id limit {_LOOK}
), judged as (
    select l.id, l.changed_xid, l.sku_id, g.id as goods_id, {SELECTED} as is_in
    from looked l join catalog_sku k on k.id = l.sku_id join catalog_goods g on g.id = k.goods_id {OWN_WORD}
)
(select id, changed_xid::text as xid, sku_id, goods_id from judged where is_in order by changed_xid, id limit %(limit)s)
union all
(select id, changed_xid::text as xid, null, (select count(*) from looked) from looked
 order by changed_xid desc, id desc limit 1)
"""  # noqa: S608 - terms of ours


class CursorExpiredError(Exception):
    """The cursor is of another epoch: walk the products anew and go on from the cursor that comes with them."""


class CursorShapeError(Exception):
    """The text is no cursor of this feed."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mall has read: the last place served, as transaction and row, of goods, stock levels and picks."""

    epoch: str
    goods: Place
    levels: Place
    # Of a selection: what the mall picked, and the transaction at which its walk began.
    picks: Place = (0, 0)
    since: int = 0

    def is_after(self, xid: int) -> bool:
        """Return whether it speaks of a transaction that has not been."""
        return max(self.goods[0], self.levels[0], self.picks[0], self.since) > xid

    def text(self) -> str:
        """Return the opaque text a mall keeps."""
        more = (*self.picks, self.since) if self.since else ()
        plain = ":".join(str(part) for part in (self.epoch, *self.goods, *self.levels, *more))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@dataclass(slots=True)
class Changes:
    """What has changed, each object as JSON: goods in their latest state, ids of goods no longer shown with the reason,
    prices of the SKUs of goods, and SKUs with their stock.

    `is_held_back`: something is committed that may not be told yet, because an older transaction still runs.
    """

    cursor: Cursor
    has_more: bool
    lag_ms: int
    is_held_back: bool
    goods: list[Told] = field(default_factory=list)
    gone: dict[int, str] = field(default_factory=dict)
    prices: list[Told] = field(default_factory=list)
    skus: list[Told] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is told and nothing more waits."""
        return not (self.goods or self.gone or self.prices or self.skus or self.has_more)


def read_cursor(text: str) -> Cursor:
    """Return the cursor of a text. Raises CursorShapeError."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise CursorShapeError from error
    found = _TEXT.fullmatch(plain)
    numbers = [int(part) for part in found[2].split(":")[1:]] if found is not None else []
    if found is None or any(number >= 2**63 for number in numbers):
        raise CursorShapeError
    places = [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers) - 1, 2)]
    return Cursor(found[1], *places, *numbers[6:])  # type: ignore[arg-type]  # two places, or three and a number


def cursor_now(distributor_id: int, is_selection: bool = False) -> Cursor:
    """Return the cursor from which a mall that walks the products, or its selection, now misses nothing.

    Take it before the walk.
    """
    with scope.desk(read_only=True):
        xid = int(_value(_WATERMARK))
        start = (xid, 0)
        if not is_selection:
            return Cursor(_epoch(distributor_id), start, start)
        return Cursor(_epoch(distributor_id, reach=reach_of(distributor_id)), start, start, start, xid)


def head() -> int:
    """Return the last transaction that has changed goods or stock; cheap enough to be asked every moment."""
    with scope.desk(read_only=True):
        return int(_value(_HEAD) or 0)


def changes_since(
    cursor: Cursor,
    *,
    distributor_id: int,
    kinds: Sequence[str] = ("product", "stock"),
    limit: int = 1000,
    is_selection: bool = False,
) -> Changes:
    """Return up to `limit` changes after a cursor, goods before stock, as the distributor's terms show them.

    Goods that he no longer sees come as `delisted`, or as `not_authorised` when others still do. Of his selection alone,
    goods that left it come as `not_selected`. Raises CursorExpiredError when the cursor is of another epoch, or of a
    time this database has not come to.
    """
    with scope.desk(read_only=True):
        reach = reach_of(distributor_id) if is_selection else None
        if cursor.epoch != _epoch(distributor_id, reach=reach) or bool(cursor.since) != is_selection:
            raise CursorExpiredError
        until = str(_value(_WATERMARK))
        if cursor.is_after(int(until)):
            raise CursorExpiredError  # a database that has gone back does not know what the mall has seen
        page = _Page(cursor, until=until, left=limit, reach=reach, is_sandbox=is_sandbox(distributor_id))
        if {"product", "price"} & set(kinds):
            page.read_goods()
        if "stock" in kinds:
            page.read_levels()
        is_held_back = int(_value(_HEAD) or 0) >= int(page.until)
    found = Changes(
        page.cursor,
        has_more=page.has_more,
        lag_ms=max(0, page.goods[-1][3]) if page.has_more and page.goods else 0,
        is_held_back=is_held_back,
    )
    _tell(found, page.goods, page.levels, kinds=kinds, distributor_id=distributor_id)
    return found


class _Page:
    """One page being read: rows of goods (id, xid, state, lag, is selected) and of levels (id, xid, SKU, goods)."""

    def __init__(self, cursor: Cursor, *, until: str, left: int, reach: Reach | None, is_sandbox: bool) -> None:
        self.is_sandbox = is_sandbox
        self.cursor, self.until, self.left, self.reach = cursor, until, left, reach
        self.goods: list[Any] = []
        self.levels: list[Any] = []
        self.has_more = False

    def read_goods(self) -> None:
        """Read goods that changed, and of a selection those the mall picked or dropped."""
        if self.reach is None:
            rows = [
                (*row, True)
                for row in _rows(_GOODS, self.cursor.goods, self.until, self.left, is_sandbox=self.is_sandbox)
            ]
            self._go_on("goods", rows, is_whole=len(rows) < self.left)
            self.goods = rows
            return
        picks = self._selected(_PICKS, self.cursor.picks)
        self._go_on("picks", picks, is_whole=len(picks) < self.left)
        self.left -= len(picks)
        self.goods = self._as_goods([row[2] for row in picks if row[2] is not None])
        if self.left:
            rows, marker = _cut(self._selected(_GOODS_SELECTED, self.cursor.goods))
            told = {row[0] for row in self.goods}
            self._go_on("goods", rows, is_whole=len(rows) < self.left, looked=marker)
            self.goods += [row for row in rows if row[0] not in told]

    def read_levels(self) -> None:
        """Read levels that changed, as far as there is room."""
        if not self.left:
            return
        if self.reach is None:
            self.levels = _rows(_LEVELS, self.cursor.levels, self.until, self.left, is_sandbox=self.is_sandbox)
            self._go_on("levels", self.levels, is_whole=len(self.levels) < self.left)
            return
        self.levels, marker = _cut(self._selected(_LEVELS_SELECTED, self.cursor.levels))
        self._go_on("levels", self.levels, is_whole=len(self.levels) < self.left, looked=marker)

    def _go_on(self, name: str, rows: list[Any], *, is_whole: bool, looked: Any = None) -> None:
        """Move one place of the cursor behind what was read, or, when there is no more, right below the watermark."""
        before: Place = getattr(self.cursor, name)
        if not is_whole:
            place = (int(rows[-1][1]), rows[-1][0])
        elif looked is not None and looked[3] >= _LOOK:
            place, is_whole = (int(looked[1]), looked[0]), False
        else:
            place = max(before, (int(self.until), 0))
        moved: dict[str, Any] = {name: place}
        self.cursor = replace(self.cursor, **moved)
        self.has_more |= not is_whole
        if name != "picks":
            self.left -= len(rows)

    def _selected(self, statement: str, place: Place) -> list[Any]:
        assert self.reach is not None
        values: dict[str, Any] = {"xid": str(place[0]), "id": place[1], "until": self.until, "limit": self.left}
        with connection.cursor() as cursor:
            cursor.execute(
                statement, self.reach.values | values | {"since": str(self.cursor.since), "is_sandbox": self.is_sandbox}
            )
            return cursor.fetchall()

    def _as_goods(self, ids: list[int]) -> list[Any]:
        """Return goods by id in the form of those that changed."""
        assert self.reach is not None
        with connection.cursor() as cursor:
            cursor.execute(
                f"select g.id, g.changed_xid::text, g.state, 0, {SELECTED} from catalog_goods g {OWN_WORD}"  # noqa: S608
                " where g.id = any(%(ids)s)",
                self.reach.values | {"ids": ids},
            )
            return cursor.fetchall()


def _cut(rows: list[Any]) -> tuple[list[Any], Any]:
    """Return the rows, and the last one that was looked at for them with how many were, None when there was none."""
    return (rows[:-1], rows[-1]) if rows else ([], None)


def _tell(found: Changes, goods: list[Any], levels: list[Any], *, kinds: Sequence[str], distributor_id: int) -> None:
    """Put what changed into words; what he may not see is told of as goods, if it ever was there for him."""
    if not goods and not levels:
        return
    with scope.distributor(distributor_id, read_only=True):
        shown = set(told.shown_of(list({row[0] for row in goods} | {row[3] for row in levels})))
    changed = [row[0] for row in goods if row[4] and row[0] in shown]
    if "product" in kinds:
        found.goods = told.products(changed, distributor_id=distributor_id)
        shown_now = {item.key for item in found.goods}
        found.gone = {row[0]: _reason(row) for row in goods if row[0] not in shown_now}
    if "price" in kinds:
        found.prices = told.prices(changed, distributor_id=distributor_id)
    of_shown = [row for row in levels if row[3] in shown]
    if of_shown:
        goods_ids = list({row[3] for row in of_shown})
        found.skus = told.stocks(list({row[2] for row in of_shown}), goods_ids=goods_ids, distributor_id=distributor_id)


def _reason(row: Any) -> str:
    if not row[4]:
        return "not_selected"
    return "not_authorised" if row[2] == "on_sale" else "delisted"


def _epoch(distributor_id: int, *, reach: Reach | None = None) -> str:
    plain = str(_value(_EPOCH, [distributor_id])) + (f" {reach.mark}" if reach is not None else "")
    return hmac.new(settings.SECRET_KEY.encode(), plain.encode(), hashlib.sha256).hexdigest()[:12]


def _rows(statement: str, place: Place, until: str, limit: int, *, is_sandbox: bool) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(place[0]), place[1], until, is_sandbox, limit])
        return cursor.fetchall()


def _value(statement: str, values: list[Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or [])
        row = cursor.fetchone()
        return row[0] if row else None
