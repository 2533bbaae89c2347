"""The platform's pages about lines its suppliers refused or let pass: what waits, who stands in, what is done."""

from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.fulfilment import actions
from tests import audit
from tests.doors.office_people import at_work, order_of, round_trips, sheet_of, text_of
from tests.world import World, rows


@pytest.fixture
def trade(world: World) -> Any:
    supplier, other = world.supplier(), world.supplier()
    party = world.distributor(funds_fen=10**7)
    article = world.article(supplier=supplier, stock=50, supply_price_fen=1000, supplier_price_fen=800)
    good = world.article(supplier=other, stock=50, supply_price_fen=1100, supplier_price_fen=900)
    dear = world.article(supplier=other, stock=50, supply_price_fen=2000, supplier_price_fen=1500)
    for place, one in enumerate((dear, good), start=1):
        actions.name_substitute(article.code, substitute=one.code, place=place, may_lose=False, actor="system")
    world.ask_first(supplier, minutes=60, policy="ask")
    order = order_of(world, party, (article, 3))
    actions.refuse_lines(supplier.pk, order_id=order.id, lines=[1], reason="产线检修", actor="system")
    return SimpleNamespace(
        supplier=supplier, other=other, party=party, article=article, good=good, dear=dear, order=order
    )


def version(trade: Any) -> str:
    return str(rows("select version from orders_order where id = %s", trade.order.id)[0][0])


def line_of(trade: Any, deed: str = "") -> str:
    return f"/platform/acceptance/{trade.order.id}/1/" + (f"{deed}/" if deed else "")


def state(trade: Any) -> tuple[Any, ...]:
    return rows("select supplier_id, state from orders_acceptance where order_id = %s", trade.order.id)[0]


def test_what_is_to_be_decided_is_listed_searched_and_handed_out(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    for query in ({"no": str(trade.order.id)}, {"supplier": trade.supplier.name}, {"goods": trade.article.code}):
        page = text_of(browser.get("/platform/acceptance/", query))
        assert line_of(trade) in page and "产线检修" in page
        assert line_of(trade) not in text_of(browser.get("/platform/acceptance/", query | {"tab": "waiting"}))
    _headings, *found = sheet_of(browser.get("/platform/acceptance/", {"no": str(trade.order.id), "export": "xlsx"}))
    assert [row[0] for row in found] == [str(trade.order.id)] and "无法供货" in found[0]
    assert round_trips(browser, "/platform/acceptance/") <= 10
    assert line_of(trade) in text_of(browser.get(f"/platform/orders/{trade.order.id}/"))


def test_a_line_goes_out_by_a_substitute_at_the_agreed_price(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    page = text_of(browser.get(line_of(trade)))
    assert trade.good.code in page and "+1.00" in page, "10.00 − 9.00"
    assert "允许亏损" in page and page.index(trade.dear.code) < page.index(trade.good.code)
    refused = browser.post(line_of(trade, "reroute"), {"sku": trade.dear.code, "version": version(trade)})
    assert refused.status_code == 422 and "15.00" in text_of(refused)
    stale = browser.post(line_of(trade, "reroute"), {"sku": trade.good.code, "version": "1"})
    assert stale.status_code == 422 and state(trade) == (trade.supplier.pk, "refused")
    asked = {"sku": trade.good.code, "version": version(trade), "reason": "换供货商"}
    assert browser.post(line_of(trade, "reroute"), asked).status_code == 302
    assert browser.post(line_of(trade, "reroute"), asked).status_code == 422
    assert state(trade) == (trade.other.pk, "accepted")
    assert (world.stock(trade.article), world.stock(trade.good)) == ((50, 0), (50, 3))
    assert rows("select amount_fen, supplier_price_fen from orders_line where order_id = %s", trade.order.id) == [
        (3150, 900)
    ]
    page = text_of(browser.get(f"/platform/orders/{trade.order.id}/"))
    assert trade.article.code in page and trade.good.code in page and "换供货商" in page
    log = rows(
        "select verb, reason from events_operation where object_kind = 'order' and object_id = %s and kind = 'platform'",
        str(trade.order.id),
    )
    assert log == [("order.line_rerouted", "换供货商")]
    assert audit.faults(distributors=[trade.party.pk], skus=[trade.article.sku_id, trade.good.sku_id]) == []


def test_a_line_is_refunded_or_its_supplier_asked_once_more(world: World, trade: Any) -> None:
    browser = at_work("platform", None)
    assert browser.post(line_of(trade, "extend"), {"minutes": "0", "version": version(trade)}).status_code == 422
    assert browser.post(line_of(trade, "extend"), {"minutes": "30", "version": version(trade)}).status_code == 302
    assert state(trade) == (trade.supplier.pk, "waiting")
    assert browser.post(line_of(trade, "refund"), {"reason": "", "version": version(trade)}).status_code == 422
    asked = {"reason": "供货商停产", "version": version(trade)}
    assert browser.post(line_of(trade, "refund"), asked).status_code == 302
    assert world.money(trade.party) == (10**7, 0) and world.state(trade.order) == "refunded"
    assert browser.post(line_of(trade, "refund"), asked).status_code == 422
    assert world.money(trade.party) == (10**7, 0)


def test_terms_of_suppliers_and_of_the_house_are_changed(world: World, trade: Any) -> None:
    browser, address = at_work("platform", None), f"/platform/acceptance/suppliers/{trade.other.pk}/"
    assert address in text_of(browser.get("/platform/acceptance/suppliers/", {"text": trade.other.name}))
    assert browser.post(address, {"is_asked": "on", "minutes": "0", "policy": ""}).status_code == 422
    assert browser.post(address, {"is_asked": "on", "minutes": "120", "policy": "reroute"}).status_code == 302
    agreed = "select minutes, policy from orders_acceptanceterms where supplier_id = %s"
    assert rows(agreed, trade.other.pk) == [(120, "reroute")]
    assert "120 分钟" in text_of(browser.get("/platform/acceptance/suppliers/", {"text": trade.other.name}))
    assert browser.post(address, {"minutes": "120", "policy": ""}).status_code == 302
    assert rows(agreed, trade.other.pk) == [(None, "")]
    house = "/platform/acceptance/suppliers/house/"
    assert browser.post(house, {"policy": "nothing", "minutes": "60"}).status_code == 422
    assert browser.post(house, {"policy": "ask", "minutes": "1440"}).status_code == 302


def test_substitutes_are_named_found_and_dropped(world: World, trade: Any) -> None:
    browser, article = at_work("platform", None), world.article()
    wrong = browser.post("/platform/substitutes/add/", {"sku": article.code, "substitute": "nowhere", "place": "1"})
    assert wrong.status_code == 422
    browser.post("/platform/substitutes/add/", {"sku": article.code, "substitute": trade.good.code, "place": "1"})
    ((number,),) = rows("select id from fulfilment_substitute where sku_id = %s", article.sku_id)
    assert f"/platform/substitutes/{number}/drop/" in text_of(
        browser.get("/platform/substitutes/", {"text": article.code})
    )
    _, *found = sheet_of(browser.get("/platform/substitutes/", {"text": article.code, "export": "xlsx"}))
    assert [(row[0], row[4]) for row in found] == [(article.code, trade.good.code)]
    assert browser.post(f"/platform/substitutes/{number}/drop/").status_code == 302
    assert rows("select count(*) from fulfilment_substitute where sku_id = %s", article.sku_id) == [(0,)]


def test_who_may_only_look_decides_nothing(world: World, trade: Any) -> None:
    browser = at_work("platform", None, "orders.view")
    page = text_of(browser.get(line_of(trade)))
    for deed in ("reroute", "refund", "extend"):
        assert line_of(trade, deed) not in page
        assert browser.post(line_of(trade, deed), {"version": version(trade)}).status_code == 403
    assert state(trade) == (trade.supplier.pk, "refused")
