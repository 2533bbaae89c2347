"""Seals, the journals of two accounting programs, and verify: planted faults are named, and nothing else."""

import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot.base import scope
from entrepot.ledger import journal, seals
from entrepot.recharge.actions import approve_top_up, request_top_up
from entrepot.reports.verify import CHECKS, verify
from entrepot_launch import roles
from tests.clients.tools import program
from tests.world import World, rows


@pytest.fixture
def traded(fresh_database: roles.Access) -> World:
    """A fresh world in which every verb has happened, sealed."""
    world = World()
    mall = world.distributor(funds_fen=1_000_000, fee_rate_bps=650)
    check = world.distributor(funds_policy="check")
    own = world.article(supplier=world.supplier(is_own=True), stock=50, supply_price_fen=1_234)
    other = world.article(stock=50, supply_price_fen=8_888, supplier_price_fen=8_000)
    world.allotment(own, distributor=mall, pieces=5, cap=40)
    both = ((own, 3), (other, 2))
    world.place(mall, *both)
    world.cancel(world.place(mall, *both))
    lapsed = world.place(mall, *both)
    world.let_lapse(lapsed)
    world.expire(lapsed)
    world.place(check, (other, 1), mode="direct")
    partly = world.place(mall, *both, mode="direct")
    world.ship(partly, supplier_id=own.supplier_id)
    world.refund(partly, pieces={2: 1})
    world.refund(world.place(mall, (own, 2), mode="direct"))
    done = world.place(mall, *both, mode="direct")
    world.refund(done, pieces={1: 1})
    world.ship(done, supplier_id=own.supplier_id)
    world.ship(done, supplier_id=other.supplier_id)
    world.receive(done)
    world.complete(done)
    approve_top_up(request_top_up(mall.pk, amount_fen=500, actor="system").pk, actor="system")
    request_top_up(mall.pk, amount_fen=700, actor="system")
    world.credit(mall, -100)
    assert sealed_now() is not None
    return world


def named() -> set[tuple[str, str]]:
    """The tables and fields verify finds fault with."""
    return {(row["table"], row["field"].split()[0]) for row in verify()["differences"]}


def test_a_network_that_traded_verifies(traded: World) -> None:
    result = verify()
    assert result["differences"] == []
    assert result["checked"] > 60
    assert len(CHECKS) >= 15


FAULTS = {
    "a balance": (
        "update ledger_account set balance_fen = balance_fen + 1 where kind = 'supplier_payable' and balance_fen > 0",
        {("ledger_account", "balance_fen"), ("ledger_account", "billed_and_unbilled_fen")},
    ),
    "a hold": (
        "update ledger_account set held_fen = held_fen + 1 where held_fen > 0",
        {("ledger_account", "held_fen")},
    ),
    "a balance after a transfer": (
        (
            "update ledger_transfer set debit_balance_fen = debit_balance_fen - 1 where id ="
            " (select min(id) from ledger_transfer where kind = 'draw')"
        ),
        {("ledger_transfer", "balance_after_fen"), ("ledger_transfer", "seal")},
    ),
    "an amount": (
        (
            "update ledger_transfer set amount_fen = amount_fen + 1 where id ="
            " (select max(id) from ledger_transfer where kind = 'draw')"
        ),
        {
            ("ledger_account", "balance_fen"),
            ("ledger_account", "clearing_fen"),
            ("ledger_transfer", "balance_after_fen"),
            ("ledger_transfer", "seal"),
            ("orders_order", "drawn_fen"),
            ("orders_order", "clearing_fen"),
        },
    ),
    "a share of fee and goods": (
        (
            "update ledger_transfer set amount_fen = amount_fen + case kind when 'settle_fee' then 1 else -1 end"
            " where kind in ('settle_fee', 'settle_goods')"
        ),
        {("orders_order", "fee_share_fen"), ("orders_order", "goods_share_fen"), ("ledger_transfer", "seal")},
    ),
    "a level": ("update stock_level set on_hand = on_hand + 1", {("stock_level", "on_hand")}),
    "a reservation": (
        "update stock_level set reserved = reserved + 1 where on_hand > reserved",
        {("stock_level", "reserved")},
    ),
    "a move": (
        (
            "update stock_move set on_hand_delta = on_hand_delta + 1 where id ="
            " (select min(id) from stock_move where kind = 'restock')"
        ),
        {("stock_level", "on_hand")},
    ),
    "pieces given": ("update stock_allotment set given = given + 1", {("stock_allotment", "given")}),
    "money that waits": (
        "update ledger_account set waiting_fen = waiting_fen + 1 where kind = 'prepaid'",
        {("ledger_account", "waiting_fen")},
    ),
    "pieces taken": ("update stock_allotment set taken = taken + 1", {("stock_allotment", "taken")}),
    "a fee": (
        (
            "update orders_line set fee_fen = fee_fen - 1, supply_price_fen = supply_price_fen + 1"
            " where (order_id, line_no) = (select max(order_id), 1 from orders_order o join orders_line l on l.order_id = o.id"
            " where o.state = 'held')"
        ),
        {("orders_line", "fee_fen")},
    ),
    "shipped pieces": (
        (
            "update orders_line set shipped_qty = shipped_qty - 1 where order_id ="
            " (select id from orders_order where state = 'partly_shipped') and shipped_qty > 1"
        ),
        {
            ("orders_line", "shipped_by_moves"),
            ("orders_line", "shipped_by_parcels"),
            ("orders_line", "reserved"),
            ("orders_supplyorder", "state"),
        },
    ),
    "a refund": (
        "update orders_order set refunded_fen = refunded_fen - 1 where state = 'partly_shipped'",
        {
            ("orders_order", "refunded_fen"),
            ("orders_order", "refunds"),
            ("orders_order", "clearing_fen"),
            ("ledger_account", "clearing_fen"),
        },
    ),
    "a refund's line": (
        (
            "update orders_refundline set amount_fen = amount_fen + 1 where refund_id ="
            " (select min(id) from orders_refund)"
        ),
        {("orders_refund", "wrong_lines")},
    ),
    "a state": (
        "update orders_order set state = 'shipped' where state = 'partly_shipped'",
        {("orders_order", "state")},
    ),
    "a cancelled order": (
        "update orders_order set state = 'confirmed' where state = 'cancelled'",
        {
            ("orders_order", "drawn_by_state"),
            ("orders_line", "reserved"),
            ("orders_supplyorder", "state"),
        },
    ),
    "a part's state": (
        "update orders_supplyorder set state = 'shipped' where state = 'completed'",
        {("orders_supplyorder", name) for name in ("state", "received_at", "completed_at")},
    ),
    "what is owed for a part": (
        "update orders_supplyorder set payable_fen = payable_fen + 1 where payable_fen > 0",
        {("orders_supplyorder", "payable_fen")},
    ),
    "an approval without money": (
        "update recharge_topup set state = 'approved' where state = 'pending'",
        {("recharge_topup", "credited_fen")},
    ),
    "a removed transfer": (
        "delete from ledger_transfer where kind = 'adjustment'",
        {("ledger_account", "balance_fen"), ("ledger_transfer", "seal")},
    ),
    "a remark": ("update ledger_transfer set remark = 'x' where kind = 'adjustment'", {("ledger_transfer", "seal")}),
}


@pytest.mark.parametrize("what", FAULTS)
def test_verify_names_exactly_what_was_changed(traded: World, superuser: psycopg.Connection, what: str) -> None:
    statement, expected = FAULTS[what]
    assert superuser.execute(statement).rowcount >= 1
    assert named() == expected


def sealed_now() -> Any:
    """Seal once every transaction of the server that began before the newest transfer is over.

    Transaction ids are the whole server's: a test next door, in its own database, can hold a seal back for a moment.
    """
    until = time.monotonic() + 180
    while not rows(
        "select coalesce(max(xid::text::bigint), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        " from ledger_transfer"
    )[0][0]:
        assert time.monotonic() < until, "a transaction next door has not ended for three minutes"
        time.sleep(0.05)
    return seals.seal_now()


def broken() -> list[tuple[str, str]]:
    with scope.desk(read_only=True):
        return [(fault.table, fault.what) for fault in seals.check()]


def test_seals_cover_everything_once_and_rest_when_there_is_nothing_new(traded: World) -> None:
    assert seals.seal_now() is None
    traded.credit(traded.distributor(), 5)
    second = sealed_now()
    assert second is not None and second.rows == 1
    with scope.desk(read_only=True):
        last = seals.head()
        assert last is not None and last.hash == second.hash
    assert broken() == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update ledger_transfer set actor = 'somebody' where id = {}", [("ledger_transfer", "altered")]),
        ("update ledger_transfer set at = at + interval '1 us' where id = {}", [("ledger_transfer", "altered")]),
        ("update ledger_transfer set xid = '9999999999' where id = {}", [("ledger_transfer", "altered")]),
        ("delete from ledger_transfer where id = {}", [("ledger_transfer", "removed")]),
        (
            (
                "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, cause, actor, remark, at, xid)"
                " select 'adjustment', debit_id, credit_id, 1, 'planted', actor, '', at, xid from ledger_transfer"
                " where id = {}"
            ),
            [("ledger_transfer", "added")],
        ),
        (
            (
                "update ledger_seal set row_digests = overlay(row_digests placing '\\x00'::bytea from 1)"
                " where length(row_digests) > 0"
            ),
            [("ledger_seal", "broken"), ("ledger_transfer", "altered")],
        ),
        ("update ledger_seal set day = day - 1", [("ledger_seal", "broken")]),
    ],
    ids=["one word", "a microsecond", "another transaction", "removed", "added", "the seal's digest", "the seal's day"],
)
def test_seals_name_any_edit(
    traded: World, superuser: psycopg.Connection, statement: str, expected: list[tuple[str, str]]
) -> None:
    one = "(select min(id) from ledger_transfer where kind = 'draw')"
    assert superuser.execute(statement.format(one)).rowcount == 1
    assert broken() == expected


def test_a_removed_seal_breaks_the_chain(traded: World, superuser: psycopg.Connection) -> None:
    for _ in range(2):
        traded.credit(traded.distributor(), 5)
        assert sealed_now() is not None
    superuser.execute("delete from ledger_seal where id = (select min(id) + 1 from ledger_seal)")
    assert broken() == [("ledger_seal", "broken")]


def test_nothing_of_a_running_transaction_is_sealed(traded: World, fresh_database: roles.Access) -> None:
    """A writer that began before and commits after a seal is in the next one, not behind it."""
    with psycopg.connect(fresh_database.admin_url) as slow:
        slow.execute(
            "insert into ledger_transfer (kind, debit_id, credit_id, amount_fen, cause, actor, remark, at)"
            " select 'adjustment', debit_id, credit_id, 1, 'slow', 'system', '', clock_timestamp() from ledger_transfer"
            " where kind = 'adjustment' limit 1"
        )
        traded.credit(traded.distributor(), 5)
        assert seals.seal_now() is None, "the transfer after it waits for the slow one"
        slow.commit()
    seal = sealed_now()
    assert seal is not None and seal.rows == 2
    assert broken() == []


def test_the_ledger_admits_no_change_even_from_its_owner(traded: World, fresh_database: roles.Access) -> None:
    sealed = ("ledger_transfer", "ledger_seal", "stock_move", "events_event", "events_operation")
    for table in sealed:
        for statement in ("delete from {}", "truncate {} cascade", "update {} set id = id"):
            with psycopg.connect(fresh_database.owner_url) as owner, pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(f"alter table {table} no force row level security")
                owner.execute(statement.format(table))


def balances() -> dict[str, int]:
    return dict(
        rows(
            "select d.number, a.balance_fen from ledger_account a join parties_distributor d on d.id = a.distributor_id"
            " where a.kind = 'prepaid'"
        )
    )


def test_beancount_agrees(traded: World, tmp_path: Path) -> None:
    from beancount import loader
    from beancount.core.realization import compute_balance, get, realize

    file = tmp_path / "ledger.beancount"
    file.write_text("".join(journal.beancount()))
    entries, errors, _options = loader.load_file(str(file))
    assert errors == []
    tree = realize(entries)
    for number, fen in balances().items():
        account = get(tree, f"Liabilities:Prepaid:{number}")
        if account is None:  # a number that begins with a small letter is replaced by the party's id
            continue
        assert -compute_balance(account).get_currency_units("CNY").number * 100 == fen


def test_beancount_sees_a_wrong_balance(traded: World, superuser: psycopg.Connection, tmp_path: Path) -> None:
    from beancount import loader

    superuser.execute("update ledger_account set balance_fen = balance_fen + 1 where kind = 'supplier_payable'")
    file = tmp_path / "ledger.beancount"
    file.write_text("".join(journal.beancount()))
    _entries, errors, _options = loader.load_file(str(file))
    assert errors


def test_the_hledger_journal_balances_line_by_line(traded: World) -> None:
    """Its own small reader: every transaction sums to zero and every assertion holds, as hledger would find."""
    sums: dict[str, int] = {}
    transactions = 0
    for text in "".join(journal.export()).split("\n\n"):
        lines = text.splitlines()
        if not lines or not lines[0][:4].isdigit():
            continue
        transactions += 1
        total = 0
        for line in lines[1:]:
            posting, _, asserted = line.strip().partition(" = ")
            account, amount = posting.split("  ")
            fen = _fen(amount)
            total += fen
            sums[account] = sums.get(account, 0) + fen
            assert not asserted or _fen(asserted) == sums[account]
        assert total == 0
    assert transactions >= 12


def _fen(amount: str) -> int:
    figure, currency = amount.split()
    assert currency == "CNY"
    whole, rest = figure.lstrip("-").split(".")
    fen = int(whole) * 100 + int(rest)
    return -fen if figure.startswith("-") else fen


def test_hledger_itself_agrees(traded: World, tmp_path: Path, hledger: str) -> None:
    file = tmp_path / "ledger.journal"
    file.write_text("".join(journal.export()))
    said = subprocess.run([hledger, "-f", file, "check"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_a_clock_that_went_back_breaks_no_assertion(traded: World, superuser: psycopg.Connection) -> None:
    superuser.execute(
        "update ledger_transfer set at = at - interval '3 days' where id = (select max(id) from ledger_transfer)"
    )
    text = "".join(journal.export())
    days = [line[:10] for line in text.splitlines() if line[:4].isdigit()]
    assert days == sorted(days)
    assert "; dated " in text


@pytest.fixture
def hledger() -> Any:
    """The program."""
    return program("hledger")
