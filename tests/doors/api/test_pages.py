"""Pages of products that are read together: each mall's own, fresh at the very next request, in every process."""

import asyncio
import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.catalog.actions.shelf import set_visibility, unlist_goods
from entrepot.catalog.models import Sku
from entrepot.doors.api import leafing
from entrepot.doors.api.leafing import AT_ONCE, PRODUCTS_AT_ONCE, Leafer
from entrepot.pricing.actions import set_fee_rate
from entrepot.reports.pages import Page, Walk, read_pages
from entrepot.reports.shelf import goods_page, terms_of
from entrepot_launch import roles
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall
from tests.doors.api.serving import serving
from tests.world import STAFF, Article, World


def read(*walks: Walk) -> list[list[dict[str, Any]]]:
    return [json.loads(b"[" + page.content + b"]") for page in read_pages(walks)]


def after(article: Article, mall: Mall, *, limit: int = 500, **other: int) -> list[dict[str, Any]]:
    """What a mall is told over HTTP from this article on."""
    copy = Mall(port=other.get("port", mall.port), key=mall.key, secret=mall.secret)
    cursor = base64.urlsafe_b64encode(f"products:{article.goods_id - 1}".encode()).decode().rstrip("=")
    reply = copy.get(f"/products?limit={limit}&cursor={cursor}")
    copy.close()
    assert reply.status == 200, reply.body
    items: list[dict[str, Any]] = reply.json["items"]
    return items


def test_pages_read_together_are_each_malls_own(world: World, make_mall: MakeMall) -> None:
    alice, bob = make_mall(fee_rate_bps=500), make_mall(fee_rate_bps=300)
    first = world.article(stock=30)
    of_alice = world.article(stock=5, visible_distributors=[alice.party.pk])
    of_bobs_tier = world.article(stock=6, visible_tiers=[bob.party.tier_id])
    world.article(stock=7, state="unlisted")
    last = world.article(stock=40, name="“引号” \\ 与\n换行")
    world.allotment(first, distributor=alice.party, pieces=20)
    world.allotment(last, tier=bob.party.tier, pieces=10, buffer=4)
    set_fee_rate(last.goods_id, rate_bps=0, distributor_id=bob.party.pk, actor=STAFF)
    walks = [
        Walk(alice.party.pk, first.goods_id - 1, 500),
        Walk(bob.party.pk, first.goods_id - 1, 500),
        Walk(alice.party.pk, first.goods_id - 1, 2),
        Walk(bob.party.pk, 2**60, 50),
        Walk(alice.party.pk, first.goods_id, 1),
    ]
    together = read(*walks)
    assert together == [read(walk)[0] for walk in walks]
    theirs = {str(article.goods_id) for article in (first, of_alice, of_bobs_tier, last)}
    shown = [[item for item in page if item["id"] in theirs] for page in together]
    assert [[item["id"] for item in page] for page in shown] == [
        [str(article.goods_id) for article in articles]
        for articles in ((first, of_alice, last), (first, of_bobs_tier, last), (first, of_alice), (), (of_alice,))
    ]
    figures = [[(item["skus"][0]["agreed_price"], item["skus"][0]["stock"]) for item in page] for page in shown[:2]]
    assert figures == [[(1050, 30), (1050, 5), (1050, 30)], [(1030, 10), (1030, 6), (1000, 36)]]
    for mall, page in ((alice, together[0]), (bob, together[1])):
        assert after(first, mall) == page
        with scope.distributor(mall.party.pk, read_only=True):
            by_rules = goods_page(terms_of(mall.party.pk), limit=500, after_id=first.goods_id - 1)
        assert [(item["id"], item["name"], item["version"]) for item in page] == [
            (str(goods.id), goods.name, goods.version) for goods in by_rules
        ]
        assert [
            (one["sku"], one["agreed_price"], one["fee"], one["stock"]) for item in page for one in item["skus"]
        ] == [(sku.sku, sku.agreed_price_fen, sku.fee_fen, sku.stock) for goods in by_rules for sku in goods.skus]


def test_a_walk_by_pages_loses_nothing_and_ends(world: World, mall: Mall) -> None:
    articles = [world.article(stock=1) for _ in range(5)]
    cursor = base64.urlsafe_b64encode(f"products:{articles[0].goods_id - 1}".encode()).decode().rstrip("=")
    ids: list[str] = []
    while cursor:
        page = mall.get(f"/products?limit=2&cursor={cursor}").json
        assert len(page["items"]) == 2 or not page["has_more"]
        assert page["changes_cursor"] is None
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"] or ""
    assert [found for found in ids if int(found) <= articles[-1].goods_id] == [str(a.goods_id) for a in articles]
    assert len(ids) == len(set(ids))


def test_a_change_is_told_at_the_very_next_page_of_every_process(
    world: World, make_mall: MakeMall, database: roles.Access, tmp_path: Path
) -> None:
    mall = make_mall(funds_fen=10**6)
    article, beside = world.article(stock=30), world.article(stock=1)
    environment = {"DATABASE_URL": database.app_url, "ENTREPOT_PROCESS": "api"}
    with serving(environment, log=tmp_path / "second.log") as second:

        def seen() -> list[tuple[int, int]]:
            """Price and stock of the article as both processes tell them, none where it is not shown."""
            both = [after(article, mall, limit=2), after(article, mall, limit=2, port=second.port)]
            assert both[0] == both[1]
            skus = [item["skus"] for item in both[0] if item["id"] == str(article.goods_id)]
            return [(one["agreed_price"], one["stock"]) for of_goods in skus for one in of_goods]

        for round_no in range(4):  # the same statements again and again, so that their plans are kept ones
            stock = 30 + 3 * round_no
            assert seen() == [(1050 + 105 * round_no, stock)]
            world.restock(article, 5)
            assert seen()[0][1] == stock + 5
            world.place(mall.party, (article, 2))
            assert seen()[0][1] == stock + 3
            with scope.platform():
                Sku.objects.filter(pk=article.sku_id).update(supply_price_fen=1000 + 100 * (round_no + 1))
            assert seen()[0][0] == 1050 + 105 * (round_no + 1)
            set_fee_rate(article.goods_id, rate_bps=0, tier_id=mall.party.tier_id, actor=STAFF)
            assert seen()[0][0] == 1000 + 100 * (round_no + 1)
            set_fee_rate(article.goods_id, rate_bps=None, tier_id=mall.party.tier_id, actor=STAFF)
            set_visibility(article.goods_id, tier_ids=[world.tier().pk], distributor_ids=[], actor=STAFF)
            assert seen() == []
            set_visibility(article.goods_id, tier_ids=[], distributor_ids=[mall.party.pk], actor=STAFF)
            assert seen() != []
        unlist_goods(article.goods_id, reason="proof", actor=STAFF)
        assert seen() == []
        assert [item["id"] for item in after(article, mall, limit=1)] == [str(beside.goods_id)]


class Slow:
    """Reads pages as slowly as the test lets it, and keeps account of it."""

    def __init__(self) -> None:
        self.may_go = threading.Event()
        self.batches: list[list[Walk]] = []
        self.at_once = self.most = 0
        self.failure: Exception | None = None
        self._lock = threading.Lock()

    def __call__(self, walks: list[Walk]) -> list[Page]:
        with self._lock:
            self.batches.append(walks)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        assert self.may_go.wait(60)
        with self._lock:
            self.at_once -= 1
        if self.failure is not None:
            raise self.failure
        return [Page(walk, content=str(walk.after_id).encode()) for walk in walks]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    reading = Slow()
    monkeypatch.setattr(leafing, "read_pages", reading)
    return reading


async def until_reading(slow: Slow) -> None:
    """Wait until as many read as may read at once; what is asked from now on waits for them."""
    while slow.at_once < AT_ONCE:
        await asyncio.sleep(0.01)


def test_who_asks_while_others_are_read_is_read_with_the_next(slow: Slow) -> None:
    async def ask() -> list[Page]:
        leafer = Leafer()
        asked = [asyncio.ensure_future(leafer.page(Walk(1, number, 50))) for number in range(100)]
        asked.append(asyncio.ensure_future(leafer.page(Walk(1, 100, 5000))))
        await until_reading(slow)
        slow.may_go.set()
        pages = await asyncio.gather(*asked)
        # One by one: whoever comes when the last reader is just going is not forgotten.
        return pages + [await leafer.page(Walk(1, number, 50)) for number in range(101, 200)]

    pages = asyncio.run(asyncio.wait_for(ask(), 60))
    assert [page.content for page in pages] == [str(number).encode() for number in range(200)]
    assert slow.most == AT_ONCE
    assert len(slow.batches[2]) > 1, "those who came meanwhile are read together"
    assert all(sum(walk.limit for walk in batch) <= PRODUCTS_AT_ONCE or len(batch) == 1 for batch in slow.batches)


def test_readers_with_nothing_to_do_share_what_waits(slow: Slow) -> None:
    async def ask() -> list[list[int]]:
        leafer = Leafer()
        asked = [asyncio.ensure_future(leafer.page(Walk(1, number, 10))) for number in range(7)]
        await until_reading(slow)
        late = [asyncio.ensure_future(leafer.page(Walk(1, number, 10))) for number in range(7, 10)]
        await asyncio.sleep(0)  # they have asked
        slow.may_go.set()
        await asyncio.gather(*asked, *late)
        # Two threads were sent to read at one moment: either may have been the first.
        return sorted([walk.after_id for walk in batch] for batch in slow.batches)

    assert AT_ONCE == 2
    assert asyncio.run(asyncio.wait_for(ask(), 60)) == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_a_read_that_fails_fails_for_those_who_asked_and_for_nobody_after_them(slow: Slow) -> None:
    slow.may_go.set()
    slow.failure = RuntimeError("proof")

    async def ask() -> list[Any]:
        leafer = Leafer()
        asked = [asyncio.ensure_future(leafer.page(Walk(1, number, 50))) for number in range(30)]
        failed = await asyncio.gather(*asked, return_exceptions=True)
        slow.failure = None
        return [*failed, await leafer.page(Walk(1, 7, 50))]

    *failed, page = asyncio.run(asyncio.wait_for(ask(), 60))
    assert [str(error) for error in failed] == ["proof"] * 30
    assert page.content == b"7"
