"""What after-sale, bills and referral add to the page of an order: each party its own part of it."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.aftersale import actions as aftersale
from entrepot.aftersale.rules import By, Wish
from entrepot.base import scope
from entrepot.reports.life_entry import Reader
from entrepot.reports.life_rooms import other_rooms
from entrepot.settlement import actions as settlement
from tests.doors.office_people import at_work, text_of
from tests.rooms.billing import Room
from tests.rooms.test_aftersale_cells import PLATFORM, done
from tests.rooms.test_referral import brought, grade, referrer
from tests.world import STAFF, World, followed_to_the_end, taken

FRONTS = {"platform": "/platform/orders/", "supplier": "/supplier/orders/", "distributor": "/distributor/orders/"}


@pytest.fixture(scope="module")
def whole(database: Any, django_db_blocker: Any) -> Any:
    """An order (agreed 10.50, supplier 8.00) that went through a return, a claim, a disputed bill; both sides brought."""
    with django_db_blocker.unblock():
        yield _lived_through(World())


def _lived_through(world: World) -> Any:
    room = Room(world)
    silver = grade(world, 1000, 500)
    his, hers = referrer(world, silver), referrer(world, silver)
    brought(his, supplier=room.supplier)
    brought(hers, distributor=room.mall)
    order = world.place(room.mall, (room.article, 5), mode="direct")
    taken(world.ship(order))
    taken(world.receive(order))
    taken(world.complete(order))
    by = By(kind="distributor", party_id=room.mall.pk, actor=f"distributor/{room.mall.pk}/1/mia")
    shipper = By(kind="supplier", party_id=room.supplier.pk, actor=f"supplier/{room.supplier.pk}/1/anna")
    wish = Wish(order_id=order.id, out_refund_no=world.name("A"), kind="return", reason="quality", pieces={1: 2})
    request = done(aftersale.ask(wish, by=by, is_agreed=True), "waiting_return")
    done(aftersale.return_sent(request, by=by, carrier="sf", tracking_no=f"BACK{order.id}"), "returning")
    done(aftersale.inspect(request, by=shipper, counted={1: (1, 1)}, note="一件破损"), "claim")
    done(aftersale.offer(request, by=PLATFORM, amount_fen=1234, supplier_bps=5000), "claim")
    done(aftersale.rule(request, by=PLATFORM, amount_fen=2100, supplier_bps=10_000, reason="质量问题"), "done")
    bill = room.sent()
    first = room.lines(bill)[0]
    room.dispute(bill, first.pk)
    bill = room.rule(bill, first.pk, "adjusted", adjustment_fen=-50)
    bill = settlement.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=bill.revision, actor=room.actor)
    settlement.pay_bill(bill.pk, bank_reference=f"ICBC{order.id}", actor=STAFF)
    settlement.settle_bill(bill.pk, actor=STAFF)
    followed_to_the_end()
    parties = {"platform": None, "supplier": room.supplier, "distributor": room.mall}
    pages = {kind: text_of(at_work(kind, parties[kind]).get(f"{front}{order.id}/")) for kind, front in FRONTS.items()}
    return SimpleNamespace(order=order, room=room, his=his, hers=hers, bill=bill, pages=pages)


def told(whole: Any, kind: str, party_id: int = 0) -> list[tuple[str, int | None]]:
    """What and how much, oldest first."""
    within = scope.platform(read_only=True) if kind == "platform" else getattr(scope, kind)(party_id, read_only=True)
    with within:
        found = list(other_rooms(whole.order.id, reader=Reader(kind=kind, party_id=party_id)))
    return [(one.what, one.amount_fen) for one in found][::-1]


def test_the_platform_reads_every_room(whole: Any) -> None:
    seen, page = dict(told(whole, "platform")), whole.pages["platform"]
    assert [what for what, _fen in told(whole, "platform") if what.startswith("aftersale.")] == [
        *("aftersale.requested", "aftersale.approved", "aftersale.address", "aftersale.return_sent"),
        *("aftersale.inspected", "aftersale.demanded", "aftersale.offered", "aftersale.money"),
        *("aftersale.ruled", "aftersale.borne", "aftersale.done"),
    ]
    assert seen["aftersale.ruled"] == 2100 and seen["aftersale.borne"] == 1600
    assert seen["bill.drawn"] == 4000 - 1600 and seen["bill.adjusted"] == -50 and seen["bill.disputed"] == 4000
    assert {"bill.sent", "bill.confirmed", "bill.paid", "bill.settled"} <= set(seen)
    for text in (whole.bill.number, f"BACK{whole.order.id}", f"ICBC{whole.order.id}", "少算了", whole.his.name):
        assert text in page, text
    assert "良品 1 件，破损 1 件，缺少 0 件" in page


def test_a_supplier_reads_no_claim_and_no_referrer(whole: Any) -> None:
    seen, page = dict(told(whole, "supplier", whole.room.supplier.pk)), whole.pages["supplier"]
    assert not {"aftersale.demanded", "aftersale.offered", "aftersale.ruled", "bill.drawn"} & set(seen)
    assert seen["aftersale.borne"] == 1600 and seen["bill.sent"] == 2400 and seen["bill.paid"] == 2400
    assert {"aftersale.inspected", "bill.disputed", "bill.adjusted", "bill.settled"} <= set(seen)
    assert not any(what.startswith("referral") for what in seen)
    for text in (whole.bill.number, "¥16.00", f"BACK{whole.order.id}"):
        assert text in page, text
    for hidden in ("10.50", "21.00", "12.34", whole.room.mall.name, whole.his.name, whole.hers.name):
        assert not re.search(rf"(?<![\d.:]){re.escape(hidden)}(?!\d)", page), hidden


def test_a_distributor_reads_his_claim_and_no_bill(whole: Any) -> None:
    seen, page = dict(told(whole, "distributor", whole.room.mall.pk)), whole.pages["distributor"]
    assert (seen["aftersale.offered"], seen["aftersale.ruled"]) == (1234, 2100)
    assert "aftersale.borne" not in seen, "what the supplier bears tells his price"
    assert not any(what.startswith(("bill", "referral")) for what in seen)
    for hidden in (
        "8.00",
        "16.00",
        "24.00",
        whole.bill.number,
        "ICBC",
        "少算了",
        whole.room.supplier.name,
        whole.his.name,
    ):
        assert not re.search(rf"(?<![\d.:]){re.escape(hidden)}(?!\d)", page), hidden


def test_a_referrer_reads_his_own_share_alone(whole: Any) -> None:
    both = [entry for entry in told(whole, "platform") if entry[0].startswith("referral")]
    mine = told(whole, "referrer", whole.his.pk), told(whole, "referrer", whole.hers.pk)
    assert all({what for what, _fen in one} <= {"referral.accrual", "referral.reversal"} for one in mine)
    assert sorted(mine[0] + mine[1]) == sorted(both) and mine[0] != mine[1] and mine[0] and mine[1]


def test_each_line_of_the_bill_says_why_it_is_what_it_is(whole: Any) -> None:
    room, number = whole.room, whole.bill.pk
    office = text_of(at_work("platform", None).get(f"/platform/bills/{number}/"))
    his = text_of(at_work("supplier", room.supplier).get(f"/supplier/bills/{number}/"))
    for page in (office, his):
        for text in ("8.00 × 5 件", "8.00 × 2 件退回", "平台更正", "已核对", "-¥0.50", "计入结算单"):
            assert text in page, text
    for hidden in ("10.50", "21.00", whole.room.mall.name):
        assert not re.search(rf"(?<![\d.:]){re.escape(hidden)}(?!\d)", his), hidden


def test_a_referrer_reads_his_rate_and_never_the_income(whole: Any) -> None:
    his = text_of(at_work("referrer", whole.his).get("/referrer/entries/"))
    hers = text_of(at_work("referrer", whole.hers).get("/referrer/entries/"))
    assert "10%" in his and "5%" in hers
    for page in (his, hers):
        for hidden in ("2.50", "12.50", "52.50", "40.00"):
            assert not re.search(rf"(?<![\d.:]){re.escape(hidden)}(?!\d)", page), hidden


def test_the_distributor_reads_why_a_claim_gave_back_what_it_did(whole: Any) -> None:
    assert "2 件的索赔按 21.00 了结" in whole.pages["distributor"]


def test_a_stranger_reads_nothing(world: World, whole: Any) -> None:
    assert told(whole, "supplier", world.supplier().pk) == [] == told(whole, "distributor", world.distributor().pk)
