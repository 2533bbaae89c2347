"""Bugs in what referrers earn: booked twice, kept after the refund, more than there is; each found by the rules' tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entrepot.referral import rules
from tests.mutants.planting import Mutant, Plant, turns_red
from tests.rules import test_referral as right

_due, _income = rules.due, rules.own_income_fen


def instead(name: str, wrong: Callable[..., Any]) -> Plant:
    """Plant a function in the place of the right one."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        assert hasattr(rules, name)
        patch.setattr(rules, name, wrong)

    return plant


MUTANTS = [
    Mutant(
        "a share rounded up",
        (8,),
        instead("share_fen", lambda base_fen, *, rate_bps: -(-base_fen * rate_bps // 10_000)),
        right.test_both_sides_never_take_more_than_there_is,
    ),
    Mutant(
        "what was booked is not looked at",
        (8,),
        instead("due", lambda lines, *, booked: _due(lines, booked={})),
        right.test_asking_twice_books_once,
    ),
    Mutant(
        "a refund that leaves the share",
        (8,),
        instead("own_income_fen", lambda line: _income(replace(line, returned_fen=0, returned_supplier_fen=0))),
        right.test_the_whole_refund_takes_the_whole_share_back_and_a_part_its_part,
    ),
    Mutant(
        "the supplier's loss counts as the platform's",
        (8,),
        instead("own_income_fen", lambda line: _income(replace(line, returned_supplier_fen=0))),
        right.test_the_whole_refund_takes_the_whole_share_back_and_a_part_its_part,
    ),
    Mutant(
        "one cause for all bookings",
        (8,),
        instead("cause_of", lambda booking, *, after_id: f"referral:{booking.order_id}:{booking.side}"),
        right.test_a_later_booking_has_a_cause_of_its_own,
    ),
    Mutant(
        "grades judged one by one",
        (8,),
        instead(
            "excess",
            lambda grades: next(
                ((name, name) for name, one in grades if one.supplier_bps + one.distributor_bps > 10_000), None
            ),
        ),
        right.test_grades_are_judged_in_every_pairing,
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.check(*mutant.arguments)
    with monkeypatch.context() as patch:
        mutant.plant(patch)
        turns_red(mutant.check, *mutant.arguments)
