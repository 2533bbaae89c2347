"""Bills: made once, answered by line, paid once, and verified to the fen."""

from datetime import date, timedelta
from threading import Event

import psycopg
import pytest
from django.db import IntegrityError, connection

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.parties.models import Supplier
from entrepot.settlement import actions, jobs
from entrepot.settlement.models import Bill, BillLine
from entrepot.settlement.queries import ZONE, open_disputes, standing, unbilled
from entrepot.settlement.rules import Period
from entrepot_launch import roles
from tests.rooms.billing import Room
from tests.world import STAFF, World, rows


@pytest.fixture
def room(world: World) -> Room:
    return Room(world)


# --- what is payable, and when ---


def test_what_is_earned_is_payable_after_the_rights_window(world: World) -> None:
    room = Room(world, rights_days=7)
    (order_id,) = room.sell(2)
    room.adjust(-300)
    with scope.platform():
        credit, correction = unbilled(room.supplier.pk, rights_days=7)
        found = standing(room.supplier.pk, rights_days=7)
    assert (credit.order_id, credit.amount_fen, credit.due_at - credit.at) == (order_id, 1600, timedelta(days=7))
    assert (correction.amount_fen, correction.due_at) == (-300, correction.at)
    assert (found.waiting_fen, found.due_fen, found.next_due_at) == (1600, -300, credit.due_at)
    assert found.earned_fen == room.owed() == 1300
    bill = room.bill()
    assert (bill.state, [line.amount_fen for line in room.lines(bill)]) == ("carried", [-300])


def test_what_is_owed_by_the_balance_is_what_is_owed_line_by_line(world: World) -> None:
    room = Room(world, rights_days=7)

    def proven(days: int) -> None:
        with scope.platform():
            now, parts = database_now(), unbilled(room.supplier.pk, rights_days=days)
            found = standing(room.supplier.pk, rights_days=days)
            carried = Bill.objects.filter(supplier=room.supplier, state="carried", carried_to=None)
            over = sum(carried.values_list("total_fen", flat=True))
        assert found.waiting_fen == sum(one.amount_fen for one in parts if one.due_at > now)
        assert found.due_fen == sum(one.amount_fen for one in parts if one.due_at <= now) + over
        assert found.earned_fen - found.paid_fen == room.owed()

    room.sell(4)
    room.adjust(-100)
    steps = [room.bill, lambda: room.terms(rights_days=0), lambda: room.sell(2, 1), room.confirmed]
    for step in [*steps, lambda: room.sell(3), room.sent, lambda: room.sell(1)]:
        step()
        for days in (0, 7):
            proven(days)
    bill = room.confirmed()
    actions.pay_bill(bill.pk, bank_reference="R1", actor=STAFF)
    proven(0)
    with scope.supplier(room.supplier.pk):
        assert standing(room.supplier.pk, rights_days=0).paid_fen == bill.total_fen
    assert standing_of_nobody(world) == (0, 0, 0)


def standing_of_nobody(world: World) -> tuple[int, int, int]:
    """How a supplier stands who never earned anything."""
    with scope.platform():
        found = standing(world.supplier().pk, rights_days=7)
    return found.waiting_fen, found.due_fen, found.earned_fen


def test_what_takes_back_a_part_of_an_order_is_due_with_it_and_not_before(world: World) -> None:
    room = Room(world, rights_days=7)
    (order_id,) = room.sell(1)
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, debit_balance_fen, supplier_id, order_id,"
            " cause, actor, remark, at) select 'take_back', a.id, h.id, 200, 600, a.supplier_id, %s, %s, 'system', '',"
            " clock_timestamp() from ledger_account a, ledger_account h where a.kind = 'supplier_payable'"
            " and a.supplier_id = %s and h.kind = 'adjustment' and h.id < 1000000000000000",
            [order_id, world.name("back"), room.supplier.pk],
        )
        cursor.execute(
            "update ledger_account set balance_fen = 600 where kind = 'supplier_payable' and supplier_id = %s",
            [room.supplier.pk],
        )
    with scope.platform():
        credit, taken_back = unbilled(room.supplier.pk, rights_days=7)
    assert taken_back.amount_fen == -200 and taken_back.due_at == credit.due_at
    with pytest.raises(Mistake):
        room.bill()
    room.terms(rights_days=0)
    assert room.bill().total_fen == 600


# --- making bills ---


def test_a_transfer_is_on_one_bill_and_the_database_says_so(room: Room) -> None:
    room.sell(1, 2)
    bill = room.bill()
    assert (bill.total_fen, bill.line_count, bill.state) == (2400, 2, "draft")
    assert bill.number.startswith("ZD") and len(bill.number) == 16
    with pytest.raises(Mistake):
        room.bill()
    line = room.lines(bill)[0]
    other = Bill(number=room.world.name("B")[:20], supplier=room.supplier, cycle="day", period_from=date(2026, 1, 1),
                 period_until=date(2026, 1, 2))  # fmt: skip
    with pytest.raises(IntegrityError, match="transfer_billed_once"), scope.platform():
        other.save()
        BillLine.objects.create(bill=other, supplier=room.supplier, transfer=line.transfer, amount_fen=800)


@pytest.mark.parametrize("statement", ["update settlement_billline set amount_fen = 1", "delete from settlement_billline",
                                       "update settlement_billline set bill_id = bill_id", "delete from settlement_bill"])  # fmt: skip
def test_no_role_changes_or_removes_what_a_bill_says(room: Room, statement: str) -> None:
    from django.db import ProgrammingError

    for within in (scope.platform(), scope.desk(), scope.supplier(room.supplier.pk)):
        with pytest.raises(ProgrammingError, match="permission denied"), within, connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_period_is_run_once_and_takes_what_was_payable_before_its_end(room: Room) -> None:
    room.sell(1)
    today = database_now().astimezone(ZONE).date()
    over, running = Period(today - timedelta(days=1), today), Period(today, today + timedelta(days=1))
    assert actions.run_period(room.supplier.pk, period=over, cycle="day") is None, "earned after its end"
    room.sell(3)
    bill = actions.run_period(room.supplier.pk, period=running, cycle="day")
    assert bill is not None and (bill.total_fen, bill.period_from, bill.cycle) == (3200, today, "day")
    room.sell(1)
    assert actions.run_period(room.supplier.pk, period=running, cycle="day") is None
    assert room.bill().total_fen == 800, "what came later is on the next bill"


def test_the_job_bills_whoever_is_due_and_sends_where_the_terms_say_so(world: World) -> None:
    rooms = [Room(world, cycle="day", is_sent_at_once=sends) for sends in (True, False)]
    for room in rooms:
        room.sell(1)
        yesterday(room)
    assert jobs.make_bills(Event()) >= 2
    states = [rows("select state from settlement_bill where supplier_id = %s", room.supplier.pk) for room in rooms]
    assert states == [[("sent",)], [("draft",)]]
    jobs.make_bills(Event())
    assert [len(room.on_live_lines()) for room in rooms] == [1, 1]
    told = Event()
    told.set()
    assert jobs.make_bills(told) == 0


def yesterday(room: Room) -> None:
    """Let all a supplier has earned be of a week ago; the ledger admits that to its superuser alone, in replica mode."""
    from entrepot_launch import testing

    with testing.server() as server:
        name = connection.settings_dict["NAME"]
        with psycopg.connect(roles.with_database(server.admin_url, database=name)) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute(
                "update ledger_transfer set at = at - interval '7 days' where supplier_id = %s", [room.supplier.pk]
            )


def test_nothing_to_pay_is_carried_over_in_sight_and_nets_the_next_bill(room: Room) -> None:
    room.sell(1)
    actions.pay_bill(room.confirmed().pk, bank_reference="R1", actor=STAFF)
    room.adjust(-500)
    first = room.bill()
    assert (first.state, first.total_fen, len(first.content_hash)) == ("carried", -500, 64)
    with scope.supplier(room.supplier.pk):
        assert Bill.objects.filter(pk=first.pk).exists(), "he sees it"
    room.adjust(-100)
    second = room.bill()
    assert (second.state, second.total_fen, second.line_count) == ("carried", -600, 2)
    with pytest.raises(Mistake):
        room.bill()
    room.sell(1)
    third = room.bill()
    assert (third.state, third.total_fen, third.line_count) == ("draft", 200, 3)
    assert [room.again(bill).carried_to_id for bill in (first, second)] == [second.pk, third.pk]
    assert room.again(first).total_fen == -500, "what it said is still to be read"
    assert sum(room.on_live_lines()) == 800 + 200


def test_a_line_of_a_draft_is_put_off(room: Room) -> None:
    room.sell(1, 2)
    bill = room.bill()
    first, second = room.lines(bill)
    with pytest.raises(Mistake, match=r"原因|why"):
        actions.put_off_line(bill.pk, line_id=first.pk, reason=" ", actor=STAFF)
    bill = actions.put_off_line(bill.pk, line_id=first.pk, reason="发票未到", actor=STAFF)
    assert (bill.total_fen, bill.line_count, bill.state) == (1600, 1, "draft")
    with pytest.raises(Mistake):
        actions.put_off_line(bill.pk, line_id=second.pk, reason="也不要", actor=STAFF)
    assert room.bill().total_fen == 800


# --- answers ---


def test_a_draft_is_hidden_and_a_sent_bill_is_his_to_confirm(room: Room) -> None:
    room.sell(1)
    bill = room.bill()
    with scope.supplier(room.supplier.pk):
        assert not Bill.objects.filter(pk=bill.pk).exists() and not BillLine.objects.filter(bill_id=bill.pk).exists()
        assert standing(room.supplier.pk, rights_days=0).due_fen == 800
    bill = actions.send_bill(bill.pk, actor=STAFF)
    assert (bill.state, bill.revision, bill.answer_by) == ("sent", 1, None)
    with pytest.raises(Mistake):
        actions.send_bill(bill.pk, actor=STAFF)
    stranger = room.world.supplier()
    with pytest.raises(Bill.DoesNotExist):
        actions.confirm_bill(stranger.pk, bill_id=bill.pk, revision=1, actor="supplier/0/1/x")
    with pytest.raises(Mistake):
        actions.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=2, actor=room.actor)
    with pytest.raises(Mistake):
        actions.pay_bill(bill.pk, bank_reference="R1", actor=STAFF)
    bill = actions.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=1, actor=room.actor)
    assert bill.state == "confirmed" and not bill.is_silent
    with pytest.raises(Mistake):
        actions.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=1, actor=room.actor)
    told = rows("select type, reason, distributor_id from events_event where object_kind = 'bill' and object_id = %s"
                " order by id", bill.pk)  # fmt: skip
    assert [event for event, _reason, _mall in told] == ["bill.created", "statement.ready", "bill.confirmed"]
    assert {mall for _event, _reason, mall in told} == {None}
    logged = rows("select kind, verb from events_operation where object_kind = 'bill' and object_id = %s order by id",
                  str(bill.pk))  # fmt: skip
    assert logged == [("platform", "bill.created"), ("platform", "statement.ready"), ("supplier", "bill.confirmed")]


def test_silence_is_consent_where_the_terms_say_so(room: Room) -> None:
    room.sell(1)
    without = room.sent()
    room.terms(is_silence_consent=True, answer_days=3)
    room.sell(1)
    bill = room.sent()
    assert bill.answer_by is not None and bill.sent_at is not None
    assert bill.answer_by - bill.sent_at == timedelta(days=3)
    jobs.confirm_unanswered(Event())
    assert room.again(bill).state == "sent"
    with scope.platform():
        Bill.objects.filter(pk=bill.pk).update(answer_by=database_now())
    assert jobs.confirm_unanswered(Event()) >= 1
    found = room.again(bill)
    assert (found.state, found.is_silent, found.answered_by) == ("confirmed", True, "system")
    assert room.again(without).state == "sent"
    assert actions.confirm_by_silence(bill.pk) is False


def test_disputes_are_ruled_line_by_line_and_the_bill_goes_out_again(room: Room) -> None:
    room.sell(1, 2, 3, 4)
    bill = room.sent()
    frozen = bill.content_hash
    kept, moved, adjusted, agreed = room.lines(bill)
    for lines, reason in ([], "x"), ([kept.pk], " "), ([kept.pk, 10**12], "x"):
        with pytest.raises(Mistake):
            actions.dispute_lines(room.supplier.pk, bill_id=bill.pk, line_ids=lines, reason=reason, actor=room.actor)
    assert room.again(bill).state == "sent"
    room.dispute(bill, kept.pk, moved.pk)
    assert room.dispute(bill, adjusted.pk).state == "disputed"
    with pytest.raises(Mistake):
        room.dispute(bill, kept.pk)
    with pytest.raises(Mistake):
        actions.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=1, actor=room.actor)
    for line, ruling, amount in (agreed.pk, "kept", 0), (kept.pk, "lost", 0), (kept.pk, "adjusted", 0):
        with pytest.raises(Mistake):
            room.rule(bill, line, ruling, adjustment_fen=amount)
    assert room.rule(bill, kept.pk, "kept").state == "disputed"
    assert room.rule(bill, moved.pk, "moved").total_fen == 6400
    owed = room.owed()
    bill = room.rule(bill, adjusted.pk, "adjusted", adjustment_fen=150)
    assert (bill.state, bill.revision, bill.total_fen, bill.line_count) == ("sent", 4, 6550, 4)
    assert bill.content_hash != frozen and room.owed() == owed + 150
    with pytest.raises(Mistake):
        room.dispute(bill, kept.pk)  # its ruling is final
    extra = room.lines(bill)[-1]
    assert (extra.amount_fen, extra.adjusts_id) == (150, adjusted.pk)
    with pytest.raises(Mistake):
        room.dispute(bill, extra.pk)
    assert room.bill().total_fen == 1600, "the line that moved is on the next bill"
    with scope.platform():
        assert not open_disputes(bill.pk).exists()


def test_a_bill_that_loses_all_by_rulings_is_carried_over(room: Room) -> None:
    room.sell(1)
    bill = room.sent()
    (line,) = room.lines(bill)
    room.dispute(bill, line.pk)
    bill = room.rule(bill, line.pk, "adjusted", adjustment_fen=-900)
    assert (bill.state, bill.total_fen) == ("carried", -100)
    room.sell(1)
    assert room.bill().total_fen == 700


# --- payment ---


def test_a_bill_is_paid_once_with_proof_and_marked_settled(room: Room) -> None:
    room.sell(1, 2)
    bill = room.confirmed()
    with pytest.raises(Mistake):
        actions.pay_bill(bill.pk, bank_reference=" ", actor=STAFF)
    with pytest.raises(Mistake):
        actions.pay_bill(bill.pk, bank_reference="R9", voucher=b"no picture", actor=STAFF)
    assert room.owed() == 2400
    bill = actions.pay_bill(bill.pk, bank_reference="R9", remark="招行", actor=STAFF)
    assert (bill.state, room.owed()) == ("paid", 0)
    with pytest.raises(Mistake):
        actions.pay_bill(bill.pk, bank_reference="R9", actor=STAFF)
    assert rows("select amount_fen, remark from ledger_transfer where kind = 'pay_supplier' and cause = %s",
                f"bill:{bill.pk}") == [(2400, "R9")]  # fmt: skip
    with pytest.raises(Bill.DoesNotExist):
        actions.settle_bill(bill.pk, actor=room.actor, supplier_id=room.world.supplier().pk)
    with pytest.raises(ValueError, match="alone"):
        actions.settle_bill(bill.pk, actor=room.actor)
    assert actions.settle_bill(bill.pk, actor=room.actor, supplier_id=room.supplier.pk).state == "settled"
    with pytest.raises(Mistake):
        actions.settle_bill(bill.pk, actor=STAFF)
    with scope.supplier(room.supplier.pk):
        found = standing(room.supplier.pk, rights_days=0)
    assert (found.paid_fen, found.due_fen, found.earned_fen) == (2400, 0, 2400)


def test_a_payment_file_pays_what_it_names_exactly(room: Room) -> None:
    room.sell(1, 2)
    bill = room.confirmed()

    def matched(text: str, amount_fen: int, reference: str = "R1") -> Bill | None:
        payment = actions.Payment(text=text, amount_fen=amount_fen, reference=reference)
        return actions.match_payment(payment, actor=STAFF)

    wrong = [
        ("工资", 2400),
        (f"{bill.number}、ZD20200101000001", 2400),
        ("ZD20200101000001", 2400),
        (bill.number, 2401),
    ]
    for text, amount_fen in wrong:
        with pytest.raises(Mistake):
            matched(text, amount_fen)
    assert room.again(bill).state == "confirmed"
    paid = matched(f"货款{bill.number}", 2400)
    assert paid is not None and paid.state == "paid" and room.owed() == 0
    assert matched(bill.number, 2400) is None, "the same row again"
    with pytest.raises(Mistake, match="R1"):
        matched(bill.number, 2400, "R2")
    room.sell(1)
    waiting = room.sent()
    with pytest.raises(Mistake):
        matched(waiting.number, 800)


# --- terms ---


def test_terms_are_his_own_or_everybodys(room: Room) -> None:
    from entrepot.settlement.queries import terms_of

    for changed in {"cycle": "fortnight"}, {"rights_days": 181}, {"answer_days": 0}:
        with pytest.raises(Mistake):
            room.terms(**changed)
    room.terms(cycle="week", rights_days=3)
    with scope.platform():
        assert terms_of([room.supplier.pk])[room.supplier.pk].rights_days == 3
    actions.forget_terms(room.supplier.pk, actor=STAFF)
    actions.forget_terms(room.supplier.pk, actor=STAFF)
    with scope.platform():
        usual = terms_of([room.supplier.pk])[room.supplier.pk]
    assert (usual.supplier_id, usual.rights_days, usual.cycle) == (None, 7, "month")
    log = rows("select verb, after from events_operation where object_kind = 'terms' and object_id = %s order by id",
               str(room.supplier.pk))  # fmt: skip
    assert [verb for verb, _after in log] == ["bill.terms", "bill.terms", "bill.terms_usual"]
    assert "week" in str(log[1][1])


def test_the_platform_itself_is_not_billed(world: World) -> None:
    with pytest.raises(Supplier.DoesNotExist):
        actions.bill_now(world.supplier(is_own=True).pk, actor=STAFF)
