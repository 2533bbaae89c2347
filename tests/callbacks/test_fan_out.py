"""Whom facts about goods, prices and stock are told to, and that very many of them are told as one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.callbacks import stocks
from entrepot.callbacks.models import Endpoint, Message
from entrepot.callbacks.rules import FOLD_ABOVE, TYPES
from entrepot.callbacks.stocks import follow_stock
from entrepot.catalog.actions import drop, pick, set_promotions, set_visibility
from entrepot.catalog.models import Category, Goods, Sku
from entrepot.catalog.rules import PROMOTIONS
from entrepot.parties.actions import change_tier
from entrepot.parties.models import Distributor
from entrepot.pricing.actions.telling import tell
from entrepot.pricing.models import PriceChange
from entrepot.trade import terms
from tests.callbacks.conftest import eventually
from tests.callbacks.telling import all_told, followed
from tests.world import STAFF, Article, World, sorted_to_the_end

MakeCalled = Callable[..., Any]
URL = "http://127.0.0.1:9/hook"


def queue(party: Distributor, *types: str) -> list[tuple[str, str, Any]]:
    """Type, object's id or kind, and content of what waits for a mall, in order."""
    with scope.desk(read_only=True):
        rows = Message.objects.filter(distributor=party, type__in=types).order_by("seq").select_related("event")
        told = [(row.type, row.event.data if row.event else row.data) for row in rows]
    return [(kind, data["id"] if "id" in data else data["object"], data) for kind, data in told]


def change(*articles: Article) -> None:
    """Let something of goods change that malls are told of."""
    for article in articles:
        with scope.platform():
            allowed = Goods.objects.get(pk=article.goods_id).allowed_promotions
        wanted = PROMOTIONS[:2] if list(allowed) != list(PROMOTIONS[:2]) else PROMOTIONS[:1]
        set_promotions(article.goods_id, promotions=wanted, actor=STAFF)


def told_of(party: Distributor) -> list[str]:
    return [key for _, key, _ in queue(party, "product.updated")]


def test_a_mall_hears_of_what_it_selected_and_one_without_a_selection_of_all(world: World, called: MakeCalled) -> None:
    all_told()  # what other tests have left behind concerns nobody here
    picky, broad, silent = called(URL), called(URL), world.distributor()
    with scope.platform():
        trunk = Category.objects.create(name=world.name("C"))
        leaf = Category.objects.create(name=world.name("C"), parent=trunk)
    single, inside, left_out, other, hidden = (world.article(stock=5) for _ in range(5))
    with scope.platform():
        Goods.objects.filter(pk__in=[inside.goods_id, left_out.goods_id]).update(category=leaf)
    pick(picky.pk, goods_ids=[single.goods_id, hidden.goods_id], category_ids=[trunk.pk], actor=STAFF)
    pick(picky.pk, left_out_ids=[left_out.goods_id], actor=STAFF)
    sorted_to_the_end()
    set_visibility(hidden.goods_id, tier_ids=[world.tier().pk], distributor_ids=[], actor=STAFF)
    change(single, inside, left_out, other, hidden)
    sorted_to_the_end()
    ids = {name: str(article.goods_id) for name, article in
           (("single", single), ("inside", inside), ("left_out", left_out), ("other", other))}  # fmt: skip
    assert told_of(picky) == [ids["single"], ids["inside"]]
    assert set(told_of(broad)) == set(ids.values())
    assert told_of(silent) == []
    added, *_rest = queue(picky, "selection.added")
    assert added[2] == {
        "object": "selection", "count": 3, "products": sorted([ids["single"], str(hidden.goods_id)], key=int),
        "categories": [str(trunk.pk)], "id": str(picky.pk),
    }  # fmt: skip
    assert [data["products"] for _, _, data in queue(picky, "selection.removed")] == [[ids["left_out"]]]


def test_very_many_facts_are_told_as_one_and_a_dead_mall_is_told_once(world: World, called: MakeCalled) -> None:
    mall = called(URL)
    articles = [world.article() for _ in range(FOLD_ABOVE + 1)]
    pick(mall.pk, goods_ids=[article.goods_id for article in articles], actor=STAFF)
    sorted_to_the_end()
    assert queue(mall, "selection.added")
    with scope.platform():
        # One sorting meets them all, as it does when a whole shelf changes at once.
        change(*articles)
    sorted_to_the_end()
    ((kind, what, data),) = queue(mall, "product.updated")
    assert (kind, what, data) == (
        "product.updated",
        str(mall.pk),
        {"object": "feed", "hint": "changes", "count": len(articles), "id": str(mall.pk), "version": seq_of(mall)},
    )
    with scope.desk():
        Message.objects.filter(distributor=mall, event=None).update(attempts=3, next_at="2100-01-01T00:00:00Z")
    with scope.platform():
        change(*articles)
    sorted_to_the_end()
    assert len(queue(mall, "product.updated")) == 1


def seq_of(party: Distributor) -> int:
    """The number of the last message in a mall's queue."""
    with scope.desk(read_only=True):
        return Message.objects.filter(distributor=party).latest("seq").seq


def test_a_tiers_rate_is_one_fact_and_every_mall_of_it_hears_it_once(world: World, called: MakeCalled) -> None:
    one, other_tier = called(URL), called(URL)
    pulls = world.distributor(tier=one.tier)
    articles = [world.article() for _ in range(3)]
    pick(one.pk, goods_ids=[article.goods_id for article in articles], actor=STAFF)
    with connection.cursor() as cursor, scope.desk():
        cursor.execute("select count(*) from events_event")
        before = cursor.fetchone()[0]
    change_tier(one.tier_id, fee_rate_bps=640, actor=STAFF)
    with connection.cursor() as cursor, scope.desk():
        cursor.execute("select count(*) from events_event")
        assert cursor.fetchone()[0] - before == 2, "two facts, however many malls and goods there are"
    sorted_to_the_end()
    for party in (one, pulls):
        assert [kind for kind, _, _ in queue(party, "tier.changed", "price.changed")] == [
            "tier.changed",
            "price.changed",
        ]
        assert queue(party, "price.changed")[0][2]["hint"] == "changes"
    assert queue(other_tier, "tier.changed", "price.changed") == []


def test_stock_is_told_once_in_two_seconds_to_those_who_selected_the_goods(
    world: World, called: MakeCalled, monkeypatch: pytest.MonkeyPatch
) -> None:
    mall, with_pool, broad = called(URL), called(URL), called(URL)
    article, unpicked = world.article(stock=50), world.article(stock=5)
    world.allotment(article, distributor=with_pool, pieces=20, buffer=2)
    for party in (mall, with_pool):
        pick(party.pk, goods_ids=[article.goods_id], actor=STAFF)
    all_told()
    with scope.desk():
        Message.objects.filter(distributor__in=[mall, with_pool, broad], type="stock.changed").delete()
    for _ in range(3):
        world.restock(article, 1)
    world.restock(unpicked, 1)
    eventually(lambda: followed() >= 0 and queue(mall, "stock.changed") and queue(with_pool, "stock.changed"))
    ((_, key, told),) = queue(mall, "stock.changed")
    assert (key, told["sku"], told["stock"], told["product_id"]) == (
        str(article.sku_id), article.code, 33, str(article.goods_id)
    )  # fmt: skip
    assert queue(with_pool, "stock.changed")[0][2]["stock"] == 33 + 18, "his own pool is his"
    assert queue(broad, "stock.changed") == []
    world.restock(article, 1)
    with monkeypatch.context() as patched:
        patched.setattr(stocks, "EVERY_S", 600)  # the machine may stand still for two seconds, but not so long
        assert follow_stock() == 0, "not before that time has passed"
    eventually(lambda: followed() >= 0 and len(queue(mall, "stock.changed")) == 2)
    assert queue(mall, "stock.changed")[1][2]["version"] > told["version"]
    with scope.platform():
        Endpoint.objects.filter(distributor=mall).update(types=["order.held"])
    world.restock(article, 1)
    eventually(lambda: followed() >= 0 and len(queue(with_pool, "stock.changed")) >= 3)
    assert len(queue(mall, "stock.changed")) == 2, "who does not want it gets none, not even to pull"
    with scope.distributor(mall.pk, read_only=True):
        (own,) = mall.picks.all()
    drop(mall.pk, pick_ids=[own.pk], actor=STAFF)


@pytest.mark.parametrize("state", ["draft", "submitted", "unlisted", "rejected", "supplier away", "SKU gone"])
def test_of_goods_that_are_not_on_the_shelf_neither_stock_nor_price_is_told(
    world: World, called: MakeCalled, state: str
) -> None:
    all_told()
    picky, broad = called(URL), called(URL)
    shown, hidden = world.article(stock=5), world.article(stock=5)
    pick(picky.pk, goods_ids=[shown.goods_id, hidden.goods_id], actor=STAFF)
    all_told()
    with scope.platform():
        goods = Goods.objects.filter(pk=hidden.goods_id)
        if state == "supplier away":
            goods.update(is_supplier_active=False)
        elif state == "SKU gone":
            Sku.objects.filter(pk=hidden.sku_id).update(is_active=False)
        else:
            goods.update(state=state)
    with scope.desk():
        Message.objects.filter(distributor__in=[picky, broad]).delete()
    for article in (shown, hidden):
        world.restock(article, -5)
        change_price(article)
    all_told()
    for article in (shown, hidden):
        world.restock(article, 3)
    all_told()
    of_stock, of_prices = ["stock.sold_out", "stock.restocked"], ["price.changed"]
    for party, more in ((picky, ["stock.changed", "stock.changed"]), (broad, [])):
        told = queue(party, *TYPES)
        assert {data["sku"] for _, _, data in told} == {shown.code}
        assert sorted(kind for kind, _, _ in told) == sorted([*of_stock, *of_prices, *more])


def change_price(article: Article) -> None:
    """Write down that a price has changed, whatever the goods' state."""
    with scope.platform():
        sku = Sku.objects.get(pk=article.sku_id)
        change = PriceChange(
            sku=sku, field="supply_price", state="applied", old_value=1000, new_value=1100, effective_at=database_now()
        )
        tell(change, actor=STAFF)


def test_each_mall_hears_when_its_own_figure_passes_0(world: World, called: MakeCalled) -> None:
    mall, with_pool, capped, broad = called(URL), called(URL), called(URL), called(URL)
    article = world.article(stock=10)
    world.allotment(article, distributor=with_pool, pieces=4)
    world.allotment(article, distributor=capped, cap=2)
    for party in (mall, with_pool, capped):
        pick(party.pk, goods_ids=[article.goods_id], actor=STAFF)
    all_told()

    def heard(party: Distributor) -> list[tuple[str, int]]:
        """What of its stock a mall is told now, and no more."""
        all_told()
        found = queue(party, "stock.changed", "stock.sold_out", "stock.restocked")
        with scope.desk():
            Message.objects.filter(distributor=party).delete()
        for _, key, data in found:
            assert (key, data["sku"], data["product_id"]) == (str(article.sku_id), article.code, str(article.goods_id))
        versions.setdefault(party.pk, []).extend(data["version"] for _, _, data in found)
        return [(kind, data["stock"]) for kind, _, data in found]

    versions: dict[int, list[int]] = {}
    for party in (mall, with_pool, capped, broad):
        heard(party)
        versions.clear()
    small = world.place(capped, (article, 2))
    assert heard(capped) == [("stock.sold_out", 0), ("stock.changed", 0)], "he has reached his cap, nobody else has"
    assert heard(mall) == [("stock.changed", 4)]
    assert heard(broad) == []
    large = world.place(mall, (article, 4), mode="direct")
    assert heard(mall) == [("stock.sold_out", 0), ("stock.changed", 0)]
    assert heard(broad) == [("stock.sold_out", 0)], "who has no selection hears of all he may sell"
    assert heard(with_pool) == [("stock.changed", 8), ("stock.changed", 4)], "he can still sell what is set apart"
    assert heard(capped) == [], "it was 0 and is 0"
    world.ship(large)
    assert [heard(party) for party in (mall, with_pool, capped, broad)] == [[], [], [], []], "no figure has moved"
    world.cancel(small)
    assert heard(mall) == [("stock.restocked", 2), ("stock.changed", 2)]
    assert heard(capped) == [("stock.restocked", 2), ("stock.changed", 2)]
    assert heard(with_pool) == [("stock.changed", 6)]
    world.place(with_pool, (article, 6))
    assert heard(with_pool) == [("stock.sold_out", 0), ("stock.changed", 0)]
    for told in versions.values():
        assert told == sorted(set(told)), "each is newer than the one before"


def test_a_cap_alone_moves_what_a_mall_may_take(world: World, called: MakeCalled) -> None:
    mall, other = called(URL), called(URL)
    article = world.article(stock=10)
    for party in (mall, other):
        pick(party.pk, goods_ids=[article.goods_id], actor=STAFF)
    all_told()
    with scope.desk():
        Message.objects.filter(distributor__in=[mall, other]).delete()
    answer = world.run(terms.SetAllotment(article.code, world.name("A"), STAFF, distributor_id=mall.pk, cap=3))
    assert answer.is_accepted, answer
    all_told()
    assert [data["stock"] for _, _, data in queue(mall, "stock.changed")] == [3]
    assert queue(other, "stock.changed") == []
