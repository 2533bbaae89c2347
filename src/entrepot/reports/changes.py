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
from entrepot.reports.shelf import LiveSku, ShelfGoods, goods_page, live_skus, terms_of

KINDS = ("product", "price", "stock")
Place = tuple[int, int]
_TEXT = re.compile(r"([0-9a-f]{12}):([0-9]{1,19}):([0-9]{1,19}):([0-9]{1,19}):([0-9]{1,19})")
# A change is served only when its transaction is older than every transaction still running, so that nothing which
# commits late can hide behind what was served already. The cursor names a place in the order of transactions.
_WATERMARK = "select pg_snapshot_xmin(pg_current_snapshot())::text"
# Another cluster, a restored one, and other terms of the distributor each begin a new epoch: what a mall has kept from
# an older one no longer says what it would be told now.
_EPOCH = """
select concat_ws(' ', (select system_identifier from pg_control_system()), (select timeline_id from pg_control_checkpoint()),
                 d.id, d.tier_id, t.fee_rate_bps)
from parties_distributor d join parties_tier t on t.id = d.tier_id where d.id = %s
"""
_GOODS = """
select id, changed_xid::text, state, (extract(epoch from clock_timestamp() - changed_at) * 1000)::bigint
from catalog_goods where (changed_xid, id) > (%s::text::xid8, %s) and changed_xid < %s::text::xid8
  and (id >= 1000000000000000) = %s
order by changed_xid, id limit %s
"""
_LEVELS = """
select l.id, l.changed_xid::text, k.code
from stock_level l join catalog_sku k on k.id = l.sku_id
where (l.changed_xid, l.id) > (%s::text::xid8, %s) and l.changed_xid < %s::text::xid8
  and (l.id >= 1000000000000000) = %s
order by l.changed_xid, l.id limit %s
"""
_HEAD = """
select greatest((select max(changed_xid) from catalog_goods), (select max(changed_xid) from stock_level))::text
"""


class CursorExpiredError(Exception):
    """The cursor is of another epoch: walk the products anew and go on from the cursor that comes with them."""


class CursorShapeError(Exception):
    """The text is no cursor of this feed."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mall has read: the last place served, as transaction and row, of goods and of stock levels."""

    epoch: str
    goods: Place
    levels: Place

    def text(self) -> str:
        """Return the opaque text a mall keeps."""
        plain = ":".join(str(part) for part in (self.epoch, *self.goods, *self.levels))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@dataclass(slots=True)
class Changes:
    """What has changed: goods in their latest state, ids of goods no longer shown with the reason, and SKUs.

    `is_held_back`: something is committed that may not be told yet, because an older transaction still runs.
    """

    cursor: Cursor
    has_more: bool
    lag_ms: int
    is_held_back: bool
    goods: list[ShelfGoods] = field(default_factory=list)
    gone: dict[int, str] = field(default_factory=dict)
    skus: list[LiveSku] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is told and nothing more waits."""
        return not (self.goods or self.gone or self.skus or self.has_more)


def read_cursor(text: str) -> Cursor:
    """Return the cursor of a text. Raises CursorShapeError."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise CursorShapeError from error
    found = _TEXT.fullmatch(plain)
    if found is None or any(int(part) >= 2**63 for part in found.groups()[1:]):
        raise CursorShapeError
    goods_xid, goods_id, level_xid, level_id = (int(part) for part in found.groups()[1:])
    return Cursor(found[1], (goods_xid, goods_id), (level_xid, level_id))


def cursor_now(distributor_id: int) -> Cursor:
    """Return the cursor from which a mall that walks the products now misses nothing. Take it before the walk."""
    with scope.desk(read_only=True):
        start = (int(_value(_WATERMARK)), 0)
        return Cursor(_epoch(distributor_id), start, start)


def head() -> int:
    """Return the last transaction that has changed goods or stock; cheap enough to be asked every moment."""
    with scope.desk(read_only=True):
        return int(_value(_HEAD) or 0)


def changes_since(
    cursor: Cursor, *, distributor_id: int, kinds: Sequence[str] = ("product", "stock"), limit: int = 1000
) -> Changes:
    """Return up to `limit` changes after a cursor, goods before stock, as the distributor's terms show them.

    Goods that he no longer sees come as `delisted`, or as `not_authorised` when others still do. Raises
    CursorExpiredError when the cursor is of another epoch.
    """
    with scope.desk(read_only=True):
        if cursor.epoch != _epoch(distributor_id):
            raise CursorExpiredError
        until = str(_value(_WATERMARK))
        goods = (
            _rows(_GOODS, cursor.goods, until, limit, is_sandbox=is_sandbox(distributor_id))
            if {"product", "price"} & set(kinds)
            else []
        )
        room = limit - len(goods)
        levels = (
            _rows(_LEVELS, cursor.levels, until, room, is_sandbox=is_sandbox(distributor_id))
            if "stock" in kinds and room
            else []
        )
        is_held_back = int(_value(_HEAD) or 0) >= int(until)
    after = Cursor(
        cursor.epoch,
        _place_after(goods, cursor.goods, until=until, is_whole=len(goods) < limit),
        _place_after(levels, cursor.levels, until=until, is_whole=len(levels) < room),
    )
    found = Changes(
        replace(
            after,
            goods=after.goods if {"product", "price"} & set(kinds) else cursor.goods,
            levels=after.levels if "stock" in kinds else cursor.levels,
        ),
        has_more=len(goods) + len(levels) >= limit,
        lag_ms=max(0, goods[-1][3]) if len(goods) >= limit else 0,
        is_held_back=is_held_back,
    )
    codes = list(dict.fromkeys(row[2] for row in levels))
    with scope.distributor(distributor_id, read_only=True):
        terms = terms_of(distributor_id)
        if goods:
            found.goods = goods_page(terms, limit=len(goods), ids=[row[0] for row in goods])
        if codes:
            # What he may not see is told of as goods, if it ever was there for him.
            found.skus = [sku for sku in live_skus(terms, codes=codes) if sku.state == "on_sale"]
    shown = {item.id for item in found.goods}
    found.gone = {
        row[0]: "not_authorised" if row[2] == "on_sale" else "delisted" for row in goods if row[0] not in shown
    }
    return found


def _place_after(rows: list[Any], before: Place, *, until: str, is_whole: bool) -> Place:
    """Return the place reached: behind the last row, or, when there are no more, right below the watermark."""
    if is_whole:
        return max(before, (int(until), 0))
    return (int(rows[-1][1]), rows[-1][0]) if rows else before


def _epoch(distributor_id: int) -> str:
    plain = str(_value(_EPOCH, [distributor_id]))
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
