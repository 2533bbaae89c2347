"""Referrers at the platform and in their own office: admitted, attached, paid; each sees his own and no prices."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.ledger.queries import owed_to_referrer_fen
from entrepot.parties.models import Referrer
from entrepot.referral import actions, queries
from entrepot.referral.models import Grade
from tests.doors.deeds.stage import picture
from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.world import STAFF, World, followed_to_the_end, rows, taken


@pytest.fixture
def world(committed: Any) -> World:
    """A world of its own."""
    return World()


def graded(world: World) -> Grade:
    """A grade that gives a tenth of both sides."""
    return actions.create_grade(world.name("G"), supplier_rate_bps=1000, distributor_rate_bps=500, actor=STAFF)


def admitted(world: World, grade: Grade, name: str = "") -> Referrer:
    """A referrer who is active."""
    username = world.name("r").replace("_", ".")[:40]
    return actions.admit_referrer(name or world.name("R"), username=username, grade_id=grade.pk, actor=STAFF)[0]


def sold(world: World, who: Referrer, *, pieces: int = 4) -> tuple[Any, Any, Any]:
    """A completed order of a supplier whom he brought; 20.00 of it a piece is the platform's margin, 5.00 the fee."""
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=500)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=8_000)
    actions.attach(who.pk, supplier_id=supplier.pk, actor=STAFF)
    order = world.place(party, (goods, pieces), mode="direct")
    for answer in (world.ship(order), world.receive(order), world.complete(order)):
        taken(answer)
    followed_to_the_end()
    return supplier, party, order


def test_a_referrer_is_admitted_attached_and_let_go(world: World) -> None:
    browser = at_work("platform", None)
    name = world.name("G")
    form = {"name": name, "supplier_rate_bps": "10", "distributor_rate_bps": "5.5", "position": "1", "seen": "new"}
    assert browser.post("/platform/referral-grades/new/", form).status_code == 302
    ((grade_id,),) = rows("select id from referral_grade where name = %s", name)
    assert "5.5" in text_of(browser.get("/platform/referral-grades/"))
    too_much = browser.post("/platform/referral-grades/new/", form | {"name": "x", "supplier_rate_bps": "95"})
    assert too_much.status_code == 422
    who = {"name": "韩立", "grade": str(grade_id), "username": world.name("r")[:40], "is_active": "on"}
    made = browser.post("/platform/referrers/new/", who)
    assert made.status_code == 200 and "/referrer/" in text_of(made)
    ((referrer_id, number),) = rows("select id, number from parties_referrer order by id desc limit 1")
    assert number.startswith("R1")
    page = f"/platform/referrers/{referrer_id}/"
    supplier = world.supplier()
    wrong = browser.post(f"{page}attach/", {"number": "nobody"})
    assert wrong.status_code == 422
    with scope.platform():
        type(supplier).objects.filter(pk=supplier.pk).update(number=supplier.number.upper())
    assert browser.post(f"{page}attach/", {"number": supplier.number}).status_code == 302
    again = browser.post(f"{page}attach/", {"number": supplier.number})
    assert again.status_code == 422
    ((attachment_id,),) = rows("select id from referral_attachment where referrer_id = %s", referrer_id)
    assert supplier.name in text_of(browser.get(page))
    end = f"{page}attachments/{attachment_id}/end/"
    assert browser.post(end, {"reason": ""}).status_code == 422
    assert browser.post(end, {"reason": "合同到期"}).status_code == 302
    assert rows("select until is not null from referral_attachment where id = %s", attachment_id) == [(True,)]
    other = admitted(world, graded(world))
    assert browser.post(f"/platform/referrers/{other.pk}/attachments/{attachment_id}/end/", {}).status_code == 404


def test_he_is_paid_with_proof_on_a_statement(world: World) -> None:
    browser, who = at_work("platform", None), admitted(world, graded(world))
    sold(world, who)
    page = f"/platform/referrers/{who.pk}/pay/"
    month = f"{queries.month_of(database_now()):%Y-%m}"
    form = {"amount_fen": "6.00", "month": month, "paid_on": "2026-01-31", "once": world.name("o")}
    assert browser.post(page, form | {"amount_fen": "10.01", "bank_reference": "B1"}).status_code == 422
    assert browser.post(page, form).status_code == 422, "neither reference nor proof"
    for _time in range(2):
        assert browser.post(page, form | {"proof": picture(), "bank_reference": "B7"}).status_code == 302
    with scope.platform():
        assert owed_to_referrer_fen(who.pk) == 4 * 250 - 600
    ((payout_id,),) = rows("select id from referral_payout where referrer_id = %s", who.pk)
    proof = browser.get(f"/platform/referrers/payouts/{payout_id}/proof/")
    assert proof["Content-Type"] == "image/webp" and proof.content[:4] == b"RIFF"
    entries = text_of(browser.get(f"/platform/referrers/{who.pk}/entries/?kind=accrual"))
    assert "100.00 × 10%" in entries.replace(" %", "%"), "why this number"
    (_head, *lines) = sheet_of(browser.get(f"/platform/referral-statements/?month={month}&export=xlsx"))
    (mine,) = [line for line in lines if line[0] == who.number]
    assert [float(cell) for cell in mine[3:]] == [0, 10, 0, -6, 4]
    (_head, *lines) = sheet_of(browser.get(f"/platform/referrers/{who.pk}/entries/?kind=payout&export=xlsx"))
    assert [(line[5], line[6]) for line in lines] == [("-6.0", "B7")]
    (_head, *lines) = sheet_of(browser.get(f"/platform/referrers/?text={who.number}&export=xlsx"))
    assert [(line[0], line[4]) for line in lines] == [(who.number, "4.0")]


def test_he_sees_his_own_figures_and_nobody_elses(world: World) -> None:
    grade = graded(world)
    his, hers = admitted(world, grade), admitted(world, grade)
    supplier, party, order = sold(world, his)
    other_supplier, *_rest = sold(world, hers)
    terms: dict[str, Any] = {"month": date(2026, 1, 1), "paid_on": date(2026, 1, 31), "actor": STAFF}
    mine = actions.pay_out(his.pk, amount_fen=100, bank_reference="B-his", once=world.name("o"), **terms)
    theirs = actions.pay_out(
        hers.pk, amount_fen=100, proof=picture().read(), bank_reference="B-hers", once=world.name("o"), **terms
    )
    browser = at_work("referrer", his)
    pages = [text_of(browser.get(f"/referrer/{page}")) for page in ("", "entries/", "payouts/")]
    assert supplier.name in pages[0] and supplier.name in pages[1] and "B-his" in pages[2]
    assert "9.00" in pages[0]
    for page in pages:
        for hidden in (party.name, other_supplier.name, hers.name, "B-hers", "100.00", "80.00", "105.00", "25.00"):
            assert hidden not in page
    assert browser.get(f"/referrer/payouts/{theirs.pk}/proof/").status_code == 404
    assert browser.get(f"/referrer/payouts/{mine.pk}/proof/").status_code == 404, "there is no picture"
    rows_of_sheet = sheet_of(browser.get("/referrer/entries/?export=xlsx"))[1:]
    assert [(line[3], line[4], line[5]) for line in rows_of_sheet] == [
        ("", "", "-1.0"),
        (supplier.name, str(order.id), "10.0"),
    ]
    assert sheet_of(browser.get("/referrer/entries/?month=2020-01&export=xlsx"))[1:] == []
    for page in ("", "entries/", "payouts/"):
        assert round_trips(browser, f"/referrer/{page}") <= 14
        assert browser.post(f"/referrer/{page}", {}).status_code == 405
    assert round_trips(at_work("platform", None), "/platform/referrers/") <= 14


def test_a_payout_that_came_back_is_recorded_and_seen_by_both(world: World) -> None:
    his = admitted(world, graded(world))
    sold(world, his)
    made = actions.pay_out(
        his.pk,
        amount_fen=100,
        month=date(2026, 1, 1),
        paid_on=date(2026, 1, 31),
        bank_reference="B-back",
        once=world.name("o"),
        actor=STAFF,
    )
    office, mine = at_work("platform", None), at_work("referrer", his)
    address = f"/platform/referrers/payouts/{made.pk}/return/"
    assert address in text_of(office.get(f"/platform/referrers/{his.pk}/"))
    assert office.post(address, {"reason": ""}).status_code == 422
    assert office.post(address, {"reason": "账号已注销"}).status_code == 302
    assert office.post(address, {"reason": "再退"}).status_code == 422
    page = text_of(office.get(f"/platform/referrers/{his.pk}/"))
    assert address not in page and "账号已注销" in page
    assert "账号已注销" in text_of(mine.get("/referrer/payouts/")) and "10.00" in text_of(mine.get("/referrer/"))
    assert at_work("platform", None, "referrers.view", "referrers.edit").get(address).status_code == 403


def test_only_a_referrer_comes_in_and_each_page_needs_its_permission(world: World) -> None:
    from entrepot.doors.referrer.urls import urlpatterns

    his = admitted(world, graded(world))
    idle = at_work("referrer", his, "nothing.at_all")
    for pattern in urlpatterns:
        address = "/referrer/" + str(pattern.pattern).replace("<int:payout_id>", "987654321")
        assert Client().get(address)["Location"].startswith("/referrer/login/")
        for kind, party in (("platform", None), ("supplier", world.supplier()), ("distributor", world.distributor())):
            assert at_work(kind, party).get(address).status_code == 404
        assert idle.get(address).status_code == (200 if pattern.name == "home" else 403)
