"""A copy of the catalogue in SQLite, and the steps that bring it up to date; who calls the platform is another's business."""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from entrepot_sdk.digests import digest_of
from entrepot_sdk.errors import CursorExpiredError, EntrepotError
from entrepot_sdk.shapes import Change, Product

PAGE = 500
HELD_BACK_AT_MOST_S = 40.0
LOOK_AGAIN_S = 0.2
Step = Callable[[Any], Any]
"""A call to be made of a client, synchronous or not; the steps go on with its answer, or with what it raised."""
_TABLES = """
create table if not exists product (id text primary key, walk integer not null, body blob not null);
create table if not exists sku (
    code text primary key, product_id text not null, agreed_price integer not null, stock integer not null
);
create index if not exists sku_by_product on sku (product_id);
create table if not exists listed (product_id text primary key);
create table if not exists place (name text primary key, value text not null);
"""


class DriftError(EntrepotError):
    """The mirror and the platform disagree although nothing has changed meanwhile; `rebuild` begins anew."""


class Copy:
    """The file of a mirror: what it tells, and what is to be asked to bring it up to date."""

    def __init__(self, *, path: Path | str, scope: str | None = None) -> None:
        self._scope = scope
        self._is_held_back = False
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.executescript("pragma journal_mode = wal; pragma synchronous = normal;" + _TABLES)

    @property
    def is_walked(self) -> bool:
        """Whether all products have been walked once, so that the copy is whole and only has to follow the feed."""
        return self._place("changes") is not None

    def rebuild(self) -> None:
        """Let the next `sync` walk all products anew."""
        with self._transaction():
            self._file.execute("delete from place where name in ('changes', 'walk', 'behind')")

    def _syncing(self, wait_s: int) -> Generator[Step, Any, int]:
        count = 0
        while True:
            cursor = self._place("changes")
            if cursor is None:
                count += yield from self._walking()
                continue
            try:
                page = yield _changes_since(cursor, wait_s=wait_s or None, scope=self._scope)
            except CursorExpiredError:
                self.rebuild()
                continue
            with self._transaction():
                for change in page.items:
                    self._apply(change)
                self._keep("changes", page.next_cursor)
            count += len(page.items)
            self._is_held_back = page.held_back
            if not page.has_more:
                return count
            wait_s = 0

    def _own_digest(self) -> tuple[int, str]:
        return digest_of(self._file.execute("select code, agreed_price, stock from sku"))

    def _walking(self) -> Generator[Step, Any, int]:
        """Walk all products; what no page showed is gone. A walk that was broken off goes on behind its last page."""
        count = 0
        number = int(self._place("number") or 0)
        behind = self._place("behind")
        if behind is None:
            number += 1
        while True:
            page = yield _page_behind(behind, scope=self._scope)
            with self._transaction():
                if behind is None:
                    self._keep("walk", page.changes_cursor or "")
                    self._keep("number", str(number))
                for product in page.items:
                    self._put(product, walk=number)
                count += len(page.items)
                if page.has_more and page.next_cursor:
                    behind = page.next_cursor
                    self._keep("behind", behind)
                    continue
                gone = self._file.execute("select id from product where walk <> ?", [number]).fetchall()
                for (product_id,) in gone:
                    self._drop(product_id)
                self._keep("changes", self._place("walk") or "")
                self._file.execute("delete from place where name in ('walk', 'behind')")
                return count

    def list_products(self, ids: Iterable[str], *, is_listed: bool = True) -> None:
        """Put products of the warehouse on sale in this mall, or take them off; the mall's own word, kept through every sync."""
        with self._transaction():
            if is_listed:
                self._file.executemany("insert or ignore into listed values (?)", [(one,) for one in ids])
            else:
                self._file.executemany("delete from listed where product_id = ?", [(one,) for one in ids])

    def is_listed(self, product_id: str) -> bool:
        """Whether the mall has put a product on sale and the platform still supplies it."""
        statement = "select 1 from listed l join product p on p.id = l.product_id where l.product_id = ?"
        return self._file.execute(statement, [product_id]).fetchone() is not None

    def products(self, *, is_listed: bool | None = None) -> Iterator[Product]:
        """Every product of the copy, by id; only those listed, or only those that lie in the warehouse, when asked."""
        statement = """
            select body from product
            where ? is null or (id in (select product_id from listed)) = ? order by cast(id as integer)
        """
        for (body,) in self._file.execute(statement, [is_listed, is_listed]):
            product = msgspec.json.decode(body, type=Product)
            # The feed tells of stock more often than of products.
            for sku in product.skus:
                sku.agreed_price, sku.stock = self.price_stock(sku.sku) or (sku.agreed_price, sku.stock)
            yield product

    def price_stock(self, sku: str) -> tuple[int, int] | None:
        """Agreed price in fen and stock of a SKU, None when it is not sold to this distributor."""
        row = self._file.execute("select agreed_price, stock from sku where code = ?", [sku]).fetchone()
        return (row[0], row[1]) if row else None

    def _apply(self, change: Change) -> None:
        if change.type == "product":
            if change.deleted:
                self._drop(change.id)
            else:
                self._put(change.product(), walk=int(self._place("number") or 0))
        elif change.type == "stock":
            live = change.live()
            self._file.execute(
                "update sku set agreed_price = ?, stock = ? where code = ?", [live.agreed_price, live.stock, live.sku]
            )

    def _put(self, product: Product, *, walk: int) -> None:
        self._drop(product.id)
        self._file.execute("insert into product values (?, ?, ?)", [product.id, walk, msgspec.json.encode(product)])
        self._file.executemany(
            "insert or replace into sku values (?, ?, ?, ?)",
            [(sku.sku, product.id, sku.agreed_price, sku.stock) for sku in product.skus],
        )

    def _drop(self, product_id: str) -> None:
        self._file.execute("delete from sku where product_id = ?", [product_id])
        self._file.execute("delete from product where id = ?", [product_id])

    def _place(self, name: str) -> str | None:
        row = self._file.execute("select value from place where name = ?", [name]).fetchone()
        return row[0] if row else None

    def _keep(self, name: str, value: str) -> None:
        self._file.execute("insert or replace into place values (?, ?)", [name, value])

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._file)


def _page_behind(behind: str | None, *, scope: str | None) -> Step:
    return lambda mall: mall.products_page(cursor=behind, limit=PAGE, scope=scope)


def _changes_since(cursor: str, *, wait_s: int | None, scope: str | None) -> Step:
    return lambda mall: mall.changes(cursor=cursor, types="product,stock", limit=1000, wait_s=wait_s, scope=scope)


def drift(own: tuple[int, str], theirs: tuple[int, str]) -> DriftError:
    """Return what to raise when the two differ."""
    return DriftError(f"the mirror holds {own[0]} SKUs {own[1]}, the platform {theirs[0]} {theirs[1]}")


class _Transaction:
    """All or nothing, the cursor included."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("begin immediate")

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.execute("commit" if kind is None else "rollback")
