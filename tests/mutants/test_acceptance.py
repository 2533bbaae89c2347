"""Bugs in what shippers take on and hand over, each found by the rules' own tests."""

from typing import Any

import pytest

from entrepot.trade import books
from entrepot.trade.verbs import accept, reroute
from tests.mutants.planting import Mutant, Plant, turns_red
from tests.rules import test_acceptance as rules


def replace(place: tuple[object, str], *, by: Any) -> Plant:
    """Plant a value in the place of the right one."""
    return lambda patch: patch.setattr(*place, by)


MUTANTS = [
    Mutant(
        "lines shipped that nobody took on",
        (6,),
        replace((books.LineRow, "is_accepted"), by=property(lambda line: True)),
        rules.test_what_was_not_taken_on_is_not_sent,
    ),
    Mutant(
        "a word after the deadline counts",
        (6,),
        replace((accept, "_is_late"), by=lambda line, *, books: False),
        rules.test_after_the_deadline_no_word_counts_until_more_time_is_given,
    ),
    Mutant(
        "the deadline takes what was accepted",
        (6,),
        replace((accept, "_is_late"), by=lambda line, *, books: True),
        rules.test_the_deadline_takes_nothing_before_its_time_or_twice,
    ),
    Mutant(
        "a number of the mall's taken by the system",
        (7,),
        replace((accept, "_refund_no"), by=lambda order, line: f"unsupplied-{line.line_no}"),
        rules.test_the_system_takes_no_number_a_mall_has_used,
    ),
    Mutant(
        "the first shipper's stock stays reserved",
        (1,),
        replace((reroute, "unreserve"), by=lambda *_given, **_more: None),
        rules.test_a_refused_line_goes_out_by_the_first_that_will_do,
    ),
    Mutant(
        "the first shipper is still owed",
        (3,),
        replace((reroute, "_move_part"), by=lambda line, sku, *, order: None),
        rules.test_the_last_line_takes_the_freight_along,
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.check(*mutant.arguments)
    mutant.plant(monkeypatch)
    print(turns_red(mutant.check, *mutant.arguments))
