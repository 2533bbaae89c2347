"""Mirrors of the catalogue stay equal to the platform under writers with delays and rollbacks, and prove it."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.base import scope
from entrepot.parties.models import Tier
from entrepot.reports.digest import digest_for
from entrepot_sdk import AsyncEntrepot, AsyncMirror, AvailabilityLine, Destination, DriftError, Entrepot, Mirror
from entrepot_sdk.digests import digest_of
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served
from tests.doors.api.storm import weather
from tests.world import World

SECONDS = float(os.environ.get("ENTREPOT_MIRROR_SECONDS", "6"))


@pytest.fixture
def client(mall: Mall, served: Served) -> Iterator[Entrepot]:
    with Entrepot(served.url, key=mall.key, secret=mall.secret) as made:
        yield made


def test_mirrors_follow_through_a_storm(world: World, mall: Mall, served: Served, tmp_path: Path) -> None:
    storm = weather(world, mall, url=served.url, folder=tmp_path, seconds=SECONDS)
    assert storm.committed > 20 and storm.deaths > 0
    print(f"{storm.committed} changes committed, {storm.deaths} mirrors killed")


def test_both_sides_reckon_the_same_digest(world: World, mall: Mall, client: Entrepot) -> None:
    world.article(stock=5)
    theirs = digest_for(mall.party.pk)
    told = [(sku.sku, sku.agreed_price, sku.stock) for product in client.products() for sku in product.skus]
    assert digest_of(reversed(told)) == (theirs.skus, theirs.digest) == (len(told), client.digest().digest)
    assert digest_of([("A", 1050, 98)]) == (1, "7146da70d8671fba")


def test_a_wrong_row_is_noticed(world: World, client: Entrepot, tmp_path: Path) -> None:
    article = world.article(stock=5)
    with Mirror(client, path=tmp_path / "m") as mirror:
        mirror.prove()
        assert mirror.price_stock(article.code) == (1050, 5)
        mirror._file.execute("update sku set stock = 6 where code = ?", [article.code])
        with pytest.raises(DriftError):
            mirror.prove()
        mirror.rebuild()
        assert mirror.prove() > 0


def test_other_terms_bring_a_new_walk(world: World, mall: Mall, client: Entrepot, tmp_path: Path) -> None:
    article, gone = world.article(stock=5), world.article(stock=5)
    with Mirror(client, path=tmp_path / "m") as mirror:
        mirror.prove()
        with scope.platform():
            Tier.objects.filter(pk=mall.party.tier_id).update(fee_rate_bps=1000)
            from entrepot.catalog.models import Goods

            Goods.objects.filter(pk=gone.goods_id).update(state="unlisted")  # told by no feed of this epoch
        mirror.prove()
        assert mirror.price_stock(article.code) == (1100, 5)
        assert mirror.price_stock(gone.code) is None


def test_a_walk_that_was_broken_off_goes_on(world: World, client: Entrepot, tmp_path: Path) -> None:
    articles = [world.article(stock=1) for _ in range(3)]
    path = tmp_path / "m"
    pages: list[str | None] = []
    real = client.products_page

    def page_that_breaks(**more: str | int | None) -> object:
        if len(pages) == 1:
            pages.append("broken")
            raise ConnectionError
        pages.append(str(more["cursor"]) if more["cursor"] else None)
        return real(cursor=more["cursor"], limit=2)  # type: ignore[arg-type]

    client.products_page = page_that_breaks  # type: ignore[method-assign,assignment]
    with Mirror(client, path=path) as mirror, pytest.raises(ConnectionError):
        mirror.sync()
    world.restock(articles[0], 4)
    with Mirror(client, path=path) as mirror:
        mirror.prove()
        assert mirror.price_stock(articles[0].code) == (1050, 5)
    assert pages.count(None) == 1, "the walk began again"


def test_a_mirror_of_the_selection_lists_what_the_mall_lists(world: World, client: Entrepot, tmp_path: Path) -> None:
    one, two, other = (world.article(stock=5) for _ in range(3))
    told = client.select(products=[str(one.goods_id), str(two.goods_id)])
    with Mirror(client, path=tmp_path / "m", scope="selection") as mirror:
        assert mirror.prove() == 2
        assert mirror.price_stock(other.code) is None
        assert [product.id for product in mirror.products(is_listed=True)] == [], "what comes lies in the warehouse"
        mirror.list_products([str(one.goods_id), str(two.goods_id)])
        mirror.list_products([str(two.goods_id)], is_listed=False)
        world.restock(one, 4)
        mirror.prove()
        mirror.rebuild()
        mirror.prove()
        assert [product.id for product in mirror.products(is_listed=True)] == [str(one.goods_id)]
        assert mirror.price_stock(one.code) == (1050, 9)
        entry = next(row for row in told.items if row.object_id == str(one.goods_id))
        assert client.deselect(entry.id).state == "removed"
        mirror.prove()
        assert not mirror.is_listed(str(one.goods_id)) and mirror.price_stock(one.code) is None
        client.select(products=[str(one.goods_id)])
        mirror.prove()
        assert mirror.is_listed(str(one.goods_id)), "the mall's own word outlives what the platform does"
    assert {row.object_id for row in client.selection_page(kind="product").items} == {
        str(one.goods_id),
        str(two.goods_id),
    }
    export = client.export_products(scope="selection")
    assert [product.id for product in export] == [str(one.goods_id), str(two.goods_id)]
    assert client.changes(cursor=export.changes_cursor, scope="selection").items == []
    place = Destination(province="浙江省", city="杭州市")
    (sold,) = client.availability([AvailabilityLine(sku=one.code, qty=9)], destination=place)
    assert (sold.available, sold.stock, sold.freight, sold.details) == (True, 9, 0, [])
    (short,) = client.availability([AvailabilityLine(sku=one.code, qty=10)], destination=place)
    assert [reason.code for reason in short.details] == short.reasons == ["insufficient_stock"]
    assert "10" in short.details[0].detail and short.details[0].facts["available"] == 9


def test_the_asynchronous_client_selects_and_exports_too(world: World, mall: Mall, served: Served) -> None:
    article = world.article(stock=5)

    async def select() -> None:
        async with AsyncEntrepot(served.url, key=mall.key, secret=mall.secret) as client:
            told = await client.select(products=[str(article.goods_id)])
            export = await client.export_products(scope="selection")
            assert [product.id async for product in export] == [str(article.goods_id)]
            assert (await client.digest(scope="selection")).skus == 1
            assert (await client.deselect(told.items[0].id)).state == "removed"
            assert (await client.selection_page()).items == []

    asyncio.run(select())


def test_an_asynchronous_mirror_keeps_the_same_file(
    world: World, mall: Mall, client: Entrepot, served: Served, tmp_path: Path
) -> None:
    article, gone = world.article(stock=5), world.article(stock=5)
    path = tmp_path / "m"

    async def follow() -> None:
        async with (
            AsyncEntrepot(served.url, key=mall.key, secret=mall.secret) as talking,
            AsyncMirror(talking, path=path) as mirror,
        ):
            assert not mirror.is_walked
            count = await mirror.prove()
            assert mirror.price_stock(article.code) == (1050, 5) and mirror.is_walked
            await asyncio.to_thread(world.restock, article, 4)
            assert await mirror.prove() == count
            assert mirror.price_stock(article.code) == (1050, 9)
            mirror._file.execute("update sku set stock = 6 where code = ?", [gone.code])
            with pytest.raises(DriftError):
                await mirror.prove()
            # Another fee ends the cursor: it walks anew by itself.
            await asyncio.to_thread(raise_fee)
            assert await mirror.prove() == count
            assert mirror.price_stock(article.code) == (1100, 9)

    def raise_fee() -> None:
        with scope.platform():
            Tier.objects.filter(pk=mall.party.tier_id).update(fee_rate_bps=1000)

    asyncio.run(follow())
    with Mirror(client, path=path) as mirror:
        assert mirror.is_walked and mirror.price_stock(article.code) == (1100, 9)
        assert mirror.sync() == 0 and mirror.prove() > 0, "what the one has walked the other goes on with"
