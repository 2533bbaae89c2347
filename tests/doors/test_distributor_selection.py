"""The distributor's selection and the steps of connecting his mall, page by page."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.callbacks.models import Endpoint
from entrepot.catalog.actions import set_visibility, unlist_goods
from entrepot.catalog.models import Category, Goods, Pick
from entrepot.catalog.rules import bigrams
from entrepot.doors.distributor import goods
from entrepot.parties.actions import change_distributor, issue_key
from tests.doors.office_people import at_work, round_trips, text_of
from tests.world import STAFF, World

LIST, CHANGE = "/distributor/selection/", "/distributor/selection/change/"


@pytest.fixture
def office(world: World) -> Any:
    """A distributor's office."""
    party = world.distributor(funds_fen=100_000)
    return SimpleNamespace(party=party, browser=at_work("distributor", party))


def picks(party: Any) -> list[tuple[Any, ...]]:
    with scope.platform():
        found = Pick.objects.filter(distributor=party).order_by("id")
        return [(row.goods_id or row.category_id, str(row.state)) for row in found]


def test_goods_are_selected_many_at_once_and_taken_out(world: World, office: Any) -> None:
    one, two = (world.article(stock=5, name=name, search_terms=bigrams(name)) for name in ("龙井茶", "碧螺春"))
    ids = [one.goods_id, two.goods_id]
    office.browser.post(CHANGE, {"do": "add", "ids": ids})
    page = text_of(office.browser.get(f"{LIST}?tab=selected"))
    assert one.code in page and two.code in page and page.count(">已选</span>") >= 2
    assert one.code in text_of(office.browser.get(f"{LIST}?tab=selected&text=龙井"))
    assert two.code not in text_of(office.browser.get(f"{LIST}?tab=selected&text=龙井"))
    office.browser.post(CHANGE, {"do": "remove", "ids": [one.goods_id]})
    assert picks(office.party) == [(one.goods_id, "removed"), (two.goods_id, "picked")]
    assert one.code not in text_of(office.browser.get(f"{LIST}?tab=selected"))
    assert one.code in text_of(office.browser.get(f"{LIST}?tab=new"))
    assert office.browser.post(CHANGE, {"do": "sell", "ids": ids}).status_code == 404
    answer = office.browser.post(CHANGE, {"do": "add", "ids": ids, "back": "https://elsewhere.example/"})
    assert answer.headers["location"] == LIST, "one comes back to the list and nowhere else"


def test_a_category_brings_its_goods_and_one_of_them_is_left_out(world: World, office: Any) -> None:
    article = world.article(stock=5, name="君山银针", search_terms=bigrams("君山银针"))
    with scope.platform():
        trunk = Category.objects.create(name=world.name("C"))
        Goods.objects.filter(pk=article.goods_id).update(category=trunk)
    office.browser.post(CHANGE, {"do": "category", "category": trunk.pk})
    page = text_of(office.browser.get(f"{LIST}?tab=selected"))
    assert article.code in page and "按分类" in page and trunk.name in page
    office.browser.post(CHANGE, {"do": "remove", "ids": [article.goods_id]})
    assert picks(office.party) == [(trunk.pk, "picked"), (article.goods_id, "left_out")]
    assert article.code not in text_of(office.browser.get(f"{LIST}?tab=selected"))
    assert "已排除" in text_of(office.browser.get(f"{LIST}?text=银针"))
    with scope.platform():
        entry = Pick.objects.get(distributor=office.party, category=trunk)
    office.browser.post(CHANGE, {"do": "drop", "ids": [entry.pk]})
    assert picks(office.party)[0] == (trunk.pk, "removed")


def test_what_has_gone_is_shown_with_its_reason(world: World, office: Any) -> None:
    off, elsewhere, never = (world.article(stock=5) for _ in range(3))
    office.browser.post(CHANGE, {"do": "add", "ids": [off.goods_id, elsewhere.goods_id]})
    assert "没有失效商品" in text_of(office.browser.get(f"{LIST}?tab=gone"))
    unlist_goods(off.goods_id, reason="proof", actor=STAFF)
    for article in (elsewhere, never):
        set_visibility(article.goods_id, tier_ids=[world.tier().pk], distributor_ids=[], actor=STAFF)
    page = text_of(office.browser.get(f"{LIST}?tab=gone"))
    assert off.code in page and "商品已下架" not in page and "不再对您开放" in page
    assert never.code not in page, "what he never picked is none of his business"


def test_a_selection_is_each_distributors_own(world: World, office: Any) -> None:
    article, other = world.article(stock=5), world.distributor()
    office.browser.post(CHANGE, {"do": "add", "ids": [article.goods_id]})
    with scope.platform():
        entry = Pick.objects.get(distributor=office.party)
    his = at_work("distributor", other)
    assert article.code not in text_of(his.get(f"{LIST}?tab=selected"))
    his.post(CHANGE, {"do": "drop", "ids": [entry.pk]})
    assert picks(office.party) == [(article.goods_id, "picked")]
    looker = at_work("distributor", office.party, "goods.view")
    assert 'value="add"' in text_of(office.browser.get(LIST)) and 'value="add"' not in text_of(looker.get(LIST))
    assert looker.post(CHANGE, {"do": "remove", "ids": [article.goods_id]}).status_code == 403


def test_the_page_asks_few_questions(world: World, office: Any) -> None:
    for _ in range(3):
        world.article(stock=5)
    for tab, most in (("", 10), ("?tab=new", 10), ("?tab=gone", 10), ("?tab=selected", 12)):
        assert round_trips(office.browser, f"{LIST}{tab}") <= most, tab


def test_choices_that_lapse_while_a_page_is_counted_are_not_laid_to_its_charge(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = round_trips(office.browser, LIST)
    get, calls = office.browser.get, count()

    def lapsing(address: str) -> Any:
        if next(calls) == 1:
            goods._choices.cache_clear()
        return get(address)

    monkeypatch.setattr(office.browser, "get", lapsing)
    assert round_trips(office.browser, LIST) == steady


def test_the_steps_of_connecting_say_what_is_missing(world: World, office: Any) -> None:
    address = "/distributor/connecting/"
    page = text_of(office.browser.get(address))
    assert page.count("未完成") == 5 and "还没有密钥" in page and office.party.number in page
    key = issue_key(office.party.pk, actor=STAFF)
    change_distributor(office.party.pk, allow_list=["203.0.113.7"], actor=STAFF)
    with scope.platform():
        Endpoint.objects.create(distributor=office.party, url="https://mall.example/hook", state="active")
    page = text_of(office.browser.get(address))
    assert page.count("未完成") == 2 and key.key in page and key.secret not in page
    assert "https://mall.example/hook" in page and "203.0.113.7" in page and "/api/v1" in page
    office.browser.post(CHANGE, {"do": "add", "ids": [world.article(stock=1).goods_id]})
    assert "未完成" not in text_of(office.browser.get(address))
