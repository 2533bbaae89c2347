"""Bugs in bills, each found by the tests of the room, of what `verify` names, or by the rows' own audit."""

from typing import Any

import pytest

from entrepot.base.mistakes import Mistake
from entrepot.reports.verify import verify
from entrepot.settlement import actions, queries
from entrepot.settlement.actions import payments, rulings, runs, sending, steps
from entrepot.settlement.models import BillState
from entrepot.trade import terms
from entrepot_launch import roles
from tests import audit
from tests.mutants.planting import Mutant, Plant, turns_red
from tests.rooms import test_bills as room_tests
from tests.rooms.billing import Room
from tests.world import STAFF, World, rows

ANY_STATE = tuple(BillState.values)


def replace(*places: tuple[object, str], by: Any) -> Plant:
    """Plant a value at every place that holds the right one by this name."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for holder, name in places:
            assert hasattr(holder, name), f"{holder} has no {name} any more: plant this bug elsewhere"
            patch.setattr(holder, name, by)

    return plant


def in_any_state(step: str) -> Plant:
    """Let a step of a bill be taken in every state."""
    return lambda patch: patch.setitem(steps.STEPS, step, ANY_STATE)


def bill_the_billed(patch: pytest.MonkeyPatch) -> None:
    """Look for what is on no bill without looking at bills."""
    patch.setattr(queries, "UNBILLED", queries.UNBILLED.split("  and not exists")[0])


def count_each_line_twice(patch: pytest.MonkeyPatch) -> None:
    """Add a bill's lines up twice."""
    right = steps.counted
    patch.setattr(steps, "counted", lambda bill: right(bill) * 2)


def lose_what_was_taken_back(patch: pytest.MonkeyPatch) -> None:
    """Bill credits alone."""
    right = queries.unbilled
    patch.setattr(runs, "unbilled", lambda *of, **more: [one for one in right(*of, **more) if one.amount_fen > 0])


def freeze_what_was_before(patch: pytest.MonkeyPatch) -> None:
    """Freeze a bill without the digest of what it says now."""

    def freeze(bill: Any) -> None:
        steps.recount(bill)
        bill.revision += 1
        bill.content_hash = bill.content_hash or "0" * 64

    for holder in (sending, runs, rulings):
        patch.setattr(holder, "freeze", freeze)


# --- what must be so, in the rows alone ---


def a_bill_of_everything() -> None:
    """Earned, given back late, billed, disputed, paid: the sums agree and `verify` names nothing."""
    world = World()
    room = Room(world)
    first = room.sell(3, 2)
    bill = room.confirmed()
    assert bill.total_fen == 5 * 800
    actions.pay_bill(bill.pk, bank_reference="R1", actor=STAFF)
    ask = terms.ReturnMoney(first[0], "late", "after_sale", STAFF, "late", {1: (1, 1050)}, 10_000)
    assert world.run(ask).is_accepted
    assert room.owed() == -800
    room.sell(4)
    late = room.sent()
    assert late.total_fen == 4 * 800 - 800, "the late refund is a line of the next bill"
    credit = next(line for line in room.lines(late) if line.amount_fen > 0)
    room.dispute(late, credit.pk)
    with pytest.raises(Mistake):
        actions.pay_bill(late.pk, bank_reference="R2", actor=STAFF)
    assert room.owed() == 2400, "what is in dispute is not paid"
    room.rule(late, credit.pk, "adjusted", adjustment_fen=-100)
    shown = room.again(late)
    assert (shown.total_fen, shown.state, shown.revision) == (2300, "sent", 2)
    paid = rows(
        "select count(*) from ledger_transfer where kind = 'pay_supplier' and supplier_id = %s", room.supplier.pk
    )
    assert paid == [(1,)]
    assert audit.faults(distributors=[room.mall.pk], skus=[room.article.sku_id], suppliers=[room.supplier.pk]) == []
    mine = {str(late.pk), str(bill.pk)}
    assert [row for row in verify()["differences"] if row["table"] == "settlement_bill" and row["id"] in mine] == []


def carried_over() -> None:
    room_tests.test_nothing_to_pay_is_carried_over_in_sight_and_nets_the_next_bill(Room(World()))


def rights_window() -> None:
    room_tests.test_what_is_earned_is_payable_after_the_rights_window(World())


def put_off() -> None:
    room_tests.test_a_line_of_a_draft_is_put_off(Room(World()))


def disputes() -> None:
    room_tests.test_disputes_are_ruled_line_by_line_and_the_bill_goes_out_again(Room(World()))


def payment() -> None:
    room_tests.test_a_bill_is_paid_once_with_proof_and_marked_settled(Room(World()))


class Silent:
    """A desk that says yes and does nothing."""

    @staticmethod
    def run_within(asks: Any) -> list[terms.Answer]:
        return [terms.Answer() for _ in asks]


MUTANTS = [
    Mutant("what is billed is billed again", (3,), bill_the_billed, a_bill_of_everything),
    Mutant("every line counts twice", (3,), count_each_line_twice, a_bill_of_everything),
    Mutant("a late refund is lost", (3,), lose_what_was_taken_back, a_bill_of_everything),
    Mutant("what was frozen is not what is said", (4,), freeze_what_was_before, a_bill_of_everything),
    Mutant("a disputed bill is paid", (3,), in_any_state("pay"), a_bill_of_everything),
    Mutant(
        "a bill is paid without the desk",
        (3,),
        lambda patch: patch.setattr(payments, "desk", Silent),
        payment,
    ),
    Mutant("a line that was put off stays", (3,), replace((sending, "recount"), by=lambda bill: None), put_off),
    Mutant("what was carried over is forgotten", (3,), replace((runs, "_take_over"), by=lambda bill: []), carried_over),
    Mutant(
        "the rights window is not waited for",
        (3,),
        replace((runs, "unbilled"), by=lambda owner, **_: queries.unbilled(owner, rights_days=0)),
        rights_window,
    ),
    Mutant("an adjustment moves no money", (3,), replace((rulings, "_adjust"), by=lambda *_, **__: None), disputes),
    Mutant("any revision is confirmed", (4,), in_any_state("confirm"), disputes),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_bug_is_found(mutant: Mutant, committed: roles.Access, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.plant(monkeypatch)
    print(turns_red(mutant.check, *mutant.arguments))


def test_without_a_bug_nothing_is_found(committed: roles.Access) -> None:
    for check in (a_bill_of_everything, carried_over, rights_window, put_off, disputes, payment):
        check()
