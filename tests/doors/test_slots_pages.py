"""Promotion slots page by page: the platform puts goods forward, a distributor finds those he may sell."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.catalog import actions
from entrepot.catalog.models import Sku, Slot
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.doors.test_platform_assortment import seen_of
from tests.world import STAFF, Article, World, rows

SLOTS, SHELF = "/platform/slots/", "/distributor/goods/"


@pytest.fixture
def office(world: World) -> Any:
    """A distributor at work."""
    party = world.distributor()
    return SimpleNamespace(party=party, browser=at_work("distributor", party))


def slot_of(*articles: Article, **more: Any) -> Slot:
    """A slot with goods in it."""
    slot = actions.save_slot(None, name=f"位{uuid.uuid4().hex[:8]}", actor=STAFF, **more)
    if articles:
        actions.put_in_slot(slot.pk, numbers=[one.code for one in articles], actor=STAFF)
    return slot


@pytest.fixture(autouse=True)
def no_slots_of_others(world: World) -> None:
    """Slots are everybody's, and at most fifty: those of earlier tests go."""
    with scope.platform():
        Slot.objects.all().delete()


def test_the_platform_makes_a_slot_and_puts_goods_in(world: World) -> None:
    browser = at_work("platform", None)
    assert "还没有资源位" in text_of(browser.get(SLOTS))
    name = f"首页推荐{uuid.uuid4().hex[:6]}"
    answer = browser.post(f"{SLOTS}new/", {"name": name, "position": 1, "is_shown": "on", "seen": "new"})
    with scope.platform():
        slot = Slot.objects.get(name=name)
    page = f"{SLOTS}{slot.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, page)
    again = browser.post(f"{SLOTS}new/", {"name": name, "position": 1, "seen": "new"})
    assert again.status_code == 422 and "已有同名的资源位" in text_of(again)
    first, second, draft = world.article(), world.article(), world.article(state="draft")
    wrong = browser.post(f"{page}add/", {"numbers": f"{first.code}\nNO-SUCH-7"})
    assert wrong.status_code == 422 and "没有这些货号：NO-SUCH-7" in text_of(wrong)
    assert first.code not in text_of(browser.get(page))
    browser.post(f"{page}add/", {"numbers": f"{first.code}，{second.code}、{draft.code}\r\n"})
    shown = text_of(browser.get(page))
    assert "共 3 个商品，其中在售 2 个" in shown
    assert shown.index(first.code) < shown.index(second.code) < shown.index(draft.code)
    browser.post(f"{page}goods/{draft.goods_id}/", {"do": "top"})
    browser.post(f"{page}goods/{second.goods_id}/", {"do": "out"})
    shown = text_of(browser.get(page))
    assert shown.index(draft.code) < shown.index(first.code) and second.code not in shown
    assert browser.post(f"{page}goods/{first.goods_id}/", {"do": "sideways"}).status_code == 404
    listed = text_of(browser.get(SLOTS))
    assert name in listed and "展示中" in listed
    assert round_trips(browser, SLOTS) <= 10 and round_trips(browser, page) <= 10


def test_a_slot_is_planned_changed_by_one_at_a_time_and_removed(world: World) -> None:
    browser, slot = at_work("platform", None), slot_of(world.article())
    edit = f"{SLOTS}{slot.pk}/edit/"
    form = {"name": slot.name, "position": 0, "is_shown": "on", "seen": seen_of(browser, edit)}
    backwards = form | {"begins_at": "2030-01-02 00:00", "ends_at": "2030-01-01 00:00"}
    assert "结束时间须晚于开始时间" in text_of(browser.post(edit, backwards))
    assert browser.post(edit, form | {"begins_at": "2030-01-02 00:00"}).status_code == 302
    assert "未开始" in text_of(browser.get(SLOTS))
    assert browser.post(edit, form).status_code == 422, "filled in over what somebody has changed since"
    log = text_of(browser.get("/platform/log/"))
    assert "修改资源位" in log and "2030-01-02 00:00:00" in log
    assert browser.post(f"{SLOTS}{slot.pk}/remove/").status_code == 302
    assert browser.get(f"{SLOTS}{slot.pk}/").status_code == 404
    assert rows("select count(*) from catalog_slotgoods where slot_id = %s", slot.pk) == [(0,)]


def test_who_may_not_edit_goods_looks_and_changes_nothing(world: World) -> None:
    article = world.article()
    slot, reader = slot_of(article), at_work("platform", None, "goods.view")
    page = text_of(reader.get(f"{SLOTS}{slot.pk}/"))
    assert article.code in page and "/add/" not in page
    for address in (f"{SLOTS}{slot.pk}/add/", f"{SLOTS}{slot.pk}/goods/{article.goods_id}/", f"{SLOTS}new/"):
        assert reader.post(address, {"numbers": article.code, "do": "out"}).status_code == 403


@pytest.mark.parametrize("view", ["", "table"])
def test_a_distributor_finds_what_he_may_sell_in_a_slot(world: World, office: Any, view: str) -> None:
    stranger = world.distributor()
    plain, second, first = (world.article(stock=3) for _ in range(3))
    hidden = world.article(stock=3, visible_distributors=[stranger.pk])
    slot, other = slot_of(first, hidden, second), slot_of(hidden)
    planned = slot_of(plain, is_shown=False)
    page = text_of(office.browser.get(SHELF, {"slot": slot.pk, "view": view}))
    assert page.index(first.code) < page.index(second.code)
    assert plain.code not in page and hidden.code not in page
    either = text_of(office.browser.get(SHELF, {"slot": "any", "view": view}))
    assert first.code in either and second.code in either
    assert plain.code not in either and hidden.code not in either
    everything = text_of(office.browser.get(SHELF, {"view": view}))
    assert plain.code in everything and everything.count(f">{slot.name}</") == 3, "two goods and the choice of slots"
    assert planned.name not in everything
    for nothing in (other.pk, planned.pk, 987_654_321, "x"):
        page = text_of(office.browser.get(SHELF, {"slot": nothing, "view": view}))
        assert "该资源位现在没有商品" in page and plain.code not in page
        assert ("selected>已不展示的资源位<" in page) == (nothing != other.pk)
    assert "该资源位现在没有商品" in text_of(office.browser.get(SHELF, {"slot": planned.pk, "text": plain.code}))
    assert round_trips(office.browser, f"{SHELF}?slot={slot.pk}&view={view}") <= 10
    assert round_trips(office.browser, f"{SHELF}?slot=any&view={view}") <= 10
    if view == "table":
        _headings, *found = sheet_of(office.browser.get(SHELF, {"slot": slot.pk, "export": "xlsx"}))
        assert {row[0] for row in found} == {first.code, second.code}


def test_a_distributor_sees_stock_prices_and_slots_side_by_side(world: World, office: Any) -> None:
    article = world.article(stock=7, supply_price_fen=1000)
    with scope.platform():
        Sku.objects.filter(pk=article.sku_id).update(suggested_price_fen=1590)
    slot = slot_of(article)
    page = text_of(office.browser.get(SHELF, {"slot": slot.pk, "view": "table"}))
    row = page.partition("<tbody>")[2].partition("</tbody>")[0]
    for figure in ("10.50", "10.00", "0.50", "15.90", ">7<", f">{slot.name}</a>"):  # agreed = supply + 5 %, suggested
        assert figure in row, figure


def test_the_page_of_goods_names_their_slots_and_a_long_slot_has_pages(world: World, office: Any) -> None:
    supplier = world.supplier()
    many = [world.article(supplier=supplier, stock=1) for _ in range(23)]
    slot, planned = slot_of(*reversed(many)), slot_of(many[0], is_shown=False)
    page = text_of(office.browser.get(f"{SHELF}{many[0].goods_id}/"))
    assert slot.name in page and planned.name not in page
    address = f"{SHELF}?slot={slot.pk}&view=table"
    first = text_of(office.browser.get(address))
    onward = first.partition('rel="next" href="?')[2].partition('"')[0].replace("&amp;", "&")
    last = text_of(office.browser.get(f"{SHELF}?{onward}"))
    assert [f">{one.code}<" in first for one in many] == [False] * 3 + [True] * 20
    assert [f">{one.code}<" in last for one in many] == [True] * 3 + [False] * 20
    back = last.partition('rel="prev" href="?')[2].partition('"')[0].replace("&amp;", "&")
    first = text_of(office.browser.get(f"{SHELF}?{back}"))
    assert [f">{one.code}<" in first for one in many] == [False] * 3 + [True] * 20
