"""Two runs at once bill nothing twice; many payments at once pay once; confirm and dispute never both."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.settlement import actions
from entrepot.settlement.actions import runs
from entrepot.settlement.models import Bill
from entrepot.settlement.queries import ZONE, lines_of
from entrepot.settlement.rules import Period
from tests.races.conftest import CONTROL_ROUNDS, ROUNDS
from tests.races.crew import Crew, crew_of
from tests.rooms.billing import Room
from tests.world import STAFF, World, rows


def runs_at_once(room: Room, crew: Crew) -> list[str]:
    """Runs by hand and by time of one supplier at one moment, while he goes on earning."""
    room.sell(1, 2, 3)
    today = database_now().astimezone(ZONE).date()
    period = Period(today, today + timedelta(days=1))

    def by_hand() -> str:
        try:
            return actions.bill_now(room.supplier.pk, actor=STAFF).number
        except Mistake:
            return "nothing"
        except IntegrityError:
            return "refused by the database"

    def by_time() -> str:
        try:
            bill = actions.run_period(room.supplier.pk, period=period, cycle="day")
        except IntegrityError:
            return "refused by the database"
        return "nothing" if bill is None else bill.number

    jobs = [by_hand, by_time] * (crew.size // 2) + [lambda: str(room.sell(1))]
    said = crew.race(jobs)
    wrong = [f"two runs met: {said}"] if "refused by the database" in said else []
    ((lines, transfers, runs_made),) = rows(
        "select count(*), count(distinct transfer_id), (select count(*) from settlement_run where supplier_id = %s)"
        " from settlement_billline where supplier_id = %s and left_by = ''",
        room.supplier.pk,
        room.supplier.pk,
    )
    if lines != transfers or runs_made > 1:
        wrong.append(f"{lines} lines of {transfers} transfers, {runs_made} runs")
    with scope.platform():
        billed = sum(bill.total_fen for bill in Bill.objects.filter(supplier_id=room.supplier.pk))
    if billed not in (4800, 5600):
        wrong.append(f"billed {billed}")
    return wrong


def test_runs_at_once_bill_nothing_twice(world: World, crew: Crew) -> None:
    for _ in range(ROUNDS):
        assert runs_at_once(Room(world), crew) == []


def test_control_without_the_lock_the_runs_do_meet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the constraint on lines, which stays, lets none of them through twice."""
    monkeypatch.setattr(runs, "_lock", lambda _supplier_id: None)
    with crew_of(8) as crew:
        for _ in range(CONTROL_ROUNDS):
            wrong = runs_at_once(Room(world), crew)
            if wrong:
                assert all(text.startswith("two runs met") for text in wrong)
                return
    pytest.fail("the runs never met")


def test_paying_many_times_at_once_pays_once(world: World, crew: Crew) -> None:
    for _ in range(ROUNDS):
        room = Room(world)
        room.sell(1)
        bill = room.confirmed()

        def pay(reference: str, bill_id: int) -> str:
            try:
                return actions.pay_bill(bill_id, bank_reference=reference, actor=STAFF).state
            except Mistake:
                return "refused"

        def match(reference: str, number: str) -> str:
            payment = actions.Payment(text=number, amount_fen=800, reference=reference)
            try:
                found = actions.match_payment(payment, actor=STAFF)
            except Mistake:
                return "refused"
            return "known" if found is None else found.state

        said = crew.race(
            [
                partial(match, f"R{place}", bill.number) if place % 2 else partial(pay, f"R{place}", bill.pk)
                for place in range(crew.size)
            ]
        )
        assert sorted(said) == ["paid"] + ["refused"] * (crew.size - 1)
        assert room.owed() == 0
        assert rows("select count(*) from ledger_transfer where cause = %s", f"bill:{bill.pk}") == [(1,)]


def test_a_bill_is_confirmed_or_disputed_never_both(world: World, crew: Crew) -> None:
    for _ in range(ROUNDS):
        room = Room(world)
        room.sell(1)
        bill = room.sent()
        with scope.platform():
            line_id = lines_of(bill.pk).values_list("pk", flat=True)[0]

        def confirm(room: Room = room, bill: Bill = bill) -> str:
            try:
                return actions.confirm_bill(room.supplier.pk, bill_id=bill.pk, revision=1, actor=room.actor).state
            except Mistake:
                return "refused"

        def dispute(room: Room = room, bill: Bill = bill, line_id: int = line_id) -> str:
            try:
                return room.dispute(bill, line_id).state
            except Mistake:
                return "refused"

        said = crew.race([confirm, dispute] * (crew.size // 2))
        assert len([state for state in said if state != "refused"]) == 1
        assert room.again(bill).state in said
