"""Bugs in the rules and verbs, each found by the rules' own tests."""

import pytest

from entrepot.pricing import rules as pricing
from entrepot.stock import rules as stock
from entrepot.trade import books as books_module
from entrepot.trade import postings, terms
from entrepot.trade.verbs import (
    allotment,
    cancel,
    capture,
    complete,
    expire,
    place_order,
    place_quota,
    recharge,
    restock,
    ship,
    watch_funds,
)
from entrepot.trade.verbs import refund_before_shipping as refund
from tests.mutants import wrong_rules as wrong
from tests.mutants.planting import Mutant, before, replace, turns_red
from tests.rules import (
    test_edges,
    test_faults,
    test_funds,
    test_money,
    test_quotas,
    test_returns,
    test_stock,
    test_story,
)

SELLABLE = ((stock, "sellable"), (postings, "sellable"))
edge, story = test_edges.test_edge, test_story
piece_fee = test_money.test_the_fee_is_rounded_for_each_piece
free = test_stock.test_what_a_party_may_take

MUTANTS = [
    # figures
    Mutant(
        "fee rounded down",
        (3,),
        replace((pricing, "share_half_up"), by=wrong.rounded_down),
        piece_fee,
        (10, 500, 9, 1, 99),
    ),
    Mutant(
        "fee cut off by the desk",
        (3,),
        replace((pricing, "service_fee"), by=wrong.fee_not_rounded_up),
        test_faults.test_the_price_is_that_of_the_moment_and_of_the_tier,
    ),
    Mutant(
        "halves to even",
        (3,),
        replace((test_money, "share_half_up"), by=wrong.rounded_to_even),
        test_money.test_half_a_fen_goes_up,
        (50, 500, 3),
    ),
    Mutant(
        "halves below nothing go up",
        (3,),
        replace((test_money, "share_half_up"), by=wrong.rounded_towards_plus),
        test_money.test_half_a_fen_goes_up,
        (-30, 500, -2),
    ),
    Mutant(
        "the pool is 181",
        (8,),
        replace((test_money, "commission_pool"), by=wrong.pool_181),
        test_money.test_the_pool_is_179_and_not_181,
    ),
    Mutant(
        "the pool goes below nothing",
        (8,),
        replace((test_money, "commission_pool"), by=wrong.pool_below_nothing),
        test_money.test_the_pool_is_never_below_nothing,
        (1000, 1050, 3, 10_000, 0),
    ),
    # stock
    Mutant(
        "stock not checked",
        (1,),
        replace((place_order, "_stock_faults"), by=wrong.no_faults),
        story.test_one_stock_for_all_60_then_40,
    ),
    Mutant(
        "reserved pieces sold again",
        (1,),
        replace(*SELLABLE, by=wrong.on_hand),
        story.test_one_stock_for_all_60_then_40,
    ),
    Mutant(
        "lines summed singly",
        (1,),
        replace((place_order, "_stock_faults"), by=wrong.lines_summed_singly),
        test_faults.test_two_lines_of_one_sku_are_summed,
    ),
    Mutant(
        "what is set apart sold to others",
        (1,),
        replace(*SELLABLE, by=wrong.all_that_lies_there),
        story.test_fixed_quotas_by_allotment_60_and_40,
    ),
    Mutant(
        "cap ignored",
        (1,),
        replace(*SELLABLE, by=wrong.without_cap),
        test_stock.test_a_cap_counts_what_came_from_both_pools_and_is_given_back,
    ),
    Mutant(
        "end of an allotment ignored",
        (1,),
        replace((test_stock, "own_allotment"), by=wrong.without_end),
        test_stock.test_his_own_pool_comes_before_his_tiers,
    ),
    Mutant(
        "goods shown to everybody",
        (21,),
        replace((place_order, "_is_shown_to"), by=lambda sku, *, party: True),
        story.test_fixed_quotas_by_the_same_goods_put_up_twice,
    ),
    Mutant(
        "stock stays after a lapse",
        (1, 6),
        replace((expire, "release_all"), by=wrong.only_the_money),
        edge,
        ("capture", "held, due"),
    ),
    Mutant(
        "stock stays after a cancel",
        (1, 6),
        replace((cancel, "release_all"), by=wrong.only_the_money),
        test_faults.test_two_lines_of_one_sku_are_summed,
    ),
    Mutant(
        "a count forgotten",
        (5,),
        replace((restock, "move_pieces"), by=wrong.count_forgotten),
        test_stock.test_a_cause_counts_once_even_if_there_was_nothing_to_change,
    ),
    # money
    Mutant(
        "money not held",
        (2,),
        replace((place_order, "hold_money"), by=wrong.nothing),
        story.test_98_left_2100_drawn_17900_to_share,
    ),
    Mutant(
        "balance not checked",
        (2,),
        replace((books_module.AccountRow, "available_fen"), by=property(lambda account: 10**12)),
        test_funds.test_a_hold_keeps_the_money_and_a_cancel_gives_it_back,
    ),
    Mutant(
        "held money spent again",
        (2,),
        replace((books_module.AccountRow, "available_fen"), by=property(lambda account: account.balance_fen)),
        test_funds.test_a_hold_keeps_the_money_and_a_cancel_gives_it_back,
    ),
    Mutant(
        "credit limit ignored",
        (2,),
        replace(
            (books_module.AccountRow, "available_fen"),
            by=property(lambda account: account.balance_fen - account.held_fen),
        ),
        test_funds.test_a_credit_limit_is_money_too,
    ),
    Mutant(
        "limit lowered below what is used",
        (2,),
        before(terms.SetCreditLimit, wrong.limit_set_at_once),
        test_funds.test_a_credit_limit_is_money_too,
    ),
    Mutant(
        "drawn without the fee",
        (3,),
        replace((capture, "draw"), (place_order, "draw"), by=wrong.drawn_without_fee),
        story.test_98_left_2100_drawn_17900_to_share,
    ),
    Mutant(
        "drawn and still held",
        (2,),
        replace((capture, "draw"), by=wrong.drawn_but_still_held),
        story.test_98_left_2100_drawn_17900_to_share,
    ),
    Mutant(
        "money stays held after a lapse",
        (2, 6),
        replace((expire, "release_all"), by=wrong.only_the_stock),
        edge,
        ("capture", "held, due"),
    ),
    Mutant(
        "fee not booked",
        (3,),
        replace((complete, "_pay_house"), by=wrong.fee_kept_back),
        story.test_the_supplier_is_settled_80_on_completion,
    ),
    Mutant(
        "earned as ordered, refunded or not",
        (7, 8),
        replace((complete, "_share_out"), by=wrong.earned_as_ordered),
        test_returns.test_freight_is_drawn_without_fee_owed_to_the_shipper_and_comes_back_with_the_last_piece,
    ),
    Mutant(
        "supplier owed the supply price",
        (3,),
        replace((complete, "_share_out"), by=wrong.supplier_paid_the_supply_price),
        test_returns.test_the_supplier_is_owed_his_own_price,
    ),
    Mutant(
        "a debit of more than is free",
        (2,),
        replace((books_module.AccountRow, "available_fen"), by=property(lambda account: account.balance_fen)),
        test_funds.test_an_adjustment_may_take_what_is_free_and_no_more,
    ),
    # waiting for funds
    Mutant(
        "small orders overtake",
        (2,),
        replace((capture, "release_awaiting"), (recharge, "release_awaiting"), by=wrong.overtaking),
        test_funds.test_waiting_orders_go_on_in_their_order,
    ),
    Mutant(
        "nobody goes on after a top-up",
        (2,),
        replace((recharge, "release_awaiting"), by=wrong.nobody_released),
        test_funds.test_waiting_orders_go_on_in_their_order,
    ),
    Mutant(
        "who cannot pay is dropped",
        (2,),
        before(terms.Capture, wrong.dropped_when_short),
        edge,
        ("capture without money", "held"),
    ),
    # once
    Mutant(
        "any content for a number",
        (5,),
        before(terms.Place, wrong.any_content),
        test_edges.test_the_same_number_is_answered_again_whatever_became_of_it,
        ("held",),
    ),
    Mutant(
        "number forgotten",
        (5,),
        before(terms.Place, wrong.number_forgotten),
        test_edges.test_the_same_number_is_answered_again_whatever_became_of_it,
        ("confirmed",),
    ),
    Mutant(
        "parcel forgotten",
        (5,),
        before(terms.Ship, wrong.parcel_forgotten),
        test_edges.test_the_same_parcel_is_answered_again,
        ("partly_shipped",),
    ),
    Mutant("cause forgotten", (5,), before(terms.Credit, wrong.cause_forgotten), test_funds.test_a_cause_credits_once),
    # confirm, cancel, lapse
    Mutant(
        "confirmed after the hold was over",
        (6,),
        before(terms.Capture, wrong.never_over),
        edge,
        ("capture", "held, due"),
    ),
    Mutant("lapsed before its time", (6,), before(terms.Expire, wrong.always_over), edge, ("expire", "held")),
    Mutant("cancelled after it was paid", (6,), before(terms.Cancel, wrong.held_again), edge, ("cancel", "confirmed")),
    Mutant(
        "received before it was sent",
        (6,),
        before(terms.Receive, wrong.received_before_it_was_sent),
        edge,
        ("receive", "confirmed"),
    ),
    Mutant("sent before it was paid", (6,), before(terms.Ship, wrong.paid_already), edge, ("ship", "held")),
    # refunds
    Mutant(
        "refund of what is not there",
        (7,),
        replace((refund, "_faults"), by=wrong.no_faults),
        test_returns.test_no_more_comes_back_than_is_open,
        ({1: 4}, ["/lines/1/qty"]),
    ),
    Mutant(
        "refund twice",
        (7,),
        before(terms.RefundBeforeShipping, wrong.refund_forgotten),
        test_returns.test_a_refund_number_counts_once,
    ),
    Mutant(
        "refund number with other content",
        (7,),
        replace((refund, "_is_same"), by=lambda ask, *, order: True),
        test_returns.test_a_refund_number_keeps_its_content,
    ),
    Mutant(
        "refund with a fen more",
        (7,),
        replace((refund, "give_back"), by=wrong.one_fen_more),
        test_returns.test_a_whole_order_comes_back_to_the_fen,
    ),
    Mutant(
        "sent what was given back",
        (7,),
        replace((ship, "_faults"), by=wrong.no_faults),
        test_returns.test_what_was_given_back_is_not_sent,
    ),
    # holds, allotments, low funds
    Mutant(
        "a hold too many",
        (1,),
        replace((place_quota, "over_quota"), by=wrong.one_too_many),
        test_quotas.test_pieces_of_a_sku_on_hold_are_limited_to_the_last_piece,
    ),
    Mutant(
        "lines of one SKU counted singly",
        (1,),
        replace((place_quota, "_pieces"), by=wrong.lines_counted_singly),
        test_quotas.test_pieces_of_a_sku_on_hold_are_limited_to_the_last_piece,
    ),
    Mutant(
        "a floor out of nowhere",
        (1,),
        replace((allotment, "_shift"), by=wrong.floor_from_nowhere),
        test_quotas.test_a_floor_is_given_kept_from_others_and_comes_back,
    ),
    Mutant(
        "a capture that overtakes",
        (2,),
        replace((books_module.AccountRow, "unclaimed_fen"), by=property(wrong.unpaid_orders_forgotten)),
        test_quotas.test_a_capture_does_not_overtake_older_orders_that_wait,
    ),
    Mutant(
        "low funds told of again and again",
        (2,),
        replace((watch_funds, "is_low"), by=wrong.always_told),
        test_quotas.test_low_funds_are_told_of_once_until_they_have_risen,
    ),
    # others' orders
    Mutant(
        "anybody's order",
        (21,),
        replace((books_module.Books, "own_order"), by=wrong.anybodys_order),
        edge,
        ("cancel of another", "held"),
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.check(*mutant.arguments)  # green without it, or the red below would mean nothing
    mutant.plant(monkeypatch)
    print(turns_red(mutant.check, *mutant.arguments))


def test_every_promise_of_the_desk_has_a_planted_bug() -> None:
    assert {promise for mutant in MUTANTS for promise in mutant.promises} >= {1, 2, 3, 5, 6, 7, 8, 21}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
