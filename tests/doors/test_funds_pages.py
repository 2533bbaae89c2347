"""Allotments, holds, switches of the shelf, foresight, statements and mended top-ups, in the back offices."""

from functools import partial
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.days import day_of
from entrepot.doors.kit.lists import page_of_rows
from entrepot.doors.platform import stock_holds, stock_holds_rows
from entrepot.recharge import foresight, statements
from entrepot.recharge.models import Foresight, Statement
from entrepot.stock.models import Allotment, HoldQuota, ShelfSwitch
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of, whole_list
from tests.world import World, rows


def test_an_allotment_is_opened_changed_listed_and_closed(world: World) -> None:
    office = at_work("platform", None)
    party, article = world.distributor(funds_fen=10**6), world.article(stock=10)
    new = f"/platform/stock/{article.sku_id}/allotment/"
    assert office.get(new).status_code == 200
    values = {"party": f"d{party.pk}", "floor": "12", "buffer": "0", "seen": "0", "once": world.mark, "reason": "flash"}
    refused = office.post(new, values)
    assert refused.status_code == 422
    assert "12" in text_of(refused) and "10" in text_of(refused), "what is there and what is missing is said"
    assert office.post(new, values | {"is_partial": "on"}).status_code == 302
    with scope.platform(read_only=True):
        made = Allotment.objects.get(sku_id=article.sku_id, is_open=True)
    assert (made.floor, made.given) == (12, 10)
    short = office.get(f"/platform/allotments/?tab=short&text={article.code}")
    assert article.code in text_of(short)
    assert [row[0] for row in sheet_of(office.get(f"/platform/allotments/?text={article.code}&export=xlsx"))[1:]] == [
        article.code
    ]
    page = f"/platform/allotments/{made.pk}/"
    change = values | {
        "floor": "4",
        "cap": "20",
        "once": world.mark + "2",
        "seen": str(made.version),
        "ends_on": "2099-01-31",
    }
    assert office.post(page, change | {"seen": "99"}).status_code == 422, "nobody overwrites what he has not seen"
    assert office.post(page, change).status_code == 302
    assert (
        world.run(world.place_ask(world.distributor(funds_fen=10**6), (article, 7))).faults[0].facts["available"] == 6
    )
    assert office.post(page + "close/", {"reason": ""}).status_code == 302
    with scope.platform(read_only=True):
        assert Allotment.objects.get(pk=made.pk).is_open, "a reason is needed"
    assert office.post(page + "close/", {"reason": "over"}).status_code == 302
    assert office.get(page).status_code == 404
    log = rows(
        "select verb, reason from events_operation where object_kind = 'allotment' and object_id = %s order by id",
        str(made.pk),
    )
    assert log == [("allotment.opened", "flash"), ("allotment.changed", "flash"), ("allotment.closed", "over")]


def test_holds_are_reported_limited_and_released(world: World) -> None:
    office = at_work("platform", None)
    party, article = world.distributor(funds_fen=10**6), world.article(stock=50)
    order = world.place(party, (article, 3))
    for tab in ("", "skus", f"orders&distributor={party.pk}", f"orders&sku={article.code}"):
        assert office.get(f"/platform/holds/?tab={tab}").status_code == 200
    listed = text_of(office.get(f"/platform/holds/?tab=orders&distributor={party.pk}"))
    assert order.out_order_no in listed
    limits = {"does": "on", "pieces_of_sku": "4", "floor_minutes": "2", "ceiling_minutes": "60", "reason": "hoarding"}
    page = f"/platform/distributors/{party.pk}/holds/"
    assert office.post(page, limits | {"floor_minutes": "30", "ceiling_minutes": "5"}).status_code == 422
    assert office.post(page, limits).status_code == 302
    answer = world.run(world.place_ask(party, (article, 2)))
    assert answer.faults[0].facts == {"quota": "pieces_of_sku", "limit": 4, "held": 3, "wanted": 2, "sku": article.code}
    release = f"/platform/holds/{order.id}/release/"
    assert office.get(release).status_code == 200
    assert office.post(release, {"reason": ""}).status_code == 422
    assert office.post(release, {"reason": "hoarding"}).status_code == 302
    assert world.state(order) == "cancelled"
    assert office.get(release).status_code == 404
    assert world.run(world.place_ask(party, (article, 2))).is_accepted
    assert office.post(page, {"floor_minutes": "2", "ceiling_minutes": "60", "reason": "over"}).status_code == 302
    with scope.platform(read_only=True):
        assert not HoldQuota.objects.filter(distributor=party).exists()
    reader = at_work("platform", None, "stock.view")
    assert release not in text_of(reader.get(f"/platform/holds/?tab=orders&distributor={party.pk}"))


def test_holders_come_in_pages_who_holds_most_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    article = world.article(stock=50)
    parties = [world.distributor(funds_fen=10**6) for _ in range(5)]
    for party, holds in zip(parties, (1, 3, 1, 2, 1), strict=True):
        for _ in range(holds):
            world.place(party, (article, 1))
    with scope.platform(read_only=True):
        every = stock_holds_rows.holders(None, backwards=False, limit=1_000)
        assert [row.holds for row in every] == sorted((row.holds for row in every), reverse=True)
        for place, row in enumerate(every):
            key = [row.holds, row.id]
            assert stock_holds_rows.holders(key, backwards=False, limit=2) == every[place + 1 : place + 3]
            assert stock_holds_rows.holders(key, backwards=True, limit=2) == every[max(0, place - 2) : place][::-1]
    monkeypatch.setattr(stock_holds, "page_of_rows", partial(page_of_rows, size=2))
    page = whole_list(at_work("platform", None), "/platform/holds/")
    assert [page.count(f'"/platform/distributors/{party.pk}/"') for party in parties] == [1] * 5


def test_the_shelf_switch_is_set_for_goods_and_lifted(world: World) -> None:
    office = at_work("platform", None)
    article = world.article(stock=1)
    page = f"/platform/shelf/{article.goods_id}/"
    assert office.get(page).status_code == 200
    assert office.post(page, {"choice": "both"}).status_code == 302
    assert article.code in text_of(office.get("/platform/shelf/?tab=own"))
    with scope.platform(read_only=True):
        row = ShelfSwitch.objects.get(goods_id=article.goods_id)
    assert (row.unlists, row.relists) == (True, True)
    assert office.post(page, {"choice": "odd"}).status_code == 422
    assert office.post(page, {"choice": ""}).status_code == 302
    with scope.platform(read_only=True):
        assert not ShelfSwitch.objects.filter(goods_id=article.goods_id).exists()
    assert office.get("/platform/shelf/").status_code == office.get("/platform/shelf/all/").status_code == 200


def test_who_runs_short_and_what_waits_is_shown_to_both(world: World) -> None:
    office = at_work("platform", None)
    party = world.distributor(funds_fen=5_000, fee_rate_bps=0, funds_policy="check")
    his = at_work("distributor", party)
    article = world.article(stock=50, supply_price_fen=4_000)
    assert party.number in text_of(office.get(f"/platform/funds/?text={party.number}"))
    with scope.platform():
        Foresight.objects.update_or_create(
            distributor=party, defaults={"pace_fen": 4_000, "available_fen": 5_000, "days_left": 1}
        )
    assert party.number in text_of(office.get(f"/platform/funds/?tab=short&text={party.number}"))
    for _number in range(3):
        world.place(party, (article, 1), mode="direct")
    assert world.states(party) == {"confirmed": 1, "awaiting_funds": 2}
    queue = sheet_of(office.get(f"/platform/funds/waiting/?distributor={party.pk}&export=xlsx"))
    assert [row[-1] for row in queue[1:]] == ["30.0", "70.0"], "each with all that stand before it"
    assert "¥70.00" in text_of(his.get("/distributor/waiting/"))
    home = text_of(his.get("/distributor/"))
    assert 'href="/distributor/waiting/"' in home and "70.00" in home
    world.credit(party, 7_000)
    assert "70.00" not in text_of(his.get("/distributor/waiting/"))
    assert party.number in text_of(office.get(f"/platform/funds/?text={party.number}"))
    assert office.post("/platform/funds/setting/", {"is_automatic": "on", "warn_days": "0"}).status_code == 422
    assert office.post("/platform/funds/setting/", {"is_automatic": "on", "warn_days": "3"}).status_code == 302


def test_statements_are_read_by_both_and_by_nobody_else(world: World) -> None:
    office, party = at_work("platform", None), world.distributor(funds_fen=50_000)
    his, other = at_work("distributor", party), at_work("distributor", world.distributor())
    world.place(party, (world.article(stock=5), 2), mode="direct")
    with scope.platform(read_only=True):
        month = day_of(foresight._now()).replace(day=1)
    statements._make(party.pk, month=month)
    with scope.platform(read_only=True):
        row = Statement.objects.get(distributor=party)
    assert f"{month:%Y-%m}" in text_of(his.get("/distributor/statements/"))
    sheet = sheet_of(his.get(f"/distributor/statements/{row.pk}/?export=xlsx"))
    assert [line[3] for line in sheet[1:]] == ["500.0", "-21.0"]
    assert sheet_of(office.get(f"/platform/statements/{row.pk}/?export=xlsx")) == sheet
    for browser, address in ((his, "/distributor"), (office, "/platform")):
        page = text_of(browser.get(f"{address}/statements/{row.pk}/"))
        assert "479.00" in page
    listed = sheet_of(office.get(f"/platform/statements/?distributor={party.pk}&month={month:%Y-%m}&export=xlsx"))
    assert listed[1][3:] == ["0.0", "500.0", "-21.0", "0.0", "0.0", "0.0", "479.0"]
    assert other.get(f"/distributor/statements/{row.pk}/").status_code == 404
    assert len(sheet_of(other.get("/distributor/statements/?export=xlsx"))) == 1


def test_a_refused_top_up_is_mended_and_handed_in_once_more(world: World) -> None:
    office, party = at_work("platform", None), world.distributor()
    his = at_work("distributor", party)
    his.post("/distributor/topups/create/", {"amount_fen": "100", "payer": "甲公司", "bank_reference": "B1"})
    ((number,),) = rows("select id from recharge_topup where distributor_id = %s", party.pk)
    again = f"/distributor/topups/{number}/again/"
    assert his.get(again).status_code == 404, "it waits"
    assert office.post(f"/platform/topups/{number}/judge/", {"do": "reject", "note": ""}).status_code == 422
    office.post(f"/platform/topups/{number}/judge/", {"do": "reject", "note": "金额不符"})
    offered = text_of(his.get(again))
    assert "金额不符" in offered and "甲公司" in offered
    mended = {"amount_fen": "90", "payer": "甲公司", "bank_reference": "B1", "follows_id": str(number)}
    stranger = at_work("distributor", world.distributor())
    assert stranger.post("/distributor/topups/create/", mended).status_code == 404
    assert his.post("/distributor/topups/create/", mended).status_code == 302
    assert his.post("/distributor/topups/create/", mended).status_code == 302, "sent twice it is one request"
    assert len(rows("select id from recharge_topup where distributor_id = %s", party.pk)) == 2
    other = mended | {"amount_fen": "80", "bank_reference": "B2"}
    assert his.post("/distributor/topups/create/", other).status_code == 422, "it is followed by one alone"
    assert again not in text_of(his.get("/distributor/topups/"))
    found = rows(
        "select amount_fen, state, follows_id from recharge_topup where distributor_id = %s order by id", party.pk
    )
    assert found == [(10_000, "rejected", None), (9_000, "pending", number)]


@pytest.mark.parametrize(
    "address",
    ["allotments/", "holds/", "holds/?tab=skus", "holds/?tab=orders", "funds/", "funds/waiting/", "statements/"],
)
def test_lists_ask_little_of_the_database(world: World, address: Any) -> None:
    assert round_trips(at_work("platform", None), f"/platform/{address}") <= 10
