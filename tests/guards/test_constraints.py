"""The invariants once more, said by the database: whatever the code does, these rows cannot be written."""

from typing import Any

import psycopg
import pytest

from tests.guards.neighbours import Neighbours

# What is tried, and the constraint that stops it.
BROKEN: dict[str, tuple[str, str]] = {
    "more reserved than on hand": (
        "update stock_level set reserved = on_hand + 1",
        "level_never_oversold",
    ),
    "fewer on hand than reserved": ("update stock_level set on_hand = reserved - 1", "level_never_oversold"),
    "less than nothing reserved": ("update stock_level set reserved = -1", "level_never_oversold"),
    "a balance beyond its limit": (
        "update ledger_account set balance_fen = held_fen - credit_limit_fen - 1 where kind = 'prepaid'",
        "prepaid_within_credit_limit",
    ),
    "more held than there is": (
        "update ledger_account set held_fen = balance_fen + credit_limit_fen + 1 where kind = 'prepaid'",
        "prepaid_within_credit_limit",
    ),
    "less than nothing held": ("update ledger_account set held_fen = -1", "account_held_not_negative"),
    "a limit below nothing": ("update ledger_account set credit_limit_fen = -1", "account_held_not_negative"),
    "a running balance of the house": (
        "update ledger_account set balance_fen = 0 where kind = 'clearing'",
        "running_balance_for_parties_only",
    ),
    "no balance of a party": (
        "update ledger_account set balance_fen = null where kind = 'prepaid'",
        "running_balance_for_parties_only",
    ),
    "a fee that is not in the price": ("update orders_line set fee_fen = fee_fen + 1", "line_identity"),
    "an amount that is not price times pieces": ("update orders_line set amount_fen = amount_fen - 1", "line_identity"),
    "more sent than ordered": (
        "update orders_line set shipped_qty = qty - refunded_qty + 1",
        "line_never_ships_and_refunds_more",
    ),
    "more given back than ordered": (
        "update orders_line set refunded_qty = qty - shipped_qty + 1",
        "line_never_ships_and_refunds_more",
    ),
    "a total that does not add up": ("update orders_order set freight_fen = freight_fen + 1", "order_total_adds_up"),
    "more given back than drawn": (
        "update orders_order set refunded_fen = drawn_fen + 1",
        "order_refund_within_draw",
    ),
    "more drawn than the total": (
        "update orders_order set drawn_fen = total_fen + 1 where held_fen = 0",
        "order_refund_within_draw",
    ),
    "a part held": ("update orders_order set held_fen = 1 where state = 'held'", "order_holds_all_or_nothing"),
    "held and drawn": (
        "update orders_order set state = 'confirmed', drawn_fen = total_fen where state = 'held'",
        "order_holds_all_or_nothing",
    ),
    "held by an order that is over": (
        "update orders_order set held_fen = total_fen where state = 'cancelled'",
        "order_holds_all_or_nothing",
    ),
    "a transfer of nothing": (
        (
            "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, cause, actor, remark, at)"
            " select 'x', min(id), max(id), 0, 'x', 'x', '', now() from ledger_account where id < 10^15"
        ),
        "transfer_moves_something",
    ),
    "a transfer to itself": (
        (
            "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, cause, actor, remark, at)"
            " select 'x', id, id, 1, 'x', 'x', '', now() from ledger_account limit 1"
        ),
        "transfer_between_two",
    ),
    "a cause that was paid for": (
        (
            "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, cause, actor, remark, at)"
            " select kind, debit_id, credit_id, amount_fen, cause, actor, remark, now() from ledger_transfer limit 1"
        ),
        "transfer_once_per_cause",
    ),
    "a cause that was counted": (
        (
            "insert into stock_move (level_id, kind, on_hand_delta, reserved_delta, cause, actor, remark, at)"
            " select level_id, kind, on_hand_delta, reserved_delta, cause, actor, remark, now() from stock_move"
            " where cause is not null limit 1"
        ),
        "move_once_per_cause",
    ),
    "a number used twice": (
        (
            "update orders_order o set out_order_no = (select min(p.out_order_no) from orders_order p"
            " where p.distributor_id = o.distributor_id)"
        ),
        "order_number_once",
    ),
    "a refund number used twice": (
        (
            "insert into orders_refund (order_id, distributor_id, refund_no, kind, amount_fen, freight_fen, reason, actor, at)"
            " select order_id, distributor_id, refund_no, kind, 1, 0, '', '', now() from orders_refund limit 1"
        ),
        "refund_number_once",
    ),
    "a refund below nothing": ("update orders_refund set amount_fen = -1", "refund_not_negative"),
    "a parcel sent twice": (
        (
            "insert into orders_shipment (order_id, supplier_id, distributor_id, carrier, tracking_no, shipped_at, actor)"
            " select order_id, supplier_id, distributor_id, carrier, tracking_no, now(), '' from orders_shipment limit 1"
        ),
        "parcel_once_per_shipper",
    ),
    "a return that takes": ("update orders_returned set supplier_fen = -1", "returned_is_not_negative"),
    "a refund number of a distributor used twice": (
        (
            "update aftersale_request r set out_refund_no = (select min(p.out_refund_no) from aftersale_request p"
            " where p.distributor_id = r.distributor_id)"
        ),
        "out_refund_no_once",
    ),
    "a claim settled beyond what was paid": (
        "update aftersale_claim set settled_fen = at_most_fen + 1",
        "claim_within_what_was_paid",
    ),
    "more pieces come back than were asked about": (
        "update aftersale_requestline set good_qty = qty + 1",
        "aftersale_pieces_within_asked",
    ),
    "a second account of a kind": (
        (
            "insert into ledger_account (kind, distributor_id, currency, balance_fen, held_fen, credit_limit_fen)"
            " select kind, distributor_id, 'CNY', 0, 0, 0 from ledger_account where kind = 'prepaid'"
            " and id < 10^15 limit 1"
        ),
        "account_once",
    ),
    "a second level of a pool": (
        (
            "insert into stock_level (sku_id, warehouse_id, allotment_id, on_hand, reserved)"
            " select sku_id, warehouse_id, allotment_id, 0, 0 from stock_level where allotment_id is null"
            " and id < 10^15 limit 1"
        ),
        "level_once_per_pool",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_database_refuses(neighbours: Neighbours, server: psycopg.Connection[Any], what: str) -> None:
    statement, constraint = BROKEN[what]
    server.execute("set local role entrepot_desk")
    with pytest.raises(psycopg.errors.IntegrityError) as refused:
        server.execute(statement)  # type: ignore[arg-type]
    assert refused.value.diag.constraint_name == constraint
