"""The change feed: latest state once, tombstones, nothing lost behind a late commit, long poll, epochs."""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.base.start_check import problems
from entrepot.callbacks.sorting import sort_out
from entrepot.catalog.actions import pick
from entrepot.catalog.actions.shelf import set_visibility, unlist_goods
from entrepot.doors.cli import instance
from entrepot.parties.models import Tier
from entrepot.reports import changes
from entrepot.reports.changes import read_cursor
from entrepot_launch import roles
from entrepot_sdk import Entrepot, Mirror
from tests.callbacks.conftest import eventually
from tests.doors.api.conftest import FAST, MakeMall, new_mall
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served, serving
from tests.world import STAFF, Article, World, rows, sorted_to_the_end

PATIENCE_S = 120.0
BETWEEN_S = 25.0  # no transaction is longer than half a minute


class Reader:
    """A mall that follows the feed from the first page of products."""

    def __init__(self, mall: Mall) -> None:
        self.mall = mall
        self.cursor = mall.get("/products?limit=1").json["changes_cursor"]
        self.pages: list[list[dict[str, Any]]] = []

    def page(self, more: str = "") -> list[dict[str, Any]]:
        """The next page of the feed."""
        reply = self.mall.get(f"/changes?cursor={self.cursor}{more}")
        assert reply.status == 200, reply.body
        self.cursor = reply.json["next_cursor"]
        self.pages.append(reply.json["items"])
        return self.pages[-1]

    def until(self, wanted: set[str], *, more: str = "") -> dict[str, dict[str, Any]]:
        """Read on until something of each of these ids was told; the last word of each."""
        told: dict[str, dict[str, Any]] = {}
        end = time.monotonic() + PATIENCE_S
        while not wanted <= set(told):
            assert time.monotonic() < end, f"never told: {wanted - set(told)}"
            told |= {item["id"]: item for item in self.page(f"&wait=2{more}")}
        return told


@pytest.fixture
def reader(mall: Mall) -> Reader:
    return Reader(mall)


def test_what_changes_is_told_in_its_latest_state(world: World, mall: Mall, reader: Reader) -> None:
    sold, gone, new = world.article(stock=50), world.article(stock=5), world.article(stock=7)
    hidden = world.article(stock=9)
    world.place(mall.party, (sold, 2))
    world.place(mall.party, (sold, 3))
    unlist_goods(gone.goods_id, reason="proof", actor=STAFF)
    set_visibility(hidden.goods_id, tier_ids=[world.tier().pk], distributor_ids=[], actor=STAFF)
    goods = {str(article.goods_id) for article in (sold, gone, new, hidden)}
    told = reader.until(goods | {sold.code, new.code})
    assert told[sold.code]["type"] == "stock" and told[sold.code]["object"]["stock"] == 45
    assert told[str(new.goods_id)]["object"]["skus"][0]["agreed_price"] == 1050
    assert told[str(gone.goods_id)] == {
        "type": "product", "id": str(gone.goods_id), "deleted": True, "reason": "delisted"
    }  # fmt: skip
    assert told[str(hidden.goods_id)]["reason"] == "not_authorised"
    assert gone.code not in told
    assert hidden.code not in str(reader.pages), "neither name, number nor price of what others alone may sell"
    assert not [item for item in reader.page() if item["id"] in goods], "told twice"


def test_pages_are_as_long_as_asked_and_lose_nothing(world: World, reader: Reader) -> None:
    articles = [world.article(stock=3) for _ in range(5)]
    told = reader.until({str(a.goods_id) for a in articles} | {a.code for a in articles}, more="&limit=2")
    assert max(len(page) for page in reader.pages) <= 2
    assert {told[article.code]["object"]["stock"] for article in articles} == {3}


@pytest.mark.parametrize("is_selection", [False, True], ids=["all", "selection"])
def test_transactions_are_numbers_and_not_texts(world: World, mall: Mall, is_selection: bool) -> None:
    """Read as texts 10 comes before 9, and a page that ends between them loses one."""
    party = mall.party.pk
    ids = sorted(world.article().goods_id for _ in range(4))
    pick(party, goods_ids=ids, actor=STAFF)
    with scope.platform(), connection.cursor() as cursor:
        for goods_id, xid in zip(ids, (8, 9, 10, 11), strict=True):
            cursor.execute("update catalog_goods set changed_xid = %s::text::xid8 where id = %s", [str(xid), goods_id])
    now = changes.cursor_now(party, is_selection)
    for place in ("goods", "picks") if is_selection else ("goods",):
        with scope.platform(), connection.cursor() as cursor:
            for goods_id, xid in zip(ids, (8, 9, 10, 11), strict=True):
                statement = "update catalog_pick set changed_xid = %s::text::xid8 where goods_id = %s"
                cursor.execute(statement, [str(xid), goods_id])
        cursor_then, told = replace(now, **{place: (7, 0)}), []
        for _page in range(2):
            found = changes.changes_since(
                cursor_then, distributor_id=party, kinds=["product"], limit=2, is_selection=is_selection
            )
            cursor_then = found.cursor
            told += [one.key for one in found.goods]
        assert told == ids, place


def test_kinds_are_chosen(world: World, reader: Reader) -> None:
    article = world.article(stock=3)
    assert reader.until({article.code}, more="&types=price")[article.code] == {
        "type": "price",
        "id": article.code,
        "object": {
            "sku": article.code, "supply_price": 1000, "fee": 50, "agreed_price": 1050, "suggested_price": None
        },
    }  # fmt: skip
    assert {item["type"] for page in reader.pages for item in page} == {"price"}


def test_a_waiting_mall_hears_at_once(world: World, mall: Mall, reader: Reader) -> None:
    article = world.article(stock=10)
    reader.until({str(article.goods_id), article.code})
    soon_after = Soon(lambda: world.restock(article, 5))
    began, told = time.monotonic(), {}
    while article.code not in told:
        told |= {item["id"]: item for item in reader.page("&types=stock&wait=25")}
    assert told[article.code]["object"]["stock"] == 15
    assert time.monotonic() - began < 20, "long before the 25 seconds it would have waited for nothing"
    soon_after.join()


class Soon(threading.Thread):
    """Does something a second from now, over a connection of its own."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed = deed
        self.start()

    def run(self) -> None:
        """Wait, and do it."""
        time.sleep(1.0)
        try:
            self._deed()
        finally:
            connection.close()


class Late:
    """A transaction that has changed stock and commits when told to."""

    def __init__(self, article: Article) -> None:
        self.has_written, self.may_commit = threading.Event(), threading.Event()
        self._article = article
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.has_written.wait(PATIENCE_S)

    def _run(self) -> None:
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(
                "update stock_level set on_hand = on_hand + 1, changed_xid = pg_current_xact_id() where sku_id = %s",
                [self._article.sku_id],
            )
            self.has_written.set()
            self.may_commit.wait(BETWEEN_S)
        connection.close()

    def commit(self) -> None:
        """Let it commit, and wait until it has."""
        self.may_commit.set()
        self._thread.join(PATIENCE_S)


@pytest.fixture
def late_and_soon(world: World, reader: Reader) -> Iterator[tuple[Article, Article, Late]]:
    """Two articles told of already, one of them changed by a transaction that is still open."""
    late, soon = world.article(stock=10), world.article(stock=10)
    reader.until({late.code, soon.code, str(late.goods_id), str(soon.goods_id)})
    writer = Late(late)
    yield late, soon, writer
    writer.commit()


def test_what_commits_late_is_not_lost(
    world: World, reader: Reader, late_and_soon: tuple[Article, Article, Late]
) -> None:
    late, soon, writer = late_and_soon
    world.restock(soon, 5)
    assert not [item for item in reader.page("&wait=1") if item["id"] in (late.code, soon.code)]
    writer.commit()
    told = reader.until({late.code, soon.code})
    assert (told[late.code]["object"]["stock"], told[soon.code]["object"]["stock"]) == (11, 15)


def test_a_mirror_waits_for_what_is_held_back(
    world: World, mall: Mall, served: Served, late_and_soon: tuple[Article, Article, Late], tmp_path: Path
) -> None:
    _late, soon, writer = late_and_soon
    world.restock(soon, 5)
    with (
        Entrepot(served.url, key=mall.key, secret=mall.secret) as client,
        Mirror(client, path=tmp_path / "mirror") as mirror,
    ):
        mirror.sync()
        world.restock(soon, 3)
        cursor = client.changes().next_cursor
        assert client.changes(cursor=cursor).held_back
        soon_after = Soon(writer.commit)
        assert mirror.prove() >= 2
        soon_after.join()
        eventually(lambda: not client.changes(cursor=cursor).held_back)


def test_a_feed_without_the_watermark_loses_it(
    world: World, mall: Mall, late_and_soon: tuple[Article, Article, Late], monkeypatch: pytest.MonkeyPatch
) -> None:
    late, soon, writer = late_and_soon
    monkeypatch.setattr(changes, "_WATERMARK", "select pg_snapshot_xmax(pg_current_snapshot())::text")
    cursor = changes.cursor_now(mall.party.pk)
    world.restock(soon, 5)
    found = changes.changes_since(cursor, distributor_id=mall.party.pk)
    writer.commit()
    after = changes.changes_since(found.cursor, distributor_id=mall.party.pk)
    assert soon.code in {sku.key for sku in found.skus}
    assert late.code not in {sku.key for sku in (*found.skus, *after.skus)}


def test_other_terms_begin_a_new_epoch(mall: Mall, make_mall: MakeMall, reader: Reader) -> None:
    assert make_mall().get(f"/changes?cursor={reader.cursor}").code == "cursor_expired"
    with scope.platform():
        Tier.objects.filter(pk=mall.party.tier_id).update(fee_rate_bps=700)
    reply = mall.get(f"/changes?cursor={reader.cursor}")
    assert (reply.status, reply.code, reply.retry) == (410, "cursor_expired", "after_action")
    assert Reader(mall).cursor != reader.cursor


def test_a_restore_begins_a_new_epoch_of_feed_and_events(
    fresh_database: roles.Access, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a restore malls begin anew: those who saw what is gone now, and those whose numbers were given again."""
    world = World()
    with serving({"DATABASE_URL": fresh_database.app_url, "ENTREPOT_PROCESS": "api"}, log=tmp_path / "api.log") as api:
        mall = new_mall(world, port=api.port, rate=FAST, funds_fen=10_000)
        sort_out()
        world.credit(mall.party, 100)
        sorted_to_the_end()
        told = mall.get("/events?limit=1").json["next_cursor"]
        reader = Reader(mall)
        ahead = read_cursor(reader.cursor)
        ahead = replace(ahead, goods=(ahead.goods[0] + 10**6, 0))
        gone = mall.get(f"/changes?cursor={ahead.text()}")
        assert (gone.status, gone.code) == (410, "cursor_expired"), "of a transaction that this database never saw"
        kept = [reader.cursor, told]
        for life in range(2):
            assert mall.get(f"/changes?cursor={kept[0]}").status == mall.get(f"/events?cursor={kept[1]}").status == 200
            assert instance.restored(argparse.Namespace(reason="disk lost")) == 0
            assert "cursor_expired" in capsys.readouterr().out
            for path, cursor in zip(("/changes", "/events"), kept, strict=True):
                reply = mall.get(f"{path}?cursor={cursor}")
                assert (reply.status, reply.code, reply.retry) == (410, "cursor_expired", "after_action"), (path, life)
            kept = [Reader(mall).cursor, mall.get("/events?limit=1").json["next_cursor"]]
        ((verb, reason),) = rows(
            "select verb, reason from events_operation where object_kind = 'instance' order by id limit 1"
        )
        assert (verb, reason) == ("instance.restored", "disk lost")
        mall.close()


def test_a_database_loaded_from_a_dump_is_not_served(fresh_database: roles.Access) -> None:
    """A dump brings rows of transactions its server has not come to: feeds would pass over all that happens next."""
    world = World()
    world.credit(world.distributor(), 100)
    assert problems() == []
    with psycopg.connect(fresh_database.admin_url, autocommit=True) as admin:
        admin.execute("alter table events_event disable trigger all")
        admin.execute("update events_event set xid = (xid::text::bigint + 1000000)::text::xid8")
    (found,) = problems()
    assert "loaded from a dump" in found


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "cursor=", "types=goods", "types=", "limit=1001", "wait=26", "wait=-1", "since=1"]
)
def test_what_cannot_be_is_refused_by_name(mall: Mall, query: str) -> None:
    reply = mall.get(f"/changes?{query}")
    assert reply.status == 422
    assert reply.json["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"
