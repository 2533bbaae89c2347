"""Bugs in after-sale, each found by the tests of its rules and of the desk's money."""

import dataclasses
from typing import Any

import pytest

from entrepot.aftersale import rules
from entrepot.trade import terms
from entrepot.trade.decide import VERBS
from entrepot.trade.verbs import after_sale, complete, returned_goods
from tests.mutants.planting import Mutant, Plant, turns_red
from tests.rules import test_after_sale_money as money
from tests.rules import test_aftersale as table

BORNE = (1001, 5_000, (2299, 152, 748))


def replace(*places: tuple[object, str], by: Any) -> Plant:
    """Plant a value at every place that holds the right one by this name."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for holder, name in places:
            assert hasattr(holder, name), f"{holder} has no {name} any more: plant this bug elsewhere"
            patch.setattr(holder, name, by)

    return plant


def forget_the_number(patch: pytest.MonkeyPatch) -> None:
    """Judge a refund number that was used as if it were new."""
    right = after_sale.return_money

    def forgetful(ask: Any, *, books: Any) -> terms.Answer:
        order = books.own_order(ask.order_id, None)
        if order is not None:
            order.refunds.pop(ask.refund_no, None)
        return right(ask, books=books)

    patch.setitem(VERBS, terms.ReturnMoney, forgetful)


def forget_the_counter(patch: pytest.MonkeyPatch) -> None:
    """Lose how many pieces were paid back, which alone stops the second time."""
    right = after_sale._take_back

    def forgetful(*place: Any, order: Any, **more: Any) -> None:
        right(*place, order=order, **more)
        for row in order.returned.values():
            row.qty = 0

    patch.setattr(after_sale, "_take_back", forgetful)


def share_out_all(patch: pytest.MonkeyPatch) -> None:
    """Complete an order as if nothing had come back."""
    right = complete._share_out

    def blind(order: Any, **more: Any) -> None:
        kept, order.returned = order.returned, {}
        right(order, **more)
        order.returned = kept

    patch.setattr(complete, "_share_out", blind)


def bear_without_limit(line: Any, qty: int, amount_fen: int, *, supplier_bps: int) -> tuple[int, int]:
    """Let the supplier bear his share whatever he is owed."""
    del line, qty
    return amount_fen * supplier_bps // 10_000, 0


def even_shares(amount_fen: int, *, weights: Any) -> list[int]:
    """Split without the odd fen."""
    return [amount_fen * weight // (sum(weights) or 1) for weight in weights]


def early_window(*_: Any, **more: Any) -> Any:
    """Judge as if time did not pass."""
    more["limits"] = dataclasses.replace(more["limits"], rights_days=36_500)
    return JUDGE(*_, **more)


JUDGE = rules.judge
PAIRS = {
    "reversed without limit": replace((after_sale, "split"), by=bear_without_limit),
    "a late return that spares the shares": replace((after_sale, "_reverse"), by=lambda *_, **__: None),
    "completion blind for what came back": share_out_all,
}
MUTANTS = [
    Mutant("number forgotten", (7,), forget_the_number, money.test_one_number_has_one_effect),
    Mutant("pieces forgotten", (7,), forget_the_counter, money.test_a_piece_is_paid_back_once),
    *(
        Mutant(name, (3, 8), plant, money.test_an_amount_is_borne_to_the_fen_whenever_it_comes_back, (*BORNE, late))
        for (name, plant), late in zip(PAIRS.items(), (True, True, False), strict=True)
    ),
    Mutant(
        "freight at once",
        (7,),
        replace((after_sale, "_freight"), by=lambda *_, **__: (300, 300)),
        money.test_a_settled_part_of_the_price_does_not_bring_freight_back,
    ),
    Mutant(
        "more than was paid",
        (7,),
        replace((after_sale, "_faults"), by=lambda *_, **__: []),
        money.test_a_piece_is_paid_back_once,
    ),
    Mutant(
        "damaged goods sold again",
        (1,),
        replace((rules, "stock_back"), (table, "stock_back"), by=lambda cell, good, damaged: (good + damaged, 0)),
        table.test_damaged_pieces_are_written_off_and_all_of_them_where_the_table_says_so,
    ),
    Mutant(
        "goods into the pool of one",
        (1,),
        replace((returned_goods, "_home"), by=lambda line, order, books: books.levels[order.left_from[line.line_no]]),
        money.test_pieces_of_a_pool_come_back_for_everybody,
    ),
    Mutant(
        "a second parcel out of nothing",
        (1,),
        replace((returned_goods, "_faults"), (returned_goods, "_shared"), by=lambda *_, **__: []),
        money.test_a_second_parcel_needs_pieces_that_are_free,
    ),
    Mutant(
        "odd fen lost",
        (3,),
        replace((rules, "share_out"), (table, "share_out"), by=even_shares),
        table.test_an_amount_is_split_to_the_fen,
        (1000, [3333, 3333, 3334], [333, 333, 334]),
    ),
    Mutant(
        "rights without end",
        (7,),
        replace((rules, "judge"), (table, "judge"), by=early_window),
        table.test_the_rights_window_binds_all_but_the_platform,
    ),
    Mutant(
        "asked about twice",
        (7,),
        replace((rules, "_piece_faults"), by=lambda *_, **__: []),
        table.test_never_more_than_ordered_less_refunded_less_asked_about,
    ),
    Mutant(
        "one row for all reasons",
        (7,),
        replace(
            (rules, "look_up"),
            (table, "look_up"),
            by=lambda cells, stage, shipper, kind, reason: cells[stage, shipper, kind, ""],
        ),
        table.test_a_row_of_one_reason_goes_before_the_row_of_all,
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.check(*mutant.arguments)  # green without it, or the red below would mean nothing
    mutant.plant(monkeypatch)
    print(turns_red(mutant.check, *mutant.arguments))
