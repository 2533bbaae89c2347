"""Bills against the ledger: `verify` proves them and names whatever was changed behind their back."""

import psycopg
import pytest

from entrepot.reports.verify import verify
from entrepot.settlement import actions
from entrepot_launch import roles
from tests.rooms.billing import Room
from tests.world import STAFF, World

FAULTS = {
    "a line's amount": (
        "update settlement_billline set amount_fen = amount_fen + 1 where id = (select min(id) from settlement_billline)",
        {("settlement_billline", "amount_fen")},
    ),
    "a line that is gone": (
        "delete from settlement_billline where id = (select min(id) from settlement_billline)",
        {
            ("settlement_bill", "total_fen"),
            ("settlement_bill", "line_count"),
            ("settlement_bill", "content_hash"),
            ("ledger_account", "billed_and_unbilled_fen"),
        },
    ),
    "a sum": (
        "update settlement_bill set total_fen = total_fen + 1 where state = 'paid'",
        {("settlement_bill", "total_fen"), ("settlement_bill", "paid_fen")},
    ),
    "a period": (
        "update settlement_bill set period_from = period_from - 1 where state = 'sent'",
        {("settlement_bill", "content_hash")},
    ),
    "a digest": (
        "update settlement_bill set content_hash = repeat('0', 64) where state = 'carried'",
        {("settlement_bill", "content_hash")},
    ),
    "an order of a transfer": (
        "update ledger_transfer set order_id = order_id + 1 where id = (select min(transfer_id) from settlement_billline)",
        {
            ("settlement_bill", "content_hash"),
            ("orders_order", "supplier_share_fen"),
            ("orders_order", "clearing_fen"),
        },
    ),
    "paid without money": (
        "update settlement_bill set state = 'paid', paid_at = now(), bank_reference = 'x' where state = 'sent'",
        {("settlement_bill", "paid_fen"), ("ledger_account", "billed_and_unbilled_fen")},
    ),
    "money without a bill": (
        "update ledger_transfer set cause = 'elsewhere' where kind = 'pay_supplier'",
        {("settlement_bill", "paid_fen"), ("ledger_transfer", "paid_bill")},
    ),
}


@pytest.fixture
def books(fresh_database: roles.Access) -> Room:
    """Bills in every state, in a database of their own."""
    room = Room(World())
    room.sell(1, 2)
    actions.pay_bill(room.confirmed().pk, bank_reference="R1", actor=STAFF)
    room.adjust(-50)
    assert room.bill().state == "carried"
    room.sell(3, 4)
    bill = room.sent()
    first, second, _third = room.lines(bill)
    room.dispute(bill, first.pk, second.pk)
    room.rule(bill, first.pk, "moved")
    room.rule(bill, second.pk, "adjusted", adjustment_fen=-70)
    room.sell(1)
    return room


def named() -> set[tuple[str, str]]:
    return {(one["table"], one["field"]) for one in verify()["differences"] if not one["field"].startswith("seal")}


def test_verify_proves_the_bills_and_names_what_was_changed(books: Room, fresh_database: roles.Access) -> None:
    assert verify()["differences"] == []
    # One by one on the same rows, each put back before the next: a database for each would cost more than they tell.
    for what, (statement, expected) in FAULTS.items():
        with psycopg.connect(fresh_database.admin_url) as admin:
            admin.execute("set session_replication_role = replica")
            for table in ("settlement_billline", "settlement_bill", "ledger_transfer"):
                admin.execute(f"create table kept_{table} as select * from {table}")
            assert admin.execute(statement).rowcount == 1, what
            admin.commit()
            found = named()
            for table in ("settlement_billline", "settlement_bill", "ledger_transfer"):
                admin.execute(f"delete from {table}")
                admin.execute(f"insert into {table} overriding system value select * from kept_{table}")
                admin.execute(f"drop table kept_{table}")
            admin.commit()
        assert found - {("ledger_transfer", "seal")} == expected, what
    assert verify()["differences"] == []
