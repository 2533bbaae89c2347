"""Requests and claims against the real database: numbers, pieces, silence, refusals that change nothing."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from entrepot.aftersale import actions, jobs
from entrepot.aftersale.queries import check
from entrepot.aftersale.rules import By, Limits, Result, Wish
from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.reports.verify import verify
from tests.rooms.conftest import picture
from tests.rooms.test_aftersale_cells import CELLS, PLATFORM, Trade, done, walk
from tests.world import World, rows

NEVER = threading.Event()


@pytest.fixture
def trade(world: World) -> Trade:
    """Three pieces of a supplier at 10.50, received."""
    return Trade(world, is_own=False, stage="received")


def row(request_id: int) -> tuple[Any, ...]:
    """State, returned amount and what the supplier bears."""
    (found,) = rows("select state, refunded_fen, supplier_fen from aftersale_request where id = %s", request_id)
    return found


def let_time_pass(table: str, key: str, request_id: int) -> None:
    """Bring a deadline into the past."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            f"update {table} set due_at = clock_timestamp() - %s where {key} = %s", [timedelta(seconds=1), request_id]
        )


def whys(result: Result) -> list[str]:
    """What was wrong."""
    return [fault.facts.get("why", fault.refusal.code) for fault in result.faults]


def claim(trade: Trade, *, qty: int = 2, **more: Any) -> int:
    """A claim over some pieces."""
    return done(actions.ask(trade.wish("refund", "quality", qty=qty, **more), by=trade.by), "claim")


# --- numbers and pieces ---


def test_one_number_is_one_request(trade: Trade) -> None:
    wish = trade.wish("refund", "quality", number="A-1")
    first = actions.ask(wish, by=trade.by)
    again = actions.ask(wish, by=trade.by)
    assert again.is_replay and again.request_id == first.request_id
    wish.remark = "another word"
    assert actions.ask(wish, by=trade.by).is_replay, "a remark is not what was asked for"
    wish.pieces = {1: 1}
    other = actions.ask(wish, by=trade.by)
    assert other.refusal is not None and other.refusal.code == "number_reused_with_other_content"
    neighbour = Trade(trade.world, is_own=False, stage="received")
    assert not actions.ask(neighbour.wish("refund", "quality", number="A-1"), by=neighbour.by).is_replay


def test_pieces_are_asked_about_once_until_they_are_free_again(trade: Trade) -> None:
    first = claim(trade)
    assert whys(actions.ask(trade.wish("refund", "quality"), by=trade.by)) == ["more_than_open"]
    done(actions.withdraw(first, by=trade.by), "withdrawn")
    assert actions.withdraw(first, by=trade.by).is_replay
    second = claim(trade, qty=3)
    done(actions.rule(second, by=PLATFORM, amount_fen=0, supplier_bps=0, reason="无质量问题"), "done")
    third = claim(trade, qty=3)
    done(actions.accept(third, by=PLATFORM), "done")
    assert whys(actions.ask(trade.wish("reship", "quality", qty=1), by=trade.by)) == ["more_than_open"]
    assert row(second) == ("done", 0, 0) and row(third) == ("done", 3150, 2100)
    assert trade.faults() == []


def test_two_at_once_get_the_pieces_once(trade: Trade) -> None:
    results: list[Result] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        results.append(actions.ask(trade.wish("refund", "quality", qty=2), by=trade.by))
        connections.close_all()

    crew = [threading.Thread(target=ask) for _ in range(4)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert sorted(result.is_accepted for result in results) == [False, False, False, True]


def test_check_says_what_would_happen_and_changes_nothing(trade: Trade) -> None:
    outlook = check(trade.wish("refund", "quality"), by=trade.by)
    assert outlook.is_allowed and outlook.cell is not None and outlook.cell.returns == "claim"
    assert (outlook.stage, outlook.shipper, outlook.amount_fen) == ("received", "supplier", 2100)
    stranger = By(kind="distributor", party_id=trade.world.distributor().pk, actor="x")
    refused = check(trade.wish("refund", "quality"), by=stranger)
    assert refused.refusal is not None and refused.refusal.code == "not_found"
    assert rows("select count(*) from aftersale_request where order_id = %s", trade.order.id) == [(0,)]


def test_a_strangers_request_is_not_there(trade: Trade) -> None:
    request_id = claim(trade)
    for by in (
        By(kind="distributor", party_id=trade.world.distributor().pk, actor="x"),
        By(kind="supplier", party_id=trade.world.supplier().pk, actor="x"),
    ):
        assert whys(actions.withdraw(request_id, by=by)) == ["not_found"]
    assert whys(actions.ask(trade.wish("refund", "quality"), by=By(kind="distributor", party_id=0, actor="x"))) == [
        "not_found"
    ]


def test_the_buyers_wish_waits_for_the_distributors_word(world: World) -> None:
    trade = Trade(world, is_own=True, stage="shipped")
    balance = trade.figures()[0]
    waiting, other = (
        done(actions.ask(trade.wish("refund", "quality", qty=1), by=trade.by, is_agreed=False), "requested")
        for _ in range(2)
    )
    assert trade.figures()[0] == balance
    assert whys(actions.refuse(other, by=trade.by, reason=" ")) == ["reason_missing"]
    done(actions.refuse(other, by=trade.by, reason="照片不清楚"), "refused")
    done(actions.approve(waiting, by=trade.by), "waiting_return")
    assert trade.figures()[0] == balance + 1050
    assert whys(actions.approve(waiting, by=trade.by)) == ["request_state"]
    assert whys(actions.withdraw(waiting, by=trade.by)) == ["already_moving"]


def test_evidence_is_judged_as_pictures_are(trade: Trade) -> None:
    with pytest.raises(Mistake):
        actions.ask(trade.wish("refund", "quality"), by=trade.by, evidence=[b"no picture"])
    assert whys(actions.ask(trade.wish("refund", "quality"), by=trade.by, evidence=[picture()] * 10)) == [
        "too_many_pictures"
    ]
    request_id = done(actions.ask(trade.wish("refund", "quality"), by=trade.by, evidence=[picture()]))
    ((data,),) = rows("select picture from aftersale_evidence where request_id = %s", request_id)
    assert bytes(data)[8:12] == b"WEBP"


# --- goods ---


def test_what_did_not_come_back_of_an_intercepted_parcel_is_a_claim(world: World) -> None:
    trade = Trade(world, is_own=False, stage="shipped")
    balance, stock = trade.figures()
    request_id = done(actions.ask(trade.wish("refund", "quality", qty=3), by=trade.by), "waiting_return")
    assert trade.figures() == (balance, stock)
    assert whys(actions.inspect(request_id, by=trade.by, counted={1: (3, 0)})) == ["not_your_turn"]
    assert whys(actions.inspect(request_id, by=trade.shipper, counted={1: (3, 1)})) == ["more_than_open"]
    assert whys(actions.inspect(request_id, by=trade.shipper, counted={})) == ["unknown_line"]
    done(actions.inspect(request_id, by=trade.shipper, counted={1: (1, 1)}, note="少一件"), "claim")
    assert trade.figures() == (balance + 2100, stock + 1)
    ((at_most,),) = rows("select at_most_fen from aftersale_claim where request_id = %s", request_id)
    assert at_most == 1050
    done(actions.rule(request_id, by=PLATFORM, amount_fen=333, supplier_bps=0, reason="承运商责任"), "done")
    assert trade.figures()[0] == balance + 2433
    trade.complete()
    assert trade.owed() == 700
    assert trade.faults() == []


def test_the_clock_ends_the_wait_for_goods(world: World) -> None:
    trade = Trade(world, is_own=False, stage="shipped")
    request_id = done(actions.ask(trade.wish("refund", "lost"), by=trade.by), "waiting_return")
    assert jobs.end_overdue_returns(NEVER) == 0
    let_time_pass("aftersale_request", "id", request_id)
    assert jobs.end_overdue_returns(NEVER) == 1
    assert row(request_id) == ("claim", 0, 0), "a lost parcel of a supplier is negotiated"
    never_sent = Trade(world, is_own=False, stage="received")
    kept = done(actions.ask(never_sent.wish("return", "quality"), by=never_sent.by), "waiting_return")
    let_time_pass("aftersale_request", "id", kept)
    assert jobs.end_overdue_returns(NEVER) == 1
    assert row(kept) == ("withdrawn", 0, 0), "who keeps the goods has no claim"


def test_tracking_goes_both_ways(trade: Trade) -> None:
    address = {"contact": "退货组", "phone": "0571", "region": "浙江省杭州市", "street": "文一西路 1 号"}
    first = actions.save_address(trade.shipper.party_id, by=PLATFORM, **address)
    second = actions.save_address(trade.shipper.party_id, by=PLATFORM, **address | {"region": "江苏省"})
    request_id = done(actions.ask(trade.wish("exchange", "quality"), by=trade.by, address_id=second.pk))
    assert first.is_first and not second.is_first
    ((pushed,),) = rows("select return_address from aftersale_request where id = %s", request_id)
    assert "江苏省" in pushed
    assert whys(actions.return_sent(request_id, by=trade.by, carrier="sf", tracking_no=" ")) == ["tracking_missing"]
    done(actions.return_sent(request_id, by=trade.by, carrier="sf", tracking_no="R1"), "returning")
    assert actions.return_sent(request_id, by=trade.by, carrier="sf", tracking_no="R1").is_replay
    done(actions.inspect(request_id, by=trade.shipper, counted={1: (0, 2)}), "resending")
    done(actions.resend(request_id, by=trade.shipper, carrier="sf", tracking_no="X1"), "done")
    assert actions.resend(request_id, by=trade.shipper, carrier="sf", tracking_no="X1").is_replay
    assert trade.world.stock(trade.article) == (20 - 3 - 2, 0), "two were written off, two were sent once more"
    other = done(actions.ask(trade.wish("reship", "quality", qty=2), by=trade.by), "resending")
    trade.world.restock(trade.article, -15)
    assert whys(actions.resend(other, by=trade.shipper, carrier="sf", tracking_no="X2")) == ["insufficient_stock"]
    assert row(other)[0] == "resending"


# --- claims ---


def test_a_claim_is_offered_countered_and_agreed_on(trade: Trade) -> None:
    trade.complete()
    request_id = claim(trade, demand_fen=2000)
    balance = trade.figures()[0]
    assert whys(actions.offer(request_id, by=trade.by, amount_fen=1)) == ["not_your_turn"]
    assert whys(actions.counter(request_id, by=trade.by, amount_fen=1)) == ["not_your_turn"]
    assert whys(actions.offer(request_id, by=PLATFORM, amount_fen=2101)) == ["more_than_paid"]
    done(actions.offer(request_id, by=PLATFORM, amount_fen=500), "claim")
    assert whys(actions.accept(request_id, by=PLATFORM)) == ["not_your_turn"]
    done(actions.counter(request_id, by=trade.by, amount_fen=1500), "claim")
    assert whys(actions.accept(request_id, by=PLATFORM, version=1)) == ["claim_went_on"]
    done(actions.accept(request_id, by=PLATFORM), "done")
    assert row(request_id) == ("done", 1500, 1400) and trade.figures()[0] == balance + 1500
    assert trade.owed() == 2100 - 1400
    assert whys(actions.rule(request_id, by=PLATFORM, amount_fen=1, supplier_bps=0, reason="x")) == ["request_state"]
    kinds = dict(
        rows(
            "select kind, amount_fen from ledger_transfer where order_id = %s and cause like 'refund:%%'",
            trade.order.id,
        )
    )
    assert kinds == {"refund": 1500, "reverse_supplier": 1400, "reverse_fee": 71, "reverse_goods": 29}
    assert trade.faults() == []


def test_a_shared_ruling_is_split_to_the_fen_over_lines(world: World) -> None:
    party, supplier = world.distributor(funds_fen=100_000), world.supplier()
    goods = [
        world.article(supplier=supplier, stock=9, supply_price_fen=price, supplier_price_fen=price * 7 // 10)
        for price in (999, 1001, 333)
    ]
    order = world.place(party, *((one, 1) for one in goods), mode="direct")
    for step in (world.ship, world.receive, world.complete):
        assert step(order).is_accepted
    by = By(kind="distributor", party_id=party.pk, actor="x")
    wish = Wish(order_id=order.id, out_refund_no="A", kind="refund", reason="damaged", pieces={1: 1, 2: 1, 3: 1})
    request_id = done(actions.ask(wish, by=by), "claim")
    done(actions.rule(request_id, by=PLATFORM, amount_fen=1000, supplier_bps=3_333, reason="三方各担"), "done")
    lines = rows("select refunded_fen from aftersale_requestline where request_id = %s order by line_no", request_id)
    assert [amount for (amount,) in lines] == [428, 429, 143]
    assert row(request_id) == ("done", 1000, 143 + 143 + 48)


def test_silence_settles_a_claim_at_what_was_named_last(trade: Trade) -> None:
    offered, demanded = claim(trade, qty=1), claim(trade, qty=1)
    done(actions.offer(offered, by=PLATFORM, amount_fen=200), "claim")
    assert jobs.settle_silent_claims(NEVER) == 0
    for request_id in (offered, demanded):
        let_time_pass("aftersale_claim", "request_id", request_id)
    assert jobs.settle_silent_claims(NEVER) == 2
    assert jobs.settle_silent_claims(NEVER) == 0
    assert row(offered)[:2] == ("done", 200) and row(demanded)[:2] == ("done", 1050)
    ways = rows("select settled_by from aftersale_claim where request_id = any(%s)", [offered, demanded])
    assert ways == [("silence",), ("silence",)]
    assert trade.faults() == []


def test_the_platform_may_say_that_its_silence_grants_nothing(trade: Trade) -> None:
    usual = Limits()
    assert actions.save_limits(Limits(is_silence_consent=False), by=PLATFORM, reason="节假日")
    try:
        request_id = claim(trade)
        let_time_pass("aftersale_claim", "request_id", request_id)
        assert jobs.settle_silent_claims(NEVER) == 1
        assert jobs.settle_silent_claims(NEVER) == 0
        assert row(request_id) == ("claim", 0, 0)
    finally:
        actions.save_limits(usual, by=PLATFORM, reason="proof")


def test_the_mall_is_told_of_every_step_in_order(trade: Trade) -> None:
    request_id = claim(trade)
    done(actions.offer(request_id, by=PLATFORM, amount_fen=500), "claim")
    done(actions.accept(request_id, by=trade.by), "done")
    told = rows(
        "select type, version, data->>'state', distributor_id from events_event"
        " where object_kind = 'aftersale' and object_id = %s order by id",
        request_id,
    )
    assert [version for _type, version, _state, _party in told] == [1, 2, 3, 4]
    assert [state for _type, _version, state, _party in told] == ["requested", "claim", "claim", "done"]
    assert {(kind, party) for kind, _version, _state, party in told} == {("aftersale.updated", trade.party.pk)}
    claims = rows(
        "select data->>'state' from events_event where type = 'claim.updated' and object_id = %s order by id",
        request_id,
    )
    assert [state for (state,) in claims] == ["demanded", "offered", "settled"]
    words = rows("select data::text from events_event where object_kind = 'aftersale' and object_id = %s", request_id)
    assert not any("quality" in text for (text,) in words), "a buyer's word is not told"


def test_accepting_at_once_from_two_windows_pays_once(trade: Trade) -> None:
    request_id = claim(trade)
    balance = trade.figures()[0]
    results: list[Result] = []
    start = threading.Barrier(3)

    def accept() -> None:
        start.wait()
        results.append(actions.accept(request_id, by=PLATFORM))
        connections.close_all()

    crew = [threading.Thread(target=accept) for _ in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert all(result.is_accepted for result in results)
    assert sorted(result.is_replay for result in results) == [False, True, True]
    assert trade.figures()[0] == balance + 2100 and trade.faults() == []


def test_verify_agrees_after_every_cell(fresh_database: Any) -> None:
    world = World()
    for key, end in CELLS.items():
        if end is None:
            continue
        trade = Trade(world, is_own=key[1] == "own", stage=key[0])
        walk(trade, done(actions.ask(trade.wish(key[2], key[3]), by=trade.by)), end.way)
        trade.complete()
    found = verify()
    assert found["differences"] == [] and found["checked"] > 100
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("update orders_returned set supplier_fen = supplier_fen - 1 where supplier_fen > 0")
        cursor.execute("update orders_returned set amount_fen = amount_fen + 1 where supplier_fen = 0")
    named = {(one["table"], one["field"]) for one in verify()["differences"]}
    assert {("orders_order", "supplier_share_fen"), ("orders_returned", "amount_fen")} <= named
